"""The contract's words: every code of the shipped products has a name in Chinese."""

from dataclasses import replace
from typing import Any

import pytest
from lending.adapters.profiles import ProfileStore
from lending.domain.agreed import AddOnChoice, PlanParameters
from lending.domain.application import submitted
from lending.domain.contract import number, render_terms
from lending.domain.cost_texts import TEXTS, text
from lending.domain.records import Application, Offer, Request

from tests.fakes.offers import make_offers
from tests.fakes.world import AT, REQUEST

CN = ProfileStore(("cn",)).get("cn", AT.date())
LEASE = replace(
    REQUEST,
    product_id="cn-auto-lease",
    plan="lease",
    parameters=PlanParameters(residual_minor=3_000_000, deposit_minor=1_000_000),
    add_ons=(AddOnChoice("gps"), AddOnChoice("commercial_insurance", 600_000, 480_000)),
)


def rendered(request: Request, locale: str) -> str:
    application, offer = offered(request)
    return render_terms(application, offer, locale)


def offered(request: Request) -> tuple[Application, Offer]:
    application, _ = submitted("app_1", "sub", "cus_1", request, "cn-1", AT, {})
    return application, make_offers(request, "app_1", 30_000, CN, AT, ("off_1",))[0]


def codes() -> set[str]:
    found: set[str] = set()
    for product in CN.products.values():
        found |= set(product.plans)
        for fee in product.fees:
            found |= {fee.code, fee.payee, fee.when, fee.base or fee.code}
        for one in product.contingent_fees:
            found |= {one.code, one.payee, one.base or one.code}
        for code, add_on in product.add_ons.items():
            found |= {code, add_on.payee}
    return found


@pytest.mark.parametrize("locale", ["zh-CN", "zh-TW"])
def test_every_code_has_a_name(locale: str) -> None:
    assert codes() - set(TEXTS[locale]) == set()
    assert text("never_seen", locale) == "never seen"


@pytest.mark.parametrize(
    ("locale", "words"),
    [
        (
            "zh-CN",
            ("融资租赁", "留购价款: CNY 30,000.00", "保证金", "所有权属于出租人", "手续费 (出租人",
             "车辆定位设备 (定位服务商", "逾期罚息 (出租人): 合同利率 × 150 %",
             "商业车险 (保险公司): CNY 6,000.00 (计入本金 CNY 4,800.00)"),
        ),
        ("zh-TW", ("融資租賃", "留購價款: CNY 30,000.00", "保證金", "手續費 (出租人")),
        (
            "en",
            ("Plan: lease", "Purchase option price: CNY 30,000.00", "Deposit",
             "handling fee (lessor, upfront, amount × 1 %): CNY 1,200.00",
             "early settlement (lessor): balance × 3 %"),
        ),
    ],
)  # fmt: skip
def test_a_lease_says_who_owns_what_it_costs_and_how_it_ends(
    locale: str, words: tuple[Any, ...]
) -> None:
    document = rendered(LEASE, locale)
    assert [word for word in words if word not in document] == []


def test_the_rows_of_the_text_are_those_of_the_offer() -> None:
    application, offer = offered(replace(REQUEST, plan="equal_principal"))
    document = render_terms(application, offer, "en")
    assert offer.agreed is not None
    assert f"\n1 / 3,333.33 / 680.00 / 0.00 / {number(401_333)} / 116,666.67\n" in document
    assert f"Last instalment: CNY {number(offer.agreed.last_instalment_minor)}" in document
    older = replace(offer, agreed=None)
    assert "Repayment plan" not in render_terms(application, older, "en")
