"""A change of payee before the payout: wanted by one person, confirmed by another, paid later.

Whoever can redirect a payout alone can steal it; whoever must wait a day is found out.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from lending.domain.application import TERMINAL
from lending.domain.records import Release, StoredReply
from lending.domain.waiting import RELEASED_STATES
from lending.ports.book import ApplicationFile, Book, Change
from lending.ports.partners import Payee, PayeeCheck
from lending.ports.profiles import Profiles
from lending.ports.system import Ids
from lending.ports.vault import Vault
from lending.usecases.loading import file_of, rules_at
from lending.usecases.refusal import NotAllowed, illegal_state
from lending.usecases.release_for_funding import payee_of, release_of
from lending.usecases.submit_application import payee_fields

type Answer = Callable[[Release], StoredReply]


@dataclass(frozen=True, slots=True)
class WantPayee:
    """Keeps the new payee in the vault and holds the application for a second person."""

    book: Book
    vault: Vault
    ids: Ids

    def __call__(
        self, application_id: str, payee: Payee, operator: str, reply: Answer
    ) -> Release | NotAllowed:
        """The release with the wanted payee. Raises NotFound, Erased, StaleVersion, Retryable."""
        file = file_of(self.book, application_id)
        if (refused := _refused(file)) is not None:
            return refused
        known = release_of(file)
        payee_id = self.ids.new("pay")
        fields = payee_fields(payee_id, payee.name, payee.account_no)
        self.vault.save(file.application.customer_id, fields, ())
        wanted = replace(
            known,
            wanted_payee_id=payee_id,
            requested_by=operator,
            confirmed_by="",
            version=known.version + 1,
        )
        _commit(self.book, file, wanted, reply)
        return wanted


@dataclass(frozen=True, slots=True)
class ConfirmPayee:
    """Another person's word on a wanted payee; the bank must know the account as theirs."""

    book: Book
    vault: Vault
    profiles: Profiles
    bank: PayeeCheck

    def __call__(
        self, application_id: str, approved: bool, operator: str, at: datetime, reply: Answer
    ) -> Release | NotAllowed:
        """The release with the payee in force. Raises NotFound, Erased, StaleVersion, Retryable."""
        file = file_of(self.book, application_id)
        if (refused := _refused(file)) is not None:
            return refused
        known = release_of(file)
        if not known.wanted_payee_id:
            return illegal_state(file.application.state, "no other payee is wanted")
        if known.requested_by == operator:
            return NotAllowed("forbidden", "four_eyes", "A second person must confirm this.")
        done = replace(known, wanted_payee_id="", version=known.version + 1)
        if approved:
            rules = rules_at(self.profiles, file.application.request.market, at).release
            changed = replace(
                done,
                payee_id=known.wanted_payee_id,
                payee_check="",
                confirmed_by=operator,
                pays_from=at + timedelta(hours=rules.payee_cooling_hours),
            )
            told = self.bank.check(payee_of(self.vault, replace(file, release=changed)))
            done = replace(changed, payee_check=told)
        _commit(self.book, file, done, reply)
        return done


def _refused(file: ApplicationFile) -> NotAllowed | None:
    state = file.application.state
    if state in RELEASED_STATES or state in TERMINAL:
        return illegal_state(state, "its payee is settled")
    return None


def _commit(book: Book, file: ApplicationFile, release: Release, reply: Answer) -> None:
    was = 0 if file.release is None else file.release.version
    book.commit(Change(release=release, release_was=was, reply=reply(release)))
