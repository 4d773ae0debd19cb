"""The all-in cost sheet and the plan of an offer, as data of their templates."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from typing import Final

from lending.domain.agreed import Agreed, AgreedAddOn
from lending.domain.contract import number
from lending.domain.disclosure.cost_sheet import (
    Contingency,
    CostSheet,
    Item,
    Lending,
    RateBasis,
    cost_sheet,
)
from lending.domain.documents.codes import named
from lending.domain.documents.words import money
from lending.domain.money import Rounding
from lending.domain.pricing.agreement import schedule_of
from lending.domain.pricing.sheet import sheet
from lending.domain.products import pct_text
from lending.domain.records import Instalment, Offer
from lending.domain.schedule import Schedule

CENT: Final = Decimal("0.01")
BPS_PER_PCT: Final = 100


@dataclass(frozen=True, slots=True)
class Costs:
    """An offer's schedule and cost sheet, computed once for every document that shows them."""

    offer: Offer
    schedule: Schedule
    sheet: CostSheet

    @property
    def all_in_rate(self) -> str:
        """The annual all-in cost in percent, two decimals half up."""
        return f"{self.sheet.annual_cost.pct.quantize(CENT, ROUND_HALF_UP)} %"


def costs_of(offer: Offer) -> Costs:
    """What an offer costs, as it was priced. Raises NotComputable."""
    rest = offer.agreed
    if rest is None:
        schedule = schedule_of(offer, offer.expires_at.date(), Rounding.HALF_UP)
        rate = Fraction(offer.annual_rate_bps, BPS_PER_PCT)
        lending = Lending(offer.currency, "lender", rate, RateBasis.IRR_NOMINAL)
        return Costs(offer, schedule, cost_sheet(schedule, lending, ()))
    schedule = schedule_of(offer, date.fromisoformat(rest.priced_on), Rounding.HALF_UP)
    return Costs(offer, schedule, sheet(schedule, rest, offer.currency, offer.annual_rate_bps))


def sheet_data(costs: Costs, locale: str) -> Mapping[str, object]:
    """The cost sheet in a language."""
    found, currency = costs.sheet, costs.offer.currency
    rest = costs.offer.agreed
    optional = [] if rest is None else [one for one in rest.add_ons if not one.in_all_in_cost]
    return {
        "figures": [
            ["principal", money(found.principal_minor, currency, locale)],
            ["received", money(found.received_minor, currency, locale)],
            ["all_in_rate", costs.all_in_rate],
        ],
        "basis": found.annual_cost.basis.value,
        "items": [_item(one, currency, locale) for one in found.items],
        "total_cost": money(found.total_cost_minor, currency, locale),
        "contingencies": [_contingency(one, currency, locale) for one in found.contingencies],
        "add_ons": [_add_on(one, currency, locale) for one in optional],
    }


def plan_data(costs: Costs) -> Mapping[str, object]:
    """The rows of an offer's plan by number: the dates are not known before the payout."""
    rows = costs.schedule.rows
    has_fees = any(row.fee_minor for row in rows)
    shown = []
    for row in rows:
        fee = [number(row.fee_minor)] if has_fees else []
        amounts = [number(row.principal_minor), number(row.interest_minor), *fee]
        shown.append([str(row.n), *amounts, number(row.total_minor), number(row.balance_minor)])
    sums = [sum(row.principal_minor for row in rows), sum(row.interest_minor for row in rows)]
    sums += [sum(row.fee_minor for row in rows)] if has_fees else []
    sums.append(sum(row.total_minor for row in rows))
    return {
        "headings": _headings(["n"], has_fees=has_fees),
        "texts": 1,
        "widths": [0.6, 1, 1, 1, 1, 1] if has_fees else [0.6, 1, 1, 1, 1],
        "rows": shown,
        "total": ["", *map(number, sums), ""],
    }


def dated_plan_data(plan: tuple[Instalment, ...]) -> Mapping[str, object]:
    """The rows of a loan's own plan, with their dates."""
    has_fees = any(row.fee_minor for row in plan)
    shown = []
    for row in plan:
        fee = [number(row.fee_minor)] if has_fees else []
        amounts = [number(row.principal_minor), number(row.interest_minor), *fee]
        end = [number(row.total_minor), number(row.balance_minor)]
        shown.append([str(row.number), row.due_on.isoformat(), *amounts, *end])
    sums = [sum(row.principal_minor for row in plan), sum(row.interest_minor for row in plan)]
    sums += [sum(row.fee_minor for row in plan)] if has_fees else []
    sums.append(sum(row.total_minor for row in plan))
    return {
        "headings": _headings(["n", "due_on"], has_fees=has_fees),
        "texts": 2,
        "widths": [0.5, 1, 1, 1, 1, 1, 1] if has_fees else [0.5, 1, 1, 1, 1, 1],
        "rows": shown,
        "total": ["", "", *map(number, sums), ""],
    }


def _headings(first: list[str], *, has_fees: bool) -> list[str]:
    fee = ["fee"] if has_fees else []
    return [*first, "principal", "interest", *fee, "total", "balance"]


def _item(item: Item, currency: str, locale: str) -> list[str]:
    return [
        named(item.code, locale),
        named(item.payee, locale),
        named(item.when.value, locale),
        _how(item, currency, locale),
        money(item.total_minor, currency, locale),
    ]


def _how(item: Item, currency: str, locale: str) -> str:
    share = "" if item.pct is None else _share(item.base, item.pct, locale)
    if item.times > 1 and item.amount_minor is not None:
        each = f"{money(item.amount_minor, currency, locale)} × {item.times}"
        return f"{share}, {each}" if share else each
    return share or "—"


def _contingency(one: Contingency, currency: str, locale: str) -> list[str]:
    if one.pct is None:
        measure = money(one.amount_minor or 0, currency, locale)
    else:
        measure = _share(one.base, one.pct, locale)
    when = named(one.when, locale)
    return [named(one.code, locale), named(one.payee, locale), when, measure]


def _add_on(one: AgreedAddOn, currency: str, locale: str) -> list[str]:
    return [
        named(one.code, locale),
        named(one.payee, locale),
        money(one.price_minor, currency, locale),
        money(one.financed_minor, currency, locale) if one.financed_minor else "—",
    ]


def _share(base: str | None, pct: Fraction, locale: str) -> str:
    return f"{named(base or '', locale)} × {pct_text(pct)} %"


def early_settlement(rest: Agreed, locale: str) -> str:
    """What settling early costs, in a line."""
    pct = Fraction(rest.early_settlement.pct)
    return named("free_of_charge", locale) if not pct else _share("balance", pct, locale)
