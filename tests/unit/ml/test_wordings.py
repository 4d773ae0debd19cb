"""Reasons of trained models say something in every language, or the model decides nothing."""

import pytest
from lending.domain.reasons import TEXTS
from lending.domain.submission import LOCALES

from ml import dataset
from ml.dataset import SpecRefused
from ml.training import protected
from ml.wordings import unworded, wording

OWN = {"income": {"zh-CN": "收入", "zh-TW": "收入。", "en": "What you earn."}}


@pytest.mark.parametrize(
    "name",
    [
        "auto_loans_us",
        "give_me_some_credit",
        "personal_loans_us",
        "platform_events",
        "retail_credit_br",
        "synthetic_car_loan_drift",
    ],
)
def test_every_reason_of_a_credit_specification_is_worded(name: str) -> None:
    spec = dataset.find(name)
    hidden = protected(spec)
    codes = {one.reason or one.name for one in spec.used if one.name not in hidden}
    assert codes
    assert unworded({code: wording(code, spec.wordings) for code in codes}) == []


def test_a_specifications_own_words_come_before_all_others_and_the_code_last() -> None:
    assert wording("income", OWN) == OWN["income"]
    assert wording("income", {})["en"] == "Your income."
    assert wording("past_delinquency", {}) == TEXTS["past_delinquency"]
    assert wording("no_such_reason", {}) == dict.fromkeys(LOCALES, "no such reason")


def test_what_says_only_its_code_is_named_by_language() -> None:
    half = {"zh-CN": "收入", "en": "income_rest"}
    told = unworded({"income_rest": half, "income": OWN["income"]})
    assert told == ["income_rest (en)", "income_rest (zh-TW)"]


@pytest.mark.parametrize(
    "texts",
    ["{en: Only this}", "{zh-CN: a, zh-TW: b, en: c, fr: d}", "{zh-CN: a, zh-TW: '', en: c}"],
)
def test_a_specification_words_a_reason_in_all_languages_or_not_at_all(texts: str) -> None:
    text = dataset.find("auto_loans_us").text + f"\nreasons:\n  amount_asked: {texts}\n"
    with pytest.raises(SpecRefused, match="amount_asked wants a text in each"):
        dataset.parse(text)
