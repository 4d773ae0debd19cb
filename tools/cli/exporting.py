"""`autolend export-ledger`: journals loan by loan, streamed; nothing is in memory but one loan."""

import argparse
import sys
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, closing
from pathlib import Path

from lending.adapters.profiles import newest
from lending.domain.faults import Permanent
from lending.domain.ledger.accounts import ChartOfAccounts
from lending.domain.ledger.export import journal_csv, statement_csv
from lending.domain.ledger.journal import JournalEntry
from lending.domain.ledger.statement import statement
from lending.ports.ledger import LedgerReader

from tools.cli.ledger import table_named
from tools.replay.command import state_of
from tools.replay.store import FILE, SqliteLedger

MARKETS = ("cn", "us")


def export(root: Path, options: argparse.Namespace) -> int:
    """Write what was asked for; the text of a fault goes to standard error."""
    if options.statement and not options.loan:
        return _refused("--statement is of one loan: name it with --loan")
    with ExitStack() as stack:
        ledger = _ledger(root, options, stack)
        if ledger is None:
            return _refused("there is no such ledger")
        try:
            lines = _lines(ledger, options.loan, options.statement)
            first = next(lines)
        except Permanent as fault:
            return _refused(str(fault))
        out = sys.stdout
        if options.out is not None:
            out = stack.enter_context(options.out.open("w", encoding="utf-8", newline=""))
        out.write(first)
        out.writelines(lines)
    return 0


def _refused(why: str) -> int:
    print(why, file=sys.stderr)
    return 1


def _ledger(root: Path, options: argparse.Namespace, stack: ExitStack) -> LedgerReader | None:
    if options.table is not None:
        from lending.adapters.dynamodb.ledger import DynamoLedger

        table = table_named(root, options.table)
        return DynamoLedger(table) if table else None
    state = state_of(root, options.state)
    if not (state / FILE).exists():
        return None
    return stack.enter_context(closing(SqliteLedger(state)))


def _lines(ledger: LedgerReader, loan_id: str, of_statement: bool) -> Iterator[str]:
    if loan_id:
        ledger.terms(loan_id)
    if of_statement:
        return statement_csv(statement(ledger.journals(loan_id)).rows)
    return _journal(ledger, [loan_id] if loan_id else ledger.loan_ids())


def _journal(ledger: LedgerReader, loan_ids: Iterable[str]) -> Iterator[str]:
    """One header, then every loan's entries under the chart of its currency's market."""
    charts: dict[str, ChartOfAccounts] = {}
    for market in MARKETS:
        profile = newest(market)
        charts[profile.currency] = profile.chart
    entries: Iterable[JournalEntry] = ()
    yield from journal_csv(entries, charts["CNY"])
    for loan_id in loan_ids:
        chart = charts[ledger.terms(loan_id).currency]
        lines = journal_csv(ledger.journals(loan_id), chart)
        next(lines)
        yield from lines
