"""GET documents: one's own, those of an application for staff, and letters on demand."""

from datetime import date
from typing import assert_never, cast, get_args

from lending.entrypoint.http import Api, Call, EmptyBody, Reply
from lending.entrypoint.problems import FieldError, Refused
from lending.entrypoint.refusals import unless_refused
from lending.usecases.issue_documents import Issued
from lending.usecases.refusal import NotAllowed

from functions.render import model
from functions.render.wiring import wiring

handler = Api("render")


@handler.route("GET", "/v1/documents")
def documents(call: Call[EmptyBody]) -> Reply:
    """Everything the caller was issued or signed."""
    return Reply(200, model.listed(wiring().view.of_customer(call.principal.customer_id)))


@handler.route("GET", "/v1/documents/{document_id}")
def own_document(call: Call[EmptyBody]) -> Reply:
    """One document of the caller, with a link of some minutes."""
    customer_id, document_id = call.principal.customer_id, call.path["document_id"]
    return Reply(200, model.issued(wiring().view.own(customer_id, document_id, call.now)))


@handler.route("GET", "/v1/applications/{application_id}/decision-notice")
def decision_notice(call: Call[EmptyBody]) -> Reply:
    """The notice of the newest decision: adverse action, counter-offer or approval."""
    application_id, owner = call.path["application_id"], call.principal.sub
    result = wiring().issue.decision_notice(application_id, owner, call.now)
    return Reply(200, model.issued(unless_refused(result)))


@handler.route("GET", "/v1/loans/{loan_id}/documents/{kind}")
def loan_document(call: Call[EmptyBody]) -> Reply:
    """`statement` (of `from` to `to`), `schedule` or `settlement-certificate` of one loan."""
    kind = call.path["kind"]
    if kind not in get_args(model.LoanDocument.__value__):
        raise Refused(404, "not_found", "There is no such document.")
    result = _loan_document(cast("model.LoanDocument", kind), call)
    return Reply(200, model.issued(unless_refused(result)))


def _loan_document(kind: model.LoanDocument, call: Call[EmptyBody]) -> Issued | NotAllowed:
    issue, loan_id, owner = wiring().issue, call.path["loan_id"], call.principal.sub
    match kind:
        case "statement":
            period = (_day(call, "from") or date.min, _day(call, "to") or date.max)
            return issue.statement(loan_id, owner, period, call.now)
        case "schedule":
            return issue.schedule(loan_id, owner, call.now)
        case "settlement-certificate":
            return issue.certificate(loan_id, owner, call.now)
    assert_never(kind)


@handler.route("GET", "/v1/ops/applications/{application_id}/documents")
def documents_of_application(call: Call[EmptyBody]) -> Reply:
    """Every version of every document of an application."""
    return Reply(200, model.listed(wiring().view.of_application(call.path["application_id"])))


@handler.route("GET", "/v1/ops/applications/{application_id}/documents/{document_id}")
def document_for_staff(call: Call[EmptyBody]) -> Reply:
    """One document of an application, with a link of some minutes."""
    application_id, document_id = call.path["application_id"], call.path["document_id"]
    return Reply(200, model.issued(wiring().view.for_staff(application_id, document_id, call.now)))


@handler.route("GET", "/v1/ops/documents")
def search(call: Call[EmptyBody]) -> Reply:
    """By `loan_id`, by `contract_id`, or those whose retention ends before `ending_before`."""
    view = wiring().view
    if (loan_id := call.query.get("loan_id")) is not None:
        return Reply(200, model.listed(view.of_loan(loan_id)))
    if (contract_id := call.query.get("contract_id")) is not None:
        return Reply(200, model.listed(view.of_contract(contract_id)))
    before = _day(call, "ending_before")
    if before is None:
        wanted = (FieldError("?ending_before", "this, loan_id or contract_id"),)
        raise Refused(422, "invalid_field", "Some fields are wrong.", wanted)
    found = view.ending(before, call.now)
    return Reply(200, {"documents": [model.document(one) for one in found]})


def _day(call: Call[EmptyBody], name: str) -> date | None:
    text = call.query.get(name)
    if text is None:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        errors = (FieldError(f"?{name}", "a date like 2026-11-25"),)
        raise Refused(422, "invalid_field", "Some fields are wrong.", errors) from None
