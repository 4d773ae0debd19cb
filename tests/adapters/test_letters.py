"""Letters, certificates, statements and amendments: their words and figures in every language."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from fractions import Fraction

import pytest
from lending.adapters.profiles import ProfileStore
from lending.adapters.typst_renderer import TypstRenderer
from lending.domain.application import submitted
from lending.domain.documents import DocumentKind
from lending.domain.documents.amendment import Extension, amendment_data
from lending.domain.documents.notices import (
    Recipient,
    Settled,
    certificate_data,
    decision_notice_data,
    schedule_data,
    statement_data,
)
from lending.domain.extension import Limits, Standing, extend
from lending.domain.ledger.journal import EntryKind
from lending.domain.ledger.statement import Statement, StatementRow
from lending.domain.records import Basis
from lending.domain.schedule import PlanKind, RoundingRules, Terms, repayment_schedule
from lending.domain.underwriting.decided import CounterOffer
from lending.ports.documents import DocumentInput, Rendered

from tests.adapters import samples
from tests.adapters.documents import ON, REQUESTS, party, text_of
from tests.fakes.offers import make_offers

RENDERER = TypstRenderer()
MARKETS = [("cn", "zh-CN"), ("cn", "zh-TW"), ("cn", "en"), ("us", "en")]
TO = Recipient("欧阳𬱖䶮", "*" * 14 + "0017")


def text(kind: DocumentKind, market: str, locale: str, data: Mapping[str, object] | None) -> str:
    assert data is not None
    issuer = ProfileStore(("cn", "us")).get(market, ON).lender.name(locale)
    done = RENDERER.render(DocumentInput(kind, market, "auto", locale, "no-1", issuer, ON, data))
    assert isinstance(done, Rendered), done
    found = text_of(done.pdf)
    assert TO.name in found
    assert "".join(issuer.split()) in found
    return found


@pytest.mark.parametrize(("market", "locale"), MARKETS)
def test_a_decision_is_told_with_reasons_rights_and_offers(market: str, locale: str) -> None:
    profile = ProfileStore(("cn", "us")).get(market, ON)
    request = REQUESTS["us" if market == "us" else "auto"]
    application, _ = submitted("app_1", "sub", "cus_1", request, "p-1", samples.AT, {})
    offers = make_offers(request, "app_1", 30_000, profile, samples.AT, ("off_1", "off_2"))
    declined = samples.decision(
        outcome="DECLINED", reasons=("debt_to_income_too_high", "recent_enquiries")
    )
    told = decision_notice_data(application, declined, (), TO, profile.lender, locale)
    no = text(DocumentKind.DECISION_NOTICE, market, locale, told)
    smaller = CounterOffer(9_000_000, 36, 7_000_000, 30_000, 680, 277_012, ("amount_minor",))
    basis = Basis("p-1", "a" * 64, request, counter_offers=(smaller,))
    tell = replace(declined, basis=basis)
    told = decision_notice_data(application, tell, (), TO, profile.lender, locale)
    assert "2,770.12" in text(DocumentKind.DECISION_NOTICE, market, locale, told)
    reason = {"zh-CN": "负债收入比过高", "zh-TW": "負債收入比過高", "en": "toohighforyourincome"}
    assert reason[locale] in no
    assert "off_1" not in no
    assert ("EqualCreditOpportunityAct" in no) == (market == "us")
    assert ("640" in no) == (market == "us")  # the score is told where the law wants it
    asked = replace(application, request=replace(request, amount_minor=request.amount_minor + 1))
    approved = samples.decision(reasons=("loan_to_value_too_high",))
    counter = decision_notice_data(asked, approved, offers, TO, profile.lender, locale)
    other = text(DocumentKind.DECISION_NOTICE, market, locale, counter)
    assert "off_1" in other
    assert f"{offers[0].instalment_minor / 100:,.2f}" in other
    referred = samples.decision(outcome="REFERRED")
    assert decision_notice_data(asked, referred, (), TO, profile.lender, locale) is None


@pytest.mark.parametrize(("market", "locale"), MARKETS)
def test_a_settled_loan_is_certified(market: str, locale: str) -> None:
    lender = ProfileStore(("cn", "us")).get(market, ON).lender
    loan = samples.loan(market=market)
    paid = Settled(date(2027, 11, 24), 12_000_000, 446_789, 1_200)
    data = certificate_data(loan, paid, TO, lender, locale, is_secured=True)
    found = text(DocumentKind.SETTLEMENT_CERTIFICATE, market, locale, data)
    assert "4,467.89" in found
    secured = {"zh-CN": "抵押登记", "zh-TW": "抵押登記", "en": "mortgageofthevehicle"}[locale]
    assert secured in found
    bare = certificate_data(loan, paid, TO, lender, locale, is_secured=False)
    assert secured not in text(DocumentKind.SETTLEMENT_CERTIFICATE, market, locale, bare)


@pytest.mark.parametrize(("market", "locale"), MARKETS)
def test_statement_and_schedule_show_every_row(market: str, locale: str) -> None:
    loan = samples.loan(market=market)
    rows, owed = [], 0
    for seq, kind in enumerate(EntryKind, 1):
        owed += 100_000 + seq
        row = StatementRow(
            seq, date(2026, 12, seq), kind, "t", None, None, 7, 100_000, seq, 0, 0, owed, 0
        )
        rows.append(replace(row, reverses=1) if kind is EntryKind.REVERSAL else row)
    of = Statement(0, 0, tuple(rows), owed, 0)
    period = (date(2026, 12, 1), date(2026, 12, 31))
    data = statement_data(loan, of, TO, period, locale)
    found = text(DocumentKind.STATEMENT, market, locale, data)
    assert [row for row in rows if f"{row.owed_minor / 100:,.2f}" not in found] == []
    plan = text(DocumentKind.SCHEDULE, market, locale, schedule_data(loan, "auto", TO, locale))
    assert [row for row in loan.plan if row.due_on.isoformat() not in plan] == []


@pytest.mark.parametrize(("market", "locale"), MARKETS)
def test_an_extension_shows_before_and_after(market: str, locale: str) -> None:
    profile = ProfileStore(("cn", "us")).get(market, ON)
    terms = Terms(
        annual_rate_pct=Fraction(68, 10),
        plan=PlanKind.EQUAL_INSTALMENT,
        disbursed_on=ON,
        principal_minor=12_000_000,
        periods=24,
        rounding=RoundingRules(profile.rounding),
    )
    before = Standing.of(terms, repayment_schedule(terms), 6)
    after = extend(before, 6, date(2027, 5, 25), Limits(profile.policy, 60))
    assert isinstance(after, Standing), after
    change = Extension(samples.loan(market=market), before, after, "income_loss", date(2027, 5, 25))
    people = (party(), party("王小明", "guarantor"))
    found = text(
        DocumentKind.EXTENSION_AMENDMENT,
        market,
        locale,
        amendment_data(change, people, profile.lender, locale),
    )
    for row in (before.rows[-1], after.rows[-1]):
        assert row.due_on.isoformat() in found
    assert f"{after.rows[7].total_minor / 100:,.2f}" in found
    assert found.count("王小明") == 2
