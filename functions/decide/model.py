"""What the underwriting machine hands to Decide."""

from typing import Literal

from lending.domain.records import Beside, Findings, FraudFinding, Scored
from lending.entrypoint.tasks import TaskInput
from pydantic import BaseModel, ConfigDict, Field


class FraudPayload(BaseModel):
    """The fraud score of Identify."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    score: int
    is_alert: bool
    hits: dict[str, int]
    linked: tuple[str, ...]
    rules_version: str


class FindingsPayload(BaseModel):
    """The answer of Identify."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    identity: Literal["match", "mismatch", "not_found"] | None
    age_years: int | None
    bureau_report_id: str | None
    valuation_minor: int | None
    income_monthly_minor: int | None
    other_debt_monthly_minor: int | None
    features: dict[str, int | str | None]
    market: str = ""
    product_id: str = ""
    missing: tuple[str, ...]
    income_verified_minor: int | None = None
    flow_debt_monthly_minor: int | None = None
    employer_confirmed: bool | None = None
    device_risk: int | None = None
    sources: dict[str, str] = Field(default_factory=dict)
    fraud: FraudPayload | None = None

    def findings(self) -> Findings:
        """The record."""
        fraud = None if self.fraud is None else FraudFinding(**self.fraud.model_dump())
        return Findings(**{**self.model_dump(), "fraud": fraud})


class BesidePayload(BaseModel):
    """What a model answered that did not decide."""

    model_config = ConfigDict(extra="ignore", frozen=True)
    model: str
    pd_ppm: int | None = None
    score: int | None = None
    failed: str | None = None


class ScoredPayload(BaseModel):
    """The answer of Score; what it says besides is for people."""

    model_config = ConfigDict(extra="ignore", frozen=True)
    model: str
    pd_ppm: int
    score: int
    reasons: tuple[str, ...]
    contributions: dict[str, float] = Field(default_factory=dict)
    role: str = "champion"
    beside: tuple[BesidePayload, ...] = ()

    def scored(self) -> Scored:
        """The record; contributions as whole millionths, because nothing stored is a float."""
        return Scored(
            self.model,
            self.pd_ppm,
            self.score,
            self.reasons,
            {name: round(value * 1_000_000) for name, value in self.contributions.items()},
            self.role,
            tuple(Beside(**one.model_dump()) for one in self.beside),
        )


class Payload(TaskInput):
    """Which application, and what is known about it; `failed` names tasks that gave up."""

    application_id: str
    findings: FindingsPayload | None = None
    scored: ScoredPayload | None = None
    failed: tuple[str, ...] = ()
