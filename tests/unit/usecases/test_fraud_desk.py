"""From alert to outcome over fakes: who is stopped, what is shown, what follows."""

from dataclasses import replace

import pytest
from lending.domain.faults import Retryable
from lending.domain.fraud import LinkKind
from lending.domain.records import Application, Findings, State
from lending.domain.submission import Device, PayeeAccount, Submission
from lending.ports.partners import DeviceReport, IncomeReport
from lending.usecases.refusal import NotAllowed
from lending.usecases.review_application import Verdict

from tests.fakes.world import APPLICANT, AT, GOOD, SUBMISSION, World, ok
from tests.unit.usecases.test_sources import RICH


def person(number: int, submission: Submission = RICH) -> Submission:
    """Another person with another phone, device, car and address."""
    ids = ("990202199003150017", "990202197811220440", "990202200106301231", "990202196401017779")
    vins = ("LZZAB12C1RZ100001", "LZZCD34E6SZ200002", "WZZEF56G0PZ300003", "LZZ000006RZ100001")
    applicant = replace(
        submission.applicant, id_no=ids[number], mobile=f"1390000000{number}", address=f"路{number}"
    )
    vehicle = submission.request.vehicle
    assert vehicle is not None
    return replace(
        submission,
        applicant=applicant,
        device=Device(f"phone-000{number}"),
        request=replace(submission.request, vehicle=replace(vehicle, vin=vins[number])),
    )


def applies(world: World, number: int, submission: Submission) -> tuple[str, Findings]:
    """One more customer applies and is looked at."""
    done = world.submit(
        submission, f"sub-{number}", f"cus_{number}", world.at, lambda _: world.key()
    )
    application_id = ok(done).application_id
    return application_id, world.identify(application_id, world.at)


def decided(world: World, number: int, submission: Submission) -> str:
    application_id, findings = applies(world, number, submission)
    world.decide(application_id, findings, GOOD, (), world.at)
    return application_id


def suspected(world: World) -> str:
    """The third of three people with one device."""
    shared = Device("phone-shared")
    for number in range(2):
        decided(world, number, replace(person(number), device=shared))
    return decided(world, 2, replace(person(2), device=shared))


def test_strangers_do_not_meet() -> None:
    world = World()
    for number in range(3):
        _, findings = applies(world, number, person(number))
        assert findings.fraud is not None
        assert (findings.fraud.score, findings.fraud.linked) == (0, ())


def test_three_people_with_one_device_are_stopped_before_a_decision() -> None:
    world = World()
    application_id = suspected(world)
    assert world.state(application_id) == State.FRAUD_REVIEW
    assert world.book.decision(application_id) is None
    assert world.book.offers(application_id) == ()
    case = world.book.fraud_cases[application_id]
    assert (case.status, case.score, dict(case.hits)) == ("OPEN", 500, {"device_shared": 500})
    event = world.book.events[f"{application_id}-ApplicationReferred-3"]
    assert event.data["queue"] == "fraud"
    again = world.decide(application_id, None, None, (), world.later(minutes=5))
    assert again.outcome == "FRAUD_REVIEW", "a workflow that runs twice finds the same"


def test_a_ring_over_two_steps_is_found() -> None:
    world = World()
    first, second, third = (person(number) for number in range(3))
    second = replace(second, applicant=replace(second.applicant, mobile=first.applicant.mobile))
    decided(world, 0, first)
    decided(world, 1, second)
    third = replace(third, request=replace(third.request, vehicle=second.request.vehicle))
    _, findings = applies(world, 2, third)
    assert findings.fraud is not None
    assert findings.fraud.hits == {"ring": 500, "vin_shared": 350}
    assert len(findings.fraud.linked) == 2


def test_customers_of_one_dealer_are_not_linked_by_his_account() -> None:
    world = World()
    for number in range(4):
        _, findings = applies(world, number, person(number))
    assert findings.fraud is not None
    assert findings.fraud.hits == {}


def test_two_people_paid_out_to_one_private_account_are_linked() -> None:
    world = World()
    for number in range(2):
        own = PayeeAccount(APPLICANT.full_name, "6222999900001118")
        _, findings = applies(world, number, replace(person(number), payee=own))
    assert findings.fraud is not None
    assert findings.fraud.hits == {"account_shared": 400}


def test_contradictions_of_the_sources_add_up() -> None:
    world = World()
    world.income.result = IncomeReport("flo", True, 6, 1_000_000, 0)
    world.devices.result = DeviceReport("dev", 95, True, False)
    application_id, findings = applies(world, 0, person(0))
    assert findings.fraud is not None
    assert findings.fraud.hits == {"device_risky": 300, "income_overstated": 250}
    assert world.decide(application_id, findings, GOOD, (), AT).outcome == "FRAUD_REVIEW"


def test_a_dealer_with_inflated_prices_is_noticed() -> None:
    world = World()
    world.valuation.minor = 13_000_000  # of 16,000,000
    seen = []
    for number in range(4):
        _, findings = applies(world, number, person(number))
        assert findings.fraud is not None
        seen.append(findings.fraud.hits.get("dealer_prices_inflated"))
    assert seen == [None, None, None, 250]


