"""What the underwriting machine hands to Decide."""

from typing import Literal

from lending.domain.records import Beside, Findings, Scored
from lending.entrypoint.tasks import TaskInput
from pydantic import BaseModel, ConfigDict, Field


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

    def findings(self) -> Findings:
        """The record."""
        return Findings(**self.model_dump())


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
