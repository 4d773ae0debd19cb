"""`autolend reconciliation`: a table of bank days, as operations sees them over the API."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table

from tools.cli.ledger import table_named

if TYPE_CHECKING:
    from lending.domain.control import ClearingProof, SuspenseAgeing
    from lending.domain.reconciliation import Reconciliation, Tally

COLUMNS = ("day", "matched", "explained", "unexplained", "bank - ledger", "in suspense")


def show(root: Path, table: str, currency: str, until: date | None, days: int) -> int:
    """Print the days that have a result; 1 when one is not explained."""
    from lending.adapters.dynamodb.control import DynamoControls
    from lending.adapters.dynamodb.reconciliations import DynamoReconciliations

    table = table_named(root, table)
    if not table:
        return 1
    last = until or datetime.now(UTC).date()
    kept, controls = DynamoReconciliations(table), DynamoControls(table)
    shown = Table(*COLUMNS, title=f"{currency}, minor units")
    are_clean = True
    for back in range(days - 1, -1, -1):
        on = last - timedelta(days=back)
        done, proof = kept.reconciliation(on, currency), controls.proof(on, currency)
        ageing = controls.ageing(on, currency)
        if done is not None or ageing is not None:
            shown.add_row(on.isoformat(), *_cells(done, proof, ageing))
            are_clean &= done is None or done.is_clean
            are_clean &= proof is None or not proof.difference_minor
    Console().print(shown)
    print("every line is explained" if are_clean else "see the cases: GET /v1/ops/cases")
    return 0 if are_clean else 1


def _cells(
    done: "Reconciliation | None", proof: "ClearingProof | None", ageing: "SuspenseAgeing | None"
) -> tuple[str, ...]:
    lines = ("", "", "")
    if done is not None:
        lines = (_tally(done.matched), _tally(done.explained), _tally(done.unexplained))
    apart = "" if proof is None else f"{proof.difference_minor:,}"
    waits = "" if ageing is None else f"{ageing.total_minor:,} ({ageing.overdue} overdue)"
    return (*lines, apart, waits)


def _tally(tally: "Tally") -> str:
    return f"{tally.lines} · {tally.amount_minor:,}"
