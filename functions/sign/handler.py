"""POST acceptance, contract and signature of the caller's own application."""

from lending.domain.records import Application
from lending.entrypoint.http import Api, Call, EmptyBody, Reply
from lending.entrypoint.refusals import unless_refused
from lending.usecases.prepare_contract import Prepared

from functions.sign import model
from functions.sign.wiring import wiring

handler = Api("sign")


@handler.route("POST", "/v1/applications/{application_id}/acceptance", model.AcceptanceBody)
def accept(call: Call[model.AcceptanceBody]) -> Reply:
    """200 OFFER_ACCEPTED."""

    def answer(application: Application) -> Reply:
        return Reply(200, model.moved(application))

    def run() -> Reply:
        result = wiring().accept(
            call.path["application_id"],
            call.principal.sub,
            call.body_model.offer_id,
            call.body_model.cost_sheet_confirmed,
            call.now,
            lambda application: call.stored(answer(application)),
        )
        return answer(unless_refused(result))

    return call.once(wiring().book.reply, run)


@handler.route("POST", "/v1/applications/{application_id}/contract")
def prepare(call: Call[EmptyBody]) -> Reply:
    """201 with the document; its one-time password is on the way."""

    def answer(prepared: Prepared) -> Reply:
        return Reply(201, model.contract(prepared))

    def run() -> Reply:
        result = wiring().prepare(
            call.path["application_id"],
            call.principal.sub,
            call.now,
            lambda prepared: call.stored(answer(prepared)),
        )
        return answer(unless_refused(result))

    return call.once(wiring().book.reply, run)


@handler.route("POST", "/v1/applications/{application_id}/signature", model.SignatureBody)
def confirm(call: Call[model.SignatureBody]) -> Reply:
    """200 CONDITIONS_PENDING; the payout follows."""

    def answer(application: Application) -> Reply:
        return Reply(200, model.signed(application))

    def run() -> Reply:
        result = wiring().confirm(
            call.path["application_id"],
            call.principal.sub,
            call.body_model.signature(),
            call.now,
            lambda application: call.stored(answer(application)),
        )
        return answer(unless_refused(result))

    return call.once(wiring().book.reply, run)
