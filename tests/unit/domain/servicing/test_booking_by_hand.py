"""Every kind of transaction on a loan of 300 with an interest of 1 a day, reckoned by hand."""

from datetime import date, timedelta

import pytest
from lending.domain.allocation import AllocationRules, Component, Future, entries_of
from lending.domain.computable import NotComputable
from lending.domain.delinquency import delinquency
from lending.domain.faults import Permanent, StaleVersion
from lending.domain.ledger.accounts import Account
from lending.domain.ledger.journal import EntryKind
from lending.domain.servicing.acceptance import BookingRefusal
from lending.domain.servicing.account import AccountStatus, Owes, quote, status
from lending.domain.servicing.booking import History, book
from lending.domain.servicing.debts import unpaid
from lending.domain.servicing.fold import Outcome
from lending.domain.servicing.terms import AccountTerms, InterestBasis, PlanRow
from lending.domain.servicing.transactions import TransactionKind, is_same_fact

from tests.unit.domain.servicing.loans import (
    RULES,
    TERMS,
    Bookkeeper,
    charged,
    day,
    fact,
    lent,
    paid,
    returned,
    settled,
    waived,
)

FEE, PENALTY, INTEREST = Component.FEE, Component.PENALTY, Component.INTEREST


def shown(books: Bookkeeper, first: int) -> list[tuple[str, dict[str, int]]]:
    """Kind and postings of the entries from number `first` on."""
    return [
        (entry.kind.value, {account.value: amount for account, amount in entry.postings})
        for entry in books.entries[first - 1 :]
    ]


def test_a_disbursement_lends_the_principal() -> None:
    books = Bookkeeper(TERMS, lent())
    assert books.balances() == {"loan_principal": 300, "cash_clearing": -300}
    assert status(books.books.account) is AccountStatus.ACTIVE


def test_money_may_leave_by_way_of_the_dealers_account() -> None:
    books = Bookkeeper(TERMS, lent(credit=Account.DEALER_PAYABLE))
    assert books.balances() == {"loan_principal": 300, "dealer_payable": -300}
    books.book(
        fact(
            TransactionKind.TRANSFER,
            "01-02",
            300,
            debit=Account.DEALER_PAYABLE,
            credit=Account.CASH_CLEARING,
        )
    )
    assert books.balances()["cash_clearing"] == -300
    assert "dealer_payable" not in books.balances()


def test_a_payment_first_brings_the_accrual_to_its_day() -> None:
    books = Bookkeeper(TERMS, lent(), paid("02-01", 131))
    assert shown(books, 2) == [
        ("accrual", {"interest_receivable": 31, "interest_income": -31}),
        ("payment", {"cash_clearing": 131, "interest_receivable": -31, "loan_principal": -100}),
    ]
    assert books.owed() == Owes(200, 0, 0, 0)


def test_interest_paid_in_advance_is_owed_less_until_its_days_have_passed() -> None:
    books = Bookkeeper(TERMS, lent(), paid("01-16", 131))
    assert books.owed() == Owes(200, 15 - 31, 0, 0)
    assert books.owed("02-01") == Owes(200, 0, 0, 0)
    assert books.owed("02-11") == Owes(200, 10, 0, 0)


def test_a_part_payment_meets_interest_before_principal() -> None:
    books = Bookkeeper(TERMS, lent(), paid("02-01", 50))
    assert books.owed() == Owes(281, 0, 0, 0)
    rows = unpaid(TERMS, books.books.account, day("02-11"))
    assert [one.outstanding_minor for one in rows] == [81, 128, 131]
    late = delinquency(day("02-11"), rows)
    assert (late.past_due_days, late.overdue_minor) == (10, 81)


