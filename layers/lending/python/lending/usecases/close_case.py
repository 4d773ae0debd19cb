"""Ending a case by hand, where nothing is booked on a loan.

What a check of ours found is ended by one person who looked into it. A movement of the bank's
account that no loan explains (charges, interest, own funds) leaves the loan ledger's sight, so
two persons say so; the daily proof goes on counting it.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Literal

from lending.domain.faults import NotFound
from lending.domain.problem import Problem
from lending.domain.receipts import Receipt, ReceiptOutcome
from lending.domain.records import StoredReply
from lending.ports.money import Beside, Receipts
from lending.usecases.enter_money import TELLER
from lending.usecases.refusal import NotAllowed, invalid

type Reason = Literal["looked_into", "outside_ledger"]


@dataclass(frozen=True, slots=True)
class CloseCase:
    """Raises NotFound, StaleVersion, Retryable."""

    money: Receipts

    def __call__(
        self, case_id: str, reason: Reason, operator: str, reply: Callable[[Receipt], StoredReply]
    ) -> Receipt | NotAllowed:
        """The case: ended, or (outside_ledger, first person) waiting for a second person."""
        case = self.money.receipt(case_id)
        if case is None or case.source == TELLER:
            raise NotFound(case_id)
        if not case.is_open:
            return NotAllowed("conflict", "illegal_state", f"The case is {case.outcome}.")
        if bool(case.moved_minor) != (reason == "outside_ledger"):
            return invalid(Problem("/reason", "outside_ledger for money, looked_into for others"))
        next_version = case.version + 1
        if reason == "looked_into":
            done = replace(
                case,
                outcome=ReceiptOutcome.CLOSED,
                version=next_version,
                closed_by=operator,
                entered_by=operator,
            )
        elif not case.entered_by:
            done = replace(case, version=next_version, entered_by=operator)
        elif case.entered_by == operator:
            return NotAllowed("forbidden", "four_eyes", "A second person must say so.")
        else:
            done = replace(
                case, outcome=ReceiptOutcome.OUTSIDE, version=next_version, closed_by=operator
            )
        self.money.keep(Beside(done, case.version, reply=reply(done)))
        return done
