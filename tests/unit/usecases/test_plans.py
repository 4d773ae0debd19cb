"""Any plan of a product, from the application to the loan: one schedule, bound by one hash."""

from dataclasses import fields, replace
from datetime import date
from typing import Any

import pytest
from lending.adapters.policies import shipped
from lending.adapters.profiles import ProfileStore
from lending.domain.agreed import AddOnChoice, Agreed, AgreedAddOn, PlanParameters, PlanStep
from lending.domain.contract import number, render_terms
from lending.domain.decision import decide
from lending.domain.money import Rounding
from lending.domain.offer import terms_sha256
from lending.domain.pricing import instalments_of
from lending.domain.pricing.agreement import schedule_of
from lending.domain.profile import MarketProfile
from lending.domain.records import (
    Approved,
    Decision,
    Declined,
    Findings,
    Loan,
    Offer,
    Referred,
    Refusal,
    Release,
    Request,
)
from lending.domain.release import holds
from lending.domain.submission import Submission
from lending.usecases.prepare_contract import Prepared
from lending.usecases.refusal import NotAllowed

from tests.fakes.offers import make_offers
from tests.fakes.world import (
    AT,
    CUSTOMER,
    FINDINGS,
    GOOD,
    OWNER,
    REQUEST,
    SUBMISSION,
    World,
)

IDS = ("off_1", "off_2", "off_3")
OLD_HASH = "f49b741ea7349faf1893b1ded2bbfc394d4838d85ef2afded56ae39685c7d58e"
PROFILE = ProfileStore(("cn",)).get("cn", AT.date())
STEPS = PlanParameters(steps=(PlanStep(12, "1"), PlanStep(24, "3/2")))
BALLOON = PlanParameters(balloon_minor=4_000_000)
LEASE = PlanParameters(residual_minor=3_000_000, deposit_minor=1_000_000, advance_rents=2)
ADD_ONS = (AddOnChoice("purchase_tax", None, 1_000_000), AddOnChoice("gap", 200_000))


def asking(**changes: Any) -> Submission:
    """The good application with another request."""
    return replace(SUBMISSION, request=replace(REQUEST, **changes))


REQUESTS: dict[str, dict[str, Any]] = {
    "equal_instalment": {"parameters": PlanParameters(grace_principal_periods=3)},
    "equal_principal": {},
    "balloon": {"parameters": BALLOON},
    "step": {"parameters": STEPS},
    "lease": {
        "product_id": "cn-auto-lease",
        "parameters": LEASE,
        "add_ons": (AddOnChoice("gps"),),
    },
    "interest_only": {
        "product_id": "cn-sme", "term_months": 12, "vehicle": None, "down_payment_minor": 0,
    },
    "flat": {
        "product_id": "cn-consumer", "term_months": 24, "vehicle": None, "down_payment_minor": 0,
    },
}  # fmt: skip


def signed(world: World, submission: Submission) -> tuple[Offer, str]:
    application_id = world.decided(submission=submission)
    offer = world.book.offers(application_id)[0]
    done = world.accept(application_id, OWNER, offer.offer_id, True, AT, lambda _: world.key())
    assert not isinstance(done, NotAllowed), done
    prepared = world.prepare(application_id, OWNER, AT, lambda _: world.key())
    assert isinstance(prepared, Prepared)
    return offer, render_terms(world.book.applications[application_id], offer, "zh-CN")


def funded(world: World, submission: Submission) -> Loan:
    application_id = world.signed(submission)
    assert world.release(application_id, world.at) == "READY"
    assert world.pay(application_id, 1, world.at).status == "accepted"
    world.settle(application_id, world.at)
    [loan] = world.book.loans.values()
    return loan


