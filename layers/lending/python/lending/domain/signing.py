"""Who reads, acknowledges and signs what, in which order: the life of a contract as data.

RENDERED -> VIEWED -> OTP_SENT -> CONFIRMED (by everybody, in order) -> SIGNED. A contract is SIGNED
only when its sealed document lies in the archive; nothing else calls itself that.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final, Literal

from lending.domain.problem import Problem

SignerRole = Literal["borrower", "co_borrower", "guarantor", "lender"]
# The order in which a contract is signed: who is bound by it first, the lender last.
SIGNING_ORDER: Final[tuple[SignerRole, ...]] = ("borrower", "co_borrower", "guarantor", "lender")
# What a one-time password is for: a code for one never opens the other.
PURPOSE: Final = "sign_contract"
AMENDING: Final = "sign_amendment"


@dataclass(frozen=True, slots=True)
class SigningRules:
    """A market's rules: reading times in seconds by document, and what is to be acknowledged.

    `countersign_above_minor` None: the lender signs by its seal alone.
    """

    reading_seconds: Mapping[str, int]
    disclosures: tuple[str, ...]
    otps_max: int
    countersign_above_minor: int | None


@dataclass(frozen=True, slots=True)
class ShownDocument:
    """A rendered document as it was handed out; `name` and `object_version` find its bytes."""

    kind: str
    sha256: str
    bytes: int
    pages: int
    name: str
    object_version: str
    template_id: str
    template_sha256: str


@dataclass(frozen=True, slots=True)
class Viewed:
    """That a signer had these pages of a document before them, told at a time."""

    kind: str
    sha256: str
    pages: tuple[int, ...]
    at: datetime


@dataclass(frozen=True, slots=True)
class SentOtp:
    """A one-time password on its way; the code itself is nowhere, `mac` is keyed (KMS)."""

    otp_id: str
    mac: bytes
    sent_to: str
    sent_at: datetime
    expires_at: datetime
    attempts: int = 0


@dataclass(frozen=True, slots=True)
class Signer:
    """One person who signs. `owner` is the subject of their token; `otps_sent` never shrinks."""

    role: SignerRole
    owner: str
    customer_id: str
    viewed: tuple[Viewed, ...] = ()
    disclosures: tuple[str, ...] = ()
    acknowledged_at: datetime | None = None
    otp: SentOtp | None = None
    otps_sent: int = 0
    confirmed_at: datetime | None = None
    address: str = ""
    agent: str = ""

    def afresh(self) -> "Signer":
        """The same person before a new rendering: nothing read, no code valid."""
        otp = None if self.otp is None else replace(self.otp, mac=b"")
        return Signer(self.role, self.owner, self.customer_id, otp=otp, otps_sent=self.otps_sent)


@dataclass(frozen=True, slots=True)
class Archived:
    """Where the sealed document and its evidence lie, locked, and what they hash to."""

    name: str
    object_version: str
    sha256: str
    evidence_name: str
    evidence_version: str
    evidence_sha256: str
    key_id: str


def ordered(signers: tuple[Signer, ...]) -> tuple[Signer, ...]:
    """In the order of signing."""
    return tuple(sorted(signers, key=lambda one: SIGNING_ORDER.index(one.role)))


def turn_of(signers: tuple[Signer, ...]) -> Signer | None:
    """Whose signature is the next; None when all have signed."""
    return next((one for one in signers if one.confirmed_at is None), None)


def with_signer(signers: tuple[Signer, ...], changed: Signer) -> tuple[Signer, ...]:
    """The signers with one of them changed."""
    return tuple(
        changed if (one.role, one.owner) == (changed.role, changed.owner) else one
        for one in signers
    )


def view_problems(
    documents: tuple[ShownDocument, ...], viewed: tuple[Viewed, ...]
) -> tuple[Problem, ...]:
    """What is wrong with a report of pages: another document, or pages it does not have."""
    shown = {one.kind: one for one in documents}
    found = []
    for number, one in enumerate(viewed):
        document = shown.get(one.kind)
        if document is None or document.sha256 != one.sha256:
            found.append(Problem(f"/viewed/{number}", "not a document of this contract"))
        elif not one.pages or not all(1 <= page <= document.pages for page in one.pages):
            found.append(Problem(f"/viewed/{number}/pages", f"pages are 1 to {document.pages}"))
    return tuple(found)


def unread(documents: tuple[ShownDocument, ...], viewed: tuple[Viewed, ...]) -> tuple[str, ...]:
    """Documents of which not every page was seen."""
    pages: dict[str, set[int]] = {}
    for one in viewed:
        pages.setdefault(one.kind, set()).update(one.pages)
    return tuple(
        one.kind for one in documents if pages.get(one.kind, set()) < set(range(1, one.pages + 1))
    )


def reading_left(
    documents: tuple[ShownDocument, ...], rules: SigningRules, since: datetime, at: datetime
) -> timedelta:
    """How long the documents must lie before the signer yet; they are read one by one."""
    wanted = sum(rules.reading_seconds.get(one.kind, 0) for one in documents)
    return max(timedelta(0), since + timedelta(seconds=wanted) - at)
