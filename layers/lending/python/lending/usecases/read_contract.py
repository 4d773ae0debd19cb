"""A signer reports pages read, acknowledges the disclosures, and is sent a one-time password."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from lending.domain.masking import mask
from lending.domain.messages import otp_text
from lending.domain.problem import Problem
from lending.domain.profile import MarketProfile
from lending.domain.records import Contract, StoredReply
from lending.domain.signing import (
    SentOtp,
    Signer,
    Viewed,
    reading_left,
    unread,
    view_problems,
    with_signer,
)
from lending.ports.book import Book
from lending.ports.partners import Messenger
from lending.ports.profiles import Profiles
from lending.ports.system import Ids, Otp
from lending.ports.vault import Vault
from lending.usecases.loading import rules_at
from lending.usecases.refusal import NotAllowed, invalid
from lending.usecases.signing_file import Paper, person_of, signer_file, turn


@dataclass(frozen=True, slots=True)
class Prompted:
    """A code is on its way to a signer."""

    contract: Contract
    otp: SentOtp


@dataclass(frozen=True, slots=True)
class ReportViews:
    """Pages of documents that the signer had before them, as the signer's client tells."""

    book: Book

    def __call__(
        self,
        of: str,
        owner: str,
        viewed: tuple[Viewed, ...],
        reply: Callable[[Contract], StoredReply],
    ) -> Contract | NotAllowed:
        """Record the pages, `of` an application or an amendment.

        Raises:
            NotFound, StaleVersion, Retryable.
        """
        found = turn(signer_file(self.book, of, owner), of, owner)
        if isinstance(found, NotAllowed):
            return found
        paper, signer = found
        contract = paper.contract
        if problems := view_problems(contract.documents, viewed):
            return invalid(*problems)
        changed = _seen(contract, replace(signer, viewed=(*signer.viewed, *viewed)))
        self.book.commit(paper.kept(changed, reply(changed)))
        return changed


@dataclass(frozen=True, slots=True)
class SendOtp:
    """A code bound to document, purpose and person, once everything was read and acknowledged.

    `enforce_reading` False (a stage where nobody reads): the time is recorded, not waited for.
    """

    book: Book
    vault: Vault
    profiles: Profiles
    ids: Ids
    otp: Otp
    messenger: Messenger
    enforce_reading: bool = True

    def __call__(
        self,
        of: str,
        owner: str,
        viewed: tuple[Viewed, ...],
        disclosures: tuple[str, ...],
        at: datetime,
        reply: Callable[[Prompted], StoredReply],
    ) -> Prompted | NotAllowed:
        """Check, send, commit; `of` is the id of an application or an amendment.

        The code is sent before the commit: a failed send leaves nothing behind and may be
        repeated at once; a failed commit leaves a code that opens nothing.

        Raises:
            NotFound, Erased, StaleVersion, Retryable (PartnerUnavailable: the gateway is down).
        """
        file = signer_file(self.book, of, owner)
        found = turn(file, of, owner)
        if isinstance(found, NotAllowed):
            return found
        paper, before = found
        contract = paper.contract
        profile = rules_at(self.profiles, file.application.request.market, at)
        if problems := view_problems(contract.documents, viewed):
            return invalid(*problems)
        signer = replace(
            before,
            viewed=(*before.viewed, *viewed),
            disclosures=tuple(dict.fromkeys((*before.disclosures, *disclosures))),
            acknowledged_at=at,
        )
        refused = self._not_read(contract, signer, profile, at) or _too_often(signer, profile, at)
        if refused is not None:
            return refused
        sent = self._send(paper, signer, profile, at)
        prompted = replace(signer, otp=sent, otps_sent=signer.otps_sent + 1)
        changed = replace(_seen(contract, prompted), status="OTP_SENT")
        done = Prompted(changed, sent)
        self.book.commit(paper.kept(changed, reply(done)))
        return done

    def _not_read(
        self, contract: Contract, signer: Signer, profile: MarketProfile, at: datetime
    ) -> NotAllowed | None:
        if missing := unread(contract.documents, signer.viewed):
            detail = f"Not read to the end: {', '.join(missing)}."
            return NotAllowed("conflict", "documents_unread", detail)
        wanted = profile.signing.disclosures
        if unknown := [one for one in signer.disclosures if one not in wanted]:
            return invalid(Problem("/disclosures", f"no such disclosure: {unknown[0]}"))
        if lacking := [one for one in wanted if one not in signer.disclosures]:
            detail = f"Not acknowledged: {', '.join(lacking)}."
            return NotAllowed("conflict", "disclosures_unread", detail)
        left = reading_left(contract.documents, profile.signing, _since(contract), at)
        if self.enforce_reading and left:
            return _wait("reading_too_short", left)
        return None

    def _send(self, paper: Paper, signer: Signer, profile: MarketProfile, at: datetime) -> SentOtp:
        person = person_of(self.vault, signer, ("locale", "mobile"))
        otp_id, code = self.ids.new("otp"), self.otp.code()
        mac = self.otp.mac(
            code=code,
            purpose=paper.purpose,
            person=signer.customer_id,
            document_sha256=paper.contract.document_sha256,
            otp_id=otp_id,
        )
        locale = person.get("locale", profile.locale)
        self.messenger.send(
            message_id=otp_id,
            channel="sms",
            to=person["mobile"],
            template="signing_otp",
            locale=locale,
            text=otp_text(code, profile.otp.ttl_seconds, locale),
        )
        expires_at = at + timedelta(seconds=profile.otp.ttl_seconds)
        return SentOtp(otp_id, mac, mask("mobile", person["mobile"]), at, expires_at)


def _since(contract: Contract) -> datetime:
    """When the next signer could begin to read: the rendering, or the signature before theirs."""
    earlier = [one.confirmed_at for one in contract.signers if one.confirmed_at is not None]
    return max([contract.rendered_at, *earlier])


def _seen(contract: Contract, signer: Signer) -> Contract:
    is_read = not unread(contract.documents, signer.viewed)
    status = contract.status
    if status != "OTP_SENT":
        status = "VIEWED" if is_read else "RENDERED"
    return replace(
        contract,
        signers=with_signer(contract.signers, signer),
        status=status,
        version=contract.version + 1,
    )


def _too_often(signer: Signer, profile: MarketProfile, at: datetime) -> NotAllowed | None:
    if signer.otps_sent >= profile.signing.otps_max:
        return NotAllowed("conflict", "otps_used_up", "No more codes are sent for this contract.")
    if signer.otp is None:
        return None
    again_at = signer.otp.sent_at + timedelta(seconds=profile.otp.resend_after_seconds)
    return None if at >= again_at else _wait("otp_too_soon", again_at - at)


def _wait(code: str, left: timedelta) -> NotAllowed:
    wait_s = int(left.total_seconds()) + 1
    return NotAllowed("limited", code, f"Wait {wait_s} s.", retry_after_s=wait_s)
