"""Ask the partners about the person and the vehicle. An outage is a finding, never a "no"."""

from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

from lending.domain.faults import PartnerUnavailable
from lending.domain.features import model_features
from lending.domain.offer import priced
from lending.domain.pricing import highest_instalment_minor
from lending.domain.profile import MarketProfile
from lending.domain.records import Application, Findings, Request
from lending.domain.submission import age_years, birth_date_of
from lending.ports.book import Book
from lending.ports.partners import Bureau, BureauReport, Identity, Valuation
from lending.ports.profiles import Profiles
from lending.ports.vault import Vault
from lending.usecases.loading import application_of, rules_at

FIELDS = (
    "full_name",
    "id_type",
    "id_no",
    "birth_date",
    "mobile",
    "income_monthly_minor",
    "other_debt_monthly_minor",
    "months_employed",
)


@dataclass(frozen=True, slots=True)
class IdentifyApplicant:
    """Three partners at the same time; what they said comes back without personal data."""

    book: Book
    vault: Vault
    profiles: Profiles
    identity: Identity
    bureau: Bureau
    valuation: Valuation

    def __call__(self, application_id: str, at: datetime) -> Findings:
        """The findings of one application.

        Raises:
            NotFound: no such application or customer.  Retryable: our own stores were busy.
        """
        application = application_of(self.book, application_id)
        person = self.vault.read(application.customer_id, "underwriting", FIELDS)
        missing: list[str] = []
        with ThreadPoolExecutor(max_workers=3) as pool:
            identity = pool.submit(self._verify, person)
            bureau = pool.submit(self._report, person, application)
            valuation = pool.submit(self._value, application)
            match = _answer("identity", identity, missing)
            report = _answer("bureau", bureau, missing)
            value_minor = _answer("valuation", valuation, missing)
        return self._findings(application, person, match, report, value_minor, missing, at)

    def _verify(self, person: dict[str, str]) -> Literal["match", "mismatch", "not_found"]:
        return self.identity.verify(
            id_type=person["id_type"],
            id_no=person["id_no"],
            full_name=person["full_name"],
            mobile=person["mobile"],
        )

    def _report(self, person: dict[str, str], application: Application) -> BureauReport:
        return self.bureau.report(
            id_type=person["id_type"],
            id_no=person["id_no"],
            full_name=person["full_name"],
            consent_id=application.request.consent_ids[0],
        )

    def _value(self, application: Application) -> int | None:
        vehicle = application.request.vehicle
        if vehicle is None:
            return None
        return self.valuation.value_minor(
            vin=vehicle.vin,
            condition=vehicle.condition,
            model_year=vehicle.model_year,
            odometer_km=vehicle.odometer_km,
            price_minor=vehicle.price_minor,
            currency=application.request.currency,
        )

    def _findings(
        self,
        application: Application,
        person: dict[str, str],
        identity: Literal["match", "mismatch", "not_found"] | None,
        report: BureauReport | None,
        value_minor: int | None,
        missing: list[str],
        at: datetime,
    ) -> Findings:
        request = application.request
        profile = rules_at(self.profiles, request.market, at)
        today = profile.local_date(at)
        income, debt = _number(person, "income_monthly_minor"), _other_debt(person, report)
        born_on = birth_date_of(person["id_type"], person["id_no"], _day(person, "birth_date"))
        features = model_features(
            request,
            bureau_score=report.score if report else None,
            delinquencies_24m=report.delinquencies_24m if report else None,
            enquiries_6m=report.enquiries_6m if report else None,
            valuation_minor=value_minor,
            income_monthly_minor=income,
            other_debt_monthly_minor=debt,
            months_employed=_number(person, "months_employed"),
            instalment_minor=_indicative_instalment(request, profile, at),
            on_year=today.year,
        )
        return Findings(
            identity=identity,
            age_years=None if born_on is None else age_years(born_on, today),
            bureau_report_id=report.report_id if report else None,
            valuation_minor=value_minor,
            income_monthly_minor=income,
            other_debt_monthly_minor=debt,
            features=features,
            market=request.market,
            product_id=request.product_id,
            missing=tuple(missing),
        )


def _answer[T](partner: str, asked: "Future[T]", missing: list[str]) -> T | None:
    try:
        return asked.result()
    except PartnerUnavailable:
        missing.append(partner)
        return None


def _indicative_instalment(request: Request, profile: MarketProfile, at: datetime) -> int | None:
    found = priced(request, request.term_months, profile.indicative_rate_bps, at, profile)
    return None if found is None else highest_instalment_minor(found.schedule, found.terms)


def _number(person: dict[str, str], name: str) -> int | None:
    return int(person[name]) if name in person else None


def _day(person: dict[str, str], name: str) -> date | None:
    return date.fromisoformat(person[name]) if name in person else None


def _other_debt(person: dict[str, str], report: BureauReport | None) -> int | None:
    """The higher of what the person declares and what the bureau knows."""
    known = report.open_debt_monthly_minor if report else None
    declared = _number(person, "other_debt_monthly_minor")
    values = [value for value in (known, declared) if value is not None]
    return max(values) if values else None
