"""Wire shapes that the bodies of several functions share: plan parameters, add-ons, accounts."""

from typing import Annotated

from pydantic import Field

from lending.domain.agreed import AddOnChoice, PlanParameters, PlanStep
from lending.entrypoint.http import WireModel

MINOR_MAX = 10**13
MONTHS_MAX = 600
Minor = Annotated[int, Field(ge=0, le=MINOR_MAX)]
MinorPositive = Annotated[int, Field(ge=1, le=MINOR_MAX)]
Months = Annotated[int, Field(ge=1, le=MONTHS_MAX)]
Count = Annotated[int, Field(ge=0, le=MONTHS_MAX)]
Text = Annotated[str, Field(min_length=1, max_length=120, pattern=r"^[^\x00-\x1f\x7f]+$")]
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


class AccountBody(WireModel):
    """A bank account: who holds it, and its number."""

    name: Text
    account_no: Annotated[str, Field(pattern=r"^[0-9A-Z]{4,34}$")]


class AddOnBody(WireModel):
    """An add-on the customer opts into."""

    code: Code
    price_minor: Minor | None = None
    financed_minor: Minor = 0

    def choice(self) -> AddOnChoice:
        """As the domain has it."""
        return AddOnChoice(self.code, self.price_minor, self.financed_minor)


AddOnBodies = Annotated[list[AddOnBody], Field(max_length=20)]
