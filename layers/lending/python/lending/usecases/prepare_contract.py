"""Render the accepted terms for signing and send a one-time password bound to their hash."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from lending.domain.application import Move, advance
from lending.domain.contract import document_sha256, render_terms
from lending.domain.masking import mask
from lending.domain.messages import otp_text
from lending.domain.profile import MarketProfile
from lending.domain.records import Actor, Application, Contract, State, StoredReply
from lending.ports.book import Book, Change
from lending.ports.partners import Messenger
from lending.ports.profiles import Profiles
from lending.ports.system import Ids, Otp
from lending.ports.vault import Vault
from lending.usecases.loading import accepted_offer, own_file, rules_at
from lending.usecases.refusal import NotAllowed, illegal_state

RENDERED_IN = frozenset({State.OFFER_ACCEPTED, State.CONTRACTING})


@dataclass(frozen=True, slots=True)
class Prepared:
    """What the customer reads and where the code went."""

    contract: Contract
    document: str
    sent_to: str


@dataclass(frozen=True, slots=True)
class PrepareContract:
    """OFFER_ACCEPTED to CONTRACTING; again in CONTRACTING, which voids the earlier code."""

    book: Book
    vault: Vault
    profiles: Profiles
    ids: Ids
    otp: Otp
    messenger: Messenger

    def __call__(
        self,
        application_id: str,
        owner: str,
        at: datetime,
        reply: Callable[[Prepared], StoredReply],
    ) -> Prepared | NotAllowed:
        """Render, send, commit.

        The code is sent before the commit: a failed send leaves nothing behind and may be
        repeated at once; a failed commit leaves a code that opens nothing.

        Raises:
            NotFound, StaleVersion, Retryable (PartnerUnavailable: the gateway is down).
        """
        file = own_file(self.book, application_id, owner)
        application, earlier = file.application, file.contract
        if application.state not in RENDERED_IN:
            return illegal_state(application.state, "there is nothing to sign")
        profile = rules_at(self.profiles, application.request.market, at)
        if earlier is not None and (refused := _too_early(earlier, profile, at)):
            return refused
        person = self.vault.read(application.customer_id, "contract", ("locale", "mobile"))
        offer = accepted_offer(file)
        document = render_terms(application, offer, person["locale"])
        otp_id, code = self.ids.new("otp"), self.otp.code()
        sha256 = document_sha256(document)
        contract = Contract(
            contract_id=f"ctr_{application_id.removeprefix('app_')}",
            application_id=application_id,
            offer_id=offer.offer_id,
            document_sha256=sha256,
            terms_sha256=offer.terms_sha256,
            status="OTP_SENT",
            otp_id=otp_id,
            otp_mac=self.otp.mac(code=code, document_sha256=sha256, otp_id=otp_id),
            otp_expires_at=at + timedelta(seconds=profile.otp.ttl_seconds),
            attempts=0,
            sent_at=at,
            version=1 if earlier is None else earlier.version + 1,
        )
        self.messenger.send(
            message_id=otp_id,
            channel="sms",
            to=person["mobile"],
            template="signing_otp",
            locale=person["locale"],
            text=otp_text(code, profile.otp.ttl_seconds, person["locale"]),
        )
        prepared = Prepared(contract, document, mask("mobile", person["mobile"]))
        self.book.commit(self._change(application, earlier, prepared, profile, at, reply))
        return prepared

    def _change(
        self,
        application: Application,
        earlier: Contract | None,
        prepared: Prepared,
        profile: MarketProfile,
        at: datetime,
        reply: Callable[[Prepared], StoredReply],
    ) -> Change:
        change = Change(
            contract=prepared.contract,
            contract_was=0 if earlier is None else earlier.version,
            reply=reply(prepared),
        )
        if application.state == State.CONTRACTING:
            return change
        move = Move(State.CONTRACTING, "prepare_contract", Actor("applicant", application.owner))
        moved, transitions = advance(application, [move], at, profile.state_timeouts)
        return replace(
            change,
            application=replace(moved, contract_id=prepared.contract.contract_id),
            application_was=application.version,
            transitions=transitions,
        )


def _too_early(earlier: Contract, profile: MarketProfile, at: datetime) -> NotAllowed | None:
    again_at = earlier.sent_at + timedelta(seconds=profile.otp.resend_after_seconds)
    if at >= again_at:
        return None
    wait_s = int((again_at - at).total_seconds()) + 1
    return NotAllowed("limited", "otp_too_soon", f"Wait {wait_s} s.", retry_after_s=wait_s)
