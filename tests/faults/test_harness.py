"""The harness itself: it repeats exactly, goes the product's ways, and refuses what it lacks."""

import json
import pickle
from typing import Any

import boto3
import pytest
from lending.adapters import aws
from lending.adapters.dynamodb import keys

from tools.chaos import machines
from tools.chaos.evidence import Evidence
from tools.chaos.machines import NotWalkable
from tools.chaos.mistakes import fails_by_name
from tools.chaos.plan import Fault, Mode, Plan
from tools.chaos.runner import Runner
from tools.chaos.scenarios import SCENARIOS
from tools.chaos.seams import MODES, Kind, Sampled, Unmodelled
from tools.chaos.store import CUSTOMERS, LENDING

PAY = "disburse bank_rail POST /payments 1"
LOST = Plan("disbursement", (Fault(PAY, Mode.LOST),))


def test_a_run_repeats_call_by_call_and_row_by_row(runner: Runner) -> None:
    def trace() -> tuple[object, ...]:
        result = runner.run(LOST, from_start=True)
        rows = sorted(
            map(str, (item["pk"] | item["sk"] for item in runner.world.store.items(LENDING)))
        )
        return result.seams, result.violations, rows, runner.world.state.now_ms

    assert trace() == trace()


def test_a_run_from_its_checkpoint_is_the_run_from_the_start(runner: Runner) -> None:
    for plan in runner.singles("disbursement")[::15]:
        short, whole = runner.run(plan), runner.run(plan, from_start=True)
        assert [one.name for one in short.seams] == [one.name for one in whole.seams]
        assert short.violations == whole.violations


def test_random_faults_become_a_plan_that_does_the_same(runner: Runner) -> None:
    drawn = runner.run_sampled("disbursement", 5, 2)
    assert drawn.plan.faults
    again = runner.run(drawn.plan, from_start=True)
    assert [one.name for one in again.seams] == [one.name for one in drawn.seams]


def test_a_bad_plan_is_cut_down_to_what_breaks_it(runner: Runner) -> None:
    others = (Fault("publish events.PutEvents 1", Mode.LOST), Fault(PAY, Mode.LOST))
    plan = Plan("disbursement", others, mutation="doubt_is_not_no")
    assert runner.minimal(plan).faults == (Fault(PAY, Mode.LOST),)


def test_the_short_way_to_dynamodb_answers_as_the_usual_one(runner: Runner) -> None:
    runner.run(Plan("disbursement"))
    store = runner.world.store
    usual = boto3.client("dynamodb", region_name=machines.REGION)
    item = next(one for one in store.items(LENDING) if "signers" in one)
    key = {"pk": item["pk"], "sk": item["sk"]}
    get = {"TableName": LENDING, "Key": key, "ConsistentRead": True}
    query = {
        "TableName": LENDING,
        "KeyConditionExpression": "pk = :p AND begins_with(sk, :s)",
        "ExpressionAttributeValues": {":p": item["pk"], ":s": {"S": keys.EVENT_PREFIX}},
    }
    assert usual.get_item(**get)["Item"] == store.call("GetItem", get)["Item"]
    assert store.short("GetItem", get) == store.by_moto("GetItem", get)
    sealed = {"TableName": CUSTOMERS, "Key": _keys_of(store.items(CUSTOMERS)[0])}
    assert store.short("GetItem", sealed) == store.by_moto("GetItem", sealed)
    assert usual.query(**query)["Items"] == store.call("Query", query)["Items"]
    refused = {
        "TableName": LENDING,
        "Item": item,
        "ConditionExpression": "attribute_not_exists(pk)",
    }
    with pytest.raises(usual.exceptions.ConditionalCheckFailedException) as told:
        usual.put_item(**refused)
    assert told.value.response["Error"] == store.call("PutItem", refused)["Error"]
    transaction = {"TransactItems": [{"Put": refused}]}
    with pytest.raises(usual.exceptions.TransactionCanceledException) as cancelled:
        usual.transact_write_items(**transaction)
    reasons = cancelled.value.response["CancellationReasons"]
    assert reasons == store.call("TransactWriteItems", transaction)["CancellationReasons"]


