"""The daily sweep of one shard: how late is each loan, when is it due next, who is reminded."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from lending.domain.delinquency import Unpaid, delinquency
from lending.domain.events import delinquency_changed, instalment_reminder_due
from lending.domain.faults import StaleVersion
from lending.domain.loan import reminders_for
from lending.domain.profile import MarketProfile
from lending.domain.records import Loan
from lending.domain.servicing.debts import unpaid
from lending.ports.book import Book, Change
from lending.ports.ledger import LedgerReader
from lending.ports.profiles import Profiles
from lending.usecases.loading import rules_at

EVER = date.min  # a loan is listed under its oldest unpaid due date, however old


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
        loans = self.book.loans_due(EVER, until, shard.shard)
        return sum(
            self._serve(loan, shard, profile, at) for loan in loans if loan.market == shard.market
        )

    def _serve(self, loan: Loan, shard: Shard, profile: MarketProfile, at: datetime) -> int:
        today = shard.business_date
        wanted = reminders_for(loan, today, profile.reminder_days)
        is_behind = loan.next_due_on is not None and loan.next_due_on < today
        if not wanted and not is_behind and loan.bucket is None:
            return 0
        owing = self._owing(loan.loan_id, today)
        current = self._stand(loan, owing, today, profile, at)
        made = 0
        for planned in wanted:
            amount_minor = sum(
                one.outstanding_minor for one in owing if one.due_on == planned.due_on
            )
            if not amount_minor:
                continue  # paid in advance, or the loan is closed
            reminder = replace(planned, amount_minor=amount_minor)
            event = instalment_reminder_due(current, reminder, at)
            try:
                self.book.commit(Change(reminders=(reminder,), events=(event,)))
            except StaleVersion:
                continue  # made by an earlier run
            made += 1
        return made

    def _owing(self, loan_id: str, on: date) -> list[Unpaid]:
        """What the books say is still owed."""
        terms, account = self.ledger.terms(loan_id), self.ledger.books(loan_id).account
        return [one for one in unpaid(terms, account, on) if one.outstanding_minor > 0]

    def _stand(
        self,
        loan: Loan,
        owing: Sequence[Unpaid],
        today: date,
        profile: MarketProfile,
        at: datetime,
    ) -> Loan:
        """The loan with its lateness and its oldest unpaid due date as the books have them."""
        rules = profile.delinquency
        late = delinquency(today, owing, rules.grace_days, buckets=rules.buckets)
        stands = replace(
            loan,
            next_due_on=min((one.due_on for one in owing), default=None),
            status="OVERDUE" if late.bucket else "ACTIVE_CURRENT",
            bucket=late.bucket,
        )
        if stands == loan:
            return loan
        stands = replace(stands, version=loan.version + 1)
        is_told = stands.bucket != loan.bucket
        events = (delinquency_changed(stands, late, today, at),) if is_told else ()
        try:
            self.book.commit(Change(loan=stands, loan_was=loan.version, events=events))
        except StaleVersion:
            return loan  # another run, or a booking; reminders do not depend on the row
        return stands
