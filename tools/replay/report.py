"""What a replay came to, beside what the files themselves say."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from lending.domain.ledger.accounts import Account, ChartOfAccounts
from lending.domain.ledger.trial_balance import TrialLine
from lending.domain.servicing.account import AccountStatus, status
from rich.console import Console
from rich.table import Table

from tools.replay.boarding import CURRENCY, ledger_id
from tools.replay.months import NOT_BOOKED, Reason
from tools.replay.run import BUCKETS, Replay

DEFAULT_AFTER_DAYS = 90
RESULTS = (AccountStatus.CLOSED, AccountStatus.ACTIVE, AccountStatus.WRITTEN_OFF)
PER_CENT = 100


@dataclass(frozen=True, slots=True)
class Comparison:
    """Loans that were opened from months of the file, in sums of cents and counts."""

    boarded_minor: int
    reported_principal_minor: int
    repaid_principal_minor: int
    written_off_principal_minor: int
    outcomes: Mapping[tuple[str, AccountStatus], int]
    months_off: Mapping[int, int]  # our closing month less the month the balance came to 0
    defaults: Mapping[tuple[bool, bool], int]  # the file's flag, ours


def compare(replay: Replay) -> Comparison:
    """Walk over the loans, one at a time."""
    boarded = reported = repaid = written_off = 0
    outcomes: Counter[tuple[str, AccountStatus]] = Counter()
    months_off: Counter[int] = Counter()
    defaults: Counter[tuple[bool, bool]] = Counter()
    for loan, progress in replay.sources():
        loan_id = ledger_id(loan.loan_id)
        account = replay.ledger.books(loan_id).account
        ended_as = status(account)
        boarded += account.disbursed_minor
        reported += progress.reported_principal_minor
        written_off += progress.written_off_principal_minor
        repaid += account.disbursed_minor - account.principal_minor
        repaid -= progress.written_off_principal_minor
        outcomes[loan.outcome, ended_as] += 1
        if progress.closed_month is not None and progress.emptied_month is not None:
            months_off[progress.closed_month - progress.emptied_month] += 1
        was_late = progress.past_due_days_max > DEFAULT_AFTER_DAYS
        is_bad = ended_as is AccountStatus.WRITTEN_OFF or (
            was_late and ended_as is not AccountStatus.CLOSED
        )
        defaults[loan.is_default, is_bad] += 1
    return Comparison(boarded, reported, repaid, written_off, outcomes, months_off, defaults)


def violations(replay: Replay) -> list[str]:
    """What must be nothing: months without an explanation, money that is not accounted for."""
    found = []
    reasons = replay.tallies("reason")
    if Reason.UNEXPLAINED in reasons:
        found.append(f"{reasons[Reason.UNEXPLAINED][0]} months are not explained")
    not_booked = sum(reasons.get(reason, (0, 0))[1] for reason in NOT_BOOKED)
    in_file = sum(amount for _, amount in reasons.values())
    cash = replay.tallies("cash")
    came_in, went_back = cash.get("in", (0, 0))[1], cash.get("returned", (0, 0))[1]
    if came_in != in_file - not_booked:
        found.append(f"the file pays {in_file - not_booked}, {came_in} was booked")
    cleared = sum(
        line.balance_minor for line in replay.trial.lines() if line.account is Account.CASH_CLEARING
    )
    if cleared != came_in - went_back:
        found.append(f"cash clearing is {cleared}, {came_in} less {went_back} was received")
    return found


def show(replay: Replay, chart: ChartOfAccounts, console: Console) -> None:
    """Print all tables."""
    _reasons(replay, console)
    compared = compare(replay)
    _lateness(replay, console)
    _rolls(replay, console)
    _outcomes(compared, console)
    _trial_balance(replay.trial.lines(), chart, console)
    _principal(compared, console)


def _table(title: str, *columns: str) -> Table:
    table = Table(title=title, title_justify="left")
    for index, column in enumerate(columns):
        table.add_column(column, justify="left" if index == 0 else "right")
    return table


def amount(minor: int) -> str:
    """Dollars and cents with thousands."""
    sign = "-" if minor < 0 else ""
    return f"{sign}{abs(minor) // 100:,}.{abs(minor) % 100:02d}"


def _reasons(replay: Replay, console: Console) -> None:
    table = _table("Months of the file by how they are accounted for", "reason", "months", CURRENCY)
    reasons = replay.tallies("reason")
    for name, (count, minor) in sorted(reasons.items(), key=lambda one: -one[1][0]):
        note = " (not booked)" if name in NOT_BOOKED else ""
        table.add_row(name + note, f"{count:,}", amount(minor))
    console.print(table)


def _lateness(replay: Replay, console: Console) -> None:
    """Our count of days at month ends against the file's months in a row without money."""
    counts: Counter[tuple[str, str]] = Counter()
    for name, (count, _) in replay.tallies("late").items():
        ours, _, zeros = name.partition(" | ")
        counts[ours, zeros] += count
    columns = ("0", "1", "2", "3")
    table = _table(
        "Month ends: our days past due (rows), the file's months in a row without payment",
        "days",
        *("3 or more" if column == "3" else column for column in columns),
    )
    for name in _buckets():
        table.add_row(name, *(f"{counts[name, column]:,}" for column in columns))
    console.print(table)


