"""A webhook body becomes one fact or one named case; nothing in it is guessed."""

from collections.abc import Mapping
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lending.domain.bank_events import BankEvent, event_of
from lending.domain.bank_facts import (
    CollectionStatus,
    Credit,
    Fact,
    Flaw,
    LineKind,
    PayoutStatus,
    Problem,
    Return,
    StatementLine,
    fact_of,
)

DAY = date(2026, 11, 24)


def document(kind: str = "payout.accepted", **data: Any) -> dict[str, Any]:
    fields: dict[str, Any] = {
        "reference": "dis-app_1",
        "bank_reference": "BK-1",
        "amount_minor": 12_000_000,
        "currency": "CNY",
        "value_on": "2026-11-24",
        **data,
    }
    kept = {name: value for name, value in fields.items() if value is not None}
    return {"event_id": "evt_1", "type": kind, "data": kept}


@pytest.mark.parametrize(
    ("body", "fact"),
    [
        (
            document("payout.accepted"),
            PayoutStatus("dis-app_1", "accepted", 12_000_000, "CNY", "BK-1", DAY),
        ),
        (
            document("payout.rejected", reason="AC04", bank_reference=None, value_on=None),
            PayoutStatus("dis-app_1", "rejected", 12_000_000, "CNY", reason="AC04"),
        ),
        (
            document("payout.returned", reason="AC04"),
            Return("BK-1", "dis-app_1", "payout", 12_000_000, "CNY", DAY, "AC04"),
        ),
        (
            document("debit.collected"),
            CollectionStatus("dis-app_1", "collected", 12_000_000, "CNY", "BK-1", DAY),
        ),
        (
            document("debit.failed", reason="insufficient_funds"),
            CollectionStatus("dis-app_1", "failed", 12_000_000, "CNY", reason="insufficient_funds"),
        ),
        (
            document("debit.returned", reason="MD06"),
            Return("BK-1", "dis-app_1", "collection", 12_000_000, "CNY", DAY, "MD06"),
        ),
        (
            document(
                "credit.returned", reason="FOCR", reference="a b", original_bank_reference="BK-0"
            ),
            Return("BK-1", "a b", "credit", 12_000_000, "CNY", DAY, "FOCR", "BK-0"),
        ),
        (
            document("credit.received", reference=" loan 77 "),
            Credit("BK-1", "loan 77", 12_000_000, "CNY", DAY),
        ),
        (
            document("credit.received", reference=None),
            Credit("BK-1", "", 12_000_000, "CNY", DAY),
        ),
    ],
)
def test_each_kind_of_event_is_one_fact(body: Mapping[str, object], fact: Fact) -> None:
    event = event_of(body)
    assert isinstance(event, BankEvent)
    assert (event.event_id, event.fact) == ("evt_1", fact)


