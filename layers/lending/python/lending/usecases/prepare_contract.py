"""Render the accepted terms for reading and signing; rendering again voids all that came before."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime

from lending.domain.application import Move, advance
from lending.domain.documents.contract_data import Party
from lending.domain.masking import mask
from lending.domain.profile import MarketProfile
from lending.domain.records import Actor, Application, Contract, State, StoredReply
from lending.domain.signing import ShownDocument, Signer, SigningRules, ordered
from lending.ports.book import ApplicationFile, Book, Change
from lending.ports.contracts import Drafts
from lending.ports.documents import Rendered
from lending.ports.profiles import Profiles
from lending.ports.vault import Vault
from lending.usecases.loading import accepted_offer, own_file, rules_at
from lending.usecases.refusal import NotAllowed, illegal_state
from lending.usecases.render_contract import ContractPack, RenderContract
from lending.usecases.signing_file import OPEN, contract_file, person_of

RENDERED_IN = frozenset({State.OFFER_ACCEPTED, State.CONTRACTING})
LINK_SECONDS = 900
PARTY_FIELDS = ("full_name", "id_type", "id_no", "mobile")


@dataclass(frozen=True, slots=True)
class Prepared:
    """What is to be read: the contract, a link to each document, and the market's rules."""

    contract: Contract
    links: dict[str, str]
    rules: SigningRules


@dataclass(frozen=True, slots=True)
class PrepareContract:
    """OFFER_ACCEPTED to CONTRACTING; again in CONTRACTING, which voids codes and confirmations."""

    book: Book
    vault: Vault
    profiles: Profiles
    render: RenderContract
    drafts: Drafts

    def __call__(
        self,
        application_id: str,
        owner: str,
        at: datetime,
        reply: Callable[[Prepared], StoredReply],
    ) -> Prepared | NotAllowed:
        """Render, keep, commit. What is kept without a commit is never referred to.

        Raises:
            NotFound, Erased, StaleVersion, Retryable, Permanent (no template).
        """
        file = own_file(self.book, application_id, owner)
        application, earlier = file.application, file.contract
        if application.state not in RENDERED_IN:
            return illegal_state(application.state, "there is nothing to sign")
        profile = rules_at(self.profiles, application.request.market, at)
        signers = _signers(file, profile)
        # The borrower is named by the rendering itself.
        named = (party_of(self.vault, one) for one in signers if one.role != "borrower")
        others = tuple(party for party in named if party is not None)
        pack = self.render(file, profile, at, others)
        if isinstance(pack, NotAllowed):
            return pack
        contract = self._contract(file, pack, signers, at)
        prepared = Prepared(contract, links(self.drafts, contract), profile.signing)
        self.book.commit(_change(application, earlier, prepared, profile, at, reply))
        return prepared

    def _contract(
        self,
        file: ApplicationFile,
        pack: ContractPack,
        signers: tuple[Signer, ...],
        at: datetime,
    ) -> Contract:
        earlier, offer = file.contract, accepted_offer(file)
        number = 1 if earlier is None else earlier.round + 1
        documents = tuple(
            kept_draft(self.drafts, kind, rendered, f"contracts/{pack.contract_id}/{number}")
            for kind, rendered in (("contract", pack.contract), ("cost_sheet", pack.cost_sheet))
        )
        return Contract(
            contract_id=pack.contract_id,
            application_id=file.application.application_id,
            offer_id=offer.offer_id,
            document_sha256=pack.contract.sha256,
            terms_sha256=offer.terms_sha256,
            status="RENDERED",
            version=1 if earlier is None else earlier.version + 1,
            round=number,
            rendered_at=at,
            documents=documents,
            signers=signers,
        )


@dataclass(frozen=True, slots=True)
class ShowContract:
    """The rendering as it lies, with fresh links: for each who signs, and voiding nothing."""

    book: Book
    profiles: Profiles
    drafts: Drafts

    def __call__(self, application_id: str, owner: str, at: datetime) -> Prepared | NotAllowed:
        """What is to be read. Raises NotFound: neither the applicant nor a signer; Retryable."""
        file = contract_file(self.book, application_id, owner)
        application, contract = file.application, file.contract
        is_open = contract is not None and contract.status in OPEN
        if application.state != State.CONTRACTING or contract is None or not is_open:
            return illegal_state(application.state, "there is nothing to read and sign")
        profile = rules_at(self.profiles, application.request.market, at)
        return Prepared(contract, links(self.drafts, contract), profile.signing)


def party_of(vault: Vault, signer: Signer) -> Party | None:
    """A person who signs, as a paper names them; None for the lender. Raises NotFound, Erased."""
    role = signer.role
    if role == "lender":
        return None
    person = person_of(vault, signer, PARTY_FIELDS)
    return Party(
        role=role,
        name=person["full_name"],
        id_type=person["id_type"],
        id_no_masked=mask("id_no", person["id_no"]),
        mobile_masked=mask("mobile", person["mobile"]),
    )


def kept_draft(drafts: Drafts, kind: str, rendered: Rendered, folder: str) -> ShownDocument:
    """Keep a rendering where its readers find exactly these bytes."""
    name = f"{folder}/{kind}-{rendered.sha256[:16]}.pdf"
    return ShownDocument(
        kind=kind,
        sha256=rendered.sha256,
        bytes=len(rendered.pdf),
        pages=rendered.pages,
        name=name,
        object_version=drafts.put(name, rendered.pdf),
        template_id=rendered.template_id,
        template_sha256=rendered.template_sha256,
    )


def links(drafts: Drafts, contract: Contract) -> dict[str, str]:
    """A link of some minutes to each document of a paper."""
    return {
        one.kind: drafts.link(one.name, one.object_version, LINK_SECONDS)
        for one in contract.documents
    }


def _signers(file: ApplicationFile, profile: MarketProfile) -> tuple[Signer, ...]:
    """The borrower, who was named to sign with them, and the lender where policy wants it."""
    application = file.application
    if file.contract is not None:
        kept = [one.afresh() for one in file.contract.signers if one.role != "lender"]
    else:
        kept = []
    if not any(one.role == "borrower" for one in kept):
        kept.append(Signer("borrower", application.owner, application.customer_id))
    limit = profile.signing.countersign_above_minor
    if limit is not None and application.request.lent_minor > limit:
        kept.append(Signer("lender", "", ""))
    return ordered(tuple(kept))


def _change(
    application: Application,
    earlier: Contract | None,
    prepared: Prepared,
    profile: MarketProfile,
    at: datetime,
    reply: Callable[[Prepared], StoredReply],
) -> Change:
    change = Change(
        contract=prepared.contract,
        contract_was=0 if earlier is None else earlier.version,
        reply=reply(prepared),
    )
    if application.state == State.CONTRACTING:
        return change
    move = Move(State.CONTRACTING, "prepare_contract", Actor("applicant", application.owner))
    moved, transitions = advance(application, [move], at, profile.state_timeouts)
    return replace(
        change,
        application=replace(moved, contract_id=prepared.contract.contract_id),
        application_was=application.version,
        transitions=transitions,
    )
