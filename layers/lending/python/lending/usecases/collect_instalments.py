"""Draw what is due from the accounts that customers gave us a mandate for, each amount once.

An attempt is written down before the bank hears of it. Whatever happens then, its fate is asked
for under its own reference before anything else is sent; only what the bank definitely never
received is sent again, as it was. While one attempt of a loan is open there is no other.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Final

from lending.domain.auto_debit import (
    PURPOSE,
    VERDICT_MAX,
    Collection,
    CollectionState,
    due,
    next_attempt,
    payer_fields,
)
from lending.domain.bank_facts import CollectionStatus
from lending.domain.faults import LendingFault, Permanent, Retryable, StaleVersion
from lending.domain.profile import MarketProfile
from lending.domain.records import LIVE, Loan
from lending.domain.servicing.account import AccountStatus, status
from lending.domain.servicing.debts import unpaid
from lending.ports.bank import DebitAnswer, DebitOrder, Payer, PaymentRail
from lending.ports.book import Book
from lending.ports.money import Beside, MoneyBook
from lending.ports.profiles import Profiles
from lending.ports.vault import Vault
from lending.usecases.order_cases import DEBIT_UNKNOWN, close_order_case, open_order_case
from lending.usecases.receive_bank_fact import ReceiveBankFact
from lending.usecases.remind_borrowers import EVER, Shard

SOURCE: Final = "query"
OPEN_MAX: Final = 1_000
PAGE: Final = 200  # loans looked at in one run; the next begins behind the last of them


@dataclass(slots=True)
class Collected:
    """One run: attempts sent, attempts whose fate is known now, what is left for a later run.

    `after` is where the next page begins, "" = there is none. `failed` names loans that a retry
    may help; those that it cannot are in `broken`.
    """

    sent: int = 0
    ended: int = 0
    after: str = ""
    failed: list[str] = field(default_factory=list)
    broken: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class AnythingToOrder:
    """Whether a shard's day has anything to order of the bank, or to ask it about."""

    book: Book
    money: MoneyBook

    def __call__(self, shard: Shard) -> bool:
        """A look at the indexes. Raises Retryable."""
        number, today = shard.shard, shard.business_date
        return (
            any(loan.mandate_id for loan in self.book.loans_due(EVER, today, number))
            or bool(self.money.open_collections(number, 1))
            or bool(self.money.open_payouts(number, 1))
            or bool(self.book.loans_holding(number, 1))
        )


