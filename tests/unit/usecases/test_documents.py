"""Letters on demand and the vault: who gets which document, from which records, and when not."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from lending.adapters.profiles import ProfileStore
from lending.domain.documents import DocumentKind
from lending.domain.documents.record import DocumentRules, current
from lending.domain.faults import NotFound
from lending.usecases.issue_documents import Issued, IssueDocuments
from lending.usecases.refusal import NotAllowed
from lending.usecases.render_contract import ContractPack, RenderContract
from lending.usecases.view_documents import ViewDocuments

from tests.fakes.documents import FakeRegister, FakeRenderer, FakeStore
from tests.fakes.world import AT, CUSTOMER, OWNER, SUBMISSION, World

RULES = ProfileStore(("cn", "us"))


class Desk:
    """The world with a printing desk."""

    def __init__(self) -> None:
        self.world, self.renderer = World(), FakeRenderer()
        self.store, self.register = FakeStore(), FakeRegister()
        book = self.world.book
        self.issue = IssueDocuments(
            book=book,
            ledger=book.ledger,
            vault=self.world.vault,
            profiles=RULES,
            renderer=self.renderer,
            store=self.store,
            register=self.register,
        )
        self.view = ViewDocuments(book, self.register, self.store, RULES)


@pytest.fixture
def desk() -> Desk:
    return Desk()


def issued(result: Issued | NotAllowed) -> Issued:
    assert isinstance(result, Issued), result
    return result


def test_a_decline_is_told_with_its_true_reasons_once(desk: Desk) -> None:
    application_id = desk.world.decided(pd_ppm=400_000)
    first = issued(desk.issue.decision_notice(application_id, OWNER, AT))
    again = issued(desk.issue.decision_notice(application_id, OWNER, AT + timedelta(days=9)))
    data = desk.renderer.rendered[0].data
    assert (data["outcome"], data["title"]) == ("declined", "decision_notice")
    assert data["reasons"] == ["综合评分未达到要求"]
    assert data["to"] == [["notice_to", "王小明"], ["id_no", "*" * 14 + "0017"]]
    assert first.record.sha256 == again.record.sha256
    assert first.record.name == again.record.name
    assert [one.record.document_id for one in desk.view.of_customer(CUSTOMER)] == [
        first.record.document_id
    ]
    assert first.record.retain_until == date(2031, 11, 24)
    assert first.expires_at == AT + timedelta(seconds=300)


def test_an_approval_of_less_than_was_asked_is_a_counter_offer(desk: Desk) -> None:
    application_id = desk.world.decided()
    issued(desk.issue.decision_notice(application_id, OWNER, AT))
    assert desk.renderer.rendered[0].data["outcome"] == "approved"
    application = desk.world.book.applications[application_id]
    asked = replace(application.request, amount_minor=application.request.amount_minor + 1)
    desk.world.book.applications[application_id] = replace(application, request=asked)
    issued(desk.issue.decision_notice(application_id, OWNER, AT))
    data = desk.renderer.rendered[1].data
    assert (data["outcome"], data["title"]) == ("counter_offer", "counter_offer_notice")
    assert len(data["offers"]) >= 3  # type: ignore[arg-type]


def test_nothing_is_told_before_a_decision_and_nothing_to_others(desk: Desk) -> None:
    application_id = desk.world.submitted()
    refused = desk.issue.decision_notice(application_id, OWNER, AT)
    assert isinstance(refused, NotAllowed)
    assert refused.code == "illegal_state"
    with pytest.raises(NotFound):
        desk.issue.decision_notice(application_id, "somebody", AT)


def test_statement_and_schedule_of_a_loan(desk: Desk) -> None:
    application_id = desk.world.funded()
    loan_id = desk.world.book.applications[application_id].loan_id
    assert loan_id is not None
    found = issued(desk.issue.statement(loan_id, OWNER, (date.min, date.max), AT))
    data = desk.renderer.rendered[0].data
    assert data["summary"][0] == ["period", "2026-11-24 – 2026-11-24"]  # type: ignore[index]
    assert data["closing"] == "120,000.00"
    assert found.record.store == "issued"
    assert found.record.name in desk.store.kept
    issued(desk.issue.schedule(loan_id, OWNER, AT))
    rows = desk.renderer.rendered[1].data["schedule"]["rows"]  # type: ignore[index]
    assert rows[0][:2] == ["1", "2026-12-24"]
    assert len(rows) == 36
    assert desk.view.of_customer(CUSTOMER) == ()  # made anew each time, nothing to keep
    refused = desk.issue.certificate(loan_id, OWNER, AT)
    assert isinstance(refused, NotAllowed)
    for of in (desk.issue.schedule, desk.issue.certificate):
        with pytest.raises(NotFound):
            of(loan_id, "somebody", AT)


def test_staff_find_documents_by_application_and_by_the_end_of_their_retention(
    desk: Desk,
) -> None:
    application_id = desk.world.decided(pd_ppm=400_000)
    done = issued(desk.issue.decision_notice(application_id, OWNER, AT))
    (found,) = desk.view.of_application(application_id)
    assert found.is_current
    shown = desk.view.for_staff(application_id, done.record.document_id, AT)
    assert done.record.name in shown.url
    with pytest.raises(NotFound):
        desk.view.for_staff(desk.world.submitted(), done.record.document_id, AT)
    with pytest.raises(NotFound):
        desk.view.own("cus_other", done.record.document_id, AT)
    assert desk.view.own(CUSTOMER, done.record.document_id, AT).record == done.record
    ends = done.record.retain_until
    assert desk.view.ending(ends, AT) == ()
    assert desk.view.ending(ends + timedelta(days=1), AT) == (done.record,)


def test_staff_find_a_contract_by_its_number_and_by_its_loan(desk: Desk) -> None:
    application_id = desk.world.funded()
    application = desk.world.book.applications[application_id]
    assert application.loan_id is not None
    assert application.contract_id is not None
    view = ViewDocuments(desk.world.book, desk.world.book.documents, desk.store, RULES)
    by_loan, by_number = (
        view.of_loan(application.loan_id),
        view.of_contract(application.contract_id),
    )
    assert [one.record.kind for one in by_loan] == ["contract", "cost_sheet"]
    assert by_loan == by_number
    assert "archive" in view.own(CUSTOMER, by_loan[0].record.document_id, AT).url
    for find in (view.of_loan, view.of_contract):
        with pytest.raises(NotFound):
            find("unknown")


def test_a_newer_version_replaces_an_older_one_in_lists(desk: Desk) -> None:
    application_id = desk.world.decided(pd_ppm=400_000)
    first = issued(desk.issue.decision_notice(application_id, OWNER, AT)).record
    newer = replace(first, version=2, document_id=f"{first.document_id[:-1]}2")
    desk.register.add(newer)
    assert [one.is_current for one in desk.view.of_customer(CUSTOMER)] == [False, True]
    assert current((newer, first)) == {(DocumentKind.DECISION_NOTICE, first.number): 2}


def test_the_contract_pack_is_the_accepted_offer_in_the_customers_language(desk: Desk) -> None:
    world = desk.world
    application_id = world.signed()
    desk.renderer.rendered.clear()
    file = world.book.file(application_id)
    assert file is not None
    render = RenderContract(world.vault, desk.renderer)
    profile = RULES.get("cn", AT.date())
    pack = render(file, profile, AT)
    assert isinstance(pack, ContractPack)
    contract, sheet = desk.renderer.rendered
    assert (contract.kind, sheet.kind) == (DocumentKind.CONTRACT, DocumentKind.COST_SHEET)
    assert contract.number == pack.contract_id == f"ctr_{application_id.removeprefix('app_')}"
    offer = file.offers[0]
    assert ["terms_sha256", offer.terms_sha256] in contract.data["bound"]  # type: ignore[operator]
    assert ["payee", "诚信汽车"] in contract.data["terms"]  # type: ignore[operator]
    assert contract.data["sheet"] == sheet.data["sheet"]
    assert render(file, profile, AT + timedelta(hours=1)) == pack


def test_a_name_that_cannot_be_printed_is_refused_and_named(desk: Desk) -> None:
    applicant = replace(SUBMISSION.applicant, full_name="王\u0000")
    application_id = desk.world.signed(replace(SUBMISSION, applicant=applicant))
    file = desk.world.book.file(application_id)
    assert file is not None
    refused = RenderContract(desk.world.vault, desk.renderer)(file, RULES.get("cn", AT.date()), AT)
    assert isinstance(refused, NotAllowed)
    assert refused.code == "unprintable"


def test_retention_counts_years_from_the_last_day() -> None:
    rules = DocumentRules(download_seconds=300, retention_years=5)
    assert rules.retain_until(date(2026, 11, 24)) == date(2031, 11, 24)
    assert rules.retain_until(date(2028, 2, 29)) == date(2033, 3, 1)
