"""What callers see of documents: facts and links, no personal data."""

from typing import Literal

from lending.domain.documents.record import DocumentRecord
from lending.usecases.issue_documents import Issued
from lending.usecases.view_documents import Listed

type LoanDocument = Literal["statement", "schedule", "settlement-certificate"]


def issued(one: Issued) -> dict[str, object]:
    """A document with its link; whoever holds the link may read until it expires."""
    return {**document(one.record), "url": one.url, "expires_at": one.expires_at.isoformat()}


def listed(found: tuple[Listed, ...]) -> dict[str, object]:
    """A list of documents; `is_current` False: a newer version replaced it."""
    rows = [{**document(one.record), "is_current": one.is_current} for one in found]
    return {"documents": rows}


def document(record: DocumentRecord) -> dict[str, object]:
    """The facts of one document."""
    return {
        "document_id": record.document_id,
        "kind": record.kind.value,
        "number": record.number,
        "version": record.version,
        "application_id": record.application_id,
        "loan_id": record.loan_id,
        "locale": record.locale,
        "sha256": record.sha256,
        "pages": record.pages,
        "template_id": record.template_id,
        "issued_at": record.issued_at.isoformat(),
        "signed_at": record.signed_at.isoformat() if record.signed_at else None,
        "retain_until": record.retain_until.isoformat(),
    }
