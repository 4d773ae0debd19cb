"""The applicant names who signs with them: co-borrowers and guarantors.

They are kept in the vault under a token of this application alone, in fields that no search finds:
naming somebody must neither change nor reveal what the platform knows of them. Each reads, is sent
a code on their own phone, and signs under their own account.
"""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal

from lending.domain.identifiers import cn_id_problem
from lending.domain.problem import Problem
from lending.domain.profile import MarketProfile
from lending.domain.records import Contract, State, StoredReply
from lending.domain.signing import Signer, ordered
from lending.domain.submission import normalised_mobile
from lending.ports.book import Book, Change
from lending.ports.profiles import Profiles
from lending.ports.vault import Vault
from lending.usecases.loading import own_application, rules_at
from lending.usecases.refusal import NotAllowed, illegal_state, invalid
from lending.usecases.signing_file import OPEN, SUFFIX

SIGNERS_MAX = 4


@dataclass(frozen=True, slots=True)
class Named:
    """Somebody who signs; `subject` is the account they sign in with."""

    role: Literal["co_borrower", "guarantor"]
    subject: str
    full_name: str
    id_type: str
    id_no: str
    mobile: str
    locale: str


@dataclass(frozen=True, slots=True)
class NameSigners:
    """Replaces who was named before; the contract must be rendered again, with their names."""

    book: Book
    vault: Vault
    profiles: Profiles

    def __call__(
        self,
        application_id: str,
        owner: str,
        people: tuple[Named, ...],
        at: datetime,
        reply: Callable[[Contract], StoredReply],
    ) -> Contract | NotAllowed:
        """Keep the people, void the rendering. Raises NotFound, StaleVersion, Retryable."""
        application = own_application(self.book, application_id, owner)
        contract = self.book.contract(application_id)
        is_open = contract is not None and contract.status in {*OPEN, "VOID"}
        if application.state != State.CONTRACTING or contract is None or not is_open:
            return illegal_state(application.state, "nobody can be named to sign now")
        if any(one.confirmed_at is not None for one in contract.signers):
            return NotAllowed("conflict", "already_signing", "Somebody has signed already.")
        profile = rules_at(self.profiles, application.request.market, at)
        if problems := _problems(people, owner, profile, at):
            return invalid(*problems)
        borrower = [one.afresh() for one in contract.signers if one.role == "borrower"]
        named = [self._kept(application_id, one, profile) for one in people]
        changed = replace(
            contract,
            signers=ordered((*borrower, *named)),
            status="VOID",
            version=contract.version + 1,
        )
        self.book.commit(
            Change(contract=changed, contract_was=contract.version, reply=reply(changed))
        )
        return changed

    def _kept(self, application_id: str, one: Named, profile: MarketProfile) -> Signer:
        digest = hashlib.sha256(f"{application_id}|{one.subject}".encode()).hexdigest()
        token = f"cus_{digest[:24]}"
        fields = {
            "full_name": one.full_name,
            "id_type": one.id_type,
            "id_no": one.id_no.upper(),
            "mobile": normalised_mobile(one.mobile, profile) or one.mobile,
            "locale": one.locale,
        }
        self.vault.save(token, {f"{name}{SUFFIX}": text for name, text in fields.items()}, ())
        return Signer(one.role, one.subject, token)


def _problems(
    people: tuple[Named, ...], owner: str, profile: MarketProfile, at: datetime
) -> tuple[Problem, ...]:
    found = []
    if len({one.subject for one in people} | {owner}) != len(people) + 1:
        found.append(Problem("/signers", "each signs under an account of their own"))
    for number, one in enumerate(people):
        where = f"/signers/{number}"
        if one.id_type not in profile.id_types:
            found.append(Problem(f"{where}/id_type", "not a document of this market"))
        elif one.id_type == "cn_id" and (wrong := cn_id_problem(one.id_no, profile.local_date(at))):
            found.append(Problem(f"{where}/id_no", wrong))
        if normalised_mobile(one.mobile, profile) is None:
            found.append(Problem(f"{where}/mobile", "no mobile number of this market"))
    return tuple(found)