def test_paying_every_instalment_closes_the_loan_and_the_rest_waits_in_suspense() -> None:
    books = Bookkeeper(TERMS, lent(), paid("02-01", 131), paid("03-01", 128))
    last = books.book(paid("04-01", 141))
    assert last.closed
    assert last.effect is not None
    assert last.effect.outcome is Outcome.OVERPAID
    assert books.balances() == {"cash_clearing": 100, "interest_income": -90, "suspense": -10}
    books.book(fact(TransactionKind.REFUND, "04-02", 10))
    assert books.balances() == {"cash_clearing": 90, "interest_income": -90}
    assert status(books.books.account) is AccountStatus.CLOSED


def test_a_refund_may_be_owed_before_it_is_paid() -> None:
    books = Bookkeeper(TERMS, lent(), paid("04-01", 400))
    books.book(fact(TransactionKind.REFUND, "04-02", 10, credit=Account.REFUND_PAYABLE))
    assert books.balances()["refund_payable"] == -10
    assert "suspense" not in books.balances()


def test_paying_all_instalments_at_once_earns_their_interest_at_once() -> None:
    """On 11 January 10 days have accrued; the other 80 were paid and will never accrue."""
    books = Bookkeeper(TERMS, lent(), paid("01-11", 390))
    assert shown(books, 2) == [
        ("accrual", {"interest_receivable": 10, "interest_income": -10}),
        (
            "payment",
            {
                "cash_clearing": 390,
                "loan_principal": -300,
                "interest_receivable": -90 + 80,
                "interest_income": -80,
            },
        ),
    ]
    assert books.owed("06-01") == Owes(0, 0, 0, 0)


def test_a_settlement_pays_interest_to_its_day_and_leaves_nothing() -> None:
    """16 February: 200 principal and 15 of the 28 days of the second row."""
    books = Bookkeeper(TERMS, lent(), paid("02-01", 131))
    assert quote(TERMS, books.books.account, day("02-16")).total_minor == 215
    closing = books.book(settled("02-16", 215))
    assert closing.closed
    assert books.balances() == {"cash_clearing": 46, "interest_income": -46}
    assert books.owed("12-31") == Owes(0, 0, 0, 0)


def test_a_settlement_gives_back_interest_paid_in_advance() -> None:
    """Two rows paid on 11 January: principal 100 is left, of the 59 interest paid 10 is earned."""
    books = Bookkeeper(TERMS, lent(), paid("01-11", 131 + 128))
    assert quote(TERMS, books.books.account, day("01-11")).total_minor == 100 + 10 - 59
    books.book(settled("01-11", 51))
    assert books.balances() == {"cash_clearing": 10, "interest_income": -10}


def test_the_early_fee_is_income_of_the_settlement() -> None:
    books = Bookkeeper(TERMS, lent(), paid("02-01", 131))
    assert quote(TERMS, books.books.account, day("02-16"), 7).total_minor == 222
    closing = books.book(settled("02-16", 222, early_fee_minor=7))
    assert closing.effect is not None
    assert closing.effect.taken_minor(FEE) == 7
    assert books.balances() == {"cash_clearing": 53, "interest_income": -46, "fee_income": -7}


@pytest.mark.parametrize(("amount", "tolerance"), [(213, 2), (214, 1), (216, -1), (217, -2)])
def test_a_difference_within_the_tolerance_has_an_account_of_its_own(
    amount: int, tolerance: int
) -> None:
    books = Bookkeeper(TERMS, lent(), paid("02-01", 131))
    assert books.book(settled("02-16", amount)).closed
    assert books.balances() == {
        "cash_clearing": 131 + amount - 300,
        "interest_income": -46,
        "tolerance": tolerance,
    }


def test_more_than_the_tolerance_above_waits_in_suspense() -> None:
    books = Bookkeeper(TERMS, lent(), paid("02-01", 131), settled("02-16", 218))
    assert books.balances()["suspense"] == -3
    assert "tolerance" not in books.balances()
    assert status(books.books.account) is AccountStatus.CLOSED


