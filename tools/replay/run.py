"""Stream the months of all loans through the ledger; go on where a killed run stopped."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from pathlib import Path
from typing import Any, Final

from lending.domain.delinquency import delinquency
from lending.domain.ledger.merkle import Tree, anchor, leaf
from lending.domain.ledger.trial_balance import TrialBalance
from lending.domain.servicing.account import AccountStatus, status
from lending.domain.servicing.booking import (
    Booking,
    History,
    LoanBooks,
    accrue,
    book,
    needs_history,
)
from lending.domain.servicing.debts import unpaid
from lending.domain.servicing.terms import AccountTerms
from lending.domain.servicing.transactions import Transaction, TransactionKind
from lending.domain.servicing.verification import LoanLedger, first_broken

from tools.replay import files
from tools.replay.boarding import boarded, booked_at, ledger_id, terms_of
from tools.replay.files import LoanRow, MonthRow
from tools.replay.months import Facts, Progress, explain
from tools.replay.store import SqliteLedger

CHECK_EVERY: Final = 1_000
_SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS source (
    loan_id TEXT PRIMARY KEY, row TEXT NOT NULL, progress TEXT NOT NULL DEFAULT ''
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS tally (
    name TEXT PRIMARY KEY, count INTEGER NOT NULL, amount_minor INTEGER NOT NULL
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS mark (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
"""
# Days past due at a month's end, upper ends.
BUCKETS: Final = ((0, "0"), (30, "1-30"), (60, "31-60"), (90, "61-90"), (10**6, "91+"))


class Violation(Exception):
    """The books do not hold, or a fact that must be bookable was refused."""


class OtherData(Exception):
    """The state was made from other files or another limit."""


@dataclass(slots=True)
class Account:
    """The loan at hand; a desk for its months."""

    ledger: SqliteLedger
    loan: LoanRow
    terms: AccountTerms
    books: LoanBooks
    progress: Progress
    trial: TrialBalance
    tally: Callable[[str, int], None]
    today: date = date.min
    booked: int = 0

    def book(self, made: Transaction) -> Booking:
        """Book and commit one fact.

        Raises:
            Violation: it is refused.
        """
        history = None
        if needs_history(self.books, made):
            loan_id = self.terms.loan_id
            history = History(
                tuple(self.ledger.transactions(loan_id)), tuple(self.ledger.journals(loan_id))
            )
        booking = book(self.terms, self.books, made, self.today, history)
        if not isinstance(booking, Booking):
            raise Violation(f"{made.transaction_id} of {made.amount_minor} is refused: {booking}")
        self._commit(booking)
        if made.kind is TransactionKind.REVERSAL:
            self.tally("cash returned", made.amount_minor)
        elif made.kind in (TransactionKind.PAYMENT, TransactionKind.SETTLEMENT):
            self.tally("cash in", made.amount_minor)
        return booking

    def find(self, transaction_id: str) -> Transaction:
        """A fact of this loan that was booked."""
        found = self.ledger.transaction(self.terms.loan_id, transaction_id)
        if found is None:
            raise Violation(f"{transaction_id} was booked and is gone")
        return found

    def accrue(self, through: date) -> None:
        """Book the income of the days until then."""
        booking = accrue(self.terms, self.books, through, booked_at(through))
        if booking is not None:
            self._commit(booking)

    def _commit(self, booking: Booking) -> None:
        self.ledger.commit(self.terms.loan_id, self.books, booking)
        self.books = booking.after
        self.booked += 1
        for entry in booking.entries:
            self.trial.add(entry)