def test_what_is_kept_of_links_is_blind() -> None:
    world = World()
    suspected(world)
    kept = repr(world.links.edges) + repr(world.links.joined) + repr(world.book.fraud_cases)
    for secret in ("13900000", "9902021", "phone-shared", "LZZAB12C1RZ100001", "6222999900001118"):
        assert secret not in kept


def closed(world: World, application_id: str, outcome: str, note: str = "called") -> Application:
    done = world.close_case(
        application_id,
        outcome,  # type: ignore[arg-type]  # parametrised
        note,
        "fraud-1",
        world.at,
        lambda _: world.key(),
    )
    return ok(done)


def test_clearing_wakes_the_workflow_which_decides_anew() -> None:
    world = World()
    application_id = suspected(world)
    world.workflow.tokens.add("t")
    assert world.park(application_id, "review", "t", world.at) is False
    assert closed(world, application_id, "cleared").state == State.DECISIONING
    assert world.workflow.answers["t"]["outcome"] == "DECISIONING"
    findings = world.identify(application_id, world.at)
    assert findings.fraud is not None
    assert findings.fraud.is_alert, "the links are still there"
    assert world.decide(application_id, findings, GOOD, (), world.at).outcome == "APPROVED"
    assert world.book.offers(application_id) != ()


def test_a_lost_wake_up_of_a_cleared_case_is_made_up_for_by_the_sweeper() -> None:
    world = World()
    application_id = suspected(world)
    world.workflow.tokens.add("t")
    world.park(application_id, "review", "t", world.at)
    world.workflow.down = True
    closed(world, application_id, "cleared")
    world.workflow.down = False
    assert world.sweep(world.later(minutes=1)).resumed == 1
    assert world.workflow.answers["t"]["outcome"] == "DECISIONING"


def test_confirming_declines_with_a_true_reason_and_feeds_the_watch_list() -> None:
    world = World()
    application_id = suspected(world)
    closed(world, application_id, "confirmed")
    assert world.state(application_id) == State.DECLINED
    view = world.view(application_id, "sub-2")
    assert [reason.text for reason in view.reasons] == ["申请信息无法核实"]
    later, findings = applies(world, 3, replace(person(3), device=Device("phone-shared")))
    assert findings.fraud is not None
    assert next(iter(findings.fraud.hits)) == "watch_list_device"
    assert world.decide(later, findings, GOOD, (), world.at).outcome == "FRAUD_REVIEW"
    file = world.view_case(later, world.at)
    assert LinkKind.DEVICE in file.around.watched
    assert len(file.neighbours) == 3


@pytest.mark.parametrize("outcome", ["confirmed", "cleared"])
def test_a_case_is_closed_once(outcome: str) -> None:
    world = World()
    application_id = suspected(world)
    closed(world, application_id, outcome)
    again = world.close_case(
        application_id, "cleared", "again", "fraud-2", world.at, lambda _: world.key()
    )
    assert isinstance(again, NotAllowed)
    assert again.code == "illegal_state"


def test_an_outcome_needs_a_note_and_a_review_cannot_get_around_it() -> None:
    world = World()
    application_id = suspected(world)
    refused = world.close_case(
        application_id, "cleared", "  ", "fraud-1", world.at, lambda _: world.key()
    )
    assert isinstance(refused, NotAllowed)
    assert refused.kind == "invalid"
    verdict = Verdict("APPROVED", (), "")
    other = world.review(application_id, verdict, "officer-1", world.at, lambda _: world.key())
    assert isinstance(other, NotAllowed)
    assert world.state(application_id) == State.FRAUD_REVIEW


def test_a_suspected_application_can_be_withdrawn() -> None:
    world = World()
    application_id = suspected(world)
    ok(world.withdraw(application_id, "sub-2", world.at, lambda _: world.key()))
    assert world.state(application_id) == State.WITHDRAWN


def test_the_watch_list_is_kept_by_people() -> None:
    world = World()
    added = world.watch_list.add(
        LinkKind.MOBILE, "139 0000-0003", "police", "fraud-1", None, AT, lambda _: world.key()
    )
    assert not isinstance(added, NotAllowed)
    assert "0000-0003" not in repr(added)
    assert world.watch_list.entries(LinkKind.MOBILE) == (added,)
    _, findings = applies(world, 3, person(3))
    assert findings.fraud is not None
    assert "watch_list_mobile" in findings.fraud.hits
    gone = world.watch_list.remove(
        LinkKind.MOBILE, added.token, "mistake", "fraud-2", AT, lambda _: world.key()
    )
    assert not isinstance(gone, NotAllowed)
    assert (gone.removed_by, gone.removed_because) == ("fraud-2", "mistake")
    assert world.watch_list.entries(LinkKind.MOBILE) == ()
    again = world.watch_list.remove(
        LinkKind.MOBILE, added.token, "mistake", "fraud-2", AT, lambda _: world.key()
    )
    assert isinstance(again, NotAllowed)
    past = world.watch_list.add(
        LinkKind.VIN, "X" * 17, "police", "fraud-1", AT, AT, lambda _: world.key()
    )
    assert isinstance(past, NotAllowed)


def test_without_the_index_nothing_is_found_out() -> None:
    world = World()
    world.links.down = True
    application_id = world.submitted(SUBMISSION)
    with pytest.raises(Retryable):
        world.identify(application_id, AT)