def _buckets() -> list[str]:
    return [name for _, name in BUCKETS] + [one.value for one in RESULTS if one.value != "active"]


def _rolls(replay: Replay, console: Console) -> None:
    counts: Counter[tuple[str, str]] = Counter()
    for name, (count, _) in replay.tallies("roll").items():
        was, _, now = name.partition(" | ")
        counts[was, now] += count
    buckets = _buckets()
    table = _table("Roll rates: from a month's end to the next, per cent", "days", *buckets)
    for was in [name for _, name in BUCKETS]:
        total = sum(counts[was, now] for now in buckets)
        shares = (_share(counts[was, now], total) for now in buckets)
        table.add_row(was, *shares)
    console.print(table)


def _share(part: int, whole: int) -> str:
    return f"{part * PER_CENT / whole:.1f}" if whole else "-"


def _outcomes(compared: Comparison, console: Console) -> None:
    table = _table("Loans: the file's outcome (rows) and ours", "outcome", *RESULTS)
    for outcome in sorted({outcome for outcome, _ in compared.outcomes}):
        counts = (f"{compared.outcomes[outcome, one]:,}" for one in RESULTS)
        table.add_row(outcome, *counts)
    console.print(table)
    both, file_only = compared.defaults[True, True], compared.defaults[True, False]
    ours_only, neither = compared.defaults[False, True], compared.defaults[False, False]
    agreed = _share(both + neither, both + neither + file_only + ours_only)
    console.print(
        f"default by the file, and more than {DEFAULT_AFTER_DAYS} days or written off by us: "
        f"both {both:,}, only the file {file_only:,}, only we {ours_only:,}; "
        f"agreed on {agreed} % of loans",
        highlight=False,
    )
    paid_off, same = sum(compared.months_off.values()), compared.months_off[0]
    console.print(
        f"paid off: {paid_off:,} loans by the file and by us, "
        f"{_share(same, paid_off)} % in the same month",
        highlight=False,
    )


def _trial_balance(lines: tuple[TrialLine, ...], chart: ChartOfAccounts, console: Console) -> None:
    table = _table("Trial balance", "account", "debit", "credit", "balance")
    for line in lines:
        of = chart[line.account]
        table.add_row(
            f"{of.code} {of.name}",
            amount(line.debit_minor),
            amount(line.credit_minor),
            amount(line.balance_minor),
        )
    total = sum(line.debit_minor for line in lines)
    credit = sum(line.credit_minor for line in lines)
    table.add_section()
    table.add_row("", amount(total), amount(credit), amount(total - credit))
    console.print(table)


def _principal(compared: Comparison, console: Console) -> None:
    off = compared.repaid_principal_minor - compared.reported_principal_minor
    reported = compared.reported_principal_minor
    share = f"{abs(off) * PER_CENT / reported:.3f}" if reported else "-"
    console.print(
        f"principal repaid: {amount(compared.repaid_principal_minor)} by our books, "
        f"{amount(reported)} in the file ({share} % apart); "
        f"written off {amount(compared.written_off_principal_minor)} "
        f"of {amount(compared.boarded_minor)} taken over",
        highlight=False,
    )