@dataclass(frozen=True, slots=True)
class CollectInstalments:
    """One shard of a business day. Running it again sends nothing twice."""

    book: Book
    money: MoneyBook
    vault: Vault
    profiles: Profiles
    rail: PaymentRail
    receive: ReceiveBankFact

    def __call__(self, shard: Shard, after: str, at: datetime) -> Collected:
        """First the fates of what is open (with the first page), then what is due. Retryable."""
        done = Collected()
        if not after:
            for attempt in self.money.open_collections(shard.shard, OPEN_MAX):
                with _apart(done, attempt.loan_id):
                    self._settle(attempt, shard, at, done)
        loans = sorted(
            (
                (_cursor(loan), loan)
                for loan in self.book.loans_due(EVER, shard.business_date, shard.shard)
                if loan.market == shard.market and _cursor(loan) > after
            ),
            key=lambda found: found[0],
        )
        for _, loan in loans[:PAGE]:
            if loan.mandate_id is not None:
                with _apart(done, loan.loan_id):
                    self._draw(loan, shard, at, done)
        if len(loans) > PAGE:
            done.after = loans[PAGE - 1][0]
        return done

    # What is open

    def _settle(self, attempt: Collection, shard: Shard, at: datetime, done: Collected) -> None:
        current = self.money.collection(attempt.loan_id, attempt.number, attempt.attempt)
        loan = self.book.loan(attempt.loan_id)
        if loan is None or loan.market != shard.market or current is None or not current.is_open:
            return
        answer = self.rail.query_debit(reference=current.reference)
        if answer.status == "not_received":
            rules = self._rules(shard).auto_debit
            if at - current.intended_at >= rules.final_after:
                self._keep(current, CollectionState.CANCELLED, "not_received", at)
                if at - current.intended_at >= VERDICT_MAX:
                    close_order_case(self.money, current.reference)
                done.ended += 1
                return
            if self._is_wanted(loan, current, shard):
                answer = self._send(loan, current)
                done.sent += 1
        ended = self._heard(current, answer, at)
        done.ended += ended
        if not ended and at - current.intended_at >= VERDICT_MAX:
            money = (current.amount_minor, current.currency)
            reference, loan_id = current.reference, loan.loan_id
            open_order_case(self.money, reference, *money, loan_id, at, DEBIT_UNKNOWN)

    def _is_wanted(self, loan: Loan, attempt: Collection, shard: Shard) -> bool:
        """Whether an order that was never received may still be sent as it was written."""
        if loan.mandate_id != attempt.mandate_id or loan.status not in LIVE:
            return False
        return self._owed(loan, shard.business_date) >= attempt.amount_minor

    # What is due

    def _draw(self, loan: Loan, shard: Shard, at: datetime, done: Collected) -> None:
        today, rules = shard.business_date, self._rules(shard).auto_debit
        terms, account = self.money.terms(loan.loan_id), self.money.books(loan.loan_id).account
        if status(account) is not AccountStatus.ACTIVE:
            return
        found = due(loan, unpaid(terms, account, today, ahead=False), today)
        if found is None:
            return
        attempts = self.money.collections(loan.loan_id)
        worked = self.profiles.calendar(loan.market)
        attempt = next_attempt(rules, worked, loan, found, attempts, at, today)
        if attempt is None:
            return
        order = self._order(loan, attempt)
        try:
            self.money.keep(Beside(collection=attempt))
        except StaleVersion:
            return  # another run makes it
        done.sent += 1
        done.ended += self._heard(attempt, self.rail.debit(order), at)

    def _owed(self, loan: Loan, today: date) -> int:
        terms, account = self.money.terms(loan.loan_id), self.money.books(loan.loan_id).account
        owing = unpaid(terms, account, today, ahead=False)
        return sum(one.outstanding_minor for one in owing if one.due_on <= today)

    def _send(self, loan: Loan, attempt: Collection) -> DebitAnswer:
        return self.rail.debit(self._order(loan, attempt))

    def _order(self, loan: Loan, attempt: Collection) -> DebitOrder:
        """The order, the same whenever it is made. Raises Permanent: the account is gone."""
        names = payer_fields(attempt.mandate_id)
        fields = self.vault.read(loan.customer_id, PURPOSE, names)
        if set(names) - set(fields):
            raise Permanent(f"{attempt.reference}: no account under {attempt.mandate_id}")
        name, account_no = (fields[one] for one in names)
        return DebitOrder(
            reference=attempt.reference,
            amount_minor=attempt.amount_minor,
            currency=attempt.currency,
            payer=Payer(name, account_no, attempt.mandate_id),
            due_on=attempt.collect_on,
            purpose=PURPOSE,
        )

    # What the bank says

    def _heard(self, attempt: Collection, answer: DebitAnswer, at: datetime) -> int:
        """Keep the answer; 1 when it was the last word. The money is booked as any channel's."""
        if answer.status in ("collected", "failed"):
            fact = CollectionStatus(
                attempt.reference,
                "collected" if answer.status == "collected" else "failed",
                attempt.amount_minor,
                attempt.currency,
                value_on=attempt.collect_on,
                reason=answer.reason,
            )
            self.receive(fact, SOURCE, at)
            return 1
        state = CollectionState.PENDING if answer.status == "pending" else CollectionState.UNKNOWN
        if attempt.state is not state:
            try:
                self._keep(attempt, state, answer.reason, None)
            except StaleVersion:
                return 0  # a webhook was faster
        return 0

    def _keep(
        self, attempt: Collection, state: CollectionState, reason: str, resolved_at: datetime | None
    ) -> None:
        changed = replace(
            attempt,
            state=state,
            version=attempt.version + 1,
            reason=reason,
            resolved_at=resolved_at,
        )
        self.money.keep(Beside(collection=changed, collection_was=attempt.version))

    def _rules(self, shard: Shard) -> MarketProfile:
        return self.profiles.get(shard.market, shard.business_date)


@contextmanager
def _apart(done: Collected, loan_id: str) -> Iterator[None]:
    """One loan's trouble does not stop the others."""
    try:
        yield
    except Retryable:
        done.failed.append(loan_id)
    except LendingFault:
        done.broken.append(loan_id)


def _cursor(loan: Loan) -> str:
    """Where a loan stands in the order of the day's work."""
    return f"{loan.next_due_on} {loan.loan_id}"
