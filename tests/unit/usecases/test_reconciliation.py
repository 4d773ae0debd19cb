"""The daily statement: known, explained or a case; every line counted, nothing booked twice."""

from dataclasses import replace
from datetime import date, timedelta

from lending.adapters.profiles import ProfileStore
from lending.domain.bank_facts import LineKind, Return, StatementLine
from lending.domain.reconciliation import Reconciliation, Tally
from lending.usecases.cases import Cases
from lending.usecases.control_day import ControlDay, Controlled
from lending.usecases.reconcile_statement import KeepDay, ReadLine, ReconcileStatement

from tests.fakes.control import (
    FakeControls,
    FakeMovements,
    FakeReconciliations,
    FakeStatements,
)
from tests.fakes.desk import DAY, Desk

OWN_FUNDS = 90_000_000


class Bank:
    """Our account at the bank: its statements day by day, and what we make of them."""

    def __init__(self) -> None:
        self.desk = Desk()
        book, money = self.desk.world.book, self.desk.money
        self.statements = FakeStatements(OWN_FUNDS, OWN_FUNDS, [])
        self.kept, self.controls = FakeReconciliations(), FakeControls()
        self.keep = KeepDay(self.kept, Cases(money))
        self.read = ReadLine(self.desk.receive, book)
        self.reconcile = ReconcileStatement(self.statements, self.read, self.keep, "A")
        movements = FakeMovements(book, money)
        self.control = ControlDay(book, money, movements, self.controls, self.keep)
        self.profile = ProfileStore(("cn",)).get("cn", self.desk.due_on)
        self.n = 0

    def line(self, kind: LineKind, reference: str, minor: int, name: str = "") -> StatementLine:
        self.n += 1
        on = self.desk.due_on
        money = (minor, "CNY", on, on, True)
        return StatementLine("ST-1", self.n, kind, name or f"s-{self.n}", reference, *money)

    def payout(self) -> StatementLine:
        """The loan's own payout, as the bank shows it."""
        loan = self.desk.loan
        return self.line(LineKind.PAYOUT, loan.disbursement_reference, -loan.principal_minor)

    def day(self, on: date, *lines: StatementLine, skipped_minor: int = 0) -> Reconciliation:
        """The next statement; `skipped_minor` was booked in between and never shown."""
        opening = self.statements.closing_minor + skipped_minor
        self.statements.opening_minor = opening
        self.statements.closing_minor = opening + sum(one.amount_minor for one in lines)
        self.statements.lines = [replace(one, booked_on=on) for one in lines]
        done = self.reconcile(on, "CNY", self.desk.at(on + DAY))
        assert done is not None
        self.desk.check()
        return done

    def controls_day(self, on: date) -> Controlled:
        return self.control(on, self.profile, self.desk.at(on + DAY))

    def cases(self) -> dict[str, int]:
        return {one.case: one.amount_minor for one in self.desk.money.open_cases(99)}


def test_every_line_is_matched_explained_or_a_case() -> None:
    bank = Bank()
    desk, on = bank.desk, bank.desk.due_on
    known = desk.credit()  # told by webhook before, b-1
    desk.hears(known)
    lines = (
        bank.line(LineKind.CREDIT, desk.loan.loan_id, known.amount_minor, "b-1"),
        bank.line(LineKind.CREDIT, f"for {desk.loan.loan_id}", 700),
        bank.line(LineKind.CREDIT, "whose?", 50),
        bank.line(LineKind.OTHER, "", -25),
    )
    done = bank.day(on, *lines)
    assert done.matched == Tally(1, known.amount_minor)
    assert done.explained == Tally(1, 700)
    assert done.unexplained == Tally(2, 25)
    assert (done.balances, done.is_clean) == (True, False)
    assert bank.cases() == {"unknown_reference": 50, "unclassified": -25}
    commits = desk.money.commits
    again = bank.reconcile(on, "CNY", desk.at(on))
    assert again is not None
    assert (again.matched.lines, again.explained.lines, again.unexplained.lines) == (2, 0, 2)
    assert (again.version, desk.money.commits) == (2, commits), "nothing is booked twice"


def test_a_statement_that_contradicts_itself_is_told() -> None:
    bank = Bank()
    bank.statements.closing_minor += 1
    done = bank.reconcile(bank.desk.due_on, "CNY", bank.desk.at(bank.desk.due_on))
    assert done is not None
    assert done.is_clean is False


def test_a_statement_of_another_account_is_a_case_and_nothing_of_it_is_used() -> None:
    bank = Bank()
    bank.statements.account = "SOMEBODY"
    bank.statements.lines = [bank.line(LineKind.CREDIT, bank.desk.loan.loan_id, 700)]
    for _ in range(2):
        assert bank.reconcile(bank.desk.due_on, "CNY", bank.desk.at(bank.desk.due_on)) is None
    assert [one.case for one in bank.desk.money.open_cases(9)] == ["other_account"]
    assert bank.kept.kept == {}


def test_a_statement_begins_where_the_one_before_ended_in_whatever_order_they_come() -> None:
    bank = Bank()
    on = bank.desk.due_on
    bank.day(on)
    opening = bank.statements.closing_minor
    bank.day(on + 2 * DAY, skipped_minor=700)
    assert bank.cases() == {"statement_gap": 700}
    # The day between comes late and fills the gap.
    bank.statements.closing_minor = opening
    bank.day(on + DAY, bank.line(LineKind.CREDIT, bank.desk.loan.loan_id, 700))
    assert bank.cases() == {}


