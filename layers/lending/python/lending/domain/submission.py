"""What a customer sends when applying, and every problem with it, field by field."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from lending.domain import pricing
from lending.domain.auto_debit import PURPOSE as AUTO_DEBIT
from lending.domain.identifiers import (
    Identifier,
    check,
    cn_id_birth_date,
    cn_id_problem,
    normalise_cn_mobile,
    normalise_us_phone,
    us_ssn_problem,
    vin_problem,
)
from lending.domain.pricing import Asked
from lending.domain.problem import Problem
from lending.domain.products import Product
from lending.domain.profile import MarketProfile
from lending.domain.records import Request, Vehicle

OLDEST_YEARS = 120
LOCALES = frozenset({"zh-CN", "zh-TW", "en"})


@dataclass(frozen=True, slots=True)
class Employer:
    """Who pays the income. `registration_no` is the market's company number (USCC, EIN)."""

    name: str
    registration_no: str | None = None


@dataclass(frozen=True, slots=True)
class Device:
    """What the application was sent from: the app's or browser's fingerprint."""

    device_id: str
    ip: str | None = None
    app_version: str | None = None


@dataclass(frozen=True, slots=True)
class Applicant:
    """The person. `birth_date` is given only where the identity number does not contain it."""

    full_name: str
    id_type: str
    id_no: str
    birth_date: date | None
    mobile: str
    email: str | None
    income_monthly_minor: int
    other_debt_monthly_minor: int
    months_employed: int
    locale: str
    address: str | None = None
    employer: Employer | None = None


@dataclass(frozen=True, slots=True)
class PayeeAccount:
    """Who is paid out: the dealer, or the customer."""

    name: str
    account_no: str


@dataclass(frozen=True, slots=True)
class ConsentGiven:
    """One agreed text by purpose, version and the hash of exactly what was shown."""

    purpose: str
    version: str
    text_sha256: str


@dataclass(frozen=True, slots=True)
class Submission:
    """An application as sent; `request.consent_ids` is empty until the consents are recorded."""

    request: Request
    applicant: Applicant
    payee: PayeeAccount
    consents: tuple[ConsentGiven, ...]
    device: Device | None = None
    repayment: PayeeAccount | None = None  # the account that instalments are debited from


def problems(submission: Submission, profile: MarketProfile, on: date) -> tuple[Problem, ...]:
    """Everything wrong with a submission under a market's rules on a day; empty = acceptable."""
    return (
        *_request_problems(submission.request, profile, on),
        *_applicant_problems(submission.applicant, profile, on),
        *_consent_problems(
            submission.consents, _purposes(submission, profile), profile.consents_optional
        ),
    )


def birth_date_of(id_type: str, id_no: str, birth_date: date | None) -> date | None:
    """The person's birth date, from the identity number where it holds one."""
    return cn_id_birth_date(id_no) if id_type == "cn_id" else birth_date


def age_years(born_on: date, on: date) -> int:
    """Completed years; somebody born on 29 February completes one on 1 March."""
    return on.year - born_on.year - ((on.month, on.day) < (born_on.month, born_on.day))


def normalised_mobile(mobile: str, profile: MarketProfile) -> str | None:
    """The number as it is stored and compared; None when it is not one of the market's."""
    if profile.mobile_format == "cn_mobile":
        return normalise_cn_mobile(mobile)
    return normalise_us_phone(mobile)


def _request_problems(request: Request, profile: MarketProfile, on: date) -> Iterator[Problem]:
    product = profile.products.get(request.product_id)
    if product is None:
        yield Problem("/product_id", "no such product in this market")
        return
    asked = Asked.of(request)
    found = [
        *pricing.problems(
            asked, product, profile.currency, profile.add_on_finance, "/vehicle/price_minor"
        )
    ]
    yield from found
    if not found:
        result = pricing.price_or_problem(
            asked, product, profile.indicative_rate_bps, on, profile.apr_cap_bps
        )
        if isinstance(result, Problem):
            yield result
    yield from _vehicle_problems(request, product, on)


