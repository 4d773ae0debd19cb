"""Policies as data: what a draft is refused for, how tables are read, what always holds."""

import copy
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import lending_scorecard
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lending.adapters.policies import shipped, shipped_document
from lending.adapters.profiles import ProfileStore
from lending.domain.decision import Judged, decide
from lending.domain.features import model_features
from lending.domain.offer import priced
from lending.domain.pricing import figures, highest_instalment_minor
from lending.domain.records import (
    Approved,
    Declined,
    Findings,
    Referred,
    Refusal,
    Request,
    Scored,
    Vehicle,
)
from lending.domain.underwriting.assessment import Features, with_amount
from lending.domain.underwriting.catalogue import COLUMNS, SHAPES
from lending.domain.underwriting.check import draft_problems
from lending.domain.underwriting.decided import NOTHING_OPEN, Exposure
from lending.domain.underwriting.policy import policy_of
from lending.domain.underwriting.pricing import price_of
from lending.domain.underwriting.tables import Hit, OneOf, Range, Row, Table, evaluate

AT = datetime(2026, 11, 24, 2, 0, tzinfo=UTC)
PROFILES = ProfileStore(("cn", "us"))
CN = PROFILES.get("cn", AT.date())
POLICY = shipped("cn")
MODEL = lending_scorecard.load()
IDS = ("off_1", "off_2", "off_3", "off_4")
PRICE = 16_000_000
REQUEST = Request(
    market="cn",
    product_id="cn-auto-new",
    channel="web",
    currency="CNY",
    amount_minor=12_000_000,
    term_months=36,
    plan="equal_instalment",
    purpose="vehicle_purchase",
    down_payment_minor=4_000_000,
    vehicle=Vehicle("", "new", "ice", PRICE, 2026),
    consent_ids=(),
)
FINDINGS = Findings("match", 36, "rep_1", PRICE, 2_000_000, 100_000, {})
SCORED = Scored("test-1", 30_000, 640, ("past_delinquency",))
RANK = {Approved: 0, Referred: 1, Declined: 2}


def draft() -> dict[str, Any]:
    return copy.deepcopy(dict(shipped_document("cn")))


def pointers(document: dict[str, Any]) -> list[str]:
    return [problem.pointer for problem in draft_problems(document, CN)]


