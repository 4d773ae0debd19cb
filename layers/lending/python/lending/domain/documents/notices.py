"""Letters to one person, as data of their templates: decisions, settlement, statements."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal

from lending.domain.contract import number
from lending.domain.documents.codes import named
from lending.domain.documents.costs import costs_of, dated_plan_data
from lending.domain.documents.lender import Lender
from lending.domain.documents.words import day, money, months, percent
from lending.domain.ledger.statement import Statement, StatementRow
from lending.domain.reasons import reason_text
from lending.domain.records import Application, DecisionRecord, Loan, Offer
from lending.domain.underwriting.decided import CounterOffer

REASONS_MAX = 4
Outcome = Literal["approved", "declined", "counter_offer"]


@dataclass(frozen=True, slots=True)
class Recipient:
    """To whom a letter goes; the number comes masked."""

    name: str
    id_no_masked: str


@dataclass(frozen=True, slots=True)
class Settled:
    """What was paid for a loan until it was closed. Amounts are minor units."""

    closed_on: date
    principal_minor: int
    interest_minor: int
    fee_minor: int


def outcome_of(record: DecisionRecord, offers: Sequence[Offer], asked_minor: int) -> Outcome | None:
    """What a notice says; None while nothing is decided. Offers below what was asked counter it."""
    if record.outcome == "DECLINED":
        return "declined"
    if record.outcome == "REFERRED" or not offers:
        return None
    return "approved" if any(one.payout_minor >= asked_minor for one in offers) else "counter_offer"


def decision_notice_data(
    application: Application,
    record: DecisionRecord,
    offers: Sequence[Offer],
    to: Recipient,
    lender: Lender,
    locale: str,
) -> Mapping[str, object] | None:
    """The notice of a decision with its true reasons; None while nothing is decided."""
    request = application.request
    outcome = outcome_of(record, offers, request.lent_minor)
    if outcome is None:
        return None
    scored = record.scored
    reasons = record.reasons[:REASONS_MAX] if outcome != "approved" else ()
    return {
        "title": "counter_offer_notice" if outcome == "counter_offer" else "decision_notice",
        "outcome": outcome,
        "facts": [
            ["application_number", application.application_id],
            ["document_number", record.decision_id],
        ],
        "to": [["notice_to", to.name], ["id_no", to.id_no_masked]],
        "requested": [
            ["principal", money(request.amount_minor, request.currency, locale)],
            ["term", months(request.term_months, locale)],
            ["plan", named(request.plan, locale)],
            ["purpose", named(request.purpose, locale)],
        ],
        "reasons": [reason_text(code, locale) for code in reasons],
        "alternatives": []
        if record.basis is None
        else [_alternative(one, locale) for one in record.basis.counter_offers],
        "offers": [_offer(one, locale) for one in offers] if outcome != "declined" else [],
        "score": [] if scored is None else [["score", str(scored.score)], ["model", scored.model]],
        "contact": _contact(lender, locale),
    }


def certificate_data(
    loan: Loan, settled: Settled, to: Recipient, lender: Lender, locale: str, *, is_secured: bool
) -> Mapping[str, object]:
    """That a loan is settled, and what was paid."""
    currency = loan.currency
    return {
        "facts": [["loan_number", loan.loan_id]],
        "rows": [
            ["borrower", to.name],
            ["id_no", to.id_no_masked],
            ["loan_number", loan.loan_id],
            ["principal", money(loan.principal_minor, currency, locale)],
            ["opened_on", day(loan.opened_on, locale, loan.market)],
            ["closed_on", day(settled.closed_on, locale, loan.market)],
            ["paid_principal", money(settled.principal_minor, currency, locale)],
            ["paid_interest", money(settled.interest_minor, currency, locale)],
            ["paid_fees", money(settled.fee_minor, currency, locale)],
        ],
        "has_collateral": is_secured,
        "contact": _contact(lender, locale),
    }


def statement_data(
    loan: Loan, found: Statement, to: Recipient, period: tuple[date, date], locale: str
) -> Mapping[str, object]:
    """The entries of a period with running balances."""
    currency, (from_on, to_on) = loan.currency, period
    next_due = [] if loan.next_due_on is None else [["next_due_on", loan.next_due_on.isoformat()]]
    return {
        "facts": [["loan_number", loan.loan_id]],
        "to": [["borrower", to.name], ["id_no", to.id_no_masked]],
        "summary": [
            ["period", f"{from_on.isoformat()} – {to_on.isoformat()}"],
            ["principal", money(loan.principal_minor, currency, locale)],
            ["annual_rate", percent(loan.annual_rate_bps)],
            ["term", months(loan.term_months, locale)],
            ["opening_balance", money(found.opening_owed_minor, currency, locale)],
            ["closing_balance", money(found.closing_owed_minor, currency, locale)],
            *next_due,
        ],
        "entries": [_entry(row, locale) for row in found.rows],
        "closing": number(found.closing_owed_minor),
    }


def schedule_data(loan: Loan, product: str, to: Recipient, locale: str) -> Mapping[str, object]:
    """A loan's own plan, with its dates."""
    return {
        "product": named(product, locale),
        "facts": [["loan_number", loan.loan_id]],
        "terms": [
            ["borrower", to.name],
            ["principal", money(loan.principal_minor, loan.currency, locale)],
            ["annual_rate", percent(loan.annual_rate_bps)],
            ["plan", named(loan.plan_name, locale)],
            ["opened_on", day(loan.opened_on, locale, loan.market)],
        ],
        "schedule": dated_plan_data(loan.plan),
    }


def _offer(offer: Offer, locale: str) -> list[str]:
    return [
        offer.offer_id,
        named(offer.plan, locale),
        months(offer.term_months, locale),
        number(offer.principal_minor),
        number(offer.instalment_minor),
        costs_of(offer).all_in_rate,
    ]


def _alternative(one: CounterOffer, locale: str) -> list[str]:
    return [
        months(one.term_months, locale),
        number(one.amount_minor),
        number(one.down_payment_minor),
        percent(one.annual_rate_bps),
        number(one.instalment_minor),
    ]


def _entry(row: StatementRow, locale: str) -> list[str]:
    name = named(row.kind.value, locale)
    if row.reverses is not None:
        name = f"{name} (#{row.reverses})"
    fees = row.fee_minor + row.penalty_minor
    return [
        row.value_on.isoformat(),
        name,
        *(number(minor) if minor else "—" for minor in (row.principal_minor, row.interest_minor)),
        number(fees) if fees else "—",
        number(row.cash_minor) if row.cash_minor > 0 else "—",
        number(row.owed_minor),
    ]


def _contact(lender: Lender, locale: str) -> list[str]:
    return [lender.address(locale), lender.phone]
