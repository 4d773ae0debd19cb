"""After the bank's day: does its balance agree with the ledger's, what is missing, what waits."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Final

from lending.domain.control import (
    ClearingProof,
    ControlRules,
    Holding,
    SuspenseAgeing,
    Unstated,
    Waiting,
    buckets,
    suspense_layers,
)
from lending.domain.events import suspense_aged
from lending.domain.faults import StaleVersion
from lending.domain.profile import MarketProfile
from lending.domain.receipts import Receipt
from lending.domain.reconciliation import Reconciliation, Tally
from lending.ports.book import Book
from lending.ports.money import MoneyBook
from lending.ports.statements import Controls, Movements
from lending.usecases.cases import Cases, finding
from lending.usecases.reconcile_statement import KeepDay, missing_id

NOT_ON_STATEMENT: Final = "not_on_statement"
CLEARING_DIFFERS: Final = "clearing_differs"
SUSPENSE_OVERDUE: Final = "suspense_overdue"
COUNTS_MAX: Final = 3  # money moves while it is counted
CASES_MAX: Final = 10_000
type Counted = tuple[dict[str, Holding], dict[str, Unstated]]


@dataclass(frozen=True, slots=True)
class Controlled:
    """What a day's control found; `proof` None: no statement of the last two weeks is known.

    `deposits` are the loans that hold a security deposit.
    """

    proof: ClearingProof | None
    missing: Tally
    ageing: SuspenseAgeing
    deposits: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ControlDay:
    """Running it again for a day replaces its results and opens no case twice."""

    book: Book
    money: MoneyBook
    movements: Movements
    controls: Controls
    keep: KeepDay

    def __call__(self, on: date, profile: MarketProfile, at: datetime) -> Controlled:
        """The control of one currency, stored, as of a market day. Raises Retryable, Permanent."""
        currency, rules = profile.currency, profile.control
        newest = self.keep.newest(currency, on)
        holdings, unstated, is_settled = self._count(currency)
        proof = None
        if newest is not None:
            proof = self._prove(newest, holdings, unstated, is_settled, at)
        missing = self._missing(newest, unstated, rules, at)
        deposits = tuple(one.loan_id for one in holdings.values() if one.deposit_minor > 0)
        return Controlled(proof, missing, self._age(on, currency, holdings, rules, at), deposits)

    # The bank's balance and the ledger's

    def _count(self, currency: str) -> tuple[dict[str, Holding], dict[str, Unstated], bool]:
        """Holdings and movements by id, and whether nothing moved while they were read."""
        before = self._unstated(currency)
        for _ in range(COUNTS_MAX):
            holdings = {
                one.loan_id: one for one in self.movements.holdings() if one.currency == currency
            }
            after = self._unstated(currency)
            if before.keys() == after.keys():
                return holdings, after, True
            before = after
        return holdings, before, False

    def _unstated(self, currency: str) -> dict[str, Unstated]:
        found = (one for one in self.movements.unstated() if one.currency == currency)
        return {one.movement_id: one for one in found}

    def _prove(
        self,
        newest: Reconciliation,
        holdings: Mapping[str, Holding],
        unstated: Mapping[str, Unstated],
        is_settled: bool,
        at: datetime,
    ) -> ClearingProof:
        on, currency = newest.on, newest.currency
        known = self.controls.proof(on, currency)
        was = 0 if known is None else known.version
        proof = ClearingProof(
            on=on,
            currency=currency,
            bank_minor=newest.closing_minor,
            ledger_minor=sum(one.clearing_minor for one in holdings.values()),
            base_minor=0,
            # A payout whose loan is not open yet is in nobody's books.
            unstated=_tally(
                one.moved_minor for one in unstated.values() if one.loan_id in holdings
            ),
            held=self.movements.held(currency),
            outside=self.movements.outside(currency),
            is_settled=is_settled,
            proved_at=at,
            version=was + 1,
        )
        proof = replace(proof, base_minor=self._base_minor(proof, known))
        try:
            self.controls.keep_proof(proof, was)
        except StaleVersion:
            proof = self.controls.proof(on, currency) or proof
        self._tell_difference(proof, at)
        return proof

    def _base_minor(self, proof: ClearingProof, known: ClearingProof | None) -> int:
        """What the account holds besides: kept for ever once two counts agree on it.

        One count may miss what the index does not show yet, and nobody could ever correct it.
        """
        base_minor = self.controls.base_minor(proof.currency)
        if base_minor is not None:
            return base_minor
        base_minor = proof.difference_minor
        before = known or self._proof_before(proof)
        agrees = before is not None and before.is_settled and before.base_minor == base_minor
        if proof.is_settled and agrees:
            try:
                self.controls.keep_base(proof.currency, base_minor)
            except StaleVersion:
                return self.controls.base_minor(proof.currency) or base_minor
        return base_minor

    def _proof_before(self, proof: ClearingProof) -> ClearingProof | None:
        newest = self.keep.newest(proof.currency, proof.on - timedelta(days=1))
        return None if newest is None else self.controls.proof(newest.on, proof.currency)

    def _tell_difference(self, proof: ClearingProof, at: datetime) -> None:
        """One case for one difference, however long it lasts; ended once it is another or gone."""
        if not proof.is_settled:
            return
        cases, currency = Cases(self.money), proof.currency
        prefix, apart_minor = f"clearing-{currency}-", proof.difference_minor
        case_id = f"{prefix}{apart_minor}"
        for one in self.money.open_cases(CASES_MAX):
            if one.receipt_id.startswith(prefix) and one.receipt_id != case_id:
                cases.end(one.receipt_id, f"proof of {proof.on}")
        if apart_minor:
            detail = f"statement of {proof.on}"
            told = finding(case_id, CLEARING_DIFFERS, apart_minor, currency, at, detail=detail)
            cases.open(told)

    # What is ours and on no statement

    def _missing(
        self,
        newest: Reconciliation | None,
        unstated: Mapping[str, Unstated],
        rules: ControlRules,
        at: datetime,
    ) -> Tally:
        """Movements that the newest statement should have shown days ago: a case each."""
        tally = Tally()
        if newest is None:
            return tally
        latest = newest.on - timedelta(days=rules.missing_after_days)
        for one in unstated.values():
            if one.since.date() > latest:
                continue
            tally = tally.plus(one.moved_minor)
            told = finding(
                missing_id(one.movement_id),
                NOT_ON_STATEMENT,
                one.moved_minor,
                one.currency,
                at,
                detail=f"since {one.since.date()}",
                loan_id=one.loan_id,
            )
            Cases(self.money).open(told)
        return tally

    # What waits

    def _age(
        self,
        on: date,
        currency: str,
        holdings: Mapping[str, Holding],
        rules: ControlRules,
        at: datetime,
    ) -> SuspenseAgeing:
        waiting = [
            *self._in_suspense(holdings),
            *self._parked(currency),
        ]
        late = on - timedelta(days=rules.suspense_case_after_days)
        overdue = [one for one in waiting if one.since < late]
        known = self.controls.ageing(on, currency)
        was = 0 if known is None else known.version
        ageing = SuspenseAgeing(
            on=on,
            currency=currency,
            buckets=buckets(waiting, on, rules.suspense_buckets_days),
            overdue=len(overdue),
            made_at=at,
            version=was + 1,
        )
        try:
            self.controls.keep_ageing(ageing, was)
        except StaleVersion:
            ageing = self.controls.ageing(on, currency) or ageing
        self._tell_overdue(overdue, currency, at)
        return ageing

    def _in_suspense(self, holdings: Mapping[str, Holding]) -> Iterable[Waiting]:
        for loan_id, one in holdings.items():
            if one.suspense_minor > 0:
                for since, amount_minor in suspense_layers(self.money.journals(loan_id)):
                    yield Waiting(f"aged-{loan_id}-{since}", loan_id, since, amount_minor)

    def _parked(self, currency: str) -> Iterable[Waiting]:
        for one in self.money.open_cases(CASES_MAX):
            if one.currency == currency and one.kind == "credit" and "~" not in one.receipt_id:
                since = one.value_on or one.received_at.date()
                yield Waiting(f"aged-{one.receipt_id}", one.loan_id, since, one.amount_minor)

    def _tell_overdue(self, overdue: Iterable[Waiting], currency: str, at: datetime) -> None:
        """A case each for as long as it waits; money on a loan is told to the world too."""
        cases, wanted = Cases(self.money), {one.item_id: one for one in overdue}
        for case in self.money.open_cases(CASES_MAX):
            is_ours = case.case == SUSPENSE_OVERDUE and case.currency == currency
            if is_ours and case.receipt_id not in wanted:
                cases.end(case.receipt_id, "nothing waits any more")
        for one in wanted.values():
            told = self._overdue_case(one, currency, at)
            loan = self.book.loan(one.loan_id) if one.loan_id else None
            cases.open(told, *(() if loan is None else (suspense_aged(loan, one, at),)))

    @staticmethod
    def _overdue_case(one: Waiting, currency: str, at: datetime) -> Receipt:
        return finding(
            one.item_id,
            SUSPENSE_OVERDUE,
            one.amount_minor,
            currency,
            at,
            detail=f"since {one.since}",
            loan_id=one.loan_id,
            kind="suspense",
        )


def _tally(amounts: Iterable[int]) -> Tally:
    tally = Tally()
    for amount_minor in amounts:
        tally = tally.plus(amount_minor)
    return tally