def test_a_settlement_that_is_short_is_an_ordinary_payment() -> None:
    """212 of 215: the second row's 128, and 84 of the third: its interest 31, principal 53."""
    books = Bookkeeper(TERMS, lent(), paid("02-01", 131))
    short = books.book(settled("02-16", 212))
    assert short.effect is not None
    assert short.effect.outcome is Outcome.SETTLEMENT_SHORT
    assert not short.closed
    assert books.owed() == Owes(47, 15 - 59, 0, 0)


def test_charges_are_paid_where_the_order_says() -> None:
    """On 2 March: rows 1 and 2, a fee of 5 of 10 February, a penalty of 3 of 2 March.

    200 past due: 131 of row 1, then the fee (due 10 February), then 64 of row 2; the penalty of
    today comes after what is past due.
    """
    books = Bookkeeper(
        TERMS, lent(), charged("02-10", 5, FEE), charged("03-02", 3, PENALTY), paid("03-02", 200)
    )
    account = books.books.account
    assert [one.outstanding_minor for one in unpaid(TERMS, account, day("03-02"))] == [64, 3, 131]
    assert books.balances()["penalty_receivable"] == 3
    assert "fee_receivable" not in books.balances()


def test_fees_of_the_plan_are_income_when_they_fall_due() -> None:
    plan = (PlanRow(day("02-01"), 100, 31, 4), PlanRow(day("03-01"), 100, 28, 4))
    terms = AccountTerms("loan_1", "CNY", day("01-01"), plan, RULES)
    books = Bookkeeper(terms, lent(amount_minor=200), paid("01-31", 10))
    assert "fee_income" not in books.balances()
    assert books.owed() == Owes(200, 30 - 6, -4, 0)
    books.book(paid("02-01", 125))
    assert books.balances()["fee_income"] == -4
    assert books.owed() == Owes(100, 0, 0, 0)
    books.book(paid("02-02", 132))
    assert books.balances() == {"cash_clearing": 67, "interest_income": -59, "fee_income": -8}


def test_a_waiver_forgives_the_oldest_first() -> None:
    books = Bookkeeper(
        TERMS,
        lent(),
        charged("02-10", 5, FEE),
        charged("02-20", 5, FEE),
        waived("02-25", 7, FEE),
    )
    assert [charge.fee_minor for charge in books.books.account.charges] == [3]
    assert books.balances()["fee_income"] == -3
    assert books.refused(waived("02-26", 4, FEE)) is BookingRefusal.MORE_THAN_OWED


def test_a_fee_that_is_not_due_yet_is_not_waived() -> None:
    plan = (PlanRow(day("02-01"), 100, 31, 4), PlanRow(day("03-01"), 100, 28, 4))
    terms = AccountTerms("loan_1", "CNY", day("01-01"), plan, RULES)
    books = Bookkeeper(terms, lent(amount_minor=200))
    assert books.refused(waived("02-10", 5, FEE)) is BookingRefusal.MORE_THAN_OWED
    books.book(waived("02-10", 4, FEE))
    assert books.owed("03-01").fee_minor == 4


def test_only_interest_that_accrued_can_be_waived() -> None:
    books = Bookkeeper(TERMS, lent(), paid("02-01", 100))
    assert books.refused(waived("02-11", 11, INTEREST)) is BookingRefusal.MORE_THAN_OWED
    books.book(waived("02-11", 10, INTEREST))
    assert books.owed() == Owes(300 - 69, 0, 0, 0)


def test_a_waiver_can_close_the_loan() -> None:
    books = Bookkeeper(TERMS, lent(), paid("04-01", 389), charged("04-01", 1, PENALTY))
    assert status(books.books.account) is AccountStatus.ACTIVE
    books = Bookkeeper(TERMS, lent(), charged("04-01", 1, PENALTY), paid("04-01", 390))
    assert books.owed() == Owes(0, 0, 0, 1)
    assert books.book(waived("04-02", 1, PENALTY)).closed


