"""Links, rings and the fraud score: rules as tables."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from lending.adapters.profiles import ProfileStore
from lending.domain.fraud import (
    Around,
    Edge,
    Facts,
    LinkKind,
    Ring,
    WatchEntry,
    assess,
    cleared,
    confirmed,
    opened,
    precision,
    recent,
    ring_of,
)
from lending.domain.fraud.cases import to_watch
from lending.domain.records import Findings, FraudFinding

AT = datetime(2026, 11, 24, 2, 0, tzinfo=UTC)
OWN = Edge("app_0", "cus_0", AT)
RULES = ProfileStore(("cn",)).get("cn", AT.date()).fraud
ALONE = Ring(frozenset({"cus_0"}), (), frozenset())
K = LinkKind


def edges(count: int, days_ago: int = 1, first: int = 1) -> tuple[Edge, ...]:
    """Other people's applications."""
    at = AT - timedelta(days=days_ago)
    return tuple(Edge(f"app_{n}", f"cus_{n}", at) for n in range(first, first + count))


def hits(around: Around, facts: Facts | None = None, ring: Ring = ALONE) -> dict[str, int]:
    return dict(assess(OWN, around, ring, facts or Facts(), RULES, AT).hits)


def test_nobody_else_and_no_contradiction_is_nothing() -> None:
    found = assess(OWN, Around({K.MOBILE: (OWN,)}), ALONE, Facts(), RULES, AT)
    assert (found.score, dict(found.hits), found.is_alert) == (0, {}, False)


@pytest.mark.parametrize(
    ("kind", "others", "days_ago", "points"),
    [
        (K.MOBILE, 1, 89, 300),
        (K.MOBILE, 1, 91, None),
        (K.MOBILE, 2, 10, 600),
        (K.DEVICE, 1, 29, 200),
        (K.DEVICE, 2, 29, 500),
        (K.DEVICE, 2, 31, None),
        (K.VIN, 1, 59, 350),
        (K.VIN, 2, 59, 600),
        (K.ID_NO, 1, 5, 350),
        (K.ACCOUNT, 1, 5, 400),
        (K.ADDRESS, 2, 5, None),
        (K.ADDRESS, 3, 5, 150),
        (K.ADDRESS, 7, 5, 300),
        (K.DEALER, 50, 1, None),
    ],
)
def test_people_who_share_a_token(
    kind: LinkKind, others: int, days_ago: int, points: int | None
) -> None:
    found = hits(Around({kind: edges(others, days_ago)}))
    assert found.get(f"{kind.value}_shared") == points


def test_one_person_who_comes_back_shares_with_nobody_but_may_come_too_often() -> None:
    mine = tuple(Edge(f"app_{n}", "cus_0", AT - timedelta(days=n)) for n in range(1, 5))
    assert hits(Around({K.ID_NO: mine})) == {"id_no_repeated": 150}
    assert hits(Around({K.ID_NO: mine[:3]})) == {}


def test_a_watched_token_is_an_alert_by_itself() -> None:
    found = assess(OWN, Around({}, {K.VIN: "stolen"}), ALONE, Facts(), RULES, AT)
    assert (found.score, dict(found.hits), found.is_alert) == (1000, {"watch_list_vin": 1000}, True)


@pytest.mark.parametrize(
    ("facts", "code"),
    [
        (Facts(identity="mismatch"), "identity_mismatch"),
        (Facts(declared_income_minor=151, verified_income_minor=100), "income_overstated"),
        (Facts(declared_income_minor=150, verified_income_minor=100), None),
        (Facts(declared_income_minor=150, verified_income_minor=None), None),
        (Facts(declared_income_minor=1, verified_income_minor=0), "income_overstated"),
        (Facts(employer_confirmed=False), "employer_unconfirmed"),
        (Facts(employer_confirmed=None), None),
        (Facts(months_employed=25, founded_year=2025), "employment_impossible"),
        (Facts(months_employed=24, founded_year=2025), None),
        (Facts(device_risk=80), "device_risky"),
        (Facts(device_risk=79), None),
        (Facts(is_emulator=True), "device_risky"),
        (Facts(price_minor=116, valuation_minor=100), "price_inflated"),
        (Facts(price_minor=115, valuation_minor=100), None),
    ],
)
def test_facts_that_contradict_each_other(facts: Facts, code: str | None) -> None:
    assert list(hits(Around(), facts)) == ([] if code is None else [code])


