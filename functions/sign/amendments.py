"""Amendments of the caller's running loan: ask, read, sign, take back."""

from lending.domain.amending import Amendment
from lending.domain.records import Actor, Contract
from lending.entrypoint.http import Call, EmptyBody, Reply
from lending.entrypoint.refusals import unless_refused
from lending.entrypoint.shown import amendment as shown
from lending.usecases.prepare_contract import Prepared
from lending.usecases.read_contract import Prompted

from functions.sign import model
from functions.sign.api import api as handler
from functions.sign.wiring import wiring

OF_LOAN = "/v1/loans/{loan_id}/amendments"
ONE = "/v1/amendments/{amendment_id}"


@handler.route("POST", OF_LOAN, model.ExtensionBody)
def ask(call: Call[model.ExtensionBody]) -> Reply:
    """201 PROPOSED (a person decides) or APPROVED (to be read and signed)."""
    return call.once(
        wiring().book.reply,
        lambda keep: wiring().propose(
            call.path["loan_id"],
            Actor("applicant", call.principal.sub),
            call.body_model.wanted(),
            call.now,
            keep,
        ),
        _asked,
    )


@handler.route("GET", OF_LOAN)
def amendments(call: Call[EmptyBody]) -> Reply:
    """200 with every amendment of the loan that was ever asked for."""
    found = wiring().amendments(call.path["loan_id"], call.principal.sub)
    return Reply(200, {"amendments": [shown(one) for one in found]})


@handler.route("POST", f"{ONE}/document")
def prepare(call: Call[EmptyBody]) -> Reply:
    """201 with what is to be read; rendering again voids codes and confirmations."""
    return call.once(
        wiring().book.reply,
        lambda keep: wiring().prepare_amendment(
            call.path["amendment_id"], call.principal.sub, call.now, keep
        ),
        _to_read,
    )


@handler.route("GET", f"{ONE}/document")
def show(call: Call[EmptyBody]) -> Reply:
    """200 with what is to be read, under fresh links, for each who signs."""
    found = wiring().show_amendment(call.path["amendment_id"], call.principal.sub, call.now)
    return Reply(200, model.contract(unless_refused(found)))


@handler.route("POST", f"{ONE}/views", model.ViewsBody)
def views(call: Call[model.ViewsBody]) -> Reply:
    """200: these pages were before the signer's eyes."""
    return call.once(
        wiring().book.reply,
        lambda keep: wiring().views(
            call.path["amendment_id"],
            call.principal.sub,
            model.viewed(call.body_model.viewed, call.now),
            keep,
        ),
        _progress,
    )


@handler.route("POST", f"{ONE}/otp", model.OtpBody)
def prompt(call: Call[model.OtpBody]) -> Reply:
    """200: everything was read and acknowledged; a one-time password is on the way."""
    return call.once(
        wiring().book.reply,
        lambda keep: wiring().prompt(
            call.path["amendment_id"],
            call.principal.sub,
            model.viewed(call.body_model.viewed, call.now),
            tuple(call.body_model.disclosures),
            call.now,
            keep,
        ),
        _prompted,
    )


@handler.route("POST", f"{ONE}/signature", model.SignatureBody)
def confirm(call: Call[model.SignatureBody]) -> Reply:
    """200; after the last signature it is sealed and the new plan comes into force."""
    return call.once(
        wiring().book.reply,
        lambda keep: wiring().confirm_amendment(
            call.path["amendment_id"],
            call.principal.sub,
            call.body_model.signature(call.address, call.agent),
            call.now,
            keep,
        ),
        _shown,
    )


@handler.route("POST", f"{ONE}/withdrawal")
def withdraw(call: Call[EmptyBody]) -> Reply:
    """200 WITHDRAWN; the loan stays as it is."""
    return call.once(
        wiring().book.reply,
        lambda keep: wiring().withdraw_amendment(
            call.path["amendment_id"], call.principal.sub, call.now, keep
        ),
        _shown,
    )


def _asked(amendment: Amendment) -> Reply:
    return Reply(201, shown(amendment))


def _to_read(prepared: Prepared) -> Reply:
    return Reply(201, model.contract(prepared))


def _progress(paper: Contract) -> Reply:
    return Reply(200, model.progress(paper))


def _prompted(prompted: Prompted) -> Reply:
    return Reply(200, model.prompted(prompted))


def _shown(amendment: Amendment) -> Reply:
    return Reply(200, shown(amendment))
