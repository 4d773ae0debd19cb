"""The daily statement: known, explained or a case; every line counted, nothing booked twice."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date

from lending.domain.bank_facts import LineKind, Statement, StatementLine
from lending.domain.faults import StaleVersion
from lending.domain.reconciliation import Reconciliation, Tally
from lending.usecases.reconcile_statement import ReconcileStatement

from tests.fakes.desk import Desk


@dataclass
class FakeStatements:
    opening_minor: int
    closing_minor: int
    lines: list[StatementLine]

    def statement(self, on: date, currency: str) -> tuple[Statement, Sequence[StatementLine]]:
        balances = (self.opening_minor, self.closing_minor)
        return Statement("ST-1", "A", currency, on, on, *balances, len(self.lines)), self.lines


@dataclass
class FakeReconciliations:
    kept: dict[tuple[date, str], Reconciliation] = field(default_factory=dict)

    def reconciliation(self, on: date, currency: str) -> Reconciliation | None:
        return self.kept.get((on, currency))

    def keep_reconciliation(self, done: Reconciliation, was: int) -> None:
        known = self.kept.get((done.on, done.currency))
        if (known.version if known else 0) != was:
            raise StaleVersion("fake: reconciliation")
        self.kept[done.on, done.currency] = done


def line(
    desk: Desk, entry: int, kind: LineKind, reference: str, amount_minor: int
) -> StatementLine:
    on = desk.due_on
    money = (amount_minor, "CNY", on, on, True)
    return StatementLine("ST-1", entry, kind, f"b-{entry}", reference, *money)


def test_every_line_is_matched_explained_or_a_case() -> None:
    desk = Desk()
    loan_id, on = desk.loan.loan_id, desk.due_on
    known = desk.credit()  # told by webhook before, b-1
    desk.hears(known)
    lines = [
        line(desk, 1, LineKind.CREDIT, loan_id, known.amount_minor),
        line(desk, 2, LineKind.CREDIT, f"for {loan_id}", 700),
        line(desk, 3, LineKind.CREDIT, "whose?", 50),
        line(desk, 4, LineKind.OTHER, "", -25),
    ]
    closing = 1_000 + sum(one.amount_minor for one in lines)
    kept = FakeReconciliations()
    reconcile = ReconcileStatement(FakeStatements(1_000, closing, lines), desk.receive, kept)
    done = reconcile(on, "CNY", desk.at(on))
    desk.check()
    assert done.matched == Tally(1, known.amount_minor)
    assert done.explained == Tally(1, 700)
    assert done.unexplained == Tally(2, 25)
    assert (done.balances, done.is_clean) == (True, False)
    cases = {one.case: one.amount_minor for one in desk.money.open_cases(9)}
    assert cases == {"unknown_reference": 50, "unclassified": -25}
    commits = desk.money.commits
    again = reconcile(on, "CNY", desk.at(on))
    assert (again.matched.lines, again.explained.lines, again.unexplained.lines) == (2, 0, 2)
    assert (again.version, desk.money.commits) == (2, commits), "nothing is booked twice"


def test_a_statement_that_contradicts_itself_is_told() -> None:
    desk = Desk()
    reconcile = ReconcileStatement(FakeStatements(0, 1, []), desk.receive, FakeReconciliations())
    assert reconcile(desk.due_on, "CNY", desk.at(desk.due_on)).is_clean is False
