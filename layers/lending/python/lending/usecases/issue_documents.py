"""Letters on demand: rendered from the records, the same bytes each time, behind a short link."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from lending.domain.documents import DocumentKind
from lending.domain.documents.notices import (
    Recipient,
    Settled,
    certificate_data,
    decision_notice_data,
    schedule_data,
    statement_data,
)
from lending.domain.documents.record import DocumentRecord
from lending.domain.faults import NotFound
from lending.domain.ledger.journal import EntryKind
from lending.domain.ledger.statement import Statement, statement
from lending.domain.masking import mask
from lending.domain.profile import MarketProfile
from lending.domain.records import Application, Loan
from lending.domain.servicing.account import AccountStatus, status
from lending.ports.book import Book
from lending.ports.documents import (
    DocumentInput,
    DocumentRegister,
    DocumentStore,
    Renderer,
    Unprintable,
)
from lending.ports.ledger import LedgerBook
from lending.ports.profiles import Profiles
from lending.ports.vault import Vault
from lending.usecases.loading import application_of, own_file, rules_at
from lending.usecases.refusal import NotAllowed
from lending.usecases.render_contract import unprintable
from lending.usecases.view_application import ViewLoan

PRINTED = ("full_name", "id_no", "locale")
PAID_BY = frozenset({EntryKind.PAYMENT, EntryKind.SETTLEMENT, EntryKind.REVERSAL})


@dataclass(frozen=True, slots=True)
class Issued:
    """A document and the link that reads it until `expires_at`."""

    record: DocumentRecord
    url: str
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Letter:
    """What is rendered for whom; `number` names the document, `last_on` its loan's last day."""

    kind: DocumentKind
    application: Application
    loan: Loan | None
    number: str
    on: date
    last_on: date
    locale: str
    data: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class IssueDocuments:
    """Reads, renders, keeps; somebody else's application or loan does not exist."""

    book: Book
    ledger: LedgerBook
    vault: Vault
    profiles: Profiles
    renderer: Renderer
    store: DocumentStore
    register: DocumentRegister

    def decision_notice(self, application_id: str, owner: str, at: datetime) -> Issued | NotAllowed:
        """The notice of the newest decision, dated on its day. Raises NotFound, Erased."""
        file = own_file(self.book, application_id, owner)
        application, decision = file.application, file.decision
        if decision is None:
            return _not_yet("nothing is decided yet")
        profile = rules_at(self.profiles, application.request.market, decision.decided_at)
        to, locale = self._recipient(application, DocumentKind.DECISION_NOTICE, profile, at)
        data = decision_notice_data(application, decision, file.offers, to, profile.lender, locale)
        if data is None:
            return _not_yet("a person is looking at the application")
        on = profile.local_date(decision.decided_at)
        letter = Letter(
            kind=DocumentKind.DECISION_NOTICE,
            application=application,
            loan=None,
            number=decision.decision_id,
            on=on,
            last_on=on,
            locale=locale,
            data=data,
        )
        return self._issue(letter, profile, at, is_kept=True)

    def certificate(self, loan_id: str, owner: str, at: datetime) -> Issued | NotAllowed:
        """That a loan is settled, dated on the day it was closed. Raises NotFound, Erased."""
        loan = ViewLoan(self.book)(loan_id, owner)
        account = self.ledger.books(loan_id).account
        if status(account) is not AccountStatus.CLOSED or account.ended is None:
            return NotAllowed("conflict", "illegal_state", "The loan is not settled.")
        application, profile = self._context(loan, at)
        kind = DocumentKind.SETTLEMENT_CERTIFICATE
        to, locale = self._recipient(application, kind, profile, at)
        paid = _paid(statement(self.ledger.journals(loan_id)), account.ended.on)
        data = certificate_data(
            loan,
            paid,
            to,
            profile.lender,
            locale,
            is_secured=application.request.vehicle is not None,
        )
        letter = Letter(
            kind, application, loan, loan_id, account.ended.on, _last_on(loan), locale, data
        )
        return self._issue(letter, profile, at, is_kept=True)

    def statement(
        self, loan_id: str, owner: str, period: tuple[date, date], at: datetime
    ) -> Issued | NotAllowed:
        """The entries of a period, both days included. Raises NotFound, Erased."""
        loan = ViewLoan(self.book)(loan_id, owner)
        application, profile = self._context(loan, at)
        to, locale = self._recipient(application, DocumentKind.STATEMENT, profile, at)
        first = max(period[0], loan.opened_on)
        today = profile.local_date(at)
        last = max(first, min(period[1], today))
        found = statement(self.ledger.journals(loan_id), first, last)
        data = statement_data(loan, found, to, (first, last), locale)
        letter = Letter(
            DocumentKind.STATEMENT, application, loan, loan_id, today, _last_on(loan), locale, data
        )
        return self._issue(letter, profile, at, is_kept=False)

    def schedule(self, loan_id: str, owner: str, at: datetime) -> Issued | NotAllowed:
        """The loan's own plan with its dates. Raises NotFound, Erased."""
        loan = ViewLoan(self.book)(loan_id, owner)
        application, profile = self._context(loan, at)
        to, locale = self._recipient(application, DocumentKind.SCHEDULE, profile, at)
        product = profile.products[application.request.product_id].kind
        data = schedule_data(loan, product, to, locale)
        letter = Letter(
            DocumentKind.SCHEDULE,
            application,
            loan,
            loan_id,
            loan.opened_on,
            _last_on(loan),
            locale,
            data,
        )
        return self._issue(letter, profile, at, is_kept=False)

    def _context(self, loan: Loan, at: datetime) -> tuple[Application, MarketProfile]:
        application = application_of(self.book, loan.application_id)
        return application, rules_at(self.profiles, loan.market, at)

    def _recipient(
        self, application: Application, kind: DocumentKind, profile: MarketProfile, at: datetime
    ) -> tuple[Recipient, str]:
        person = self.vault.read(application.customer_id, "document", PRINTED)
        product = profile.products[application.request.product_id].kind
        on = profile.local_date(at)
        locale = self.renderer.locale(kind, profile.market, product, person["locale"], on)
        return Recipient(person["full_name"], mask("id_no", person["id_no"])), locale

    def _issue(
        self, letter: Letter, profile: MarketProfile, at: datetime, *, is_kept: bool
    ) -> Issued | NotAllowed:
        application, loan = letter.application, letter.loan
        done = self.renderer.render(
            DocumentInput(
                kind=letter.kind,
                market=profile.market,
                product=profile.products[application.request.product_id].kind,
                locale=letter.locale,
                number=letter.number,
                issuer=profile.lender.name(letter.locale),
                on=letter.on,
                data=letter.data,
            )
        )
        if isinstance(done, Unprintable):
            return unprintable(done)
        name = f"{letter.kind}/{application.application_id}/{done.sha256}.pdf"
        record = DocumentRecord(
            document_id=f"{letter.kind.replace('_', '-')}-{letter.number}-v1",
            kind=letter.kind,
            number=letter.number,
            version=1,
            customer_id=application.customer_id,
            application_id=application.application_id,
            loan_id=None if loan is None else loan.loan_id,
            locale=letter.locale,
            sha256=done.sha256,
            pages=done.pages,
            template_id=done.template_id,
            template_sha256=done.template_sha256,
            store="issued",
            name=name,
            object_version="",
            issued_at=at,
            signed_at=None,
            retain_until=profile.documents.retain_until(letter.last_on),
        )
        self.store.put(name, done.pdf)
        if is_kept:
            self.register.add(record)
        return linked(record, self.store, profile.documents.download_seconds, at)


def linked(record: DocumentRecord, store: DocumentStore, seconds: int, at: datetime) -> Issued:
    """A record with a fresh link."""
    return Issued(record, store.link(record, seconds), at + timedelta(seconds=seconds))


def _not_yet(why: str) -> NotAllowed:
    return NotAllowed("conflict", "illegal_state", f"There is no notice: {why}.")


def _last_on(loan: Loan) -> date:
    if not loan.plan:
        raise NotFound(f"{loan.loan_id}: no plan")
    return loan.plan[-1].due_on


def _paid(found: Statement, closed_on: date) -> Settled:
    rows = [row for row in found.rows if row.kind in PAID_BY]
    return Settled(
        closed_on=closed_on,
        principal_minor=-sum(row.principal_minor for row in rows),
        interest_minor=-sum(row.interest_minor for row in rows),
        fee_minor=-sum(row.fee_minor + row.penalty_minor for row in rows),
    )
