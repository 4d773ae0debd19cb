"""POST /v1/applications and /withdrawal: check, commit once, start or end the workflow."""

from lending.domain.records import Application, Contract
from lending.domain.review import ReviewCase
from lending.entrypoint.http import Api, Call, EmptyBody, Reply

from functions.apply import model
from functions.apply.wiring import wiring

handler = Api("apply")


@handler.route("POST", "/v1/applications", model.ApplicationBody)
def submit(call: Call[model.ApplicationBody]) -> Reply:
    """202 with the new application's id; the decision follows within seconds."""
    return call.once(
        wiring().book.reply,
        lambda keep: wiring().submit(
            call.body_model.submission(),
            call.principal.sub,
            call.principal.customer_id,
            call.now,
            keep,
        ),
        _submitted,
    )


@handler.route("POST", "/v1/applications/{application_id}/signers", model.SignersBody)
def name_signers(call: Call[model.SignersBody]) -> Reply:
    """200: they sign too; the contract is to be rendered again."""
    return call.once(
        wiring().book.reply,
        lambda keep: wiring().name_signers(
            call.path["application_id"],
            call.principal.sub,
            call.body_model.people(),
            call.now,
            keep,
        ),
        _signers,
    )


@handler.route("POST", "/v1/applications/{application_id}/withdrawal")
def withdraw(call: Call[EmptyBody]) -> Reply:
    """200 WITHDRAWN, as long as no money moved."""
    return call.once(
        wiring().book.reply,
        lambda keep: wiring().withdraw(
            call.path["application_id"], call.principal.sub, call.now, keep
        ),
        _withdrawn,
    )


@handler.route("POST", "/v1/applications/{application_id}/review-requests", model.ReviewRequestBody)
def request_review(call: Call[model.ReviewRequestBody]) -> Reply:
    """202: a person looks again, and answers by the time named."""
    return call.once(
        wiring().book.reply,
        lambda keep: wiring().request_review(
            call.path["application_id"],
            call.principal.sub,
            tuple(call.body_model.grounds),
            call.now,
            keep,
        ),
        _requested,
    )


def _submitted(application: Application) -> Reply:
    return Reply(202, model.accepted(application))


def _signers(contract: Contract) -> Reply:
    return Reply(200, model.signers(contract))


def _withdrawn(application: Application) -> Reply:
    return Reply(200, model.accepted(application))


def _requested(case: ReviewCase) -> Reply:
    return Reply(202, model.review_requested(case))