def test_a_write_off_takes_everything_off_the_books_and_recoveries_are_income() -> None:
    """Principal 200, interest 28 of row 2 and 10 of row 3, penalty 2."""
    books = Bookkeeper(TERMS, lent(), paid("02-01", 131), charged("04-01", 2, PENALTY))
    wrong = fact(TransactionKind.WRITE_OFF, "03-11", 100)
    assert books.refused(wrong) is BookingRefusal.AMOUNT_DIFFERS
    books.book(fact(TransactionKind.WRITE_OFF, "04-11", 200 + 28 + 31 + 2))
    assert status(books.books.account) is AccountStatus.WRITTEN_OFF
    assert books.owed("12-31") == Owes(0, 0, 0, 0)
    assert books.balances()["write_off"] == 261
    books.book(fact(TransactionKind.RECOVERY, "05-01", 61))
    books.book(paid("05-02", 210))
    assert books.balances()["recovery"] == -261
    assert books.balances()["suspense"] == -10
    assert books.books.account.claim_minor == 0


def test_interest_stops_at_the_write_off() -> None:
    books = Bookkeeper(TERMS, lent(), fact(TransactionKind.WRITE_OFF, "02-01", 331))
    assert books.accrue(day("03-01")) is None
    assert books.balances()["interest_income"] == -31


def test_a_backdated_payment_takes_back_and_posts_again_what_it_changes() -> None:
    """130 on 1 March paid 31 and 99 of row 1; with 131 of 1 February found later it pays row 2.

    Row 2 takes 28 and 100, row 3 the other 2 as interest. Originals stay.
    """
    books = Bookkeeper(TERMS, lent(), paid("03-01", 130))
    late = books.book(paid("02-01", 131, transaction_id="found"))
    assert late.replayed
    assert shown(books, 3) == [
        ("payment", {"loan_principal": -99, "interest_receivable": -31, "cash_clearing": 130}),
        ("reversal", {"loan_principal": 99, "interest_receivable": 31, "cash_clearing": -130}),
        ("payment", {"loan_principal": -100, "interest_receivable": -31, "cash_clearing": 131}),
        ("payment", {"loan_principal": -100, "interest_receivable": -30, "cash_clearing": 130}),
    ]
    assert [(entry.reverses, entry.transaction_id) for entry in books.entries[3:]] == [
        (3, "found"),
        (None, "found"),
        (None, "payment-03-01-130"),
    ]


def test_entries_that_a_backdated_fact_does_not_change_are_left_alone() -> None:
    books = Bookkeeper(TERMS, lent(), paid("02-01", 131), paid("03-01", 128))
    booked = books.book(charged("04-01", 5, FEE, transaction_id="late fee"))
    assert not booked.replayed
    earlier = books.book(charged("03-02", 5, FEE))
    assert earlier.replayed
    assert [entry.kind for entry in earlier.entries] == [EntryKind.CHARGE]


def test_a_reversed_payment_is_as_if_it_had_never_been() -> None:
    bounced = paid("02-01", 131)
    books = Bookkeeper(TERMS, lent(), bounced, returned("02-05", bounced))
    assert books.owed() == Owes(300, 35, 0, 0)
    without = Bookkeeper(TERMS, lent())
    without.accrue(day("02-05"))
    assert books.balances() == without.balances()
    assert books.books.account == without.books.account
    late = delinquency(day("02-05"), unpaid(TERMS, books.books.account, day("02-05")))
    assert late.past_due_days == 4


def test_a_chargeback_after_closing_opens_the_loan_again() -> None:
    first = paid("02-01", 131)
    books = Bookkeeper(TERMS, lent(), first, settled("02-16", 215))
    undone = books.book(returned("06-01", first))
    assert undone.reopened
    assert undone.status_after is AccountStatus.ACTIVE
    # The settlement is now a payment: rows 1 and 84 of row 2 (28 + 56); all interest accrues.
    assert books.owed() == Owes(300 - 100 - 56, 90 - 59, 0, 0)


