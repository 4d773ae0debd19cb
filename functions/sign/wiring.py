"""The sign function's object graph, made at its first call."""

from dataclasses import dataclass
from functools import cache

from lending.adapters.contract_store import S3Drafts
from lending.adapters.dynamodb.book import DynamoBook
from lending.adapters.dynamodb.ledger import DynamoLedger
from lending.adapters.dynamodb.vault import DynamoKmsVault
from lending.adapters.kms_otp import KmsOtp
from lending.adapters.messages_http import HttpMessenger
from lending.adapters.profiles import ProfileStore
from lending.adapters.step_functions import StepFunctionsWorkflow
from lending.adapters.system import UlidIds
from lending.adapters.typst_renderer import TypstRenderer
from lending.ports.book import Book
from lending.usecases.accept_offer import AcceptOffer
from lending.usecases.amend_loan import ProposeExtension, ViewAmendments, WithdrawAmendment
from lending.usecases.confirm_amendment import ConfirmAmendment
from lending.usecases.confirm_signature import ConfirmSignature
from lending.usecases.prepare_amendment import PrepareAmendment, ShowAmendment
from lending.usecases.prepare_contract import PrepareContract, ShowContract
from lending.usecases.read_contract import ReportViews, SendOtp
from lending.usecases.render_contract import RenderContract
from lending.usecases.running_loan import RunningLoans

from functions.sign.settings import Settings


@dataclass(frozen=True, slots=True)
class Wiring:
    """What the handlers call."""

    book: Book
    accept: AcceptOffer
    prepare: PrepareContract
    show: ShowContract
    views: ReportViews
    prompt: SendOtp
    confirm: ConfirmSignature
    propose: ProposeExtension
    amendments: ViewAmendments
    prepare_amendment: PrepareAmendment
    show_amendment: ShowAmendment
    confirm_amendment: ConfirmAmendment
    withdraw_amendment: WithdrawAmendment


@cache
def wiring() -> Wiring:
    """The graph of this process. Raises SettingsInvalid."""
    settings = Settings.load()
    book = DynamoBook(settings.LENDING_TABLE)
    vault = DynamoKmsVault(settings.CUSTOMERS_TABLE, settings.VAULT_KEY_ID, settings.INDEX_KEY_ID)
    profiles = ProfileStore(settings.MARKETS)
    drafts = S3Drafts(settings.DOCUMENTS_BUCKET)
    otp, renderer = KmsOtp(settings.OTP_KEY_ID), TypstRenderer()
    loans = RunningLoans(book, DynamoLedger(settings.LENDING_TABLE), profiles)
    workflow = StepFunctionsWorkflow(amendment_arn=settings.AMENDMENT_ARN)
    return Wiring(
        book=book,
        accept=AcceptOffer(book, profiles),
        prepare=PrepareContract(
            book,
            vault,
            profiles,
            RenderContract(vault, renderer),
            drafts,
        ),
        show=ShowContract(book, profiles, drafts),
        views=ReportViews(book),
        prompt=SendOtp(
            book,
            vault,
            profiles,
            UlidIds(),
            otp,
            HttpMessenger(settings.MESSAGES_URL),
            enforce_reading=settings.READING == "enforced",
        ),
        confirm=ConfirmSignature(book, profiles, otp, workflow),
        propose=ProposeExtension(book, loans),
        amendments=ViewAmendments(book),
        prepare_amendment=PrepareAmendment(book, vault, loans, renderer, drafts),
        show_amendment=ShowAmendment(book, profiles, drafts),
        confirm_amendment=ConfirmAmendment(book, loans, otp, workflow),
        withdraw_amendment=WithdrawAmendment(book, loans),
    )
