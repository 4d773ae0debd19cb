"""Wire shapes that several functions share: plan parameters and add-ons in, rows and costs out."""

from dataclasses import asdict
from typing import Annotated

from pydantic import Field

from lending.domain.agreed import (
    AddOnChoice,
    AgreedAddOn,
    AgreedContingentFee,
    AgreedFee,
    PlanParameters,
    PlanStep,
)
from lending.domain.records import Instalment
from lending.entrypoint.http import WireModel

MINOR_MAX = 10**13
MONTHS_MAX = 600
Minor = Annotated[int, Field(ge=0, le=MINOR_MAX)]
MinorPositive = Annotated[int, Field(ge=1, le=MINOR_MAX)]
Months = Annotated[int, Field(ge=1, le=MONTHS_MAX)]
Count = Annotated[int, Field(ge=0, le=MONTHS_MAX)]
Code = Annotated[str, Field(min_length=1, max_length=64)]
Weight = Annotated[str, Field(pattern=r"^(\d{1,4}(\.\d{1,6})?|\d{1,6}/[1-9]\d{0,5})$")]


class StepBody(WireModel):
    """So many instalments of this relative weight, such as "1.5" or "3/2"."""

    periods: Months
    weight: Weight


class GraceBody(WireModel):
    """First months without principal, or without collecting interest."""

    principal_periods: Count = 0
    interest_periods: Count = 0


class PlanBody(WireModel):
    """What a plan needs besides amount and term; each belongs to one plan."""

    balloon_minor: Minor | None = None
    residual_minor: Minor | None = None
    advance_rents: Count | None = None
    deposit_minor: Minor | None = None
    steps: Annotated[list[StepBody], Field(max_length=60)] = Field(default_factory=list)
    grace: GraceBody = GraceBody()

    def parameters(self) -> PlanParameters:
        """As the domain has them."""
        return PlanParameters(
            balloon_minor=self.balloon_minor,
            residual_minor=self.residual_minor,
            advance_rents=self.advance_rents,
            deposit_minor=self.deposit_minor,
            steps=tuple(PlanStep(step.periods, step.weight) for step in self.steps),
            grace_principal_periods=self.grace.principal_periods,
            grace_interest_periods=self.grace.interest_periods,
        )


class AddOnBody(WireModel):
    """An add-on the customer opts into."""

    code: Code
    price_minor: Minor | None = None
    financed_minor: Minor = 0

    def choice(self) -> AddOnChoice:
        """As the domain has it."""
        return AddOnChoice(self.code, self.price_minor, self.financed_minor)


AddOnBodies = Annotated[list[AddOnBody], Field(max_length=20)]


def parameters(given: PlanParameters) -> dict[str, object]:
    """The parameters that were given, under the names of the body."""
    told: dict[str, object] = {
        name: value
        for name in ("balloon_minor", "residual_minor", "advance_rents", "deposit_minor")
        if (value := getattr(given, name)) is not None
    }
    if given.steps:
        told["steps"] = [asdict(step) for step in given.steps]
    if given.grace_principal_periods:
        told["grace"] = {
            "principal_periods": given.grace_principal_periods,
            "interest_periods": given.grace_interest_periods,
        }
    return told


def instalment(row: Instalment) -> dict[str, object]:
    """One row of a plan."""
    return {
        "number": row.number,
        "kind": row.kind,
        "due_on": row.due_on.isoformat(),
        "principal_minor": row.principal_minor,
        "interest_minor": row.interest_minor,
        "fee_minor": row.fee_minor,
        "total_minor": row.total_minor,
        "balance_minor": row.balance_minor,
    }


def fee(one: AgreedFee) -> dict[str, object]:
    """A fee with who charges it."""
    return asdict(one)


def contingent_fee(one: AgreedContingentFee) -> dict[str, object]:
    """What is charged only when something happens."""
    return asdict(one)


def add_on(one: AgreedAddOn) -> dict[str, object]:
    """An add-on at its price."""
    return asdict(one)
