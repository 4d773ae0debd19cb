"""The daily sweep of one shard: remind who pays soon, and roll the next due date on."""

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from lending.domain.events import instalment_reminder_due
from lending.domain.faults import StaleVersion
from lending.domain.loan import reminders_for
from lending.domain.profile import MarketProfile
from lending.domain.records import Loan
from lending.domain.servicing.debts import unpaid
from lending.ports.book import Book, Change
from lending.ports.ledger import LedgerReader
from lending.ports.profiles import Profiles
from lending.usecases.loading import rules_at

LONGEST_MISSED = timedelta(days=400)


@dataclass(frozen=True, slots=True)
class Shard:
    """One piece of the daily work: a market's business date and a shard of its loans."""

    market: str
    shard: int
    business_date: date


@dataclass(frozen=True, slots=True)
class PlanReminders:
    """Cut a day's work into shards, each with its market's own business date."""

    profiles: Profiles
    shards: int

    def __call__(self, scheduled_at: datetime) -> tuple[Shard, ...]:
        """Every market and shard. Raises Permanent."""
        return tuple(
            Shard(market, shard, rules_at(self.profiles, market, scheduled_at).local_date(
                scheduled_at))
            for market in self.profiles.markets
            for shard in range(self.shards)
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class RemindBorrowers:
    """Every step is unique by (loan, kind, due date): running it twice reminds once."""

    book: Book
    ledger: LedgerReader
    profiles: Profiles

    def __call__(self, shard: Shard, at: datetime) -> int:
        """How many reminders were made. Raises Retryable."""
        profile = self.profiles.get(shard.market, shard.business_date)
        until = shard.business_date + timedelta(days=max(profile.reminder_days))
        since = shard.business_date - LONGEST_MISSED
        loans = self.book.loans_due(since, until, shard.shard)
        return sum(
            self._serve(loan, shard, profile, at) for loan in loans if loan.market == shard.market
        )

    def _serve(self, loan: Loan, shard: Shard, profile: MarketProfile, at: datetime) -> int:
        current = self._roll(loan, shard.business_date)
        wanted = reminders_for(current, shard.business_date, profile.reminder_days)
        owing = self._owing(loan.loan_id, shard.business_date) if wanted else {}
        made = 0
        for planned in wanted:
            if not owing.get(planned.due_on):
                continue  # paid in advance, or the loan is closed
            reminder = replace(planned, amount_minor=owing[planned.due_on])
            event = instalment_reminder_due(current, reminder, at)
            try:
                self.book.commit(Change(reminders=(reminder,), events=(event,)))
            except StaleVersion:
                continue  # made by an earlier run
            made += 1
        return made

    def _owing(self, loan_id: str, on: date) -> dict[date, int]:
        """What the books say is still owed, by due date."""
        terms, account = self.ledger.terms(loan_id), self.ledger.books(loan_id).account
        owing: dict[date, int] = {}
        for one in unpaid(terms, account, on):
            owing[one.due_on] = owing.get(one.due_on, 0) + one.outstanding_minor
        return owing

    def _roll(self, loan: Loan, business_date: date) -> Loan:
        """The loan with its next due date on or after the business date."""
        if loan.next_due_on is None or loan.next_due_on >= business_date:
            return loan
        later = [row.due_on for row in loan.plan if row.due_on >= business_date]
        rolled = replace(loan, next_due_on=min(later, default=None), version=loan.version + 1)
        try:
            self.book.commit(Change(loan=rolled, loan_was=loan.version))
        except StaleVersion:
            return loan  # another run rolled it; reminders do not depend on the row
        return rolled
