"""Amendments of running loans at the desk: propose, decide, countersign, look up."""

from lending.domain.amending import Amendment
from lending.domain.records import Actor
from lending.entrypoint.http import Call, EmptyBody, Reply
from lending.entrypoint.shown import amendment as shown

from functions.ops import model
from functions.ops.api import api as handler
from functions.ops.wiring import wiring

OF_LOAN = "/v1/ops/loans/{loan_id}/amendments"
ONE = "/v1/ops/amendments/{amendment_id}"


@handler.route("GET", OF_LOAN)
def amendments(call: Call[EmptyBody]) -> Reply:
    """200 with every amendment of a loan, who asked and who decided."""
    found = wiring().amendments(call.path["loan_id"], None)
    return Reply(200, {"amendments": [model.amendment(one) for one in found]})


@handler.route("POST", OF_LOAN, model.ExtensionBody)
def propose(call: Call[model.ExtensionBody]) -> Reply:
    """201 PROPOSED or APPROVED; the customer reads and signs it."""
    return call.once(
        wiring().book.reply,
        lambda keep: wiring().propose(
            call.path["loan_id"],
            Actor("officer", call.principal.sub),
            call.body_model.wanted(),
            call.now,
            keep,
        ),
        _proposed,
    )


@handler.route("POST", f"{ONE}/decision", model.AmendmentDecisionBody)
def decide(call: Call[model.AmendmentDecisionBody]) -> Reply:
    """200 APPROVED or DECLINED, by another person than the one who proposed it."""
    return call.once(
        wiring().book.reply,
        lambda keep: wiring().decide_amendment(
            call.path["amendment_id"], call.principal.sub, call.body_model.ruling(), call.now, keep
        ),
        _shown,
    )


@handler.route("POST", f"{ONE}/countersignature", model.CountersignBody)
def countersign(call: Call[model.CountersignBody]) -> Reply:
    """200: signed for the lender, by another person than the one who approved."""
    return call.once(
        wiring().book.reply,
        lambda keep: wiring().countersign_amendment(
            call.path["amendment_id"],
            call.principal.sub,
            call.body_model.document_sha256,
            call.now,
            keep,
        ),
        _shown,
    )


def _proposed(amendment: Amendment) -> Reply:
    return Reply(201, shown(amendment))


def _shown(amendment: Amendment) -> Reply:
    return Reply(200, shown(amendment))