@pytest.mark.parametrize("plan", REQUESTS)
def test_the_loan_has_the_rows_of_the_contract(plan: str) -> None:
    """Paid out three days later: the dates move, no amount does."""
    request = {"plan": plan, **REQUESTS[plan]}
    offer, text = signed(World(), asking(**request))
    assert offer.plan == plan
    assert offer.terms_sha256 == terms_sha256(offer)
    world = World()
    world.later(days=3)
    loan = funded(world, asking(**request))
    assert (loan.plan_name, loan.principal_minor) == (plan, offer.principal_minor)
    assert loan.opened_on == date(2026, 11, 27)
    rows = [
        " / ".join(
            [
                str(row.number),
                *map(
                    number,
                    (
                        row.principal_minor,
                        row.interest_minor,
                        row.fee_minor,
                        row.total_minor,
                        row.balance_minor,
                    ),
                ),
            ]
        )
        for row in loan.plan
    ]
    assert "\n".join(rows) in text
    assert sum(row.interest_minor for row in loan.plan) == offer.total_interest_minor
    assert loan.next_due_on == loan.plan[0].due_on
    if plan == "balloon":
        assert loan.plan[-1].total_minor >= 4_000_000
    if plan == "lease":
        assert loan.plan[0].kind == "advance"
        assert loan.plan[-1].kind == "residual"


def test_what_is_paid_out_holds_the_financed_add_ons() -> None:
    world = World()
    loan = funded(world, asking(add_ons=ADD_ONS))
    assert loan.principal_minor == 13_000_000
    [payout] = world.book.disbursements.values()
    assert payout.amount_minor == 13_000_000


def decided(request: Request, findings: Findings, profile: MarketProfile = PROFILE) -> Decision:
    return decide("app_1", request, findings, GOOD, (), profile, shipped("cn"), AT, IDS).decision


def test_add_ons_count_for_four_eyes_and_not_for_the_share_of_the_price() -> None:
    """80 % of the price is lent exactly; the tax on top does not make it too much."""
    world = World()
    request = replace(REQUEST, amount_minor=12_800_000, add_ons=ADD_ONS)
    assert request.lent_minor == 13_800_000
    rich = replace(FINDINGS, income_monthly_minor=9_000_000)
    decision = decided(request, rich)
    assert isinstance(decision, Approved)
    application_id = world.signed(asking(add_ons=ADD_ONS))
    application = world.book.applications[application_id]
    lent_minor = application.request.lent_minor
    release = Release(application_id, "pay_1", 1, "match")
    for limit_minor, wanted in ((12_999_999, ("four_eyes",)), (13_000_000, ())):
        found = holds(release, (), lent_minor, limit_minor, PROFILE.release, AT)
        assert found == wanted


def test_offers_over_other_terms_keep_to_the_plan() -> None:
    def terms(**changes: Any) -> list[int]:
        request = replace(REQUEST, **changes)
        offers = make_offers(request, "a", 30_000, PROFILE, AT, IDS)
        return [one.term_months for one in offers if one.plan == request.plan]

    assert terms() == [36, 24, 48]
    # 36 months at most, and 24 months of a lower amount
    assert terms(plan="balloon", parameters=BALLOON) == [36, 24, 36]
    # Steps cover one term only: besides, a lower amount is offered.
    assert terms(plan="step", parameters=STEPS) == [36, 36]
    assert terms(plan="balloon") == []


@pytest.mark.parametrize(
    ("request_", "highest"),
    [
        # 12,000,000 / 36, and 6.80 % / 12 of the whole in the first month.
        (replace(REQUEST, plan="equal_principal"), 333_333 + 68_000),
        # The plan's instalments at 6.88 % by the annuity formula: not the last one of 4,000,000.
        (replace(REQUEST, plan="balloon", parameters=BALLOON), 269_511),
        # The second step: 1.5 times the first.
        (replace(REQUEST, plan="step", parameters=STEPS), 419_198),
    ],
)
def test_debt_service_is_measured_by_the_highest_regular_instalment(
    request_: Request, highest: int
) -> None:
    enough = replace(FINDINGS, income_monthly_minor=2 * highest, other_debt_monthly_minor=0)
    little = replace(enough, income_monthly_minor=2 * highest - 1)
    assert isinstance(decided(request_, enough), Approved)
    declined = decided(request_, little)
    assert isinstance(declined, Declined)
    assert declined.reasons == (Refusal.DEBT_TO_INCOME_TOO_HIGH,)


def test_a_product_that_is_gone_is_referred_not_declined() -> None:
    without = replace(PROFILE, products={})
    decision = decided(REQUEST, FINDINGS, without)
    assert decision == Referred(decision.queue, ("product_withdrawn",))
    assert make_offers(REQUEST, "app_1", 30_000, without, AT, IDS) == ()


