"""The sign function's object graph, made at its first call."""

from dataclasses import dataclass
from functools import cache

from lending.adapters.contract_store import S3Drafts
from lending.adapters.dynamodb.book import DynamoBook
from lending.adapters.dynamodb.vault import DynamoKmsVault
from lending.adapters.kms_otp import KmsOtp
from lending.adapters.messages_http import HttpMessenger
from lending.adapters.profiles import ProfileStore
from lending.adapters.step_functions import StepFunctionsWorkflow
from lending.adapters.system import UlidIds
from lending.adapters.typst_renderer import TypstRenderer
from lending.ports.book import Book
from lending.usecases.accept_offer import AcceptOffer
from lending.usecases.confirm_signature import ConfirmSignature
from lending.usecases.prepare_contract import PrepareContract, ShowContract
from lending.usecases.read_contract import ReportViews, SendOtp
from lending.usecases.render_contract import RenderContract

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


@cache
def wiring() -> Wiring:
    """The graph of this process. Raises SettingsInvalid."""
    settings = Settings.load()
    book = DynamoBook(settings.LENDING_TABLE)
    vault = DynamoKmsVault(settings.CUSTOMERS_TABLE, settings.VAULT_KEY_ID, settings.INDEX_KEY_ID)
    profiles = ProfileStore(settings.MARKETS)
    drafts = S3Drafts(settings.DOCUMENTS_BUCKET)
    otp = KmsOtp(settings.OTP_KEY_ID)
    return Wiring(
        book=book,
        accept=AcceptOffer(book, profiles),
        prepare=PrepareContract(
            book,
            vault,
            profiles,
            RenderContract(vault, TypstRenderer()),
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
        confirm=ConfirmSignature(book, profiles, otp, StepFunctionsWorkflow()),
    )
