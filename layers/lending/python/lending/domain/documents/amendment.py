"""An extension of a loan as data of its template: what was, what will be, the new plan."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from lending.domain.documents.codes import named
from lending.domain.documents.contract_data import Party
from lending.domain.documents.costs import dated_plan_data
from lending.domain.documents.lender import Lender
from lending.domain.documents.words import day, money, months, percent
from lending.domain.extension import Standing
from lending.domain.records import Instalment, Loan


@dataclass(frozen=True, slots=True)
class Extension:
    """A loan before and after its extension, agreed for a reason (a code) from a day on."""

    loan: Loan
    before: Standing
    after: Standing
    reason: str
    effective_on: date


def amendment_data(
    change: Extension, parties: Sequence[Party], lender: Lender, locale: str
) -> Mapping[str, object]:
    """The extension agreement. All who signed the contract sign it too."""
    loan, before, after = change.loan, change.before, change.after
    unpaid = tuple(row for row in after.rows if row.number > after.paid)
    return {
        "facts": [["loan_number", loan.loan_id]],
        "parties": [
            ["lender", lender.name(locale)],
            *([one.role, f"{one.name}  {one.id_no_masked}"] for one in parties),
        ],
        "changes": [
            [
                "term",
                months(before.months + before.extended_months, locale),
                months(after.months + after.extended_months, locale),
            ],
            [
                "remaining_term",
                str(before.months + before.extended_months - before.paid),
                str(after.months + after.extended_months - after.paid),
            ],
            [
                "last_due_on",
                before.rows[-1].due_on.isoformat(),
                after.rows[-1].due_on.isoformat(),
            ],
            [
                "instalment",
                _next_instalment(before, loan.currency, locale),
                _next_instalment(after, loan.currency, locale),
            ],
            # What it costs: over the whole loan, so that both columns count the same.
            *(
                [
                    code,
                    money(minor(before.rows), loan.currency, locale),
                    money(minor(after.rows), loan.currency, locale),
                ]
                for code, minor in (("total_interest", _interest), ("total_paid", _total))
            ),
        ],
        "terms": [
            ["remaining_principal", money(before.balance_minor, loan.currency, locale)],
            ["annual_rate", percent(loan.annual_rate_bps)],
            ["reason", named(change.reason, locale)],
            ["effective_on", day(change.effective_on, locale, loan.market)],
        ],
        "schedule": dated_plan_data(unpaid),
        "signers": [
            *({"role": one.role, "name": one.name, "how": "otp"} for one in parties),
            {"role": "lender", "name": lender.name(locale), "how": "seal"},
        ],
    }


def _interest(rows: Sequence[Instalment]) -> int:
    return sum(row.interest_minor for row in rows)


def _total(rows: Sequence[Instalment]) -> int:
    return sum(row.total_minor for row in rows)


def _next_instalment(standing: Standing, currency: str, locale: str) -> str:
    upcoming = [row.total_minor for row in standing.rows if row.number > standing.paid]
    return money(upcoming[0], currency, locale)