def _vehicle_problems(request: Request, product: Product, on: date) -> Iterator[Problem]:
    vehicle = request.vehicle
    if not product.has_vehicle:
        if vehicle is not None:
            yield Problem("/vehicle", "this product is not secured by a vehicle")
        if request.down_payment_minor:
            yield Problem("/down_payment_minor", "0 without a vehicle")
        return
    if vehicle is None:
        yield Problem("/vehicle", "this product needs the vehicle")
        return
    if (wrong := vin_problem(vehicle.vin)) is not None:
        yield Problem("/vehicle/vin", wrong)
    if product.vehicle_condition not in {None, vehicle.condition}:
        yield Problem("/vehicle/condition", f"this product is for {product.vehicle_condition} cars")
    if product.vehicle_power not in {None, vehicle.power}:
        yield Problem("/vehicle/power", f"this product is for {product.vehicle_power} cars")
    if request.down_payment_minor > vehicle.price_minor:
        yield Problem("/down_payment_minor", "at most the price of the vehicle")
    yield from _vehicle_age_problems(vehicle, product, on)


def _vehicle_age_problems(vehicle: Vehicle, product: Product, on: date) -> Iterator[Problem]:
    if vehicle.model_year > on.year + 1:
        yield Problem("/vehicle/model_year", "not built yet")
    oldest = product.max_vehicle_age_years
    if oldest is not None and on.year - vehicle.model_year > oldest:
        yield Problem("/vehicle/model_year", f"at most {oldest} years old")


def _applicant_problems(
    applicant: Applicant, profile: MarketProfile, on: date
) -> Iterator[Problem]:
    if applicant.id_type not in profile.id_types:
        yield Problem("/applicant/id_type", f"one of {', '.join(profile.id_types)}")
    else:
        yield from _identity_problems(applicant, on)
    if normalised_mobile(applicant.mobile, profile) is None:
        yield Problem("/applicant/mobile", "no mobile number of this market")
    if applicant.email is not None and "@" not in applicant.email.strip("@"):
        yield Problem("/applicant/email", "no mail address")
    if applicant.locale not in LOCALES:
        yield Problem("/applicant/locale", f"one of {', '.join(sorted(LOCALES))}")
    yield from _employer_problems(applicant.employer, profile)


def _employer_problems(employer: Employer | None, profile: MarketProfile) -> Iterator[Problem]:
    """Only mainland company numbers have a check digit that we know."""
    number = None if employer is None else employer.registration_no
    if number is None or profile.market != "cn":
        return
    if (reason := check(Identifier.USCC, number).reason) is not None:
        yield Problem("/applicant/employer/registration_no", reason)


def _identity_problems(applicant: Applicant, on: date) -> Iterator[Problem]:
    if applicant.id_type == "cn_id":
        if (wrong := cn_id_problem(applicant.id_no, on)) is not None:
            yield Problem("/applicant/id_no", wrong)
        if applicant.birth_date is not None:
            yield Problem("/applicant/birth_date", "not wanted: the identity number holds it")
        return
    if (wrong := us_ssn_problem(applicant.id_no)) is not None:
        yield Problem("/applicant/id_no", wrong)
    born_on = applicant.birth_date
    if born_on is None:
        yield Problem("/applicant/birth_date", "needed with this kind of identity number")
    elif not 0 <= age_years(born_on, on) <= OLDEST_YEARS:
        yield Problem("/applicant/birth_date", "not the birth date of a living person")


def _purposes(submission: Submission, profile: MarketProfile) -> tuple[str, ...]:
    """What must be agreed to: auto-debit only by whoever gives an account for it."""
    required = profile.consents_required
    return required if submission.repayment is None else (*required, AUTO_DEBIT)


def _consent_problems(
    consents: tuple[ConsentGiven, ...], required: tuple[str, ...], optional: tuple[str, ...]
) -> Iterator[Problem]:
    given = [consent.purpose for consent in consents]
    for purpose in required:
        if purpose not in given:
            yield Problem("/consents", f"the consent {purpose} is missing")
    for index, purpose in enumerate(given):
        if purpose not in {*required, *optional}:
            yield Problem(f"/consents/{index}/purpose", "not a consent of this market")
        elif given.index(purpose) != index:
            yield Problem(f"/consents/{index}/purpose", "given twice")
