"""An example of a document, to be looked at: invented people, prices of the shipped profiles."""

import argparse
from datetime import UTC, datetime
from pathlib import Path
from typing import cast

from lending.adapters.profiles import newest
from lending.adapters.typst_renderer import TypstRenderer
from lending.domain.agreed import AddOnChoice, PlanName, PlanParameters
from lending.domain.application import submitted
from lending.domain.documents import DocumentKind
from lending.domain.documents.codes import named
from lending.domain.documents.contract_data import (
    ContractFacts,
    Party,
    contract_data,
    cost_sheet_data,
)
from lending.domain.documents.costs import costs_of
from lending.domain.offer import make_offer, priced
from lending.domain.products import Product
from lending.domain.profile import MarketProfile
from lending.domain.records import Request, Vehicle
from lending.ports.documents import DocumentInput, Unprintable

AT = datetime(2026, 11, 24, 2, tzinfo=UTC)
RATE_BPS = 680
PURPOSES = {"consumer": "consumption", "personal_business": "working_capital"}


def write(options: argparse.Namespace) -> int:
    """Write the PDF; 1 when the product is unknown or the name cannot be printed."""
    profile = newest(options.product[:2])
    product = profile.products.get(options.product)
    if product is None:
        print(f"no product {options.product}")
        return 1
    document = _document(options, profile, product)
    done = TypstRenderer().render(document)
    if isinstance(done, Unprintable):
        print(f"cannot be printed: {', '.join(done.characters)} in {', '.join(done.where)}")
        return 1
    out = options.out or Path(f"{options.kind}-{options.product}-{document.locale}.pdf")
    out.write_bytes(done.pdf)
    print(f"{out}: {done.template_id}, {done.pages} pages, sha256 {done.sha256}")
    return 0


def _document(
    options: argparse.Namespace, profile: MarketProfile, product: Product
) -> DocumentInput:
    renderer, kind = TypstRenderer(), DocumentKind(options.kind)
    on = profile.local_date(AT)
    locale = renderer.locale(kind, profile.market, product.kind, options.locale, on)
    request = _request(profile, product)
    application, _ = submitted("app_example", "example", "cus_example", request, "", AT, {})
    price = priced(request, request.term_months, RATE_BPS, AT, profile)
    if price is None:
        raise ValueError(f"{product.product_id}: the example has no price")
    offer = make_offer("app_example", product, price, profile, AT, "off_example")
    people = (("borrower", options.name), ("co_borrower", "王小明"), ("guarantor", "李大同"))
    id_type = profile.id_types[0]
    facts = ContractFacts(
        contract_id="ctr_example",
        application=application,
        costs=costs_of(offer),
        product=product.kind,
        lender=profile.lender,
        parties=tuple(
            Party(role, name, id_type, f"{'*' * 14}0017", "*******1234")  # type: ignore[arg-type]
            for role, name in people
        ),
        payee="",
        on=on,
    )
    if kind is DocumentKind.CONTRACT:
        data = contract_data(facts, locale)
    else:
        data = cost_sheet_data(facts, named(product.kind, locale), locale)
    return DocumentInput(
        kind=kind,
        market=profile.market,
        product=product.kind,
        locale=locale,
        number=facts.contract_id,
        issuer=profile.lender.name(locale),
        on=on,
        data=data,
    )


def _request(profile: MarketProfile, product: Product) -> Request:
    amount = min(product.max_amount_minor, max(product.min_amount_minor, 12_000_000))
    plan = next(iter(product.plans))
    vehicle = None
    if product.has_vehicle:
        vehicle = Vehicle(
            "LZZ000006RZ100001",
            "used" if product.vehicle_condition == "used" else "new",
            "nev" if product.vehicle_power == "nev" else "ice",
            amount * 3 // 2,
            AT.year,
        )
    return Request(
        market=profile.market,
        product_id=product.product_id,
        channel="web",
        currency=profile.currency,
        amount_minor=amount,
        term_months=36 if product.max_term_months >= 36 else product.max_term_months,
        plan=cast("PlanName", plan),
        purpose=PURPOSES.get(product.kind, "vehicle_purchase"),
        down_payment_minor=amount // 2 if vehicle else 0,
        vehicle=vehicle,
        consent_ids=(),
        add_ons=tuple(AddOnChoice(code) for code in product.required_add_ons),
        parameters=PlanParameters(residual_minor=amount // 4)
        if plan == "lease"
        else PlanParameters(),
    )
