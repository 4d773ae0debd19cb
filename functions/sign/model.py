"""Wire shapes of acceptance, contract and signature."""

from datetime import datetime
from typing import Annotated

from lending.domain.records import Application, Contract
from lending.domain.signing import Viewed
from lending.entrypoint.http import WireModel
from lending.entrypoint.shapes import Months
from lending.usecases.amend_loan import Wanted
from lending.usecases.confirm_signature import Signature
from lending.usecases.prepare_contract import Prepared
from lending.usecases.read_contract import Prompted
from pydantic import Field

Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
Name = Annotated[str, Field(pattern=r"^[a-z_]{1,40}$")]


class AcceptanceBody(WireModel):
    """The offer chosen, and that its cost sheet was read."""

    offer_id: Annotated[str, Field(min_length=1, max_length=80)]
    cost_sheet_confirmed: bool


class ViewedBody(WireModel):
    """Pages of one document that were before the signer's eyes."""

    kind: Name
    sha256: Sha256
    pages: Annotated[list[Annotated[int, Field(ge=1, le=500)]], Field(min_length=1, max_length=500)]


class ViewsBody(WireModel):
    """What was read since the last report."""

    viewed: Annotated[list[ViewedBody], Field(min_length=1, max_length=10)]


class OtpBody(WireModel):
    """What was read since the last report, and the disclosures acknowledged."""

    viewed: Annotated[list[ViewedBody], Field(max_length=10, default_factory=list)]
    disclosures: Annotated[list[Name], Field(max_length=20)]


class ExtensionBody(WireModel):
    """So many more months, for a reason of the market's list."""

    months: Months
    reason: Name

    def wanted(self) -> Wanted:
        """The body as the use case takes it."""
        return Wanted(self.months, self.reason)


class SignatureBody(WireModel):
    """The code from the phone for exactly the document shown."""

    otp_id: Annotated[str, Field(min_length=1, max_length=80)]
    code: Annotated[str, Field(pattern=r"^[0-9]{6}$")]
    document_sha256: Sha256

    def signature(self, address: str, agent: str) -> Signature:
        """The body as the use case takes it, with where it came from."""
        return Signature(self.otp_id, self.code, self.document_sha256, address, agent)


def viewed(rows: list[ViewedBody], at: datetime) -> tuple[Viewed, ...]:
    """A report of pages as the use cases take it."""
    return tuple(Viewed(row.kind, row.sha256, tuple(sorted(set(row.pages))), at) for row in rows)


def moved(application: Application) -> dict[str, object]:
    """The application's new state."""
    return {
        "application_id": application.application_id,
        "state": application.state.value,
        "accepted_offer_id": application.accepted_offer_id,
    }


def contract(prepared: Prepared) -> dict[str, object]:
    """The documents to read, how long, what to acknowledge, and who signs."""
    one, rules = prepared.contract, prepared.rules
    return {
        **progress(one),
        "document_sha256": one.document_sha256,
        "terms_sha256": one.terms_sha256,
        "documents": [
            {
                "kind": document.kind,
                "sha256": document.sha256,
                "pages": document.pages,
                "url": prepared.links[document.kind],
                "reading_seconds": rules.reading_seconds.get(document.kind, 0),
            }
            for document in one.documents
        ],
        "disclosures": list(rules.disclosures),
    }


def progress(one: Contract) -> dict[str, object]:
    """Where a contract is on its way."""
    return {
        "contract_id": one.contract_id,
        "status": one.status,
        "round": one.round,
        "signers": [
            {"role": signer.role, "has_signed": signer.confirmed_at is not None}
            for signer in one.signers
        ],
    }


def prompted(done: Prompted) -> dict[str, object]:
    """Where the code went, and until when it is good."""
    return {
        **progress(done.contract),
        "document_sha256": done.contract.document_sha256,
        "otp_id": done.otp.otp_id,
        "sent_to": done.otp.sent_to,
        "expires_at": done.otp.expires_at.isoformat(),
    }


def signed(application: Application) -> dict[str, object]:
    """That it is signed, and since when."""
    return {
        "application_id": application.application_id,
        "state": application.state.value,
        "signed_at": application.updated_at.isoformat(),
    }
