"""Ask the sources about the person and the vehicle. An outage is a finding, never a "no"."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import date, datetime

from lending.domain.features import model_features
from lending.domain.offer import priced
from lending.domain.pricing import highest_instalment_minor
from lending.domain.profile import MarketProfile
from lending.domain.records import Application, Findings, Request
from lending.domain.submission import age_years, birth_date_of
from lending.ports.book import Book
from lending.ports.partners import BureauReport
from lending.ports.profiles import Profiles
from lending.ports.vault import Vault
from lending.usecases.ask_sources import THREADS, Answers, AskSources
from lending.usecases.loading import application_of, rules_at
from lending.usecases.screen_fraud import ScreenFraud

FIELDS = (
    "full_name",
    "id_type",
    "id_no",
    "birth_date",
    "mobile",
    "income_monthly_minor",
    "other_debt_monthly_minor",
    "months_employed",
    "employer_name",
    "employer_no",
    "device_id",
    "device_ip",
    "address",
    "payee_name",
    "payee_account_no",
)


@dataclass(frozen=True, slots=True)
class IdentifyApplicant:
    """All sources at the same time; what they said comes back without personal data."""

    book: Book
    vault: Vault
    profiles: Profiles
    ask: AskSources
    screen: ScreenFraud

    def __call__(self, application_id: str, at: datetime) -> Findings:
        """The findings of one application.

        Raises:
            NotFound: no such application or customer.  Retryable: our own stores were busy.
        """
        application = application_of(self.book, application_id)
        profile = rules_at(self.profiles, application.request.market, at)
        with ThreadPoolExecutor(max_workers=THREADS) as pool:
            kept = pool.submit(self.ask.kept_of, application.customer_id)
            person = self.vault.read(application.customer_id, "underwriting", FIELDS)
            links = pool.submit(self.screen.look, application, person, at)
            said = self.ask(application, person, kept.result(), profile, at, pool)
            around = links.result()
        fraud = self.screen.score(application, person, around, said, profile.fraud, at)
        return replace(_findings(application, person, said, profile, at), fraud=fraud)


def _findings(
    application: Application,
    person: dict[str, str],
    said: Answers,
    profile: MarketProfile,
    at: datetime,
) -> Findings:
    request, report, income = application.request, said.bureau, said.income
    today = profile.local_date(at)
    declared, debt = _number(person, "income_monthly_minor"), _other_debt(person, said)
    born_on = birth_date_of(person["id_type"], person["id_no"], _day(person, "birth_date"))
    features = model_features(
        request,
        bureau_score=report.score if report else None,
        delinquencies_24m=report.delinquencies_24m if report else None,
        enquiries_6m=report.enquiries_6m if report else None,
        valuation_minor=said.valuation_minor,
        income_monthly_minor=declared,
        other_debt_monthly_minor=debt,
        months_employed=_number(person, "months_employed"),
        instalment_minor=_indicative_instalment(request, profile, at),
        on_year=today.year,
    )
    return Findings(
        identity=said.identity,
        age_years=None if born_on is None else age_years(born_on, today),
        bureau_report_id=report.report_id if report else None,
        valuation_minor=said.valuation_minor,
        income_monthly_minor=declared,
        other_debt_monthly_minor=debt,
        features=features,
        market=request.market,
        product_id=request.product_id,
        missing=said.missing,
        income_verified_minor=income.income_monthly_minor if income else None,
        flow_debt_monthly_minor=income.debt_monthly_minor if income else None,
        employer_confirmed=said.employer_confirmed,
        device_risk=said.device.risk if said.device else None,
        sources=said.sources,
    )


def _indicative_instalment(request: Request, profile: MarketProfile, at: datetime) -> int | None:
    found = priced(request, request.term_months, profile.indicative_rate_bps, at, profile)
    return None if found is None else highest_instalment_minor(found.schedule, found.terms)


def _number(person: dict[str, str], name: str) -> int | None:
    return int(person[name]) if name in person else None


def _day(person: dict[str, str], name: str) -> date | None:
    return date.fromisoformat(person[name]) if name in person else None


def _other_debt(person: dict[str, str], said: Answers) -> int | None:
    """The highest of what the person declares, what the bureau knows and what flows show."""
    report: BureauReport | None = said.bureau
    values = [
        report.open_debt_monthly_minor if report else None,
        said.income.debt_monthly_minor if said.income else None,
        _number(person, "other_debt_monthly_minor"),
    ]
    return max((value for value in values if value is not None), default=None)
