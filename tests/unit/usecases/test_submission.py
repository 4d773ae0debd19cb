"""What may be submitted, what is said about each wrong field, and what is left behind."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from lending.domain.faults import NotFound, StaleVersion
from lending.domain.records import State
from lending.domain.submission import ConsentGiven, Submission
from lending.usecases.refusal import NotAllowed

from tests.fakes.world import AT, CUSTOMER, OWNER, SUBMISSION, VEHICLE, World, ok, reply_for


def of(**changes: Any) -> Submission:
    """The good submission with changes of the request or the applicant."""
    request = {k: v for k, v in changes.items() if hasattr(SUBMISSION.request, k)}
    applicant = {k: v for k, v in changes.items() if hasattr(SUBMISSION.applicant, k)}
    return replace(
        SUBMISSION,
        request=replace(SUBMISSION.request, **request),
        applicant=replace(SUBMISSION.applicant, **applicant),
        consents=changes.get("consents", SUBMISSION.consents),
    )


def test_a_good_submission_is_committed_whole_and_its_workflow_started() -> None:
    world = World()
    application_id = world.submitted()
    application = world.book.applications[application_id]
    assert application.state == State.SUBMITTED
    assert world.book.commits == 1
    assert [e.kind for e in world.book.events.values()] == ["ApplicationSubmitted"]
    assert world.workflow.started == {
        f"origination/{application_id}": {"application_id": application_id}
    }
    assert world.vault.fields[CUSTOMER]["mobile"] == "13900001234"
    assert len(application.request.consent_ids) == 4
    assert set(application.request.consent_ids) == set(world.vault.given[CUSTOMER])


def test_no_personal_data_leaves_the_vault() -> None:
    world = World()
    world.decided()
    for stored in (world.book, world.workflow):
        text = repr(vars(stored))
        for value in (
            SUBMISSION.applicant.full_name,
            SUBMISSION.applicant.id_no,
            "13900001234",
            SUBMISSION.payee.account_no,
        ):
            assert value not in text


@pytest.mark.parametrize(
    ("changes", "pointers"),
    [
        ({"market": "zz"}, ["/market"]),
        ({"product_id": "nothing"}, ["/product_id"]),
        ({"currency": "USD"}, ["/currency"]),
        ({"amount_minor": 999_999}, ["/amount_minor"]),
        ({"amount_minor": 150_000_001}, ["/amount_minor"]),
        ({"term_months": 5}, ["/term_months"]),
        ({"term_months": 61, "amount_minor": 1}, ["/amount_minor", "/term_months"]),
        ({"plan": "bullet"}, ["/plan"]),
        ({"vehicle": None}, ["/vehicle"]),
        ({"vehicle": replace(VEHICLE, vin="LZZ000007RZ100001")}, ["/vehicle/vin"]),
        ({"vehicle": replace(VEHICLE, vin="SHORT")}, ["/vehicle/vin"]),
        ({"vehicle": replace(VEHICLE, condition="used")}, ["/vehicle/condition"]),
        ({"vehicle": replace(VEHICLE, power="nev")}, ["/vehicle/power"]),
        ({"vehicle": replace(VEHICLE, model_year=2020)}, ["/vehicle/model_year"]),
        ({"vehicle": replace(VEHICLE, model_year=2028)}, ["/vehicle/model_year"]),
        ({"down_payment_minor": 16_000_001}, ["/down_payment_minor"]),
        ({"product_id": "cn-consumer"}, ["/vehicle", "/down_payment_minor"]),
        ({"id_type": "us_ssn"}, ["/applicant/id_type"]),
        ({"id_no": "990202199003070016"}, ["/applicant/id_no"]),
        ({"id_no": "990202199002300017"}, ["/applicant/id_no"]),
        ({"birth_date": date(1990, 3, 7)}, ["/applicant/birth_date"]),
        ({"mobile": "12345"}, ["/applicant/mobile"]),
        ({"email": "nobody"}, ["/applicant/email"]),
        ({"locale": "fr"}, ["/applicant/locale"]),
        ({"consents": SUBMISSION.consents[1:]}, ["/consents"]),
        (
            {"consents": (*SUBMISSION.consents, ConsentGiven("marketing", "1", "a" * 64))},
            ["/consents/4/purpose"],
        ),
        ({"consents": (*SUBMISSION.consents, SUBMISSION.consents[0])}, ["/consents/4/purpose"]),
    ],
)
def test_each_wrong_field_is_named_and_nothing_is_left(
    changes: dict[str, Any], pointers: list[str]
) -> None:
    world = World()
    refused = world.submit(of(**changes), OWNER, CUSTOMER, AT, lambda _: world.key())
    assert isinstance(refused, NotAllowed)
    assert (refused.kind, refused.code) == ("invalid", "invalid_field")
    assert [problem.pointer for problem in refused.problems] == pointers
    assert not world.book.applications
    assert not world.vault.fields
    assert not world.workflow.started


def test_a_market_with_another_identity_number_wants_the_birth_date() -> None:
    us = of(
        market="us",
        product_id="us-auto",
        currency="USD",
        amount_minor=2_000_000,
        id_type="us_ssn",
        id_no="123-45-6789",
        mobile="(415) 555-0123",
        consents=tuple(c for c in SUBMISSION.consents if c.purpose != "automated_decision"),
    )
    world = World()
    refused = world.submit(us, OWNER, CUSTOMER, AT, lambda _: world.key())
    assert isinstance(refused, NotAllowed)
    assert [problem.pointer for problem in refused.problems] == ["/applicant/birth_date"]
    right = replace(us, applicant=replace(us.applicant, birth_date=date(1990, 3, 7)))
    ok(world.submit(right, OWNER, CUSTOMER, AT, lambda _: world.key()))
    assert world.vault.fields[CUSTOMER]["mobile"] == "4155550123"


def test_a_workflow_engine_that_is_down_does_not_lose_the_application() -> None:
    world = World()
    world.workflow.down = True
    application_id = world.submitted()
    world.workflow.down = False
    world.sweep(world.later(minutes=3))
    assert [name.startswith(f"origination/{application_id}-") for name in world.workflow.started]


def test_the_same_key_commits_once() -> None:
    world = World()
    ok(world.submit(SUBMISSION, OWNER, CUSTOMER, AT, lambda _: reply_for("same")))
    with pytest.raises(StaleVersion):
        world.submit(SUBMISSION, OWNER, CUSTOMER, AT, lambda _: reply_for("same"))
    assert len(world.book.applications) == 1


def test_withdrawal_ends_a_waiting_workflow_and_only_its_owner_may() -> None:
    world = World()
    application_id = world.decided()
    world.workflow.tokens.add("token-1")
    world.park(application_id, "customer", "token-1", AT)
    with pytest.raises(NotFound):
        world.withdraw(application_id, "somebody-else", AT, lambda _: world.key())
    ok(world.withdraw(application_id, OWNER, AT, lambda _: world.key()))
    assert world.state(application_id) == State.WITHDRAWN
    assert world.workflow.answers["token-1"]["outcome"] == "WITHDRAWN"
    again = world.withdraw(application_id, OWNER, AT, lambda _: world.key())
    assert isinstance(again, NotAllowed)
    assert again.code == "illegal_state"


def test_nothing_is_withdrawn_once_money_moves() -> None:
    world = World()
    application_id = world.funded()
    refused = world.withdraw(application_id, OWNER, AT, lambda _: world.key())
    assert isinstance(refused, NotAllowed)
    assert world.state(application_id) == State.FUNDED
