"""The ops function's object graph, made at its first call."""

from dataclasses import dataclass
from functools import cache

from lending.adapters.dynamodb.book import DynamoBook
from lending.adapters.dynamodb.ledger import DynamoLedger
from lending.adapters.dynamodb.policies import DynamoPolicies
from lending.adapters.dynamodb.vault import DynamoKmsVault
from lending.adapters.profiles import ProfileStore
from lending.adapters.rail_http import HttpRail
from lending.adapters.step_functions import StepFunctionsWorkflow
from lending.adapters.system import UlidIds
from lending.ports.book import Book
from lending.ports.policies import PolicyStore
from lending.usecases.amend_loan import DecideAmendment, ProposeExtension, ViewAmendments
from lending.usecases.change_payee import ConfirmPayee, WantPayee
from lending.usecases.change_policy import (
    ActivatePolicy,
    ApprovePolicy,
    BackTestPolicy,
    DraftPolicy,
    RollBackPolicy,
)
from lending.usecases.confirm_amendment import CounterSignAmendment
from lending.usecases.confirm_signature import CounterSign
from lending.usecases.hold_back import HoldBack
from lending.usecases.release_for_funding import ReleaseHeld
from lending.usecases.review_application import ConfirmOverride, Desk, ReviewApplication
from lending.usecases.running_loan import RunningLoans

from functions.ops.settings import Settings


@dataclass(frozen=True, slots=True)
class Wiring:
    """What the handlers call."""

    book: Book
    markets: tuple[str, ...]
    policies: PolicyStore
    draft: DraftPolicy
    back_test: BackTestPolicy
    approve_policy: ApprovePolicy
    activate: ActivatePolicy
    roll_back: RollBackPolicy
    review: ReviewApplication
    confirm_override: ConfirmOverride
    release: ReleaseHeld
    want_payee: WantPayee
    confirm_payee: ConfirmPayee
    hold_back: HoldBack
    countersign: CounterSign
    propose: ProposeExtension
    amendments: ViewAmendments
    decide_amendment: DecideAmendment
    countersign_amendment: CounterSignAmendment


@cache
def wiring() -> Wiring:
    """The graph of this process. Raises SettingsInvalid."""
    settings = Settings.load()
    book = DynamoBook(settings.LENDING_TABLE)
    profiles = ProfileStore(settings.MARKETS)
    policies = DynamoPolicies(settings.LENDING_TABLE)
    workflow = StepFunctionsWorkflow(amendment_arn=settings.AMENDMENT_ARN)
    loans = RunningLoans(book, DynamoLedger(settings.LENDING_TABLE), profiles)
    vault = DynamoKmsVault(settings.CUSTOMERS_TABLE, settings.VAULT_KEY_ID, settings.INDEX_KEY_ID)
    desk = Desk(book, profiles, policies, workflow)
    return Wiring(
        book=book,
        review=ReviewApplication(desk),
        confirm_override=ConfirmOverride(desk),
        release=ReleaseHeld(book, profiles, vault, workflow),
        want_payee=WantPayee(book, vault, UlidIds()),
        confirm_payee=ConfirmPayee(book, vault, profiles, HttpRail(settings.RAIL_URL)),
        hold_back=HoldBack(book, profiles),
        markets=settings.MARKETS,
        policies=policies,
        draft=DraftPolicy(policies, profiles),
        back_test=BackTestPolicy(policies, profiles, book),
        approve_policy=ApprovePolicy(policies, profiles),
        activate=ActivatePolicy(policies),
        roll_back=RollBackPolicy(policies),
        countersign=CounterSign(book, profiles, workflow),
        propose=ProposeExtension(book, loans),
        amendments=ViewAmendments(book),
        decide_amendment=DecideAmendment(book, loans),
        countersign_amendment=CounterSignAmendment(book, loans, workflow),
    )
