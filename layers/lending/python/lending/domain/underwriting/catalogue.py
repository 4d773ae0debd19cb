"""What a decision table may look at, and what it may answer: closed lists.

A column that is not here cannot be used, so that nobody's sex, origin or faith can enter a rule.
Age stands here for the knock-outs alone (capacity to contract); limits and prices never see it.
"""

from dataclasses import dataclass
from typing import Final

PPM: Final = 1_000_000
MINOR_MAX: Final = 10**13
BPS_MAX: Final = 10**7


@dataclass(frozen=True, slots=True)
class Numbers:
    """Whole numbers within closed limits."""

    least: int
    most: int


@dataclass(frozen=True, slots=True)
class Names:
    """One of these names."""

    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Column:
    """An input. `protected`: a rule may use it only where the law asks for it."""

    kind: Numbers | Names
    protected: bool = False


PRODUCT_KINDS: Final = ("auto", "consumer", "personal_business", "finance_lease")
PLANS: Final = (
    "equal_instalment",
    "equal_principal",
    "interest_only",
    "balloon",
    "flat",
    "step",
    "lease",
)
_AMOUNT = Column(Numbers(0, MINOR_MAX))
_COUNT = Column(Numbers(0, 10_000))

COLUMNS: Final[dict[str, Column]] = {
    "pd_ppm": Column(Numbers(0, PPM)),
    "product_kind": Column(Names(PRODUCT_KINDS)),
    "vehicle_condition": Column(Names(("new", "used", "none"))),
    "vehicle_power": Column(Names(("ice", "nev", "none"))),
    "plan": Column(Names(PLANS)),
    "amount_minor": _AMOUNT,
    "term_months": Column(Numbers(1, 600)),
    "ltv_bps": Column(Numbers(0, BPS_MAX)),
    "dti_bps": Column(Numbers(0, BPS_MAX)),
    "down_payment_bps": Column(Numbers(0, 10_000)),
    "income_monthly_minor": _AMOUNT,
    "other_debt_monthly_minor": _AMOUNT,
    "bureau_score": Column(Numbers(0, 1_000)),
    "delinquencies_24m": _COUNT,
    "enquiries_6m": _COUNT,
    "months_employed": _COUNT,
    "vehicle_age_years": Column(Numbers(0, 100)),
    "exposure_minor": _AMOUNT,
    "open_applications": _COUNT,
    "open_loans": _COUNT,
    "age_years": Column(Numbers(0, 150), protected=True),
    "age_at_maturity_months": Column(Numbers(0, 2_400), protected=True),
}
# Named so that a draft which wants one is told why it is refused.
NEVER: Final = frozenset(
    {"sex", "gender", "race", "ethnicity", "nationality", "religion", "marital_status",
     "region", "birthplace", "pregnancy", "disability", "children"}
)  # fmt: skip

ACTIONS: Final = ("approve", "refer", "decline")
SEVERITY: Final = {action: rank for rank, action in enumerate(ACTIONS)}

RISK = ("pd_ppm",)
TERMS = (
    "product_kind", "vehicle_condition", "vehicle_power", "plan",
    "amount_minor", "term_months", "ltv_bps",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Shape:
    """What one table may have. `outcomes` by name: whole numbers within limits, or names.

    `any_of`: a row needs at least one outcome instead of each. `reasons`: whether a row that
    does not approve must give the customer's reason.
    """

    hit: str
    columns: tuple[str, ...]
    outcomes: dict[str, Numbers | Names]
    any_of: bool = False
    reasons: bool = False


_ALL = tuple(COLUMNS)
_PLAIN = tuple(name for name, column in COLUMNS.items() if not column.protected)
_BPS = Numbers(0, 100_000)

SHAPES: Final[dict[str, Shape]] = {
    "knock_outs": Shape("all", _ALL, {"action": Names(("decline", "refer"))}, reasons=True),
    "matrix": Shape("unique", _PLAIN, {"action": Names(ACTIONS)}, reasons=True),
    # All matching rows count, and of each limit the tightest.
    "limits": Shape(
        "all",
        _PLAIN,
        {
            "amount_max_minor": Numbers(1, MINOR_MAX),
            "term_max_months": Numbers(1, 600),
            "down_payment_min_bps": Numbers(0, 10_000),
            "ltv_cap_bps": Numbers(1, 50_000),
            "dti_cap_bps": Numbers(1, 50_000),
            "exposure_max_minor": Numbers(1, MINOR_MAX),
            "open_applications_max": Numbers(0, 1_000),
            "open_loans_max": Numbers(0, 1_000),
        },
        any_of=True,
    ),
    # Fair prices: risk and terms alone, so that the same risk on the same terms costs the same.
    "lgd": Shape("unique", TERMS, {"lgd_bps": Numbers(0, 10_000)}),
    "ead": Shape("unique", TERMS, {"ead_bps": Numbers(0, 20_000)}),
    "funding": Shape("unique", TERMS, {"funding_bps": _BPS}),
    "margin": Shape("unique", (*RISK, *TERMS), {"margin_bps": _BPS}),
}