@pytest.mark.parametrize(
    ("body", "flaw", "pointer"),
    [
        ({}, Flaw.MISSING_FIELD, "/event_id"),
        ({"event_id": 7}, Flaw.MALFORMED_FIELD, "/event_id"),
        ({"event_id": "x" * 65}, Flaw.MALFORMED_FIELD, "/event_id"),
        ({"event_id": "evt 1"}, Flaw.MALFORMED_FIELD, "/event_id"),
        ({"event_id": "evt_1"}, Flaw.MISSING_FIELD, "/type"),
        ({"event_id": "evt_1", "type": "payout.accepted"}, Flaw.MISSING_FIELD, "/data"),
        ({**document(), "data": []}, Flaw.MALFORMED_FIELD, "/data"),
        (document("payout.exploded"), Flaw.UNKNOWN_CODE, "/type"),
        (document(reference=None), Flaw.MISSING_FIELD, "/data/reference"),
        (document(reference="x" * 65), Flaw.MALFORMED_FIELD, "/data/reference"),
        (document(bank_reference=None), Flaw.MISSING_FIELD, "/data/bank_reference"),
        (document(amount_minor=None), Flaw.MISSING_FIELD, "/data/amount_minor"),
        (document(amount_minor=True), Flaw.MALFORMED_AMOUNT, "/data/amount_minor"),
        (document(amount_minor=1.0), Flaw.MALFORMED_AMOUNT, "/data/amount_minor"),
        (document(amount_minor="100"), Flaw.MALFORMED_AMOUNT, "/data/amount_minor"),
        (document(amount_minor=10**15 + 1), Flaw.MALFORMED_AMOUNT, "/data/amount_minor"),
        (document(amount_minor=0), Flaw.ZERO_AMOUNT, "/data/amount_minor"),
        (document(amount_minor=-1), Flaw.NEGATIVE_AMOUNT, "/data/amount_minor"),
        (document(currency="cny"), Flaw.UNKNOWN_CURRENCY, "/data/currency"),
        (document(currency=None), Flaw.UNKNOWN_CURRENCY, "/data/currency"),
        (document(currency=["CNY"]), Flaw.UNKNOWN_CURRENCY, "/data/currency"),
        (document(value_on="24.11.2026"), Flaw.MALFORMED_FIELD, "/data/value_on"),
        (document(value_on="2026-02-30"), Flaw.MALFORMED_FIELD, "/data/value_on"),
        (document(value_on=None), Flaw.MISSING_FIELD, "/data/value_on"),
        (
            document("credit.returned", reason="FOCR"),
            Flaw.MISSING_FIELD,
            "/data/original_bank_reference",
        ),
        (
            document("payout.returned", reason="X", original_bank_reference=7),
            Flaw.MALFORMED_FIELD,
            "/data/original_bank_reference",
        ),
        (document("payout.returned"), Flaw.MISSING_FIELD, "/data/reason"),
        (document("payout.returned", reason="<b>"), Flaw.MALFORMED_FIELD, "/data/reason"),
        (document("credit.received", reference=7), Flaw.MALFORMED_FIELD, "/data/reference"),
        (document("credit.received", reference="x" * 141), Flaw.MALFORMED_FIELD, "/data/reference"),
    ],
)
def test_what_is_wrong_is_named_with_its_place_and_without_its_value(
    body: Mapping[str, object], flaw: Flaw, pointer: str
) -> None:
    problem = event_of(body)
    assert isinstance(problem, Problem)
    assert (problem.flaw, problem.detail, problem.is_whole) == (flaw, pointer, True)


def test_a_case_names_its_event_when_that_is_readable() -> None:
    problem = event_of(document(amount_minor=0))
    assert isinstance(problem, Problem)
    assert problem.at == "event evt_1"


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=8,
)


@given(st.dictionaries(st.sampled_from(["event_id", "type", "data"]), JSON), JSON, JSON)
def test_any_object_is_a_fact_or_a_case(outer: dict[str, Any], kind: Any, data: Any) -> None:
    assert isinstance(event_of(outer), BankEvent | Problem)
    assert isinstance(event_of({"event_id": "e", "type": kind, "data": data}), BankEvent | Problem)


@pytest.mark.parametrize("kind", LineKind)
def test_a_booked_line_proves_what_a_webhook_would_have_told(kind: LineKind) -> None:
    signed = 500 if kind in {LineKind.CREDIT, LineKind.COLLECTION, LineKind.PAYOUT_RETURN} else -500
    line = StatementLine("S1", 1, kind, "BK-1", "r-1", signed, "CNY", DAY, DAY, True, "AC04")
    expected: dict[LineKind, Fact | None] = {
        LineKind.PAYOUT: PayoutStatus("r-1", "accepted", 500, "CNY", "BK-1", DAY, "AC04"),
        LineKind.COLLECTION: CollectionStatus("r-1", "collected", 500, "CNY", "BK-1", DAY, "AC04"),
        LineKind.CREDIT: Credit("BK-1", "r-1", 500, "CNY", DAY),
        LineKind.PAYOUT_RETURN: Return("BK-1", "r-1", "payout", 500, "CNY", DAY, "AC04"),
        LineKind.COLLECTION_RETURN: Return("BK-1", "r-1", "collection", 500, "CNY", DAY, "AC04"),
        LineKind.CREDIT_RETURN: Return("BK-1", "r-1", "credit", 500, "CNY", DAY, "AC04"),
        LineKind.OTHER: None,
    }
    assert fact_of(line) == expected[kind]


def test_a_pending_line_proves_nothing() -> None:
    line = StatementLine("S1", 1, LineKind.CREDIT, "B", "r", 5, "CNY", DAY, DAY, is_booked=False)
    assert fact_of(line) is None