def test_a_refund_that_turned_out_to_be_owed_is_owed_back() -> None:
    """All paid and 10 refunded, then the payment bounces: we are 10 short besides the loan."""
    whole = paid("04-01", 400)
    books = Bookkeeper(TERMS, lent(), whole, fact(TransactionKind.REFUND, "04-02", 10))
    books.book(returned("04-05", whole))
    assert books.books.account.suspense_minor == -10
    again = books.book(paid("04-06", 400))
    assert again.closed
    assert books.balances() == {"cash_clearing": 90, "interest_income": -90}


def test_money_first_fills_what_was_refunded_too_much() -> None:
    whole = paid("04-01", 400)
    books = Bookkeeper(TERMS, lent(), whole, fact(TransactionKind.REFUND, "04-02", 10))
    books.book(returned("04-05", whole))
    books.book(paid("04-06", 6))
    assert books.books.account.suspense_minor == -4
    assert books.owed() == Owes(300, 90, 0, 0)


def test_a_returned_payout_undoes_the_loan_but_keeps_the_customers_money() -> None:
    payout = lent()
    books = Bookkeeper(TERMS, payout, paid("02-01", 131))
    books.book(returned("02-05", payout))
    assert books.balances() == {"cash_clearing": 131, "suspense": -131}
    assert status(books.books.account) is AccountStatus.NOT_DISBURSED
    books.book(lent("02-06", transaction_id="second payout"))
    # The money waits no longer: row 1 is paid.
    assert books.owed() == Owes(200, 36 - 31, 0, 0)


def test_money_before_the_disbursement_waits_for_it() -> None:
    books = Bookkeeper(TERMS)
    parked = books.book(paid("01-01", 31))
    assert parked.effect is not None
    assert parked.effect.outcome is Outcome.PARKED
    books.book(lent("01-02"))
    assert books.owed() == Owes(300, 1 - 31, 0, 0)


def test_tranches_are_owed_as_they_are_paid_out() -> None:
    """Of 300 the first 150 are out: row 1 and half of row 2 can be repaid, no more."""
    books = Bookkeeper(TERMS, lent(amount_minor=150), paid("01-31", 300))
    assert books.owed() == Owes(0, 30 - 90, 0, 0)
    assert books.balances()["suspense"] == -(300 - 150 - 90)
    assert status(books.books.account) is AccountStatus.ACTIVE
    books.book(lent("02-01", 150))
    assert books.owed() == Owes(150 - 60, 31 - 90, 0, 0)


def test_what_another_tranche_would_exceed_is_refused() -> None:
    books = Bookkeeper(TERMS, lent())
    assert books.refused(lent("01-02", 1)) is BookingRefusal.ABOVE_PLAN


def test_an_earlier_drawdown_may_not_take_a_later_ones_place() -> None:
    books = Bookkeeper(TERMS, lent("01-05"))
    assert books.refused(lent("01-04", 1)) is BookingRefusal.OTHER_DISBURSEMENT


def test_nothing_may_end_the_loan_before_a_later_drawdown() -> None:
    books = Bookkeeper(TERMS, lent(amount_minor=150), lent("03-01", 150))
    early = settled("02-01", 181)
    assert books.refused(early) is BookingRefusal.OTHER_DISBURSEMENT


@pytest.mark.parametrize("step", [1, 7, 30])
def test_accruing_daily_weekly_or_monthly_comes_to_the_same(step: int) -> None:
    books = Bookkeeper(TERMS, lent())
    on = day("01-01")
    while on < day("05-01"):
        on += timedelta(days=step)
        books.accrue(on)
    assert books.balances()["interest_income"] == -90
    assert books.accrue(on) is None