def test_the_banks_balance_is_the_ledgers_but_for_what_is_listed() -> None:
    bank = Bank()
    desk, on = bank.desk, bank.desk.due_on
    bank.day(on, bank.payout(), bank.line(LineKind.OTHER, "", -25))
    bank.controls_day(on)
    assert bank.controls.bases == {}, "one count alone is not believed"
    first = bank.controls_day(on).proof
    assert first is not None
    assert bank.controls.bases == {"CNY": OWN_FUNDS}
    assert (first.difference_minor, first.is_settled) == (0, True)
    assert first.base_minor == OWN_FUNDS, "what the account held before"
    assert first.held == Tally(1, -25)
    # One payment is told and not stated yet, one is stated and belongs to nobody.
    desk.hears(desk.credit("b-late", amount_minor=900, value_on=on + DAY), on + DAY)
    bank.day(on + DAY, bank.line(LineKind.CREDIT, "whose?", 50))
    second = bank.controls_day(on + DAY).proof
    assert second is not None
    found = (second.difference_minor, second.unstated, second.held)
    assert found == (0, Tally(1, 900), Tally(2, 25))
    # A movement that the bank never shows us is told by how much, once.
    bank.day(on + 2 * DAY, skipped_minor=-333)
    for _ in range(2):
        third = bank.controls_day(on + 2 * DAY).proof
        assert third is not None
        assert third.difference_minor == -333
    assert bank.cases()["clearing_differs"] == -333
    bank.day(on + 3 * DAY, skipped_minor=333)
    assert bank.controls_day(on + 3 * DAY).proof is not None
    assert "clearing_differs" not in bank.cases(), "it agrees again"


def test_what_is_ours_and_on_no_statement_is_a_case_until_a_statement_shows_it() -> None:
    bank = Bank()
    desk, on = bank.desk, bank.desk.due_on
    desk.hears(desk.credit("b-9", amount_minor=900))
    bank.day(on, bank.payout())
    for days in range(1, 6):
        bank.day(on + days * DAY)
        missing = bank.controls_day(on + days * DAY).missing
        assert missing == (Tally(1, 900) if days >= 3 else Tally())
    assert bank.cases()["not_on_statement"] == 900
    bank.day(on + 6 * DAY, bank.line(LineKind.CREDIT, desk.loan.loan_id, 900, "b-9"))
    assert "not_on_statement" not in bank.cases()
    assert bank.controls_day(on + 6 * DAY).missing == Tally()


def test_a_payout_that_no_statement_shows_is_a_case_too() -> None:
    bank = Bank()
    on = bank.desk.due_on
    bank.day(on)
    assert bank.controls_day(on).missing == Tally(1, -bank.desk.loan.principal_minor)
    assert bank.cases() == {"not_on_statement": -bank.desk.loan.principal_minor}


def test_a_parked_payment_that_went_back_before_its_statement_leaves_no_difference() -> None:
    bank = Bank()
    desk, on = bank.desk, bank.desk.due_on
    bank.day(on, bank.payout())
    for _ in range(2):
        bank.controls_day(on)
    desk.hears(desk.credit("b-x", reference="whose?", amount_minor=60))
    desk.hears(Return("b-y", "whose?", "credit", 60, "CNY", on, "MD06", "b-x"))
    lines = (
        bank.line(LineKind.CREDIT, "whose?", 60, "b-x"),
        bank.line(LineKind.CREDIT_RETURN, "whose?", -60, "b-y"),
    )
    bank.day(on + DAY, *lines)
    proof = bank.controls_day(on + DAY).proof
    assert proof is not None
    assert proof.difference_minor == 0


def test_money_in_suspense_is_aged_and_after_the_limit_a_case_and_told() -> None:
    bank = Bank()
    desk, on = bank.desk, bank.desk.due_on
    closing = desk.closing(on)
    desk.hears(desk.credit("b-all", amount_minor=closing + 500))  # 500 too much
    desk.hears(desk.credit("b-who", reference="whose?", amount_minor=40))
    ages = {0: {7: (2, 540)}, 20: {30: (2, 540)}, 31: {90: (2, 540)}, 100: {None: (2, 540)}}
    for days, wanted in ages.items():
        ageing = bank.controls_day(on + timedelta(days=days)).ageing
        assert {b.days: (b.items, b.amount_minor) for b in ageing.buckets if b.items} == wanted
        assert ageing.overdue == (2 if days > 30 else 0)
    told = [one for one in desk.money.open_cases(9) if one.case == "suspense_overdue"]
    assert sorted(one.amount_minor for one in told) == [40, 500]
    assert desk.kinds().count("SuspenseAged") == 1


def test_a_second_statement_of_a_day_that_says_otherwise_is_a_case() -> None:
    bank = Bank()
    on = bank.desk.due_on
    bank.day(on)
    bank.statements.closing_minor += 700
    bank.statements.lines = [bank.line(LineKind.CREDIT, bank.desk.loan.loan_id, 700)]
    assert bank.reconcile(on, "CNY", bank.desk.at(on)) is not None
    assert bank.cases() == {}, "the same statement, which only grew since"
    bank.statements.opening_minor += 5
    assert bank.reconcile(on, "CNY", bank.desk.at(on)) is not None
    assert bank.cases() == {"other_statement": 0}