@pytest.mark.parametrize("scenario", ["disbursement", "statement", "drawn_by_file"])
def test_a_run_that_passes_botocore_by_is_the_run_through_it(
    scenario: str, runner: Runner, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A fault of every mode: what is raised, kept and told is the same either way."""
    by_mode = {plan.faults[0].do: plan for plan in runner.singles(scenario)}
    for plan in by_mode.values():
        short, short_ms = runner.run(plan), runner.world.state.now_ms
        with monkeypatch.context() as patch:
            patch.setattr(runner.world.aws, "is_short", False)
            whole = runner.run(plan)
        assert [one.name for one in short.seams] == [one.name for one in whole.seams], plan
        assert (short.violations, short_ms) == (whole.violations, runner.world.state.now_ms)


def test_an_index_that_lags_shows_what_was(runner: Runner) -> None:
    runner.run(Plan("disbursement"))
    store = runner.world.store
    state = next(one for one in store.items(LENDING) if one.get("state", {}).get("S") == "FUNDED")
    before = len(store.items(LENDING))
    with store.lagging(0):
        assert store.items(LENDING) == []
    with store.lagging(None):
        assert len(store.items(LENDING)) <= before
    assert len(store.items(LENDING)) == before
    assert state in store.items(LENDING)


def test_a_world_comes_back_as_it_was_saved(runner: Runner) -> None:
    runner.run(Plan("disbursement"))
    world = runner.world
    saved = world.save()
    rows, at_ms = len(world.store.items(LENDING)), world.state.now_ms
    runner.run(LOST)
    world.restore(saved)
    assert (len(world.store.items(LENDING)), world.state.now_ms) == (rows, at_ms)
    assert pickle.loads(saved)


@pytest.mark.parametrize(
    ("scenario", "at", "told"),
    [
        ("auto_debit", "remind dynamodb.TransactWriteItems 1", "task failed"),
        ("payments", "collect dynamodb.TransactWriteItems 1", "request failed"),
        ("disbursement", "publish events.PutEvents 1", "one by one"),
    ],
)
def test_a_mistake_of_ours_is_a_violation_even_if_a_repetition_hides_it(
    scenario: str, at: str, told: str, runner: Runner, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As when a closed connection ended a task as an AttributeError: the next one did it all."""
    plan = Plan(scenario, (Fault(at, Mode.LOST),))
    assert runner.run(plan).is_good
    monkeypatch.setattr(aws, "fault_of", _mistaken)
    result = runner.run(plan)
    assert not result.missed
    assert {one.invariant for one in result.violations} == {"L2 fails by name"}
    assert any(f"{told}: AttributeError" in one.what for one in result.violations)


def test_what_a_handler_raises_itself_is_a_violation_too(runner: Runner) -> None:
    runner.run(Plan("disbursement"))
    evidence = Evidence.of(runner.world, SCENARIOS["disbursement"])
    assert list(fails_by_name(evidence)) == []
    assert runner.world.invoke("publish", {}).error == "KeyError"
    assert list(fails_by_name(evidence)) == ["publish raised KeyError"]


def _keys_of(item: dict[str, Any]) -> dict[str, Any]:
    return {name: item[name] for name in ("pk", "sk")}


def _mistaken(*_: object) -> object:
    raise AttributeError("'NoneType' object has no attribute 'response'")


def test_plans_read_back_and_nonsense_is_refused() -> None:
    plan = Plan("disbursement", (Fault(PAY, Mode.LATE),), 7, "sweeper")
    assert Plan.from_json(plan.to_json()) == plan
    for text in ("{}", "[]", '{"scenario": "x", "faults": [{"at": "y", "do": "explode"}]}', "x"):
        with pytest.raises(ValueError):  # of JSON or of the plan
            Plan.from_json(text)


def test_what_cannot_happen_at_a_call_is_refused(runner: Runner) -> None:
    with pytest.raises(Unmodelled, match="cannot happen"):
        runner.run(Plan("disbursement", (Fault(PAY, Mode.STALE),)))
    with pytest.raises(ValueError, match="no scenario"):
        runner.run(Plan("nothing"))


def test_every_kind_of_call_can_go_wrong_and_samples_are_repeatable() -> None:
    assert set(MODES) == set(Kind)
    assert all(MODES.values())
    first, second = (Sampled(3, 2, 50) for _ in range(2))
    assert first.first == second.first < 50


def test_every_machine_of_the_product_can_be_walked() -> None:
    assert {"origination", "underwriting", "disbursement", "servicing"} <= set(machines.machines())
    text = json.dumps({name: dict(one.states) for name, one in machines.machines().items()})
    assert "${" not in text, "a hole that nothing fills"


def test_what_the_walker_does_not_know_stops_it() -> None:
    for state in ({"Type": "Parallel"}, {"Type": "Wait", "Timestamp": "2026-01-01T00:00:00Z"}):
        with pytest.raises(NotWalkable):
            machines._add({}, "new", {"StartAt": "A", "States": {"A": state}})
