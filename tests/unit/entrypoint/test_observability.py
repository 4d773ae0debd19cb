"""No personal data in logs, whatever path it took (invariant I14)."""

from typing import Any

import pytest
from lending.entrypoint.observability import (
    DROPPED,
    PERSONAL_KEYS,
    logger,
    where,
    without_personal_data,
)

from tests.unit.entrypoint.conftest import Lines

PERSON = "王小明 110105199003070017"


def test_a_line_is_json_with_level_and_message(log: Lines) -> None:
    logger().warning("record failed", record="m-1", fault="Retryable")
    (line,) = log.parsed()
    assert (line["level"], line["message"]) == ("WARNING", "record failed")
    assert (line["record"], line["fault"]) == ("m-1", "Retryable")


@pytest.mark.parametrize("key", sorted(PERSONAL_KEYS))
def test_a_personal_key_is_dropped_at_every_depth(log: Lines, key: str) -> None:
    nested: dict[str, Any] = {"a": [{key.upper(): PERSON}, ({key: PERSON},)]}
    logger().info("x", details=nested, safe="app_1")
    logger().info("x", extra={"more": nested})
    logger().info({"inside": {key: PERSON}})
    assert "王" not in log.text
    assert "110105" not in log.text
    assert log.parsed()[0]["safe"] == "app_1"
    assert DROPPED in log.text


def test_appended_keys_are_cleaned_too(log: Lines) -> None:
    logger().append_keys(applicant={"full_name": PERSON})
    try:
        logger().info("x")
    finally:
        logger().remove_keys(["applicant"])
    assert log.parsed()[0]["applicant"] == DROPPED


def test_very_deep_values_are_dropped_rather_than_searched() -> None:
    value: object = {"fine": 1}
    for _ in range(10):
        value = [value]
    assert "fine" not in str(without_personal_data(value))
    assert without_personal_data({"fine": [1, ("a", None)]}) == {"fine": [1, ["a", None]]}


def test_where_names_classes_and_lines_but_never_messages() -> None:
    def fails() -> None:
        try:
            raise ValueError(PERSON)
        except ValueError as error:
            raise KeyError(PERSON) from error

    with pytest.raises(KeyError) as caught:
        fails()
    lines = where(caught.value)
    assert lines[0] == "KeyError"
    assert "ValueError" in lines
    assert any(line.startswith("test_observability.py:") for line in lines)
    assert PERSON not in " ".join(lines)


def test_a_circle_of_causes_ends() -> None:
    first, second = ValueError(), KeyError()
    first.__context__, second.__context__ = second, first
    assert len(where(first)) <= 60


def test_the_text_of_a_logged_exception_is_dropped(log: Lines) -> None:
    try:
        raise ValueError(PERSON)
    except ValueError:
        logger().exception("failed")
    assert "王" not in log.text
    assert log.parsed()[0]["exception_name"] == "ValueError"
