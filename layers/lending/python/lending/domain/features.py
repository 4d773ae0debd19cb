"""The model's inputs: ratios and counts, no identifiers. One definition for all callers."""

from lending.domain.money import Rounding, divide
from lending.domain.records import Request

PERCENT_SCALE = 10_000  # two decimals of a percentage
# What changes with amount, term and plan; the rest of the features is the person's and the car's.
TERM_FEATURES = frozenset({"ltv_pct", "pti_pct", "dti_pct", "term_months"})


def model_features(
    request: Request,
    *,
    bureau_score: int | None,
    delinquencies_24m: int | None,
    enquiries_6m: int | None,
    valuation_minor: int | None,
    income_monthly_minor: int | None,
    other_debt_monthly_minor: int | None,
    months_employed: int | None,
    instalment_minor: int | None,
    on_year: int,
) -> dict[str, int | str | None]:
    """Features by name (see the model card); None = missing.

    `ltv_pct`, `pti_pct` and `dti_pct` are decimal strings with two places, half up;
    `instalment_minor` is the highest of the plan asked for, at the market's middle price band.
    """
    vehicle = request.vehicle
    age = None if vehicle is None else max(0, on_year - vehicle.model_year)
    return {
        "bureau_score": bureau_score,
        "delinquencies_24m": delinquencies_24m,
        "enquiries_6m": enquiries_6m,
        **term_features(
            request,
            valuation_minor=valuation_minor,
            income_monthly_minor=income_monthly_minor,
            other_debt_monthly_minor=other_debt_monthly_minor,
            instalment_minor=instalment_minor,
        ),
        "months_employed": months_employed,
        "vehicle_age_years": age,
    }


def term_features(
    request: Request,
    *,
    valuation_minor: int | None,
    income_monthly_minor: int | None,
    other_debt_monthly_minor: int | None,
    instalment_minor: int | None,
) -> dict[str, int | str | None]:
    """The features that amount, term and plan change, as `model_features` has them."""
    service = None
    if other_debt_monthly_minor is not None and instalment_minor is not None:
        service = other_debt_monthly_minor + instalment_minor
    return {
        "ltv_pct": percent(request.amount_minor, valuation_minor),
        "pti_pct": percent(instalment_minor, income_monthly_minor),
        "dti_pct": percent(service, income_monthly_minor),
        "term_months": request.term_months,
    }


def percent(part: int | None, whole: int | None) -> str | None:
    """part/whole as a percentage with two places; None when either is missing or whole < 1."""
    if part is None or whole is None or whole < 1:
        return None
    hundredths = divide(part * PERCENT_SCALE, whole, Rounding.HALF_UP)
    return f"{hundredths // 100}.{hundredths % 100:02d}"
