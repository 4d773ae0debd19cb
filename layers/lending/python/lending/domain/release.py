"""May a signed application be paid out, and to whom: every reason that holds it, by name."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Final

from lending.domain.records import Release, Watch

FOUR_EYES: Final = "four_eyes"
SPLIT_DRAWDOWN: Final = "split_drawdown"
PAYEE_NOT_VERIFIED: Final = "payee_not_verified"
PAYEE_CHANGE_UNCONFIRMED: Final = "payee_change_unconfirmed"
PAYEE_COOLING: Final = "payee_cooling"
# What a second person may release all the same; of whom the money goes to, nobody decides.
RELEASABLE: Final = frozenset({FOUR_EYES, SPLIT_DRAWDOWN})
BPS: Final = 10_000
WATCHED_MAX: Final = 50  # releases remembered by one watch


@dataclass(frozen=True, slots=True)
class ReleaseRules:
    """How a market watches what leaves it.

    Loans from `near_limit_bps` of the four-eyes limit on are counted for `watch_days`, by kind of
    watch; a further one above `watch_max` of its kind is held. `payee_cooling_hours` pass between
    a change of payee and its payment.
    """

    near_limit_bps: int
    watch_days: int
    watch_max: Mapping[str, int]
    payee_cooling_hours: int

    def is_near(self, amount_minor: int, limit_minor: int) -> bool:
        """Just below the limit: one person alone would release it."""
        return limit_minor * self.near_limit_bps // BPS <= amount_minor <= limit_minor


def release_rules(raw: Mapping[str, Any]) -> ReleaseRules:
    """The rules in a profile's value.

    Raises:
        KeyError, TypeError, ValueError: a rule is missing, unknown or malformed.
    """
    rules = ReleaseRules(**raw)
    numbers = (rules.watch_days, rules.payee_cooling_hours, *rules.watch_max.values())
    if any(type(one) is not int or one < 0 for one in numbers):
        raise ValueError("release: days, hours and numbers are integers of at least 0")
    if set(rules.watch_max) != {"borrower", "vehicle", "payee"}:
        raise ValueError("release: watch_max is by borrower, vehicle and payee")
    if not 0 < rules.near_limit_bps <= BPS:
        raise ValueError("release: near_limit_bps is a share of the limit")
    return rules


def watch_key(kind: str, token: str) -> str:
    """The key of one watch."""
    return f"{kind}#{token}"


def holds(
    release: Release,
    watches: Iterable[Watch],
    amount_minor: int,
    limit_minor: int,
    rules: ReleaseRules,
    at: datetime,
) -> tuple[str, ...]:
    """Why it is not released at this moment; empty = it may go."""
    found = []
    if amount_minor > limit_minor:
        found.append(FOUR_EYES)
    if any(_is_split(watch, release.application_id, rules, at) for watch in watches):
        found.append(SPLIT_DRAWDOWN)
    if release.wanted_payee_id:
        found.append(PAYEE_CHANGE_UNCONFIRMED)
    elif release.payee_check != "match":
        found.append(PAYEE_NOT_VERIFIED)
    if release.pays_from is not None and at < release.pays_from:
        found.append(PAYEE_COOLING)
    return tuple(found)


def _is_split(watch: Watch, application_id: str, rules: ReleaseRules, at: datetime) -> bool:
    since = at - timedelta(days=rules.watch_days)
    others = [one for when, one, _ in watch.releases if when >= since and one != application_id]
    return len(others) >= rules.watch_max[watch.key.partition("#")[0]]


def watched(watch: Watch, application_id: str, amount_minor: int, at: datetime) -> Watch:
    """The watch with one more release; the oldest fall out."""
    kept = tuple(one for one in watch.releases if one[1] != application_id)
    releases = (*kept, (at, application_id, amount_minor))[-WATCHED_MAX:]
    return replace(watch, releases=releases, version=watch.version + 1)
