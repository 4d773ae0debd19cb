"""Pay out once: intent first, then the rail under one deterministic reference, then the loan.

Whatever happens in between, the next attempt asks the rail about the reference before it
sends anything again, so the money moves at most once (invariant I1).
"""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final, Literal

from lending.domain.application import Move, advance
from lending.domain.events import application_event, loan_funded
from lending.domain.faults import Permanent
from lending.domain.loan import open_loan
from lending.domain.profile import MarketProfile
from lending.domain.receipts import loan_of_payout
from lending.domain.records import Actor, Application, Disbursement, Loan, Offer, State
from lending.domain.servicing.opening import account_terms, opening_bookings, opening_facts
from lending.ports.book import ApplicationFile, Book, Change
from lending.ports.ledger import LedgerOpening
from lending.ports.money import Receipts
from lending.ports.partners import Rail, RailAnswer
from lending.ports.profiles import Profiles
from lending.ports.vault import Vault
from lending.usecases.loading import accepted_offer, file_of, rules_at
from lending.usecases.order_cases import close_order_case, open_order_case
from lending.usecases.release_for_funding import check_payee, check_signed_terms, payee_of
from lending.usecases.resolve_payout import FINAL, ResolvePayout

RAIL = Actor("system", "disburse")
TOLD: Final[dict[str, Literal["accepted", "rejected", "unknown"]]] = {
    "ACCEPTED": "accepted",
    "REJECTED": "rejected",
    "INTENT": "unknown",
    "UNKNOWN": "unknown",
}


def reference_of(application_id: str) -> str:
    """The only reference ever used for an application's payout."""
    return f"dis-{application_id}"


@dataclass(frozen=True, slots=True)
class Submitted:
    """`status`: accepted, rejected, unknown (ask again later) or cancelled (nothing to pay)."""

    status: Literal["accepted", "rejected", "unknown", "cancelled"]
    reason: str = ""


@dataclass(frozen=True, slots=True)
class SubmitPayout:
    """Record the intent, then pay; or, when there is an intent, find out what became of it."""

    book: Book
    vault: Vault
    profiles: Profiles
    rail: Rail
    receipts: Receipts

    def __call__(self, application_id: str, attempt: int, at: datetime) -> Submitted:
        """One attempt. Raises NotFound, Permanent, StaleVersion, Retryable."""
        file = file_of(self.book, application_id)
        application, payout = file.application, file.disbursement
        if application.state == State.FUNDED:
            return Submitted("accepted")
        if application.state == State.READY_TO_FUND:
            check_signed_terms(file)
            check_payee(file, at)
            intent = self._intend(file, attempt, at)
            return self._resolve(application, intent, self._pay(file, intent), at)
        if application.state != State.FUNDING or payout is None:
            return Submitted("cancelled", application.state.value)
        if payout.status in FINAL:  # by a webhook that was faster: nothing is sent again
            return Submitted(TOLD[payout.status], payout.reason)
        answer = self.rail.query(reference=payout.reference)
        if answer.status == "not_received":
            answer = self._pay(file, payout)
        return self._resolve(application, payout, answer, at)

    def _intend(self, file: ApplicationFile, attempt: int, at: datetime) -> Disbursement:
        application, offer = file.application, accepted_offer(file)
        profile = rules_at(self.profiles, application.request.market, at)
        intent = Disbursement(
            application_id=application.application_id,
            reference=reference_of(application.application_id),
            amount_minor=_first_minor(file, offer),
            currency=offer.currency,
            status="INTENT",
            version=1,
            intended_at=at,
        )
        move = Move(State.FUNDING, "disburse", RAIL)
        moved, transitions = advance(application, [move], at, profile.state_timeouts)
        event = application_event(
            "DisbursementRequested",
            moved,
            at,
            reference=intent.reference,
            amount_minor=intent.amount_minor,
            currency=intent.currency,
            attempt=attempt,
        )
        self.book.commit(
            Change(
                application=moved,
                application_was=application.version,
                transitions=transitions,
                disbursement=intent,
                events=(event,),
            )
        )
        return intent

    def _pay(self, file: ApplicationFile, payout: Disbursement) -> RailAnswer:
        return self.rail.pay(
            reference=payout.reference,
            amount_minor=payout.amount_minor,
            currency=payout.currency,
            payee=payee_of(self.vault, file),
            purpose=file.application.request.purpose,
        )

    def _resolve(
        self, application: Application, payout: Disbursement, answer: RailAnswer, at: datetime
    ) -> Submitted:
        """Keep the answer. Doubt past the bank's final hour is a case, until the bank speaks."""
        resolved = ResolvePayout(self.book).resolve(payout, answer, at)
        rules = rules_at(self.profiles, application.request.market, at).auto_debit
        if at - payout.intended_at >= rules.final_after:
            if resolved.status in FINAL:
                close_order_case(self.receipts, payout.reference)
            else:
                money = (payout.amount_minor, payout.currency)
                open_order_case(self.receipts, payout.reference, *money, "", at)
        return Submitted(TOLD[resolved.status], resolved.reason)