def test_no_single_contradiction_is_an_alert_and_several_are() -> None:
    one = Facts(employer_confirmed=False)
    more = replace(one, declared_income_minor=200, verified_income_minor=100, is_emulator=True)
    assert not assess(OWN, Around(), ALONE, one, RULES, AT).is_alert
    found = assess(OWN, Around(), ALONE, more, RULES, AT)
    assert found.score == 700
    assert found.is_alert
    assert list(found.hits) == ["device_risky", "income_overstated", "employer_unconfirmed"]


def test_the_score_ends_at_a_thousand() -> None:
    around = Around({K.MOBILE: edges(5), K.VIN: edges(5)}, {K.DEVICE: "why"})
    assert assess(OWN, around, ALONE, Facts(), RULES, AT).score == 1000


def test_a_ring_grows_over_what_neighbours_share() -> None:
    near = Around({K.MOBILE: (OWN, *edges(1)), K.ADDRESS: edges(9, first=20)})
    far = [{K.VIN: (*edges(1), *edges(1, first=2)), K.DEALER: edges(9, first=30)}]
    ring = ring_of(OWN, near, far)
    assert ring.people == {"cus_0", "cus_1", "cus_2"}
    assert ring.applications == ("app_1", "app_2")
    assert ring.kinds == {K.MOBILE, K.VIN}
    assert hits(Around(), ring=ring) == {"ring": 500}
    assert hits(Around(), ring=ring_of(OWN, near, [])) == {}, "two people are no ring"


def test_a_dealer_is_judged_by_shares_not_by_size() -> None:
    marks, many, few = edges(3), edges(20, first=50), edges(5, first=50)
    assert hits(Around({K.DEALER_PRICE: marks, K.DEALER: (*marks, *many)})) == {}
    found = hits(Around({K.DEALER_PRICE: marks, K.DEALER: (*marks, *few)}))
    assert found == {"dealer_prices_inflated": 250}
    assert hits(Around({K.DEALER_FRAUD: edges(1, 100)})) == {}
    assert hits(Around({K.DEALER_FRAUD: edges(2, 100)})) == {"dealer_confirmed_fraud": 300}


def test_an_application_counts_once_and_old_ones_do_not() -> None:
    twice = (*edges(1), *edges(1), *edges(1, 40, first=9))
    assert [edge.application_id for edge in recent(twice, AT, 30)] == ["app_1"]


FINDING = FraudFinding(700, True, {"vin_shared": 600, "ring": 500}, ("app_1",), "r1")
FOUND = Findings("match", 36, None, None, None, None, {}, fraud=FINDING)
CASE = opened("app_0", FINDING, FOUND, AT)


def test_precision_counts_closed_cases_by_rule() -> None:
    other = replace(FINDING, hits={"vin_shared": 600})
    cases = [
        CASE,
        confirmed(CASE, "o", "n", AT),
        cleared(opened("app_2", other, FOUND, AT), "o", "n", AT),
        cleared(opened("app_3", other, FOUND, AT), "o", "n", AT),
    ]
    found = {one.code: (one.confirmed, one.cleared, one.precision_bps) for one in precision(cases)}
    assert found == {
        "alert": (1, 2, 3333),
        "ring": (1, 0, 10_000),
        "vin_shared": (1, 2, 3333),
    }


def test_a_confirmed_fraud_watches_everything_but_the_address_and_the_dealer() -> None:
    links = {kind: kind.value * 4 for kind in (K.MOBILE, K.DEVICE, K.ADDRESS, K.DEALER)}
    found = to_watch(CASE, links, "officer", AT, 30)
    assert [one.kind for one in found] == [K.MOBILE, K.DEVICE]
    assert all(one.is_active(AT + timedelta(days=29)) for one in found)
    assert not any(one.is_active(AT + timedelta(days=30)) for one in found)


def test_a_removed_entry_counts_no_more() -> None:
    entry = WatchEntry(K.VIN, "t", "", "why", "o", AT)
    assert entry.is_active(AT + timedelta(days=9999))
    assert not replace(entry, removed_at=AT).is_active(AT)
