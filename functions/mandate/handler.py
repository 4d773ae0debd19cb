"""GET and POST /v1/loans/{loan_id}/mandate and its revocation: the caller's own loan."""

from lending.domain.records import Loan
from lending.entrypoint.http import Api, Call, EmptyBody, Reply

from functions.mandate import model
from functions.mandate.wiring import wiring

handler = Api("mandate")


@handler.route("GET", "/v1/loans/{loan_id}/mandate")
def view(call: Call[EmptyBody]) -> Reply:
    """The account in use, masked, and every attempt to draw from one."""
    return Reply(200, model.mandate(wiring().view(call.path["loan_id"], call.principal.sub)))


@handler.route("POST", "/v1/loans/{loan_id}/mandate", model.MandateBody)
def give(call: Call[model.MandateBody]) -> Reply:
    """201 with the new mandate; it replaces the one before."""
    body = call.body_model
    return call.once(
        wiring().book.reply,
        lambda keep: wiring().give(
            call.path["loan_id"], call.principal.sub, body.payer(), body.consent(), call.now, keep
        ),
        _given,
    )


@handler.route("POST", "/v1/loans/{loan_id}/mandate/revocation")
def revoke(call: Call[EmptyBody]) -> Reply:
    """200; nothing is drawn from now on."""
    return call.once(
        wiring().book.reply,
        lambda keep: wiring().revoke(call.path["loan_id"], call.principal.sub, call.now, keep),
        _revoked,
    )


def _given(loan: Loan) -> Reply:
    return Reply(201, model.changed(loan))


def _revoked(loan: Loan) -> Reply:
    return Reply(200, model.changed(loan))