class Replay:
    """One run over the files; what is done already is skipped.

    Raises:
        OtherData: the state in the folder was made from other files or with another limit.
    """

    def __init__(
        self, ledger: SqliteLedger, loans: Path, months: Path, limit: int | None = None
    ) -> None:
        self.ledger = ledger
        self.trial = TrialBalance()
        self.booked = 0
        self._months_path = months
        self._limit = limit
        self._sql = ledger.connection
        self._sql.executescript(_SCHEMA)
        self._stage(loans, f"{files.fingerprint(loans, months)} limit {limit}")
        self._account: Account | None = None

    def _stage(self, loans: Path, source: str) -> None:
        """Keep the loans' rows where they can be found by id: the file is in another order."""
        known = self._mark("source")
        if known is None:
            with self.ledger.unit():
                for loan in files.loans(loans):
                    row = json.dumps(_loan_to_wire(loan))
                    self._sql.execute(
                        "INSERT INTO source (loan_id, row) VALUES (?, ?)", (loan.loan_id, row)
                    )
                self._set_mark("source", source)
        elif known != source:
            raise OtherData("the state in this folder is of other data or another --limit")

    @property
    def rows_done(self) -> int:
        """How many months are behind us."""
        return int(self._mark("rows") or 0)

    def run(self, seen: Callable[[int], None] = lambda _: None) -> None:
        """All months, then the loans without any, then the anchor; `seen` is told each month.

        Raises:
            Violation: a fact is refused or the books do not hold.  BadRow: the file is malformed.
        """
        self._catch_up()
        done, loans, before = self.rows_done, 0, ""
        number = 0
        for number, row in enumerate(files.months(self._months_path), start=1):
            if row.loan_id != before:
                before, loans = row.loan_id, loans + 1
                if self._limit is not None and loans > self._limit:
                    break
            if number > done:
                self._month(number, row)
            seen(number)
        if self._limit is None:
            self._open_the_others()
        self.check()
        self._anchor()

    def check(self) -> None:
        """The books balance, and the loan at hand is whole.

        Raises:
            Violation: they do not, or it is not.
        """
        if out := self.trial.out_of_balance():
            raise Violation(f"the trial balance is out by {out}")
        if self._account is not None:
            loan_id = self._account.terms.loan_id
            broken = first_broken(
                LoanLedger(
                    self._account.terms,
                    self.ledger.books(loan_id),
                    tuple(self.ledger.transactions(loan_id)),
                    tuple(self.ledger.journals(loan_id)),
                )
            )
            if broken is not None:
                raise Violation(str(broken))

    def root(self) -> str:
        """One hash over all heads: equal exactly when two ledgers are."""
        tree = Tree()
        for loan_id, head in self.ledger.heads():
            tree.add(leaf(loan_id, head))
        return tree.root()

    def tallies(self, prefix: str) -> dict[str, tuple[int, int]]:
        """Counts and amounts by what follows the prefix."""
        sql = "SELECT name, count, amount_minor FROM tally WHERE name LIKE ? ORDER BY name"
        rows = self._sql.execute(sql, (f"{prefix} %",)).fetchall()
        return {name[len(prefix) + 1 :]: (count, amount) for name, count, amount in rows}

    def _catch_up(self) -> None:
        """Sum what earlier runs booked."""
        for loan_id in self.ledger.loan_ids():
            for entry in self.ledger.journals(loan_id):
                self.trial.add(entry)

    def _month(self, number: int, row: MonthRow) -> None:
        """One row of the file: its facts, what is remembered and how far we are, or nothing."""
        account = self._of(row)
        booked = account.booked
        with self.ledger.unit():
            self._open(account)
            facts = Facts(account.loan, account.terms, row, account.progress)
            account.today = facts.last_on
            reason = explain(facts, account)
            self._note(account, facts)
            self._tally(f"reason {reason}", row.payment_minor)
            progress = json.dumps(_progress_to_wire(account.progress))
            self._sql.execute(
                "UPDATE source SET progress = ? WHERE loan_id = ?", (progress, row.loan_id)
            )
            self._set_mark("rows", str(number))
            self._set_mark("newest", facts.last_on.isoformat())
        self._count(account.booked - booked)

    def _count(self, bookings: int) -> None:
        before = self.booked
        self.booked += bookings
        if before // CHECK_EVERY != self.booked // CHECK_EVERY:
            self.check()

    def _note(self, account: Account, facts: Facts) -> None:
        """Delinquency at the month's end beside the file's own months without payment."""
        progress, row, on = account.progress, facts.row, facts.last_on
        progress.months += 1
        progress.balance_minor = row.balance_minor
        progress.reported_principal_minor += row.principal_minor
        progress.zero_months = 0 if row.payment_minor else progress.zero_months + 1
        progress.zero_months_max = max(progress.zero_months_max, progress.zero_months)
        if row.balance_minor == 0 and progress.emptied_month is None:
            progress.emptied_month = row.month
        owed = unpaid(account.terms, account.books.account, on, ahead=False)
        late = delinquency(on, owed).past_due_days
        progress.past_due_days_max = max(progress.past_due_days_max, late)
        stands = status(account.books.account)
        if stands is not AccountStatus.CLOSED:
            progress.closed_month = None
        elif progress.closed_month is None:
            progress.closed_month = row.month
        bucket = next(name for days, name in BUCKETS if late <= days)
        if stands is not AccountStatus.ACTIVE:
            bucket = stands.value
        self._tally(f"late {bucket} | {min(progress.zero_months, 3)}", 0)
        if progress.late:
            self._tally(f"roll {progress.late} | {bucket}", 0)
        progress.late = bucket

    def _of(self, row: MonthRow) -> Account:
        """The account of a row's loan, with terms drawn up from its first month."""
        if self._account is not None and self._account.loan.loan_id == row.loan_id:
            return self._account
        loan, progress = self._source(row.loan_id)
        if progress is None:
            terms, books = terms_of(loan, row), LoanBooks()
            progress = Progress(balance_minor=terms.principal_minor)
        else:
            loan_id = ledger_id(row.loan_id)
            terms, books = self.ledger.terms(loan_id), self.ledger.books(loan_id)
        self._account = self._at_hand(loan, terms, books, progress)
        return self._account

    def _at_hand(
        self, loan: LoanRow, terms: AccountTerms, books: LoanBooks, progress: Progress
    ) -> Account:
        return Account(self.ledger, loan, terms, books, progress, self.trial, self._tally)

    def _open(self, account: Account) -> None:
        if account.books.account.last is None:
            account.today = account.terms.opened_on
            self.ledger.open(account.terms)
            account.book(boarded(account.terms))
            self._tally("opened loans", account.terms.principal_minor)

    def _source(self, loan_id: str) -> tuple[LoanRow, Progress | None]:
        sql = "SELECT row, progress FROM source WHERE loan_id = ?"
        found = self._sql.execute(sql, (loan_id,)).fetchone()
        if found is None:
            raise Violation(f"months of loan {loan_id}, of which the other file knows nothing")
        row, progress = found
        return _loan_from_wire(json.loads(row)), (
            _progress_from_wire(json.loads(progress)) if progress else None
        )

    def sources(self) -> Iterator[tuple[LoanRow, Progress]]:
        """Every loan that has months, with what they came to."""
        sql = "SELECT row, progress FROM source WHERE progress <> '' ORDER BY loan_id"
        for row, progress in self._sql.execute(sql):
            yield _loan_from_wire(json.loads(row)), _progress_from_wire(json.loads(progress))

    def _open_the_others(self) -> None:
        """Loans without a month in the file are opened as their plans stand, and stay open."""
        sql = "SELECT loan_id FROM source WHERE progress = '' ORDER BY loan_id"
        for (loan_id,) in self._sql.execute(sql).fetchall():
            loan, _ = self._source(loan_id)
            terms = terms_of(loan, None)
            if self._sql.execute(
                "SELECT 1 FROM loan WHERE loan_id = ?", (terms.loan_id,)
            ).fetchone():
                continue
            account = Account(
                self.ledger, loan, terms, LoanBooks(), Progress(0), self.trial, self._tally
            )
            with self.ledger.unit():
                self._open(account)
                self._tally("reason no_months_in_the_file", 0)
            self._count(account.booked)

    def _anchor(self) -> None:
        newest = self._mark("newest")
        if newest is not None and not list(self.ledger.anchors()):
            on = date.fromisoformat(newest)
            heads = list(self.ledger.heads())
            self.ledger.keep_anchor(anchor(on, booked_at(on), heads), heads)

    def _tally(self, name: str, amount_minor: int) -> None:
        self._sql.execute(
            "INSERT INTO tally VALUES (?, 1, ?) ON CONFLICT (name) DO UPDATE "
            "SET count = count + 1, amount_minor = amount_minor + excluded.amount_minor",
            (name, amount_minor),
        )

    def _mark(self, name: str) -> str | None:
        row = self._sql.execute("SELECT value FROM mark WHERE name = ?", (name,)).fetchone()
        return None if row is None else str(row[0])

    def _set_mark(self, name: str, value: str) -> None:
        self._sql.execute(
            "INSERT INTO mark VALUES (?, ?) "
            "ON CONFLICT (name) DO UPDATE SET value = excluded.value",
            (name, value),
        )


def _loan_to_wire(loan: LoanRow) -> dict[str, Any]:
    fields = {name: getattr(loan, name) for name in LoanRow.__slots__}
    return {**fields, "annual_rate_pct": str(loan.annual_rate_pct)}


def _loan_from_wire(wire: dict[str, Any]) -> LoanRow:
    return LoanRow(**{**wire, "annual_rate_pct": Fraction(wire["annual_rate_pct"])})


def _progress_to_wire(progress: Progress) -> dict[str, Any]:
    return {name: getattr(progress, name) for name in Progress.__slots__}


def _progress_from_wire(wire: dict[str, Any]) -> Progress:
    return Progress(**{**wire, "recent": [tuple(one) for one in wire["recent"]]})