@dataclass(frozen=True, slots=True)
class SettlePayout:
    """The rail accepted: open the loan and its books, move to FUNDED, say so, in one commit."""

    book: Book
    profiles: Profiles

    def __call__(self, application_id: str, at: datetime) -> str:
        """The loan's id; repeating it changes nothing.

        Raises:
            Permanent: the payout was not accepted.  NotFound, StaleVersion, Retryable.
        """
        file = file_of(self.book, application_id)
        application, payout = file.application, file.disbursement
        if application.state == State.FUNDED and application.loan_id is not None:
            return application.loan_id
        if application.state != State.FUNDING or payout is None or payout.status != "ACCEPTED":
            raise Permanent(f"{application_id}: no accepted payout to settle")
        profile = rules_at(self.profiles, application.request.market, at)
        offer = accepted_offer(file)
        loan = open_loan(
            application,
            offer,
            payout.reference,
            loan_of_payout(application_id),
            profile.local_date(payout.resolved_at or at),
            profile.rounding,
        )
        move = Move(State.FUNDED, "settle", RAIL)
        moved, transitions = advance(application, [move], at, profile.state_timeouts)
        self.book.commit(
            Change(
                application=replace(moved, loan_id=loan.loan_id),
                application_was=application.version,
                transitions=transitions,
                loan=loan,
                ledger=_opening(loan, offer, payout, profile, at, _held_back_minor(file)),
                events=(loan_funded(loan, at),),
            )
        )
        return loan.loan_id


def _held_back_minor(file: ApplicationFile) -> int:
    return 0 if file.release is None else file.release.held_back_minor


def _first_minor(file: ApplicationFile, offer: Offer) -> int:
    """What is paid at once. Raises Permanent: all of it is held back, so nothing may be paid."""
    first = offer.payout_minor - _held_back_minor(file)
    if first <= 0:
        raise Permanent(f"{file.application.application_id}: all of its payout is held back")
    return first


def _opening(
    loan: Loan,
    offer: Offer,
    payout: Disbursement,
    profile: MarketProfile,
    at: datetime,
    held_back_minor: int,
) -> LedgerOpening:
    """The loan's books with its payout as entry 1 (invariant I1: paid = booked)."""
    terms = account_terms(loan, profile.servicing)
    product_id = None if offer.agreed is None else offer.agreed.product_id
    product = profile.products.get(product_id) if product_id else None
    by_dealer = product is not None and product.has_vehicle
    facts = opening_facts(
        loan, offer, payout, at, by_dealer=by_dealer, held_back_minor=held_back_minor
    )
    # The rail may have accepted by a clock that is ahead of ours.
    today = max(profile.local_date(at), loan.opened_on)
    return LedgerOpening(terms, opening_bookings(terms, facts, today))


@dataclass(frozen=True, slots=True)
class FailPayout:
    """The rail said no. Doubt is not a "no": an unknown payout stays in FUNDING."""

    book: Book
    profiles: Profiles

    def __call__(self, application_id: str, attempt: int, at: datetime) -> str:
        """The application's state after it. Raises NotFound, StaleVersion, Retryable."""
        file = file_of(self.book, application_id)
        application, payout = file.application, file.disbursement
        is_rejected = payout is not None and payout.status == "REJECTED"
        if application.state != State.FUNDING or payout is None or not is_rejected:
            return application.state.value
        profile = rules_at(self.profiles, application.request.market, at)
        move = Move(State.FUNDING_FAILED, "disburse", RAIL, (payout.reason,))
        moved, transitions = advance(application, [move], at, profile.state_timeouts)
        event = application_event(
            "DisbursementFailed",
            moved,
            at,
            reference=payout.reference,
            reason=payout.reason,
            attempt=attempt,
        )
        self.book.commit(
            Change(
                application=moved,
                application_was=application.version,
                transitions=transitions,
                events=(event,),
            )
        )
        return moved.state.value
