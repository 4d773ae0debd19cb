"""Wire shapes of acceptance, contract and signature."""

from typing import Annotated

from lending.domain.records import Application
from lending.entrypoint.http import WireModel
from lending.usecases.confirm_signature import Signature
from lending.usecases.prepare_contract import Prepared
from pydantic import Field


class AcceptanceBody(WireModel):
    """The offer chosen, and that its cost sheet was read."""

    offer_id: Annotated[str, Field(min_length=1, max_length=80)]
    cost_sheet_confirmed: bool


class SignatureBody(WireModel):
    """The code from the phone for exactly the document shown."""

    otp_id: Annotated[str, Field(min_length=1, max_length=80)]
    code: Annotated[str, Field(pattern=r"^[0-9]{6}$")]
    document_sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]

    def signature(self) -> Signature:
        """The body as the use case takes it."""
        return Signature(self.otp_id, self.code, self.document_sha256)


def moved(application: Application) -> dict[str, object]:
    """The application's new state."""
    return {
        "application_id": application.application_id,
        "state": application.state.value,
        "accepted_offer_id": application.accepted_offer_id,
    }


def contract(prepared: Prepared) -> dict[str, object]:
    """The document to read, and where the code went."""
    one = prepared.contract
    return {
        "contract_id": one.contract_id,
        "document": prepared.document,
        "document_sha256": one.document_sha256,
        "terms_sha256": one.terms_sha256,
        "otp_id": one.otp_id,
        "sent_to": prepared.sent_to,
        "expires_at": one.otp_expires_at.isoformat(),
    }


def signed(application: Application) -> dict[str, object]:
    """That it is signed, and since when."""
    return {
        "application_id": application.application_id,
        "state": application.state.value,
        "signed_at": application.updated_at.isoformat(),
    }
