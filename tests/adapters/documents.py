"""Documents of the shipped products, for tests that render them."""

from dataclasses import replace
from datetime import date
from io import BytesIO
from typing import Any

from lending.adapters.profiles import ProfileStore
from lending.domain.agreed import AddOnChoice, PlanParameters
from lending.domain.application import submitted
from lending.domain.documents import DocumentKind
from lending.domain.documents.contract_data import ContractFacts, Party, Role, contract_data
from lending.domain.documents.costs import costs_of
from lending.domain.records import Request
from lending.ports.documents import DocumentInput
from pypdf import PdfReader

from tests.fakes.offers import make_offers
from tests.fakes.world import AT, REQUEST

ON = date(2026, 11, 24)
RARE = "欧阳𬱖䶮"
LEASE = replace(
    REQUEST,
    product_id="cn-auto-lease",
    plan="lease",
    parameters=PlanParameters(residual_minor=3_000_000, deposit_minor=1_000_000),
    add_ons=(AddOnChoice("gps"), AddOnChoice("commercial_insurance", 600_000, 480_000)),
)
CONSUMER = replace(
    REQUEST, product_id="cn-consumer", vehicle=None, down_payment_minor=0, purpose="consumption"
)
SME = replace(
    REQUEST,
    product_id="cn-sme",
    plan="equal_principal",
    vehicle=None,
    down_payment_minor=0,
    purpose="working_capital",
)
US = replace(
    REQUEST,
    market="us",
    product_id="us-auto",
    currency="USD",
    amount_minor=2_500_000,
    down_payment_minor=500_000,
    term_months=60,
)
REQUESTS = {"auto": REQUEST, "lease": LEASE, "consumer": CONSUMER, "sme": SME, "us": US}


def party(name: str = RARE, role: Role = "borrower") -> Party:
    """A person with masked numbers."""
    return Party(role, name, "cn_id", "**************0017", "*******1234")


def facts(request: Request = REQUEST, *parties: Party, payee: str = "诚信汽车") -> ContractFacts:
    """The contract of a request's first offer."""
    profile = ProfileStore(("cn", "us")).get(request.market, AT.date())
    application, _ = submitted("app_1", "sub", "cus_1", request, "p-1", AT, {})
    offer = make_offers(request, "app_1", 30_000, profile, AT, ("off_1",))[0]
    return ContractFacts(
        contract_id="ctr_1",
        application=application,
        costs=costs_of(offer),
        product=profile.products[request.product_id].kind,
        lender=profile.lender,
        parties=parties or (party(),),
        payee=payee,
        on=ON,
    )


def contract_input(of: ContractFacts, locale: str = "zh-CN", **other: Any) -> DocumentInput:
    """The contract to render."""
    one = DocumentInput(
        kind=DocumentKind.CONTRACT,
        market=of.application.request.market,
        product=of.product,
        locale=locale,
        number=of.contract_id,
        issuer=of.lender.name(locale),
        on=ON,
        data=contract_data(of, locale),
    )
    return replace(one, **other)


def text_of(pdf: bytes) -> str:
    """Every character that a reader can copy out, without spaces and line breaks."""
    reader = PdfReader(BytesIO(pdf))
    return "".join("".join(page.extract_text() for page in reader.pages).split())


def page_texts(pdf: bytes) -> list[str]:
    """The text of each page."""
    return ["".join(page.extract_text().split()) for page in PdfReader(BytesIO(pdf)).pages]
