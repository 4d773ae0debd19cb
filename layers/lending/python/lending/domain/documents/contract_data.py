"""The contract and the cost sheet as data of their templates. Names and numbers stay text."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final, Literal

from lending.domain.agreed import Agreed
from lending.domain.documents.codes import named
from lending.domain.documents.costs import Costs, early_settlement, plan_data, sheet_data
from lending.domain.documents.lender import Lender
from lending.domain.documents.words import in_words, money, months, percent
from lending.domain.products.product import ProductKind
from lending.domain.records import Application, Offer, Vehicle

Role = Literal["borrower", "co_borrower", "guarantor"]
# What the same people are called in a lease.
IN_A_LEASE: Final = {"borrower": "lessee", "co_borrower": "co_lessee", "lender": "lessor"}
US: Final = "us"


@dataclass(frozen=True, slots=True)
class Party:
    """A person who signs, in the order of signing. Numbers come masked from the vault."""

    role: Role
    name: str
    id_type: str
    id_no_masked: str
    mobile_masked: str


@dataclass(frozen=True, slots=True)
class ContractFacts:
    """Everything a contract is made of. `payee` is who is paid out (empty: the borrower)."""

    contract_id: str
    application: Application
    costs: Costs
    product: ProductKind
    lender: Lender
    parties: tuple[Party, ...]
    payee: str
    on: date

    @property
    def offer(self) -> Offer:
        """The accepted offer."""
        return self.costs.offer


def contract_data(facts: ContractFacts, locale: str) -> Mapping[str, object]:
    """The contract with both annexes."""
    return {
        "product": facts.product,
        "facts": [["application_number", facts.application.application_id]],
        "roles": sorted({party.role for party in facts.parties}),
        "parties": [_lender(facts, locale), *(_party(facts, one, locale) for one in facts.parties)],
        "disclosed": _disclosed(facts, locale),
        "terms": _terms(facts, locale),
        "vehicle": _vehicle(facts.application.request.vehicle, facts, locale),
        "sheet": sheet_data(facts.costs, locale),
        "schedule": plan_data(facts.costs),
        "signers": _signers(facts, locale),
        "bound": [
            ["offer_number", facts.offer.offer_id],
            ["terms_sha256", facts.offer.terms_sha256],
        ],
    }


def cost_sheet_data(facts: ContractFacts, product_name: str, locale: str) -> Mapping[str, object]:
    """The cost sheet as a document of its own, to be read before signing."""
    return {
        "product": product_name,
        "facts": [
            ["contract_number", facts.contract_id],
            ["offer_number", facts.offer.offer_id],
        ],
        "parties": [
            [_role("lender", facts), facts.lender.name(locale)],
            *([_role(one.role, facts), one.name] for one in facts.parties),
            ["term", months(facts.offer.term_months, locale)],
            ["annual_rate", percent(facts.offer.annual_rate_bps)],
        ],
        "sheet": sheet_data(facts.costs, locale),
    }


def _role(role: str, facts: ContractFacts) -> str:
    return IN_A_LEASE.get(role, role) if facts.product == "finance_lease" else role


def _lender(facts: ContractFacts, locale: str) -> Mapping[str, object]:
    lender = facts.lender
    return {
        "role": _role("lender", facts),
        "name": lender.name(locale),
        "rows": [
            ["address", lender.address(locale)],
            ["registration", lender.registration],
            ["licence", lender.licence],
            ["phone", lender.phone],
        ],
    }


def _party(facts: ContractFacts, party: Party, locale: str) -> Mapping[str, object]:
    return {
        "role": _role(party.role, facts),
        "name": party.name,
        "rows": [
            ["id_type", named(party.id_type, locale)],
            ["id_no", party.id_no_masked],
            ["mobile", party.mobile_masked],
        ],
    }


def _signers(facts: ContractFacts, locale: str) -> Sequence[Mapping[str, str]]:
    people = [
        {"role": _role(one.role, facts), "name": one.name, "how": "otp"} for one in facts.parties
    ]
    lender = {"role": _role("lender", facts), "name": facts.lender.name(locale), "how": "seal"}
    return [*people, lender]


def _disclosed(facts: ContractFacts, locale: str) -> list[list[str]]:
    """The four federal disclosures of a US loan; elsewhere the cost sheet says it."""
    if facts.application.request.market != US or facts.product == "finance_lease":
        return []
    found, currency = facts.costs.sheet, facts.offer.currency
    return [
        ["apr", facts.costs.all_in_rate],
        ["finance_charge", money(found.total_cost_minor, currency, locale)],
        ["amount_financed", money(found.received_minor, currency, locale)],
        ["total_of_payments", money(found.total_paid_minor, currency, locale)],
    ]


def _terms(facts: ContractFacts, locale: str) -> list[list[str]]:
    offer, currency = facts.offer, facts.offer.currency
    is_lease = facts.product == "finance_lease"
    principal = money(offer.principal_minor, currency, locale)
    if words := in_words(offer.principal_minor, locale):
        principal = f"{principal}\n{words}"
    found = [
        ["financed_amount" if is_lease else "principal", principal],
        ["payout", money(offer.payout_minor, currency, locale)],
        ["annual_rate", percent(offer.annual_rate_bps)],
        ["all_in_rate", facts.costs.all_in_rate],
        ["term", months(offer.term_months, locale)],
        ["plan", named(offer.plan, locale)],
    ]
    rest = offer.agreed
    if rest is None:
        found.append(["instalment", money(offer.instalment_minor, currency, locale)])
    else:
        found += _plan_terms(rest, is_lease, currency, locale)
    found += [
        ["total_interest", money(offer.total_interest_minor, currency, locale)],
        ["total_fees", money(offer.total_fees_minor, currency, locale)],
        ["due_day", named("same_day_monthly", locale)],
        ["purpose", named(facts.application.request.purpose, locale)],
    ]
    if facts.payee:
        found.append(["payee", facts.payee])
    return found


def _plan_terms(rest: Agreed, is_lease: bool, currency: str, locale: str) -> list[list[str]]:
    first, last = rest.first_instalment_minor, rest.last_instalment_minor
    found = [
        ["rent" if is_lease else "first_instalment", money(first, currency, locale)],
        ["last_instalment", money(last, currency, locale)],
        ["total_paid", money(rest.total_paid_minor, currency, locale)],
        ["early_settlement_rule", early_settlement(rest, locale)],
    ]
    given = rest.parameters
    for code, minor in (
        ("residual", given.residual_minor),
        ("deposit", given.deposit_minor),
        ("balloon", given.balloon_minor),
    ):
        if minor:
            found.append([code, money(minor, currency, locale)])
    return found


def _vehicle(vehicle: Vehicle | None, facts: ContractFacts, locale: str) -> list[list[str]]:
    if vehicle is None:
        return []
    currency = facts.offer.currency
    down = facts.application.request.down_payment_minor
    found = [
        ["vin", vehicle.vin],
        ["condition", f"{named(vehicle.condition, locale)} · {named(vehicle.power, locale)}"],
        ["model_year", str(vehicle.model_year)],
        ["vehicle_price", money(vehicle.price_minor, currency, locale)],
    ]
    if down:
        found.append(["down_payment", money(down, currency, locale)])
    if vehicle.odometer_km:
        found.append(["odometer", f"{vehicle.odometer_km:,} km"])
    return found
