"""POST acceptance, contract and signature of the caller's own application."""

from lending.domain.records import Application, Contract
from lending.entrypoint.http import Call, EmptyBody, Reply
from lending.entrypoint.refusals import unless_refused
from lending.usecases.prepare_contract import Prepared
from lending.usecases.read_contract import Prompted

from functions.sign import amendments, model
from functions.sign.api import api as handler
from functions.sign.wiring import wiring

__all__ = ["amendments", "handler"]


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
    """201 with what is to be read; rendering again voids codes and confirmations."""

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


@handler.route("GET", "/v1/applications/{application_id}/contract")
def show(call: Call[EmptyBody]) -> Reply:
    """200 with what is to be read, under fresh links, for each who signs."""
    found = wiring().show(call.path["application_id"], call.principal.sub, call.now)
    return Reply(200, model.contract(unless_refused(found)))


@handler.route("POST", "/v1/applications/{application_id}/contract/views", model.ViewsBody)
def views(call: Call[model.ViewsBody]) -> Reply:
    """200: these pages were before the signer's eyes."""

    def answer(contract: Contract) -> Reply:
        return Reply(200, model.progress(contract))

    def run() -> Reply:
        result = wiring().views(
            call.path["application_id"],
            call.principal.sub,
            model.viewed(call.body_model.viewed, call.now),
            lambda contract: call.stored(answer(contract)),
        )
        return answer(unless_refused(result))

    return call.once(wiring().book.reply, run)


@handler.route("POST", "/v1/applications/{application_id}/contract/otp", model.OtpBody)
def prompt(call: Call[model.OtpBody]) -> Reply:
    """200: everything was read and acknowledged; a one-time password is on the way."""

    def answer(prompted: Prompted) -> Reply:
        return Reply(200, model.prompted(prompted))

    def run() -> Reply:
        result = wiring().prompt(
            call.path["application_id"],
            call.principal.sub,
            model.viewed(call.body_model.viewed, call.now),
            tuple(call.body_model.disclosures),
            call.now,
            lambda prompted: call.stored(answer(prompted)),
        )
        return answer(unless_refused(result))

    return call.once(wiring().book.reply, run)


@handler.route("POST", "/v1/applications/{application_id}/signature", model.SignatureBody)
def confirm(call: Call[model.SignatureBody]) -> Reply:
    """200; after the last signature CONDITIONS_PENDING: seal and payout follow."""

    def answer(application: Application) -> Reply:
        return Reply(200, model.signed(application))

    def run() -> Reply:
        result = wiring().confirm(
            call.path["application_id"],
            call.principal.sub,
            call.body_model.signature(call.address, call.agent),
            call.now,
            lambda application: call.stored(answer(application)),
        )
        return answer(unless_refused(result))

    return call.once(wiring().book.reply, run)
