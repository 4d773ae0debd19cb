"""Wire shapes of applications. Types and lengths here; rules of a market in the domain."""

from datetime import date
from typing import Annotated, Literal

from lending.domain.agreed import PlanName
from lending.domain.records import Application, Contract, Request, Vehicle
from lending.domain.review import ReviewCase
from lending.domain.submission import (
    Applicant,
    ConsentGiven,
    Device,
    Employer,
    PayeeAccount,
    Submission,
)
from lending.entrypoint.http import WireModel
from lending.entrypoint.shapes import (
    AccountBody,
    AddOnBodies,
    Code,
    Minor,
    MinorPositive,
    Months,
    PlanBody,
    Text,
)
from lending.usecases.name_signers import SIGNERS_MAX, Named
from pydantic import Field


class VehicleBody(WireModel):
    """What secures the loan."""

    vin: Annotated[str, Field(min_length=1, max_length=17)]
    condition: Literal["new", "used"]
    power: Literal["ice", "nev"]
    price_minor: MinorPositive
    model_year: Annotated[int, Field(ge=1900, le=2200)]
    odometer_km: Annotated[int, Field(ge=0, le=5_000_000)] = 0


class EmployerBody(WireModel):
    """Who pays the income."""

    name: Text
    registration_no: Annotated[str, Field(pattern=r"^[0-9A-Za-z-]{4,32}$")] | None = None


class DeviceBody(WireModel):
    """What the application is sent from."""

    device_id: Annotated[str, Field(pattern=r"^[0-9A-Za-z_-]{8,128}$")]
    ip: Annotated[str, Field(pattern=r"^[0-9A-Fa-f.:]{2,45}$")] | None = None
    app_version: Code | None = None


class ApplicantBody(WireModel):
    """The person."""

    full_name: Text
    id_type: Code
    id_no: Annotated[str, Field(min_length=1, max_length=32)]
    birth_date: date | None = None
    mobile: Annotated[str, Field(min_length=1, max_length=32)]
    email: Annotated[str, Field(min_length=3, max_length=254)] | None = None
    income_monthly_minor: Minor
    other_debt_monthly_minor: Minor
    months_employed: Annotated[int, Field(ge=0, le=1200)]
    locale: Code
    address: Text | None = None
    employer: EmployerBody | None = None

    def applicant(self) -> Applicant:
        """The body as the use case takes it."""
        plain = self.model_dump(exclude={"employer"})
        employer = None if self.employer is None else Employer(**self.employer.model_dump())
        return Applicant(**plain, employer=employer)


class SignerBody(WireModel):
    """Somebody who signs too, and the account they sign in with."""

    role: Literal["co_borrower", "guarantor"]
    subject: Annotated[str, Field(pattern=r"^[\x21-\x7e]{1,128}$")]
    full_name: Text
    id_type: Code
    id_no: Annotated[str, Field(min_length=1, max_length=32)]
    mobile: Annotated[str, Field(min_length=1, max_length=32)]
    locale: Code


class SignersBody(WireModel):
    """Everybody who signs with the applicant, in place of whom was named before."""

    signers: Annotated[list[SignerBody], Field(max_length=SIGNERS_MAX)]

    def people(self) -> tuple[Named, ...]:
        """The body as the use case takes it."""
        return tuple(Named(**one.model_dump()) for one in self.signers)


def signers(contract: Contract) -> dict[str, object]:
    """Who signs, by role only."""
    return {
        "contract_id": contract.contract_id,
        "status": contract.status,
        "signers": [one.role for one in contract.signers],
    }


class ConsentBody(WireModel):
    """One agreed text."""

    purpose: Code
    version: Code
    text_sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


class ApplicationBody(PlanBody):
    """One request for credit; amounts in minor units, term in months."""

    market: Annotated[str, Field(max_length=8)]
    product_id: Code
    channel: Annotated[str, Field(pattern=r"^[a-z][a-z_]{0,31}$")]
    currency: Annotated[str, Field(pattern=r"^[A-Z]{3}$")]
    amount_minor: MinorPositive
    term_months: Months
    plan: PlanName
    purpose: Annotated[str, Field(pattern=r"^[a-z][a-z_]{0,63}$")]
    down_payment_minor: Minor = 0
    vehicle: VehicleBody | None = None
    add_ons: AddOnBodies = Field(default_factory=list)
    applicant: ApplicantBody
    payee: AccountBody
    repayment: AccountBody | None = None
    consents: Annotated[list[ConsentBody], Field(max_length=20)]
    device: DeviceBody | None = None
    dealer_id: Annotated[str, Field(pattern=r"^[0-9A-Za-z_-]{2,32}$")] | None = None

    def submission(self) -> Submission:
        """The body as the use case takes it."""
        return Submission(
            request=Request(
                market=self.market,
                product_id=self.product_id,
                channel=self.channel,
                currency=self.currency,
                amount_minor=self.amount_minor,
                term_months=self.term_months,
                plan=self.plan,
                purpose=self.purpose,
                down_payment_minor=self.down_payment_minor,
                vehicle=None if self.vehicle is None else _vehicle(self.vehicle),
                consent_ids=(),
                parameters=self.parameters(),
                add_ons=tuple(one.choice() for one in self.add_ons),
                dealer_id=self.dealer_id,
            ),
            applicant=self.applicant.applicant(),
            payee=PayeeAccount(**self.payee.model_dump()),
            repayment=None
            if self.repayment is None
            else PayeeAccount(**self.repayment.model_dump()),
            consents=tuple(ConsentGiven(**one.model_dump()) for one in self.consents),
            device=None if self.device is None else Device(**self.device.model_dump()),
        )


def _vehicle(body: VehicleBody) -> Vehicle:
    return Vehicle(**{**body.model_dump(), "vin": body.vin.upper()})


def accepted(application: Application) -> dict[str, object]:
    """What the customer gets back at once."""
    return {
        "application_id": application.application_id,
        "state": application.state.value,
        "links": {"self": f"/v1/applications/{application.application_id}"},
    }


class ReviewRequestBody(WireModel):
    """Why a person should look again: codes only, so that nothing personal is written here."""

    grounds: Annotated[
        list[Annotated[str, Field(max_length=64)]], Field(min_length=1, max_length=4)
    ]


def review_requested(case: ReviewCase) -> dict[str, object]:
    """That it is asked for, and by when it is answered."""
    return {
        "application_id": case.application_id,
        "status": case.status,
        "grounds": list(case.grounds),
        "answer_by": case.answer_by.isoformat() if case.answer_by else None,
    }
