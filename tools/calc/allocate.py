"""`autolend calc allocate`: dated payments applied to instalments."""

from typing import Any, Literal

from lending.domain.allocation import (
    AllocationRules,
    Applied,
    Component,
    Future,
    Mode,
    Owed,
    Payment,
    Position,
    allocate,
    entries_of,
)

from tools.calc.wire import Day, MinorNotNegative, Shape


class InstalmentIn(Shape):
    """What an instalment consists of."""

    due_on: Day
    principal_minor: MinorNotNegative = 0
    interest_minor: MinorNotNegative = 0
    fee_minor: MinorNotNegative = 0
    penalty_minor: MinorNotNegative = 0


class PaymentIn(Shape):
    """Money received on a day."""

    on: Day
    amount_minor: MinorNotNegative


class Request(Shape):
    """Instalments, payments and the lender's order."""

    instalments: list[InstalmentIn]
    payments: list[PaymentIn]
    order: list[str]
    mode: Literal["horizontal", "vertical"] = "horizontal"
    future: Literal["next", "last", "reamortise"] = "next"


def answer(request: Request) -> dict[str, Any]:
    """The instalments after all payments, and where each payment went."""
    rules = AllocationRules(entries_of(request.order), Mode(request.mode), Future(request.future))
    done = allocate(
        [Owed(**instalment.model_dump()) for instalment in request.instalments],
        [Payment(payment.on, payment.amount_minor) for payment in request.payments],
        rules,
    )
    return {
        "instalments": [_instalment(position) for position in done.positions],
        "payments": [_payment(applied) for applied in done.applied],
    }


def _instalment(position: Position) -> dict[str, Any]:
    return {
        "due_on": position.owed.due_on.isoformat(),
        "paid_minor": position.paid_minor,
        "in_advance_minor": position.in_advance_minor,
        "late_minor": position.late_minor,
        "outstanding_minor": position.owed.total_minor,
        "paid_on": position.paid_on.isoformat() if position.paid_on else None,
    }


def _payment(applied: Applied) -> dict[str, Any]:
    return {
        "on": applied.payment.on.isoformat(),
        "amount_minor": applied.payment.amount_minor,
        "principal_minor": applied.taken_minor(Component.PRINCIPAL),
        "interest_minor": applied.taken_minor(Component.INTEREST),
        "fee_minor": applied.taken_minor(Component.FEE),
        "penalty_minor": applied.taken_minor(Component.PENALTY),
        "excess_minor": applied.excess_minor,
        "balance_minor": applied.balance_minor,
    }
