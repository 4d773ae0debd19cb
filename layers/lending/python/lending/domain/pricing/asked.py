"""What a price is asked for, by a quote or an application."""

from dataclasses import dataclass, replace
from datetime import date
from typing import Self

from lending.domain.agreed import NO_PARAMETERS, AddOnChoice, PlanParameters
from lending.domain.records import Request


@dataclass(frozen=True, slots=True)
class Asked:
    """Amounts in minor units; the financed part of the add-ons comes on top of `amount_minor`.

    `price_minor` is the vehicle's (None: not told). `first_due_on` None: a month after payout.
    """

    product_id: str
    amount_minor: int
    term_months: int
    plan: str
    currency: str
    parameters: PlanParameters = NO_PARAMETERS
    add_ons: tuple[AddOnChoice, ...] = ()
    price_minor: int | None = None
    down_payment_minor: int | None = None
    first_due_on: date | None = None

    @classmethod
    def of(cls, request: Request) -> Self:
        """What an application asks for."""
        vehicle = request.vehicle
        return cls(
            product_id=request.product_id,
            amount_minor=request.amount_minor,
            term_months=request.term_months,
            plan=request.plan,
            currency=request.currency,
            parameters=request.parameters,
            add_ons=request.add_ons,
            price_minor=None if vehicle is None else vehicle.price_minor,
            down_payment_minor=request.down_payment_minor,
        )

    def over(self, term_months: int) -> Self:
        """The same over another term."""
        return replace(self, term_months=term_months)

    @property
    def lent_minor(self) -> int:
        """The amount and what is financed of the add-ons."""
        return self.amount_minor + sum(choice.financed_minor for choice in self.add_ons)