def rows(document: dict[str, Any], table: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = document["tables"][table]["rows"]
    return found


@pytest.mark.parametrize("market", ["cn", "us"])
def test_the_shipped_policies_have_no_problem(market: str) -> None:
    assert draft_problems(shipped_document(market), PROFILES.get(market, AT.date())) == ()


def test_a_row_that_overlaps_and_a_gap_are_told_with_their_place() -> None:
    document = draft()
    rows(document, "matrix")[0]["when"] = {"pd_ppm": {"at_most": 70_000}}
    assert "/tables/matrix/rows/1" in pointers(document)
    rows(document, "matrix")[0]["when"] = {"pd_ppm": {"at_most": 59_999}}
    [problem] = draft_problems(document, CN)
    assert problem.pointer == "/tables/matrix/rows"
    assert "'pd_ppm': 60000" in problem.detail


def test_a_gap_that_opens_on_a_later_day_is_found() -> None:
    document = draft()
    rows(document, "ead")[0]["effective_to"] = "2027-01-31"
    assert pointers(document) == ["/tables/ead/rows"]


def test_a_knock_out_that_says_nothing_new_is_refused() -> None:
    document = draft()
    first = rows(document, "knock_outs")[0]
    rows(document, "knock_outs").append(
        {**first, "id": "K9", "when": {"income_monthly_minor": {"at_most": 100_000}}}
    )
    assert pointers(document) == ["/tables/knock_outs/rows/2"]


@pytest.mark.parametrize(
    ("table", "index", "path", "value", "pointer"),
    [
        ("matrix", 0, "when", {"shoe_size": {"at_most": 1}}, "/when/shoe_size"),
        ("matrix", 0, "when", {"sex": {"one_of": ["f"]}}, "/when/sex"),
        ("matrix", 0, "when", {"age_years": {"at_least": 30}}, "/when/age_years"),
        ("margin", 0, "when", {"income_monthly_minor": {}}, "/when/income_monthly_minor"),
        ("matrix", 0, "when", {"pd_ppm": {"at_least": 9, "at_most": 1}}, "/when/pd_ppm/at_least"),
        ("matrix", 0, "when", {"plan": {"one_of": ["gift"]}}, "/when/plan/one_of/0"),
        ("matrix", 0, "then", {"action": "maybe"}, "/then/action"),
        ("matrix", 5, "reason", "because", "/reason"),
        ("matrix", 0, "source", "", "/source"),
        ("limits", 0, "then", {"dti_cap_bps": 5001}, "/then/dti_cap_bps"),
        ("limits", 3, "then", {"ltv_cap_bps": 8600}, "/then/ltv_cap_bps"),
        ("limits", 0, "then", {"term_max_months": 61}, "/then/term_max_months"),
        ("limits", 0, "then", {"amount_max_minor": 10**12}, "/then/amount_max_minor"),
        ("lgd", 0, "then", {"lgd_bps": "much"}, "/then/lgd_bps"),
    ],
)
def test_a_wrong_row_is_refused_with_its_place(
    table: str, index: int, path: str, value: Any, pointer: str
) -> None:
    document = draft()
    rows(document, table)[index][path] = value
    assert f"/tables/{table}/rows/{index}{pointer}" in pointers(document)


def test_prices_keep_to_the_market_and_rise_with_the_risk() -> None:
    document = draft()
    document["operating_bps"] = 1_500
    assert pointers(document) == ["/risk_bands_ppm/3"]
    document = draft()
    rows(document, "margin")[2]["then"]["margin_bps"] = 0
    assert pointers(document) == ["/risk_bands_ppm/2"]


def test_a_lower_risk_may_not_fare_worse() -> None:
    document = draft()
    rows(document, "matrix")[0] |= {"then": {"action": "refer"}, "reason": "pd_too_high"}
    assert pointers(document) == ["/tables/matrix/rows/1"]


def test_a_draft_that_is_no_policy_at_all_is_refused_whole() -> None:
    assert "/tables" in pointers({})
    assert pointers({**draft(), "tables": []}) == ["/tables"]
    assert "/secret" in pointers({**draft(), "secret": 1})
    assert "/market" in pointers({**draft(), "market": "us"})


def test_the_price_is_its_parts() -> None:
    """4 % over two years, 40 % lost of it: 0.8 % a year, with funding, costs and margin 6.8 %."""
    terms = {
        "product_kind": "auto",
        "vehicle_condition": "new",
        "ltv_bps": 7_500,
        "plan": "equal_instalment",
        "term_months": 36,
    }
    found = price_of(POLICY, terms, 30_000, 12_000_000)
    assert found is not None
    assert (found.loss_bps, found.annual_rate_bps) == (80, 220 + 100 + 280 + 80)
    assert found.expected_loss_minor == 12_000_000 * 3 * 40 // 10_000
    bands = [price_of(POLICY, terms, ppm, 0) for ppm in (0, 20_000, 20_001, 100_000, 180_000)]
    assert [one and one.annual_rate_bps for one in bands] == [480, 480, 680, 1280, 1680]
    assert price_of(POLICY, terms, 180_001, 0) is None


def test_prices_know_risk_and_terms_alone() -> None:
    """The same risk on the same terms has the same price: no column of a person is at hand."""
    of_terms = {"product_kind", "vehicle_condition", "vehicle_power", "plan", "amount_minor",
                "term_months", "ltv_bps", "pd_ppm"}  # fmt: skip
    for table in ("lgd", "ead", "funding", "margin"):
        assert set(SHAPES[table].columns) <= of_terms
    assert not any(COLUMNS[name].protected for name in SHAPES["limits"].columns)


def test_a_table_tells_what_it_would_need() -> None:
    young = Row("A", {"age_years": Range(None, 17)}, {"action": "decline"}, "age_not_eligible", "s")
    lease = Row("B", {"plan": OneOf(frozenset({"lease"}))}, {"action": "refer"}, "pd_too_high", "s")
    table = Table("knock_outs", Hit.ALL, (young, lease))
    found = evaluate(table, {"age_years": None, "plan": "lease"})
    assert ([row.row_id for row in found.rows], found.missing) == (["B"], ("age_years",))
    # What cannot match for another reason needs nothing.
    both = replace(young, when={**young.when, **lease.when})
    assert evaluate(replace(table, rows=(both,)), {"plan": "flat"}).missing == ()


def test_a_row_counts_on_its_days() -> None:
    row = Row("A", {}, {"action": "refer"}, "", "s", date(2026, 1, 1), date(2026, 1, 31))
    table = Table("matrix", Hit.UNIQUE, (row,))
    days = (date(2025, 12, 31), date(2026, 1, 1), date(2026, 1, 31), date(2026, 2, 1))
    assert [len(table.on(day).rows) for day in days] == [0, 1, 1, 0]


def judge(
    request: Request = REQUEST,
    findings: Findings = FINDINGS,
    scored: Scored = SCORED,
    exposure: Exposure = NOTHING_OPEN,
) -> Judged:
    return decide(
        "app_1", request, findings, scored, (), CN, POLICY, AT, IDS, exposure=exposure,
        rescore=lambda features: MODEL.evaluate(features).pd_ppm,
    )  # fmt: skip


def applying(request: Request, findings: Findings, **person: int) -> tuple[Findings, Scored]:
    """Findings and score as underwriting would have them for this request."""
    shown = priced(request, request.term_months, CN.indicative_rate_bps, AT, CN)
    features: Features = model_features(
        request,
        bureau_score=person["score"],
        delinquencies_24m=person["late"],
        enquiries_6m=2,
        valuation_minor=findings.valuation_minor,
        income_monthly_minor=findings.income_monthly_minor,
        other_debt_monthly_minor=findings.other_debt_monthly_minor,
        months_employed=48,
        instalment_minor=shown and highest_instalment_minor(shown.schedule, shown.terms),
        on_year=2026,
    )
    answer = MODEL.evaluate(features)
    scored = Scored(answer.model, answer.pd_ppm, answer.score, answer.reasons)
    return replace(findings, features=dict(features)), scored


@pytest.mark.parametrize(
    ("exposure", "reason"),
    [
        (Exposure(loans=1, loans_minor=290_000_000), Refusal.EXPOSURE_TOO_HIGH),
        (Exposure(applications=3), Refusal.TOO_MANY_OPEN),
        (Exposure(loans=5), Refusal.TOO_MANY_OPEN),
    ],
)
def test_what_a_person_has_with_us_counts(exposure: Exposure, reason: Refusal) -> None:
    judged = judge(exposure=exposure)
    assert judged.decision == Declined((reason,))


def test_the_tighter_of_two_caps_wins_and_is_named() -> None:
    document = draft()
    rows(document, "limits")[0]["then"]["dti_cap_bps"] = 2_000
    assert draft_problems(document, CN) == ()
    tight = policy_of(document)
    judged = decide("a", REQUEST, FINDINGS, SCORED, (), CN, tight, AT, IDS)
    assert judged.decision == Declined((Refusal.DEBT_TO_INCOME_TOO_HIGH,))
    [broken] = [hit for hit in judged.hits if hit.effect == "decline"]
    assert (broken.table, broken.row, broken.value) == ("limits", "L1", 2_000)
    # A looser one does not loosen the market's.
    little = replace(FINDINGS, income_monthly_minor=800_000)
    [broken] = [hit for hit in judge(findings=little).hits if hit.effect == "decline"]
    assert (broken.table, broken.row, broken.value) == ("market", "dti_cap_bps", 5_000)


def test_the_risk_is_a_reason_only_where_less_of_it_would_help() -> None:
    risky = replace(SCORED, pd_ppm=200_000)
    assert judge(scored=risky).decision == Declined((Refusal.PAST_DELINQUENCY,))
    # A broken rule is a reason by itself; the model's come after it, four in all.
    five = replace(
        risky,
        reasons=("past_delinquency", "recent_enquiries", "debt_load_too_high", "vehicle_too_old"),
    )
    dear = replace(REQUEST, amount_minor=13_000_000)
    decision = judge(dear, scored=five).decision
    assert isinstance(decision, Declined)
    assert decision.reasons[0] is Refusal.LOAN_TO_VALUE_TOO_HIGH
    assert len(decision.reasons) == 4
    # A model's code that we have no words for is never shown.
    assert judge(scored=replace(risky, reasons=("x1",))).decision == Declined(
        (Refusal.PD_TOO_HIGH,)
    )


def test_offers_differ_usefully_and_each_keeps_to_the_rules() -> None:
    findings, scored = applying(REQUEST, FINDINGS, score=720, late=0)
    judged = judge(findings=findings, scored=scored)
    assert isinstance(judged.decision, Approved)
    assert [one.differs for one in judged.alternatives] == [
        "asked",
        "shorter",
        "longer",
        "own_share",
    ]
    costs = {(o.instalment_minor, o.total_interest_minor) for o in judged.decision.offers}
    assert len(costs) == 4
    # Where the income carries no shorter term, none is offered.
    tight = replace(findings, income_monthly_minor=1_000_000)
    decision = judge(findings=tight, scored=scored).decision
    assert isinstance(decision, Approved)
    assert 24 not in [offer.term_months for offer in decision.offers]


def test_the_smallest_change_that_would_be_approved_is_told() -> None:
    little = replace(FINDINGS, income_monthly_minor=800_000)
    findings, scored = applying(REQUEST, little, score=720, late=0)
    judged = judge(findings=findings, scored=scored)
    assert isinstance(judged.decision, Declined)
    by_changes = {one.changes: one for one in judged.counter_offers}
    less = by_changes["amount_minor", "down_payment_minor"]
    assert less.amount_minor + less.down_payment_minor == PRICE
    longer = by_changes["term_months",]
    assert (longer.amount_minor, longer.term_months) == (REQUEST.amount_minor, 60)
    # One step more would be declined.
    one_step_more = with_amount(REQUEST, less.amount_minor + 100_000)
    more, its_score = applying(one_step_more, little, score=720, late=0)
    assert isinstance(judge(one_step_more, more, its_score).decision, Declined)


def test_without_the_model_only_a_lower_amount_is_proposed() -> None:
    little = replace(FINDINGS, income_monthly_minor=800_000)
    judged = decide("app_1", REQUEST, little, SCORED, (), CN, POLICY, AT, IDS)
    assert [one.changes for one in judged.counter_offers] == [
        ("amount_minor", "down_payment_minor")
    ]


people = st.fixed_dictionaries(
    {"score": st.integers(500, 800), "late": st.integers(0, 4)},
)


@settings(max_examples=60, deadline=None)
@given(
    people,
    st.integers(400_000, 3_000_000),
    st.integers(0, 400_000),
    st.integers(60, 95),
    st.sampled_from((12, 24, 36, 48, 60)),
)
def test_a_counter_offer_that_is_applied_for_is_approved(
    person: dict[str, int], income: int, debt: int, ltv: int, term: int
) -> None:
    request = replace(with_amount(REQUEST, PRICE * ltv // 100), term_months=term)
    means = replace(FINDINGS, income_monthly_minor=income, other_debt_monthly_minor=debt)
    findings, scored = applying(request, means, **person)
    judged = judge(request, findings, scored)
    for one in judged.counter_offers:
        changed = replace(
            request,
            amount_minor=one.amount_minor,
            term_months=one.term_months,
            down_payment_minor=one.down_payment_minor,
        )
        again = judge(changed, *applying(changed, means, **person))
        assert isinstance(again.decision, Approved)
        assert again.price is not None
        assert again.price.annual_rate_bps == one.annual_rate_bps


@settings(max_examples=60, deadline=None)
@given(
    st.integers(0, 250_000),
    st.integers(0, 250_000),
    st.integers(500_000, 3_000_000),
    st.integers(50, 100),
)
def test_a_better_score_never_fares_worse(one: int, other: int, income: int, ltv: int) -> None:
    request = with_amount(REQUEST, PRICE * ltv // 100)
    findings = replace(FINDINGS, income_monthly_minor=income)
    better, worse = (
        judge(request, findings, replace(SCORED, pd_ppm=pd)) for pd in sorted((one, other))
    )
    assert RANK[type(better.decision)] <= RANK[type(worse.decision)]
    if isinstance(better.decision, Approved) and isinstance(worse.decision, Approved):
        rates = [d.offers[0].annual_rate_bps for d in (better.decision, worse.decision)]
        assert rates == sorted(rates)


@settings(max_examples=60, deadline=None)
@given(
    st.integers(0, 180_000),
    st.integers(500_000, 3_000_000),
    st.integers(0, 300_000),
    st.integers(50, 90),
    st.sampled_from((12, 24, 36, 48, 60)),
)
def test_no_offer_breaks_a_cap_and_the_same_facts_decide_the_same(
    pd_ppm: int, income: int, debt: int, ltv: int, term: int
) -> None:
    request = replace(with_amount(REQUEST, PRICE * ltv // 100), term_months=term)
    findings = replace(FINDINGS, income_monthly_minor=income, other_debt_monthly_minor=debt)
    scored = replace(SCORED, pd_ppm=pd_ppm)
    judged = judge(request, findings, scored)
    assert judge(request, findings, scored).sha256 == judged.sha256
    if not isinstance(judged.decision, Approved):
        return
    for offer in judged.decision.offers:
        assert offer.agreed is not None
        assert offer.apr_bps <= CN.apr_cap_bps
        assert offer.agreed.amount_minor * 10_000 <= 8_000 * PRICE
        service = offer.agreed.highest_instalment_minor + debt
        assert service * 10_000 <= 5_000 * income
        assert offer.term_months <= 60


@given(st.sampled_from(("income_monthly_minor", "age_years")), st.integers(0, 10**6))
def test_what_is_missing_refers(name: str, pd_ppm: int) -> None:
    """An input that a rule needs and nobody knows: a person decides, whatever the rest says."""
    findings = replace(FINDINGS, **{name: None})
    document = draft()
    rows(document, "knock_outs").append(
        {"id": "K9", "when": {"age_years": {"at_most": 20}}, "then": {"action": "decline"},
         "reason": "age_not_eligible", "source": "test"}
    )  # fmt: skip
    scored = replace(SCORED, pd_ppm=pd_ppm)
    judged = decide("a", REQUEST, findings, scored, (), CN, policy_of(document), AT, IDS)
    assert isinstance(judged.decision, Referred)


def test_the_figures_of_alternatives_are_differences_from_the_first_offer() -> None:
    judged = judge()
    assert isinstance(judged.decision, Approved)
    asked, shorter, *_ = judged.alternatives
    assert (asked.instalment_minor, asked.cost_minor) == (0, 0)
    first = priced(REQUEST, 36, 680, AT, CN)
    other = priced(REQUEST, 24, 680, AT, CN)
    assert first is not None
    assert other is not None
    less = figures(other).less(figures(first))
    assert (shorter.instalment_minor, shorter.cost_minor) == (
        less.highest_instalment_minor,
        less.total_cost_minor,
    )
