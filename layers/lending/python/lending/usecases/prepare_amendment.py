"""The paper of an approved amendment: drawn up from the loan as it stands, rendered, to be read."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime

from lending.domain.amending import Amendment, DrawnUp
from lending.domain.documents import DocumentKind
from lending.domain.documents.amendment import Extension, amendment_data
from lending.domain.profile import MarketProfile
from lending.domain.records import Contract, StoredReply
from lending.domain.signing import Signer, ordered
from lending.ports.book import ApplicationFile, Book, Change
from lending.ports.contracts import Drafts
from lending.ports.documents import DocumentInput, Renderer, Unprintable
from lending.ports.profiles import Profiles
from lending.ports.vault import Vault
from lending.usecases.loading import rules_at
from lending.usecases.prepare_contract import Prepared, kept_draft, links, party_of
from lending.usecases.refusal import NotAllowed
from lending.usecases.render_contract import unprintable
from lending.usecases.running_loan import RunningLoan, RunningLoans
from lending.usecases.signing_file import (
    amendment_file,
    nothing_to_sign,
    open_paper,
    person_of,
)


@dataclass(frozen=True, slots=True)
class PrepareAmendment:
    """Render; again, when the loan changed or somebody wants it: voids what was confirmed."""

    book: Book
    vault: Vault
    loans: RunningLoans
    renderer: Renderer
    drafts: Drafts

    def __call__(
        self,
        amendment_id: str,
        owner: str,
        at: datetime,
        reply: Callable[[Prepared], StoredReply],
    ) -> Prepared | NotAllowed:
        """Render, keep, commit. What is kept without a commit is never referred to.

        Raises:
            NotFound, Erased, StaleVersion, Retryable, Permanent (no template).
        """
        file, amendment = amendment_file(self.book, amendment_id, owner)
        if amendment.status != "APPROVED" or amendment.is_signed or amendment.expires_at <= at:
            return nothing_to_sign(amendment)
        running = self.loans.of_file(file, at)
        drawn = running.drawn(amendment.months)
        if isinstance(drawn, NotAllowed):
            return drawn
        paper = self._paper(running, amendment, drawn)
        if isinstance(paper, NotAllowed):
            return paper
        rendered = replace(
            amendment,
            paper=paper,
            paid=drawn.paid,
            base_sha256=drawn.base_sha256,
            effective_on=drawn.on,
            ends_on=drawn.after.rows[-1].due_on,
            stale="",
            version=amendment.version + 1,
        )
        prepared = Prepared(paper, links(self.drafts, paper), running.profile.signing)
        change = Change(amendment=rendered, amendment_was=amendment.version, reply=reply(prepared))
        self.book.commit(change)
        return prepared

    def _paper(
        self, running: RunningLoan, amendment: Amendment, drawn: DrawnUp
    ) -> Contract | NotAllowed:
        signers = _signers(running.file, running.profile)
        found = (party_of(self.vault, one) for one in signers)
        people = [one for one in found if one is not None]
        change = Extension(running.loan, drawn.before, drawn.after, amendment.reason, drawn.on)
        earlier = amendment.paper
        number = 1 if earlier is None else earlier.round + 1
        borrower, market = signers[0], running.loan.market
        wanted = person_of(self.vault, borrower, ("locale",))["locale"]
        product = running.profile.products[running.file.application.request.product_id].kind
        kind, lender = DocumentKind.EXTENSION_AMENDMENT, running.profile.lender
        locale = self.renderer.locale(kind, market, product, wanted, drawn.on)
        done = self.renderer.render(
            DocumentInput(
                kind=kind,
                market=market,
                product=product,
                locale=locale,
                number=amendment.amendment_id,
                issuer=lender.name(locale),
                on=drawn.on,
                data=amendment_data(change, people, lender, locale),
            )
        )
        if isinstance(done, Unprintable):
            return unprintable(done)
        folder = f"contracts/{amendment.amendment_id}/{number}"
        offer_id = running.file.application.accepted_offer_id
        return Contract(
            contract_id=amendment.amendment_id,
            application_id=amendment.application_id,
            offer_id=offer_id or "",
            document_sha256=done.sha256,
            terms_sha256=drawn.plan_sha256,
            status="RENDERED",
            version=1 if earlier is None else earlier.version + 1,
            round=number,
            rendered_at=running.at,
            documents=(kept_draft(self.drafts, kind.value, done, folder),),
            signers=signers,
        )


@dataclass(frozen=True, slots=True)
class ShowAmendment:
    """The paper as it lies, with fresh links, for each who signs; voids nothing."""

    book: Book
    profiles: Profiles
    drafts: Drafts

    def __call__(self, amendment_id: str, owner: str, at: datetime) -> Prepared | NotAllowed:
        """What is to be read. Raises NotFound, Retryable."""
        file, _ = amendment_file(self.book, amendment_id, owner)
        paper = open_paper(file, amendment_id)
        if isinstance(paper, NotAllowed):
            return paper
        profile = rules_at(self.profiles, file.application.request.market, at)
        return Prepared(paper.contract, links(self.drafts, paper.contract), profile.signing)


def _signers(file: ApplicationFile, profile: MarketProfile) -> tuple[Signer, ...]:
    """All who signed the contract sign its amendment, or their liability might lapse."""
    application, contract = file.application, file.contract
    signed = () if contract is None else contract.signers
    kept = [Signer(one.role, one.owner, one.customer_id) for one in signed if one.role != "lender"]
    if not any(one.role == "borrower" for one in kept):
        kept.append(Signer("borrower", application.owner, application.customer_id))
    limit = profile.signing.countersign_above_minor
    if limit is not None and application.request.lent_minor > limit:
        kept.append(Signer("lender", "", ""))
    return ordered(tuple(kept))
