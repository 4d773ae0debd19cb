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
    return call.once(
        wiring().book.reply,
        lambda keep: wiring().accept(
            call.path["application_id"],
            call.principal.sub,
            call.body_model.offer_id,
            call.body_model.cost_sheet_confirmed,
            call.now,
            keep,
        ),
        _moved,
    )


@handler.route("POST", "/v1/applications/{application_id}/contract")
def prepare(call: Call[EmptyBody]) -> Reply:
    """201 with what is to be read; rendering again voids codes and confirmations."""
    return call.once(
        wiring().book.reply,
        lambda keep: wiring().prepare(
            call.path["application_id"], call.principal.sub, call.now, keep
        ),
        _to_read,
    )


@handler.route("GET", "/v1/applications/{application_id}/contract")
def show(call: Call[EmptyBody]) -> Reply:
    """200 with what is to be read, under fresh links, for each who signs."""
    found = wiring().show(call.path["application_id"], call.principal.sub, call.now)
    return Reply(200, model.contract(unless_refused(found)))


@handler.route("POST", "/v1/applications/{application_id}/contract/views", model.ViewsBody)
def views(call: Call[model.ViewsBody]) -> Reply:
    """200: these pages were before the signer's eyes."""
    return call.once(
        wiring().book.reply,
        lambda keep: wiring().views(
            call.path["application_id"],
            call.principal.sub,
            model.viewed(call.body_model.viewed, call.now),
            keep,
        ),
        _progress,
    )


@handler.route("POST", "/v1/applications/{application_id}/contract/otp", model.OtpBody)
def prompt(call: Call[model.OtpBody]) -> Reply:
    """200: everything was read and acknowledged; a one-time password is on the way."""
    return call.once(
        wiring().book.reply,
        lambda keep: wiring().prompt(
            call.path["application_id"],
            call.principal.sub,
            model.viewed(call.body_model.viewed, call.now),
            tuple(call.body_model.disclosures),
            call.now,
            keep,
        ),
        _prompted,
    )


@handler.route("POST", "/v1/applications/{application_id}/signature", model.SignatureBody)
def confirm(call: Call[model.SignatureBody]) -> Reply:
    """200; after the last signature CONDITIONS_PENDING: seal and payout follow."""
    return call.once(
        wiring().book.reply,
        lambda keep: wiring().confirm(
            call.path["application_id"],
            call.principal.sub,
            call.body_model.signature(call.address, call.agent),
            call.now,
            keep,
        ),
        _signed,
    )


def _moved(application: Application) -> Reply:
    return Reply(200, model.moved(application))


def _to_read(prepared: Prepared) -> Reply:
    return Reply(201, model.contract(prepared))


def _progress(contract: Contract) -> Reply:
    return Reply(200, model.progress(contract))


def _prompted(prompted: Prompted) -> Reply:
    return Reply(200, model.prompted(prompted))


def _signed(application: Application) -> Reply:
    return Reply(200, model.signed(application))