def test_an_accrual_run_past_a_value_date_is_taken_into_account() -> None:
    """Accrued through 28 February, then a settlement of the 16th turns up: 12 days too many."""
    books = Bookkeeper(TERMS, lent(), paid("02-01", 131))
    books.accrue(day("02-28"))
    closing = books.book(settled("02-16", 215))
    assert [entry.kind for entry in closing.entries] == [EntryKind.ACCRUAL, EntryKind.SETTLEMENT]
    assert books.balances() == {"cash_clearing": 46, "interest_income": -46}


REFUSED = [
    (paid("02-01", 0), BookingRefusal.AMOUNT_NOT_POSITIVE),
    (paid("02-01", -5), BookingRefusal.AMOUNT_NOT_POSITIVE),
    (paid("02-01", 5, currency="USD"), BookingRefusal.WRONG_CURRENCY),
    (settled("02-01", 5, early_fee_minor=-1), BookingRefusal.AMOUNT_NOT_POSITIVE),
    (paid("12-31", 5), BookingRefusal.VALUE_DATE_IN_FUTURE),
    (fact(TransactionKind.REFUND, "02-01", 1), BookingRefusal.MORE_THAN_HELD),
    (fact(TransactionKind.RECOVERY, "02-01", 1), BookingRefusal.NOT_WRITTEN_OFF),
    (waived("02-01", 1, FEE), BookingRefusal.MORE_THAN_OWED),
    (waived("02-01", 1, Component.PRINCIPAL), BookingRefusal.UNFIT),
    (charged("02-01", 1, INTEREST), BookingRefusal.UNFIT),
    (fact(TransactionKind.CHARGE, "02-01", 1), BookingRefusal.UNFIT),
    (paid("02-01", 1, component=FEE), BookingRefusal.UNFIT),
    (paid("02-01", 1, debit=Account.LOAN_PRINCIPAL), BookingRefusal.UNFIT),
    (paid("02-01", 1, credit=Account.FUNDING), BookingRefusal.UNFIT),
    (paid("02-01", 1, of="d"), BookingRefusal.UNFIT),
    (paid("02-01", 1, early_fee_minor=1), BookingRefusal.UNFIT),
    (fact(TransactionKind.REVERSAL, "02-01", 1), BookingRefusal.UNFIT),
    (fact(TransactionKind.REVERSAL, "02-01", 1, of="x"), BookingRefusal.UNKNOWN_TRANSACTION),
    (fact(TransactionKind.TRANSFER, "02-01", 1), BookingRefusal.UNFIT),
    (
        fact(TransactionKind.TRANSFER, "02-01", 1, debit=Account.SUSPENSE, credit=Account.FUNDING),
        BookingRefusal.MORE_THAN_HELD,
    ),
    (
        fact(
            TransactionKind.TRANSFER,
            "02-01",
            1,
            debit=Account.LOAN_PRINCIPAL,
            credit=Account.FUNDING,
        ),
        BookingRefusal.UNFIT,
    ),
]


@pytest.mark.parametrize(("made", "reason"), REFUSED)
def test_what_does_not_fit_is_refused_by_name_and_leaves_no_trace(
    made: object, reason: BookingRefusal
) -> None:
    books = Bookkeeper(TERMS, lent())
    before = (books.books, list(books.entries))
    assert books.refused(made, today=day("06-30")) is reason  # type: ignore[arg-type]
    assert (books.books, books.entries) == before


def test_before_the_opening_nothing_happened() -> None:
    made = fact(TransactionKind.DISBURSEMENT, "01-01", 300)
    terms = AccountTerms("loan_1", "CNY", day("01-02"), TERMS.plan, RULES)
    assert Bookkeeper(terms).refused(made) is BookingRefusal.BEFORE_OPENING


