"""The score task: what it takes, what it answers, what it refuses."""

import json

import pytest

from functions.decide.model import ScoredPayload
from functions.score.handler import Permanent, handler

FEATURES = {"bureau_score": 512, "ltv_pct": "120.00", "pti_pct": None}
EVENT = {
    "features": FEATURES,
    "application_id": "app_1",
    "market": "cn",
    "product_id": "cn-auto-new",
    "at": "2026-11-25T03:00:00.123Z",
}


def test_the_answer_is_what_decide_takes() -> None:
    answer = json.loads(json.dumps(handler(EVENT, None)))
    scored = ScoredPayload(**answer).scored()
    assert (scored.model, scored.role, scored.beside) == ("1.0.0", "champion", ())
    assert scored.pd_ppm == answer["pd_ppm"] > 0
    assert scored.reasons[0] == "credit_history_weak"
    assert answer["contributions"]["bureau_score"] > 0


def test_a_run_of_an_older_release_says_features_only() -> None:
    assert handler({"features": FEATURES}, None) == handler(EVENT, None)


def test_other_models_answers_reach_the_record() -> None:
    beside = [{"model": "2", "pd_ppm": 7, "score": 600}, {"model": "3", "failed": "TypeError"}]
    scored = ScoredPayload(**{**handler(EVENT, None), "beside": beside}).scored()
    assert [(one.model, one.pd_ppm, one.failed) for one in scored.beside] == [
        ("2", 7, None),
        ("3", None, "TypeError"),
    ]


@pytest.mark.parametrize(
    "event",
    [
        None,
        {},
        {"features": [1]},
        {"features": {"sex": "F"}},
        {"features": {"bureau_score": "512"}},
        {"features": {"ltv_pct": "1e3"}},
        {**EVENT, "application_id": 5},
    ],
)
def test_a_malformed_payload_is_refused_for_good(event: object) -> None:
    with pytest.raises(Permanent):
        handler(event, None)  # type: ignore[arg-type]
