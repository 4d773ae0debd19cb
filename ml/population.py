"""A simulated population of car-loan applicants with a written-down causal structure.

No borrower's data may ship with the product, so the first scorecard learns from this simulation.
The arrows, each a line of code below:

    age ──► employment, income, depth of credit file (age itself never causes default)
    resilience (latent) ──► income, employment, other debt, bureau file, deposit, DEFAULT
    stretch (latent, wants more car than the income carries) ◄── resilience
    stretch ──► vehicle value, deposit, other debt, enquiries, DEFAULT
    vehicle value, deposit ──► loan-to-value ──► DEFAULT (no equity to protect)
    loan, term, income ──► instalment burden ──► DEFAULT
    term, vehicle age, employment, debt load ──► DEFAULT
    a thin file hides the bureau score, and mostly the counts that come with it

A market rate, equal for everyone, prices the instalment: risk-based pricing would leak the answer.
Sizes are chosen from what is generally published about prime to near-prime car lending; nothing
is fitted to any data set.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

type Floats = NDArray[np.float64]
type Bools = NDArray[np.bool_]
type Integers = NDArray[np.int64]

MONTHS = 36
MARKET_RATE_PCT = 7.5
TERMS_MONTHS = np.array([24, 36, 48, 60, 72, 84])
TYPICAL_INCOME = 4_200.0
TYPICAL_VEHICLE_VALUE = 24_000.0
INTERCEPT = -3.73
"""Log-odds of default of an average applicant; sets the default rate at about 7 %."""


@dataclass(frozen=True, slots=True)
class Population:
    """`n` applicants; every array has shape (n,).

    `features` holds the nine inputs of the scorecard by name, NaN = missing, percentages in
    percent. `age_years` and `is_female` are for monitoring fairness only.
    """

    features: dict[str, Floats]
    defaulted: Bools
    applied_month: Integers
    age_years: Floats
    is_female: Bools


@dataclass(frozen=True, slots=True)
class _Person:
    age_years: Floats
    is_female: Bools
    resilience: Floats
    stretch: Floats
    income: Floats
    months_employed: Floats
    other_debt_pct: Floats


@dataclass(frozen=True, slots=True)
class _Request:
    vehicle_age_years: Floats
    ltv_pct: Floats
    term_months: Floats
    pti_pct: Floats


@dataclass(frozen=True, slots=True)
class _File:
    bureau_score: Floats
    delinquencies_24m: Floats
    enquiries_6m: Floats


def simulate(rng: np.random.Generator, n: int) -> Population:
    """Draw `n` applicants, spread evenly over 36 months in order of application.

    Deterministic for a generator in a given state. Raises ValueError when n is not positive.
    """
    if n <= 0:
        raise ValueError("a population needs at least one applicant")
    applied_month = np.arange(n, dtype=np.int64) * MONTHS // n
    person = _person(rng, n)
    request = _request(rng, person)
    file = _file(rng, person)
    chance = _logistic(_default_log_odds(rng, person, request, applied_month))
    defaulted = rng.random(n) < chance
    return Population(
        features=_observe(rng, person, request, file),
        defaulted=defaulted,
        applied_month=applied_month,
        age_years=person.age_years,
        is_female=person.is_female,
    )


def _person(rng: np.random.Generator, n: int) -> _Person:
    age = np.floor(18 + 54 * rng.beta(1.6, 2.4, n))
    is_female = rng.random(n) < 0.46
    resilience = rng.standard_normal(n)
    stretch = -0.35 * resilience + 0.94 * rng.standard_normal(n)
    experience = np.minimum(age, 50) - 38
    income = TYPICAL_INCOME * np.exp(
        0.010 * experience - 0.08 * is_female + 0.22 * resilience + 0.40 * rng.standard_normal(n)
    )
    working_months = (age - 17) * 12
    tenure = rng.gamma(1.1, 0.26, n) * working_months * np.exp(0.30 * resilience)
    other_debt = 16 * np.exp(0.30 * stretch - 0.20 * resilience + 0.55 * rng.standard_normal(n))
    return _Person(
        age_years=age,
        is_female=is_female,
        resilience=resilience,
        stretch=stretch,
        income=income,
        months_employed=np.floor(np.minimum(tenure, working_months)),
        other_debt_pct=np.minimum(other_debt, 120),
    )


def _request(rng: np.random.Generator, person: _Person) -> _Request:
    n = person.income.size
    richness = np.log(person.income / TYPICAL_INCOME)
    log_value = 0.55 * richness + 0.22 * person.stretch + 0.30 * rng.standard_normal(n)
    value = TYPICAL_VEHICLE_VALUE * np.exp(log_value)
    is_new = rng.random(n) < _logistic(-0.2 + 1.2 * log_value)
    used_age = 1 + rng.poisson(rng.gamma(1.6, 2.2 * np.exp(-0.6 * log_value)))
    deposit_noise = 18 * rng.standard_normal(n)
    ltv = 93 + 11 * person.stretch - 6 * person.resilience + 5 * ~is_new + deposit_noise
    ltv = np.clip(ltv, 15, 160)
    loan = value * ltv / 100
    pull = np.log(loan / person.income) - 1.65 + 0.25 * person.stretch
    rank = 2.6 + 1.3 * pull + 1.0 * rng.standard_normal(n)
    term = TERMS_MONTHS[np.clip(np.round(rank), 0, 5).astype(np.int64)].astype(np.float64)
    monthly = MARKET_RATE_PCT / 1200
    instalment = loan * monthly / (1 - (1 + monthly) ** -term)
    return _Request(
        vehicle_age_years=np.where(is_new, 0.0, np.minimum(used_age, 20)),
        ltv_pct=ltv,
        term_months=term,
        pti_pct=np.minimum(100 * instalment / person.income, 90),
    )


def _file(rng: np.random.Generator, person: _Person) -> _File:
    n = person.income.size
    late = rng.poisson(np.exp(-1.6 - 0.90 * person.resilience + 0.25 * person.stretch))
    asked = rng.poisson(np.exp(-0.1 - 0.25 * person.resilience + 0.30 * person.stretch))
    debt = np.log(person.other_debt_pct / 16)
    depth = np.clip((person.age_years - 18) / 20, 0, 1) - 0.7
    score = (
        722
        + 62 * person.resilience
        - 18 * debt
        - 10 * np.minimum(late, 5)
        - 5 * np.minimum(asked, 6)
        + 20 * depth
        + 44 * rng.standard_normal(n)
    )
    return _File(
        bureau_score=np.clip(np.round(score), 300, 900),
        delinquencies_24m=np.minimum(late, 12).astype(np.float64),
        enquiries_6m=np.minimum(asked, 15).astype(np.float64),
    )


def _default_log_odds(
    rng: np.random.Generator, person: _Person, request: _Request, applied_month: Integers
) -> Floats:
    """Log-odds of 90 days past due within two years; shape (n,)."""
    economy = 0.10 * np.sin(2 * np.pi * applied_month / MONTHS)
    bad_luck = 0.60 * rng.standard_normal(applied_month.size)
    dti = request.pti_pct + person.other_debt_pct
    return np.asarray(
        INTERCEPT
        - 0.72 * person.resilience
        + 0.18 * person.stretch
        + 0.016 * (request.ltv_pct - 93)
        + 0.045 * (np.minimum(request.pti_pct, 35) - 11)
        + 0.010 * (np.minimum(dti, 90) - 30)
        + 0.007 * (request.term_months - 60)
        + 0.035 * request.vehicle_age_years
        - 0.16 * (np.log1p(person.months_employed) - 4)
        + economy
        + bad_luck,
        dtype=np.float64,
    )


def _observe(
    rng: np.random.Generator, person: _Person, request: _Request, file: _File
) -> dict[str, Floats]:
    """What the lender sees: thin files, unstated income, unvalued cars become NaN."""
    n = person.income.size
    is_thin = rng.random(n) < _logistic(-3.3 + 2.4 * (person.age_years < 24))
    is_silent = is_thin & (rng.random(n) < 0.7)
    is_income_unstated = rng.random(n) < 0.02
    is_employment_unstated = rng.random(n) < 0.04
    is_unvalued = rng.random(n) < 0.01
    is_age_unknown = rng.random(n) < 0.01
    dti = np.minimum(request.pti_pct + person.other_debt_pct, 150)
    return {
        "bureau_score": np.where(is_thin, np.nan, file.bureau_score),
        "delinquencies_24m": np.where(is_silent, np.nan, file.delinquencies_24m),
        "enquiries_6m": np.where(is_silent, np.nan, file.enquiries_6m),
        "ltv_pct": np.where(is_unvalued, np.nan, np.round(request.ltv_pct, 2)),
        "pti_pct": np.where(is_income_unstated, np.nan, np.round(request.pti_pct, 2)),
        "dti_pct": np.where(is_income_unstated, np.nan, np.round(dti, 2)),
        "term_months": request.term_months,
        "months_employed": np.where(is_employment_unstated, np.nan, person.months_employed),
        "vehicle_age_years": np.where(is_age_unknown, np.nan, request.vehicle_age_years),
    }


def _logistic(log_odds: NDArray[np.floating]) -> Floats:
    return np.asarray(1 / (1 + np.exp(-log_odds)), dtype=np.float64)