def test_nothing_above_the_cap_is_offered() -> None:
    capped = replace(PROFILE, apr_cap_bps=679)
    decision = decided(REQUEST, FINDINGS, capped)
    assert isinstance(decision, Referred)
    assert decision.causes == ("no_offer_within_caps",)


def test_the_hash_covers_every_term() -> None:
    lease = replace(REQUEST, plan="lease", **REQUESTS["lease"])
    [offer, *_] = make_offers(lease, "app_1", 30_000, PROFILE, AT, IDS)
    rest = offer.agreed
    assert rest is not None
    others: dict[str, Any] = {
        "parameters": replace(LEASE, deposit_minor=1_000_001),
        "fees": (),
        "contingent_fees": rest.contingent_fees[:-1],
        "add_ons": (replace(rest.add_ons[0], price_minor=1),),
        "early_settlement": replace(rest.early_settlement, pct="4"),
    }
    hashes = {offer.terms_sha256}
    for field in fields(Agreed):
        old = getattr(rest, field.name)
        new = others.get(field.name) or (old + 1 if isinstance(old, int) else f"{old}x")
        changed = replace(rest, **{field.name: others.get(field.name, new)})
        hashes.add(terms_sha256(replace(offer, agreed=changed)))
    assert len(hashes) == 1 + len(fields(Agreed))
    hashes.add(terms_sha256(replace(offer, agreed=None)))
    assert len(hashes) == 2 + len(fields(Agreed))


def test_an_offer_from_before_plans_had_parameters_keeps_its_hash_and_its_rows() -> None:
    """The hash of an offer as the first release made it, and the equal instalment it stands for."""
    offer = Offer(
        offer_id="off_1",
        application_id="app_1",
        currency="CNY",
        principal_minor=12_000_000,
        term_months=36,
        annual_rate_bps=680,
        instalment_minor=369_429,
        total_interest_minor=1_299_439,
        total_fees_minor=0,
        apr_bps=680,
        plan="equal_instalment",
        expires_at=AT,
        terms_sha256="",
    )
    assert terms_sha256(offer) == OLD_HASH
    rows = instalments_of(schedule_of(offer, AT.date(), Rounding.HALF_UP))
    assert {row.total_minor for row in rows[:-1]} == {369_429}
    assert offer.payout_minor == 12_000_000


@pytest.mark.parametrize(
    ("changes", "pointers"),
    [
        ({"plan": "balloon"}, ["/balloon_minor"]),
        ({"plan": "flat"}, ["/plan"]),
        ({"parameters": BALLOON}, ["/balloon_minor"]),
        ({"plan": "step", "parameters": STEPS, "term_months": 24}, ["/steps"]),
        ({"add_ons": (AddOnChoice("zz"),)}, ["/add_ons/0/code"]),
        (
            {"product_id": "cn-auto-lease", "plan": "lease", "amount_minor": 15_000_000},
            ["/residual_minor", "/add_ons", "/down_payment_minor"],
        ),
    ],
)
def test_an_application_is_checked_like_a_quote(
    changes: dict[str, Any], pointers: list[str]
) -> None:
    world = World()
    refused = world.submit(asking(**changes), OWNER, CUSTOMER, AT, lambda _: world.key())
    assert isinstance(refused, NotAllowed)
    assert [problem.pointer for problem in refused.problems] == pointers
    assert not world.book.applications


def test_the_features_are_those_of_the_plan_asked_for() -> None:
    world = World()
    level = world.identify(world.submitted(), AT).features["pti_pct"]
    balloon = asking(plan="balloon", parameters=BALLOON)
    smaller = world.identify(world.submitted(balloon), AT).features["pti_pct"]
    assert isinstance(level, str)
    assert isinstance(smaller, str)
    assert smaller < level


def test_a_tied_add_on_becomes_costs_of_the_loan() -> None:
    tied = AgreedAddOn("gps", "gps_provider", 120_000, 20_000, True, "none")
    assert [(fee.when, fee.amount_minor) for fee in tied.as_fees()] == [
        ("upfront", 100_000),
        ("financed", 20_000),
    ]
    assert replace(tied, in_all_in_cost=False).as_fees() == ()
