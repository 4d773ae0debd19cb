"""A signed contract as entries of the register: one for each person who signed, in one commit."""

from collections.abc import Iterator
from datetime import date, datetime

from lending.domain.customer import customer_id_of
from lending.domain.dates import add_months
from lending.domain.documents import DocumentKind
from lending.domain.documents.record import DocumentRecord, DocumentRules
from lending.domain.faults import Permanent
from lending.domain.records import Application, Contract, Offer
from lending.domain.signing import ShownDocument, Signer
from lending.domain.verification import SIGNED


def signed_records(
    application: Application,
    contract: Contract,
    offer: Offer,
    rules: DocumentRules,
    on: date,
    at: datetime,
) -> tuple[DocumentRecord, ...]:
    """The sealed contract and the cost sheet read with it, for each person who signed.

    Kept from the last due day of a loan paid out `on` that day.

    Raises:
        Permanent: the contract does not lie in the archive.
    """
    ends_on = rules.retain_until(add_months(on, offer.term_months))
    return records_of(application, contract, ends_on, at)


def records_of(
    application: Application,
    contract: Contract,
    ends_on: date,
    at: datetime,
    loan_id: str | None = None,
) -> tuple[DocumentRecord, ...]:
    """Every document of a sealed paper, for each person who signed it.

    Raises:
        Permanent: the paper does not lie in the archive.
    """
    people = dict.fromkeys(account_of(one) for one in contract.signers if one.role != "lender")
    return tuple(
        record
        for customer_id in people
        for record in _of(application, contract, customer_id, ends_on, at, loan_id)
    )


def account_of(signer: Signer) -> str:
    """Whose list it comes into. Who was named signs under a token of this contract alone, and
    looks for what they signed under the account they sign in with."""
    if signer.role == "borrower":
        return signer.customer_id
    return customer_id_of(signer.owner)


def _of(
    application: Application,
    contract: Contract,
    customer_id: str,
    ends_on: date,
    at: datetime,
    loan_id: str | None,
) -> Iterator[DocumentRecord]:
    archived = contract.archived
    if archived is None:
        raise Permanent(f"{contract.contract_id}: nothing lies in the archive")
    for shown in contract.documents:
        is_sealed = shown.kind in SIGNED
        yield DocumentRecord(
            document_id=f"{shown.kind.replace('_', '-')}-{contract.contract_id}-v{contract.round}",
            kind=DocumentKind(shown.kind),
            number=contract.contract_id,
            version=contract.round,
            customer_id=customer_id,
            application_id=application.application_id,
            loan_id=loan_id,
            locale=_locale(shown),
            sha256=archived.sha256 if is_sealed else shown.sha256,
            pages=shown.pages,
            template_id=shown.template_id,
            template_sha256=shown.template_sha256,
            store="archive" if is_sealed else "issued",
            name=archived.name if is_sealed else shown.name,
            object_version=archived.object_version if is_sealed else "",
            issued_at=contract.rendered_at,
            signed_at=at,
            retain_until=ends_on,
        )


def _locale(shown: ShownDocument) -> str:
    """A template's id ends with language and version."""
    return shown.template_id.split(".")[-2]
