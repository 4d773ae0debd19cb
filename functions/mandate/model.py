"""Wire shapes of mandates. An account is shown by its last digits."""

from typing import Annotated

from lending.domain.auto_debit import PURPOSE, Collection
from lending.domain.records import Loan
from lending.domain.submission import ConsentGiven, PayeeAccount
from lending.entrypoint.http import WireModel
from lending.entrypoint.shapes import AccountBody, Code
from lending.usecases.give_mandate import MandateView
from pydantic import Field


class MandateBody(WireModel):
    """The account, and the text that was agreed to."""

    account: AccountBody
    text_version: Code
    text_sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]

    def payer(self) -> PayeeAccount:
        """The account as the use case takes it."""
        return PayeeAccount(self.account.name, self.account.account_no)

    def consent(self) -> ConsentGiven:
        """The consent as the use case takes it."""
        return ConsentGiven(PURPOSE, self.text_version, self.text_sha256)


def changed(loan: Loan) -> dict[str, object]:
    """That it is kept."""
    return {"loan_id": loan.loan_id, "mandate_id": loan.mandate_id}


def mandate(view: MandateView) -> dict[str, object]:
    """The mandate of a loan with all that was ever drawn or tried."""
    return {
        **changed(view.loan),
        "account_no": view.account_no or None,
        "attempts": [_attempt(one) for one in view.attempts],
    }


def _attempt(one: Collection) -> dict[str, object]:
    return {
        "reference": one.reference,
        "number": one.number,
        "attempt": one.attempt,
        "due_on": one.due_on.isoformat(),
        "collect_on": one.collect_on.isoformat(),
        "amount_minor": one.amount_minor,
        "currency": one.currency,
        "state": one.state.value,
        "reason": one.reason or None,
    }
