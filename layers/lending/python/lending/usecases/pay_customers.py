"""Pay what goes out on a loan: refunds by themselves, and orders that operations gave.

Money that is left when nothing is owed any more becomes owed to the customer and is ordered to
their account in one commit; so it is ordered once. The order is asked about before it is sent,
always: only what the bank never received is sent, under the one reference it ever has.
"""

from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Final

from lending.domain.auto_debit import payer_fields
from lending.domain.bank_facts import PayoutStatus
from lending.domain.faults import LendingFault, Permanent, Retryable, StaleVersion
from lending.domain.ledger.accounts import Account
from lending.domain.loan_payouts import LoanPayout, PayoutState, ordered, verified_account
from lending.domain.profile import MarketProfile
from lending.domain.receipts import Receipt, ReceiptOutcome
from lending.domain.records import Loan
from lending.domain.servicing.acceptance import BookingRefusal
from lending.domain.servicing.booking import LoanBooks
from lending.domain.servicing.terms import AccountTerms
from lending.domain.servicing.transactions import Transaction, TransactionKind
from lending.ports.bank import PaymentRail, PayoutOrder
from lending.ports.book import Book
from lending.ports.money import Beside, MoneyBook
from lending.ports.partners import Payee, RailAnswer
from lending.ports.profiles import Profiles
from lending.ports.vault import Vault
from lending.usecases.book_money import BookMoney
from lending.usecases.loading import file_of, rules_at
from lending.usecases.order_cases import open_order_case
from lending.usecases.receive_bank_fact import ReceiveBankFact
from lending.usecases.release_for_funding import payee_of
from lending.usecases.remind_borrowers import Shard

SOURCE: Final = "answer"
PURPOSE: Final = "refund"
OPEN_MAX: Final = 1_000
HELD_MAX: Final = 1_000
CAME_BACK: Final = frozenset({PayoutState.RETURNED, PayoutState.REJECTED})


