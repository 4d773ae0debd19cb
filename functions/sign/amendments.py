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

    def answer(amendment: Amendment) -> Reply:
        return Reply(201, shown(amendment))

    def run() -> Reply:
        result = wiring().propose(
            call.path["loan_id"],
            Actor("applicant", call.principal.sub),
            call.body_model.wanted(),
            call.now,
            lambda amendment: call.stored(answer(amendment)),
        )
        return answer(unless_refused(result))

    return call.once(wiring().book.reply, run)


@handler.route("GET", OF_LOAN)
def amendments(call: Call[EmptyBody]) -> Reply:
    """200 with every amendment of the loan that was ever asked for."""
    found = wiring().amendments(call.path["loan_id"], call.principal.sub)
    return Reply(200, {"amendments": [shown(one) for one in found]})


@handler.route("POST", f"{ONE}/document")
def prepare(call: Call[EmptyBody]) -> Reply:
    """201 with what is to be read; rendering again voids codes and confirmations."""

    def answer(prepared: Prepared) -> Reply:
        return Reply(201, model.contract(prepared))

    def run() -> Reply:
        result = wiring().prepare_amendment(
            call.path["amendment_id"],
            call.principal.sub,
            call.now,
            lambda prepared: call.stored(answer(prepared)),
        )
        return answer(unless_refused(result))

    return call.once(wiring().book.reply, run)


@handler.route("GET", f"{ONE}/document")
def show(call: Call[EmptyBody]) -> Reply:
    """200 with what is to be read, under fresh links, for each who signs."""
    found = wiring().show_amendment(call.path["amendment_id"], call.principal.sub, call.now)
    return Reply(200, model.contract(unless_refused(found)))


@handler.route("POST", f"{ONE}/views", model.ViewsBody)
def views(call: Call[model.ViewsBody]) -> Reply:
    """200: these pages were before the signer's eyes."""

    def answer(paper: Contract) -> Reply:
        return Reply(200, model.progress(paper))

    def run() -> Reply:
        result = wiring().views(
            call.path["amendment_id"],
            call.principal.sub,
            model.viewed(call.body_model.viewed, call.now),
            lambda paper: call.stored(answer(paper)),
        )
        return answer(unless_refused(result))

    return call.once(wiring().book.reply, run)


@handler.route("POST", f"{ONE}/otp", model.OtpBody)
def prompt(call: Call[model.OtpBody]) -> Reply:
    """200: everything was read and acknowledged; a one-time password is on the way."""

    def answer(prompted: Prompted) -> Reply:
        return Reply(200, model.prompted(prompted))

    def run() -> Reply:
        result = wiring().prompt(
            call.path["amendment_id"],
            call.principal.sub,
            model.viewed(call.body_model.viewed, call.now),
            tuple(call.body_model.disclosures),
            call.now,
            lambda prompted: call.stored(answer(prompted)),
        )
        return answer(unless_refused(result))

    return call.once(wiring().book.reply, run)


@handler.route("POST", f"{ONE}/signature", model.SignatureBody)
def confirm(call: Call[model.SignatureBody]) -> Reply:
    """200; after the last signature it is sealed and the new plan comes into force."""

    def answer(amendment: Amendment) -> Reply:
        return Reply(200, shown(amendment))

    def run() -> Reply:
        result = wiring().confirm_amendment(
            call.path["amendment_id"],
            call.principal.sub,
            call.body_model.signature(call.address, call.agent),
            call.now,
            lambda amendment: call.stored(answer(amendment)),
        )
        return answer(unless_refused(result))

    return call.once(wiring().book.reply, run)


@handler.route("POST", f"{ONE}/withdrawal")
def withdraw(call: Call[EmptyBody]) -> Reply:
    """200 WITHDRAWN; the loan stays as it is."""

    def answer(amendment: Amendment) -> Reply:
        return Reply(200, shown(amendment))

    def run() -> Reply:
        result = wiring().withdraw_amendment(
            call.path["amendment_id"],
            call.principal.sub,
            call.now,
            lambda amendment: call.stored(answer(amendment)),
        )
        return answer(unless_refused(result))

    return call.once(wiring().book.reply, run)
