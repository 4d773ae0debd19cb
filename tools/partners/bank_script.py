"""What the sandbox bank does wrong, order by order: rules set by hand, or drawn from a seed.

A rule is `{"do": move, "on"?: kind, "match"?: glob of references, "times"?: n, "after_s"?: s,
"reason"?: code}`. Chaos is `{"seed": n, "rates": {move: per mille}}`: each reference draws its
moves by itself, so what happens to it does not depend on the order in which orders come.
"""

import random
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from enum import StrEnum
from fnmatch import fnmatchcase
from typing import Any

from tools.partners.journal import JsonObject


class Move(StrEnum):
    """One misbehaviour. Several may meet in one order."""

    # The answer to an order or a question.
    TIMEOUT_BEFORE_ACCEPT = "timeout_before_accept"  # the connection drops, nothing happened
    TIMEOUT_AFTER_ACCEPT = "timeout_after_accept"  # it drops after the money moved
    REJECT = "reject"
    QUERY_UNKNOWN = "query_unknown"  # though it was accepted
    # What happens to the money afterwards.
    RETURN = "return"  # a payout comes back, a collection or a credit is taken back
    INSUFFICIENT_FUNDS = "insufficient_funds"  # of a collection
    # The true webhook.
    WEBHOOK_NONE = "webhook_none"
    WEBHOOK_LATE = "webhook_late"
    WEBHOOK_EARLY = "webhook_early"  # before the order was answered
    WEBHOOK_TWICE = "webhook_twice"  # the same event again
    WEBHOOK_ANEW = "webhook_anew"  # the same booking again under another event id
    WEBHOOK_BEHIND = "webhook_behind"  # after the event that happens next
    WRONG_AMOUNT = "wrong_amount"  # signed, but not what was booked
    WRONG_CURRENCY = "wrong_currency"
    # A webhook that somebody else sends, and that says the opposite.
    FORGED_SECRET = "forged_secret"
    FORGED_STALE = "forged_stale"
    FORGED_BODY = "forged_body"


# Decided at each request, not once for an order.
ON_OCCASION = frozenset({Move.TIMEOUT_BEFORE_ACCEPT, Move.QUERY_UNKNOWN})
KINDS = ("payout", "debit", "credit")
AFTER_S = {Move.RETURN: 3600.0, Move.WEBHOOK_LATE: 600.0, Move.WEBHOOK_BEHIND: 60.0}
REASONS = {
    ("payout", Move.REJECT): "account_closed",
    ("payout", Move.RETURN): "AC04",
    ("debit", Move.REJECT): "mandate_unknown",
    ("debit", Move.RETURN): "MD06",
    ("debit", Move.INSUFFICIENT_FUNDS): "AM04",
    ("credit", Move.RETURN): "FOCR",
}


@dataclass(frozen=True, slots=True)
class Step:
    """A move in force: how much later and with which reason."""

    after_s: float
    reason: str


def rule_of(body: Mapping[str, Any]) -> JsonObject:
    """A checked rule. Raises ValueError or KeyError."""
    on = body.get("on")
    if on is not None and on not in KINDS:
        raise ValueError(f"on must be one of {', '.join(KINDS)}")
    times = body.get("times")
    after_s = body.get("after_s")
    return {
        "do": Move(body["do"]).value,
        "on": on,
        "match": str(body.get("match", "*")),
        "times": None if times is None else int(times),
        "after_s": None if after_s is None else float(after_s),
        "reason": str(body.get("reason", "")),
    }


def chaos_of(body: Mapping[str, Any]) -> JsonObject:
    """A checked chaos setting. Raises ValueError, KeyError or TypeError."""
    rates = {Move(name).value: int(rate) for name, rate in dict(body["rates"]).items()}
    if not all(0 <= rate <= 1000 for rate in rates.values()):
        raise ValueError("rates are per mille")
    return {"seed": int(body["seed"]), "rates": rates}


def take(
    rules: Mapping[str, JsonObject], chaos: Mapping[str, Any], kind: str, reference: str
) -> dict[Move, Step]:
    """The moves for one order or booking; uses up one of `times` of each rule that matches.

    What is asked for by its own occasion (`is_due`) is left out of the rules.
    """
    moves = drawn(chaos, kind, reference)
    for rule in rules.values():
        if rule["do"] not in ON_OCCASION and _matches(rule, kind, reference):
            moves[Move(rule["do"])] = _step(rule, kind)
            _use(rule)
    return moves


def is_due(
    rules: Mapping[str, JsonObject],
    moves: Collection[str],
    move: Move,
    kind: str,
    reference: str,
) -> bool:
    """Whether a move happens on this occasion: it was drawn, or a rule says so (used up once)."""
    for rule in rules.values():
        if rule["do"] == move and _matches(rule, kind, reference):
            _use(rule)
            return True
    return move in moves


def _matches(rule: JsonObject, kind: str, reference: str) -> bool:
    is_kind = rule["on"] is None or rule["on"] == kind
    return is_kind and rule["times"] != 0 and fnmatchcase(reference, rule["match"])


def _use(rule: JsonObject) -> None:
    if rule["times"] is not None:
        rule["times"] -= 1


def _step(rule: Mapping[str, Any], kind: str) -> Step:
    move = Move(rule["do"])
    after_s = rule.get("after_s")
    reason = rule.get("reason") or REASONS.get((kind, move), "")
    return Step(AFTER_S.get(move, 0.0) if after_s is None else after_s, reason)


def drawn(chaos: Mapping[str, Any], kind: str, reference: str) -> dict[Move, Step]:
    """Each move is drawn in a fixed order from a generator of this reference's own."""
    if not chaos:
        return {}
    draw = random.Random(f"{chaos['seed']}|{kind}|{reference}")
    moves = {}
    for move in Move:
        if draw.randrange(1000) < chaos["rates"].get(move.value, 0):
            moves[move] = _step({"do": move.value}, kind)
    return moves
