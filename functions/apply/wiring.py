"""The apply function's object graph, made at its first call."""

from dataclasses import dataclass
from functools import cache

from lending.adapters.dynamodb.book import DynamoBook
from lending.adapters.dynamodb.vault import DynamoKmsVault
from lending.adapters.profiles import ProfileStore
from lending.adapters.step_functions import StepFunctionsWorkflow
from lending.adapters.system import UlidIds
from lending.ports.book import Book
from lending.usecases.name_signers import NameSigners
from lending.usecases.request_review import RequestReview
from lending.usecases.submit_application import SubmitApplication
from lending.usecases.withdraw_application import WithdrawApplication

from functions.apply.settings import Settings


@dataclass(frozen=True, slots=True)
class Wiring:
    """What the handlers call."""

    book: Book
    submit: SubmitApplication
    withdraw: WithdrawApplication
    name_signers: NameSigners
    request_review: RequestReview


@cache
def wiring() -> Wiring:
    """The graph of this process. Raises SettingsInvalid."""
    settings = Settings.load()
    book = DynamoBook(settings.LENDING_TABLE)
    vault = DynamoKmsVault(settings.CUSTOMERS_TABLE, settings.VAULT_KEY_ID, settings.INDEX_KEY_ID)
    profiles = ProfileStore(settings.MARKETS)
    workflow = StepFunctionsWorkflow(origination_arn=settings.ORIGINATION_ARN)
    return Wiring(
        book=book,
        submit=SubmitApplication(book, vault, profiles, UlidIds(), workflow),
        withdraw=WithdrawApplication(book, profiles, workflow),
        name_signers=NameSigners(book, vault, profiles),
        request_review=RequestReview(book),
    )