@pytest.mark.parametrize(
    "made",
    [
        settled("01-01", 5),
        charged("01-01", 5, FEE),
        waived("01-01", 5, FEE),
        fact(TransactionKind.WRITE_OFF, "01-01", 5),
        fact(TransactionKind.RECOVERY, "01-01", 5),
    ],
)
def test_a_loan_that_was_never_paid_out_takes_money_only(made: object) -> None:
    assert Bookkeeper(TERMS).refused(made) is BookingRefusal.NOT_DISBURSED  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "made",
    [
        settled("05-01", 5),
        charged("05-01", 5, FEE),
        lent("05-01", 5),
        fact(TransactionKind.WRITE_OFF, "05-01", 5),
    ],
)
def test_a_closed_loan_takes_no_more_of_our_own_doing(made: object) -> None:
    books = Bookkeeper(TERMS, lent(), settled("02-01", 331))
    assert books.refused(made) in {BookingRefusal.NOT_OPEN, BookingRefusal.NOTHING_OWED}  # type: ignore[arg-type]
    late = books.book(paid("05-02", 5))
    assert late.effect is not None
    assert late.effect.outcome is Outcome.PARKED


def test_a_reversal_is_refused_a_second_time_and_never_reversed() -> None:
    first = paid("02-01", 131)
    books = Bookkeeper(TERMS, lent(), first)
    assert books.refused(returned("01-31", first)) is BookingRefusal.UNFIT
    other = fact(TransactionKind.REVERSAL, "02-05", 130, of=first.transaction_id)
    assert books.refused(other) is BookingRefusal.AMOUNT_DIFFERS
    undone = returned("02-05", first)
    books.book(undone)
    again = returned("02-06", first, transaction_id="again")
    assert books.refused(again) is BookingRefusal.ALREADY_REVERSED
    assert books.refused(returned("02-07", undone)) is BookingRefusal.NOT_REVERSIBLE


def test_without_its_history_a_backdated_fact_is_a_fault() -> None:
    books = Bookkeeper(TERMS, lent(), paid("03-01", 131))
    with pytest.raises(Permanent, match="history"):
        book(TERMS, books.books, paid("02-01", 131), date(2026, 12, 31))


def test_a_history_that_the_books_have_left_behind_is_stale() -> None:
    books = Bookkeeper(TERMS, lent(), paid("03-01", 131))
    old = History(tuple(books.transactions), tuple(books.entries))
    books.book(paid("03-02", 5))
    with pytest.raises(StaleVersion):
        book(TERMS, books.books, paid("02-01", 131), date(2026, 12, 31), old)


def test_the_same_fact_is_the_same_whenever_it_was_booked() -> None:
    first, other = paid("02-01", 131), paid("02-01", 130, transaction_id="payment-02-01-131")
    assert is_same_fact(first, paid("02-01", 131))
    assert not is_same_fact(first, other)


@pytest.mark.parametrize(
    "change",
    [
        {"plan": (PlanRow(day("03-01"), 1, 0), PlanRow(day("02-01"), 1, 0))},
        {"plan": (PlanRow(day("02-01"), -1, 0),)},
        {"opened_on": day("02-02")},
        {"tolerance_minor": -1},
        {"basis": InterestBasis.OUTSTANDING, "year_days": 300},
        {
            "basis": InterestBasis.OUTSTANDING,
            "rules": AllocationRules(
                entries_of(["penalty", "fee", "interest", "principal"]), future=Future.LAST
            ),
        },
        {"basis": InterestBasis.OUTSTANDING, "plan": (PlanRow(day("02-01"), 1, 0, 1),)},
    ],
)
def test_terms_that_no_account_can_follow_are_refused(change: dict[str, object]) -> None:
    fields: dict[str, object] = {
        "loan_id": "loan_1",
        "currency": "CNY",
        "opened_on": day("01-01"),
        "plan": TERMS.plan,
        "rules": RULES,
        **change,
    }
    with pytest.raises(NotComputable):
        AccountTerms(**fields)  # type: ignore[arg-type]
