"""The Movements and Controls ports, and those of statements, in memory."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date

from lending.domain.bank_facts import Statement, StatementLine
from lending.domain.control import ClearingProof, Holding, SuspenseAgeing, Unstated
from lending.domain.faults import StaleVersion
from lending.domain.ledger.accounts import Account
from lending.domain.receipts import ReceiptOutcome, loan_of_payout
from lending.domain.reconciliation import Reconciliation, Tally
from lending.domain.servicing.account import INDEX

from tests.fakes.book import FakeBook
from tests.fakes.money import FakeMoney


@dataclass
class FakeStatements:
    """Answers one statement, whatever the day."""

    opening_minor: int
    closing_minor: int
    lines: list[StatementLine]
    account: str = "A"

    def statement(self, on: date, currency: str) -> tuple[Statement, Sequence[StatementLine]]:
        balances = (self.opening_minor, self.closing_minor)
        told = Statement("ST-1", self.account, currency, on, on, *balances, len(self.lines))
        return told, self.lines


@dataclass
class FakeReconciliations:
    kept: dict[tuple[date, str], Reconciliation] = field(default_factory=dict)

    def reconciliation(self, on: date, currency: str) -> Reconciliation | None:
        return self.kept.get((on, currency))

    def keep_reconciliation(self, done: Reconciliation, was: int) -> None:
        known = self.kept.get((done.on, done.currency))
        if (known.version if known else 0) != was:
            raise StaleVersion("fake: reconciliation")
        self.kept[done.on, done.currency] = done


class FakeMovements:
    """What the stores of one process hold."""

    def __init__(self, book: FakeBook, money: FakeMoney) -> None:
        self._book, self._money = book, money

    def holdings(self) -> Iterator[Holding]:
        for loan_id in self._money.loan_ids():
            account = self._money.books(loan_id).account
            clearing = account.balances[INDEX[Account.CASH_CLEARING]]
            currency = self._money.terms(loan_id).currency
            held = (account.suspense_minor, account.deposit_minor)
            yield Holding(loan_id, currency, clearing, *held)

    def unstated(self) -> Iterator[Unstated]:
        for one in self._money.receipts.values():
            if one.awaits_statement:
                moved = (one.moved_minor, one.currency, one.received_at)
                yield Unstated(one.receipt_id, one.loan_id, *moved)
        for payout in self._book.disbursements.values():
            if payout.awaits_statement:
                since = payout.resolved_at or payout.intended_at
                loan_id = loan_of_payout(payout.application_id)
                moved = (-payout.amount_minor, payout.currency, since)
                yield Unstated(payout.reference, loan_id, *moved)

    def held(self, currency: str) -> Tally:
        return self._tally(currency, ReceiptOutcome.PARKED)

    def outside(self, currency: str) -> Tally:
        return self._tally(currency, ReceiptOutcome.OUTSIDE)

    def _tally(self, currency: str, outcome: ReceiptOutcome) -> Tally:
        tally = Tally()
        for one in self._money.receipts.values():
            if (one.currency, one.outcome) == (currency, outcome) and one.stated_on is not None:
                tally = tally.plus(one.moved_minor)
        return tally


@dataclass
class FakeControls:
    bases: dict[str, int] = field(default_factory=dict)
    proofs: dict[tuple[date, str], ClearingProof] = field(default_factory=dict)
    ageings: dict[tuple[date, str], SuspenseAgeing] = field(default_factory=dict)

    def base_minor(self, currency: str) -> int | None:
        return self.bases.get(currency)

    def keep_base(self, currency: str, base_minor: int) -> None:
        if currency in self.bases:
            raise StaleVersion("fake: base")
        self.bases[currency] = base_minor

    def proof(self, on: date, currency: str) -> ClearingProof | None:
        return self.proofs.get((on, currency))

    def keep_proof(self, proof: ClearingProof, was: int) -> None:
        known = self.proof(proof.on, proof.currency)
        if (known.version if known else 0) != was:
            raise StaleVersion("fake: proof")
        self.proofs[proof.on, proof.currency] = proof

    def ageing(self, on: date, currency: str) -> SuspenseAgeing | None:
        return self.ageings.get((on, currency))

    def keep_ageing(self, ageing: SuspenseAgeing, was: int) -> None:
        known = self.ageing(ageing.on, ageing.currency)
        if (known.version if known else 0) != was:
            raise StaleVersion("fake: ageing")
        self.ageings[ageing.on, ageing.currency] = ageing