@dataclass(slots=True)
class Paid:
    """One run: refunds ordered, orders sent, loans left for a later run."""

    ordered: int = 0
    sent: int = 0
    failed: list[str] = field(default_factory=list)
    broken: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class PayCustomers:
    """One shard of a business day. Running it again pays nothing twice."""

    book: Book
    money: MoneyBook
    vault: Vault
    profiles: Profiles
    rail: PaymentRail
    receive: ReceiveBankFact
    books: BookMoney

    def __call__(self, shard: Shard, at: datetime) -> Paid:
        """What is held is ordered, then what is ordered is sent. Raises Retryable."""
        done = Paid()
        for loan in self.book.loans_holding(shard.shard, HELD_MAX):
            if loan.market == shard.market:
                self._apart(done, loan.loan_id, loan, None, shard, at)
        for payout in self.money.open_payouts(shard.shard, OPEN_MAX):
            self._apart(done, payout.loan_id, None, payout, shard, at)
        return done

    def _apart(
        self,
        done: Paid,
        loan_id: str,
        loan: Loan | None,
        payout: LoanPayout | None,
        shard: Shard,
        at: datetime,
    ) -> None:
        """One loan's trouble does not stop the others."""
        try:
            if loan is not None:
                done.ordered += self._refund(loan, at)
            if payout is not None:
                done.sent += self._settle(payout, shard, at)
        except Retryable:
            done.failed.append(loan_id)
        except LendingFault:
            done.broken.append(loan_id)

    # What is held

    def _refund(self, loan: Loan, at: datetime) -> int:
        """1 when a refund was ordered; else it is a case, or there is nothing to refund."""
        before = self.money.books(loan.loan_id)
        held = max(0, before.account.suspense_minor)
        amount = held + before.account.refund_payable_minor
        known = self.money.payouts(loan.loan_id)
        has_case = any(one.state in CAME_BACK and one.kind != "tranche" for one in known)
        if amount <= 0 or has_case:
            return self._looked_at(loan, None)  # nothing, or a case of its own says why
        account = verified_account(self.money.collections(loan.loan_id), loan.mandate_id)
        order = ordered(loan.loan_id, "refund", amount, loan.currency, account or "", known, at)
        case = self._case(loan, amount, account, order, at)
        if case is not None or order is None:
            return self._looked_at(loan, self._parked(loan, amount, before, case or "", at))
        if not held:
            return self._looked_at(loan, None, order)
        made_on = self._profile(loan, at).local_date(at)

        def made(_terms: AccountTerms, _before: LoanBooks) -> Transaction:
            return Transaction(
                transaction_id=f"{order.reference}-owed",
                kind=TransactionKind.REFUND,
                value_on=made_on,
                booked_at=at,
                currency=loan.currency,
                amount_minor=held,
                credit=Account.REFUND_PAYABLE,
            )

        def told(_booking: object) -> Beside:
            return Beside(payout=order)

        result = self.books(loan, f"{order.reference}-owed", at, made, told)
        if isinstance(result, BookingRefusal):
            raise Permanent(f"{loan.loan_id}: a refund of what is held is refused: {result}")
        return 1

    def _case(
        self, loan: Loan, held: int, account: str | None, order: LoanPayout | None, at: datetime
    ) -> str | None:
        if held > self._profile(loan, at).refund_four_eyes_above_minor:
            return "refund_above_limit"
        if account is None:
            return "refund_without_account"
        return None if order is not None else "refund_while_another_is_open"

    def _parked(self, loan: Loan, held: int, before: LoanBooks, case: str, at: datetime) -> Receipt:
        return Receipt(
            receipt_id=f"refund-{loan.loan_id}-{before.head.seq}",
            sha256="",
            source="servicing",
            kind="refund",
            outcome=ReceiptOutcome.PARKED,
            received_at=at,
            case=case,
            amount_minor=held,
            currency=loan.currency,
            loan_id=loan.loan_id,
        )

    def _looked_at(self, loan: Loan, case: Receipt | None, order: LoanPayout | None = None) -> int:
        """The loan is off the list: with an order, or with a case for a person. 1 if ordered."""
        current = self.book.loan(loan.loan_id)
        if current is None or not current.holds_money:
            return 0
        changed = replace(current, holds_money=False, version=current.version + 1)
        known = None if case is None else self.money.receipt(case.receipt_id)
        receipt = None if known is not None else case
        beside = Beside(receipt=receipt, loan=changed, loan_was=current.version, payout=order)
        self.money.keep(beside)
        return int(order is not None)

    # What is ordered

    def _settle(self, payout: LoanPayout, shard: Shard, at: datetime) -> int:
        """1 when the order was sent now."""
        current = self.money.payout(payout.loan_id, payout.number)
        loan = self.book.loan(payout.loan_id)
        if loan is None or loan.market != shard.market or current is None or not current.is_open:
            return 0
        answer, sent = self.rail.query(reference=current.reference), 0
        if answer.status == "not_received":
            answer, sent = self.rail.submit(self._order(loan, current)), 1
        self._heard(loan, current, answer, at)
        return sent

    def _order(self, loan: Loan, payout: LoanPayout) -> PayoutOrder:
        """The order, the same whenever it is made. Raises Permanent: the account is gone."""
        money = (payout.amount_minor, payout.currency)
        if payout.kind == "tranche":  # of the price, as the first payout was
            file = file_of(self.book, loan.application_id)
            purpose = file.application.request.purpose
            return PayoutOrder(payout.reference, *money, payee_of(self.vault, file), purpose)
        return PayoutOrder(payout.reference, *money, self._payee(loan, payout), PURPOSE)

    def _payee(self, loan: Loan, payout: LoanPayout) -> Payee:
        if not payout.account:  # the verified payee of its release
            return payee_of(self.vault, file_of(self.book, loan.application_id))
        names = payer_fields(payout.account)
        fields = self.vault.read(loan.customer_id, PURPOSE, names)
        if set(names) - set(fields):
            raise Permanent(f"{payout.reference}: its account is not there")
        return Payee(*(fields[one] for one in names))

    def _heard(self, loan: Loan, payout: LoanPayout, answer: RailAnswer, at: datetime) -> None:
        profile = self._profile(loan, at)
        if answer.status in ("accepted", "rejected"):
            fact = PayoutStatus(
                payout.reference,
                "accepted" if answer.status == "accepted" else "rejected",
                payout.amount_minor,
                payout.currency,
                value_on=profile.local_date(at),
                reason=answer.reason,
            )
            self.receive(fact, SOURCE, at)
            return
        if payout.state is not PayoutState.UNKNOWN:
            changed = replace(
                payout, state=PayoutState.UNKNOWN, version=payout.version + 1, reason=answer.reason
            )
            try:
                self.money.keep(Beside(payout=changed, payout_was=payout.version))
            except StaleVersion:
                return  # a webhook was faster
        if at - payout.intended_at >= profile.auto_debit.final_after:
            money = (payout.amount_minor, payout.currency)
            open_order_case(self.money, payout.reference, *money, loan.loan_id, at)

    def _profile(self, loan: Loan, at: datetime) -> MarketProfile:
        return rules_at(self.profiles, loan.market, at)
