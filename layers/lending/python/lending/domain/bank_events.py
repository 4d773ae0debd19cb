"""A bank's webhook event, already parsed from JSON and authenticated, to one fact or a case."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final, Literal

from lending.domain.bank_facts import (
    CollectionStatus,
    Credit,
    Fact,
    Flaw,
    PayoutStatus,
    Problem,
    Return,
)
from lending.domain.minor_units import places_of

AMOUNT_MINOR_MAX: Final = 10**15
REFERENCE_CHARS_MAX: Final = 140
_ID: Final = re.compile(r"[A-Za-z0-9._:-]{1,64}")
_REASON: Final = re.compile(r"[A-Za-z0-9_.-]{1,64}")
_DAY: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


@dataclass(frozen=True, slots=True)
class BankEvent:
    """`event_id` is the bank's and is remembered for ever; the fact may come by other ways too."""

    event_id: str
    kind: str
    fact: Fact


class _Unfit(Exception):
    """Carries the finding out of the field readers; never leaves this module."""

    def __init__(self, flaw: Flaw, pointer: str) -> None:
        super().__init__(pointer)
        self.flaw = flaw
        self.pointer = pointer


def event_of(document: Mapping[str, object]) -> BankEvent | Problem:
    """The event in a webhook body, or what is wrong with it and where (a JSON pointer)."""
    event_id = ""
    try:
        event_id = _matching(document, "event_id", _ID)
        kind = _matching(document, "type", _ID)
        return BankEvent(event_id, kind, _fact(kind, _data(document)))
    except _Unfit as unfit:
        where = f"event {event_id}" if event_id else "event"
        return Problem(unfit.flaw, where, unfit.pointer, is_whole=True)


def _data(document: Mapping[str, object]) -> Mapping[str, object]:
    data = document.get("data")
    if not isinstance(data, Mapping):
        flaw = Flaw.MISSING_FIELD if data is None else Flaw.MALFORMED_FIELD
        raise _Unfit(flaw, "/data")
    return data


def _fact(kind: str, data: Mapping[str, object]) -> Fact:
    match kind:
        case "payout.accepted":
            return PayoutStatus(_order(data), "accepted", *_money(data), *_booking(data))
        case "payout.rejected":
            return PayoutStatus(_order(data), "rejected", *_money(data), reason=_reason(data))
        case "debit.collected":
            return CollectionStatus(_order(data), "collected", *_money(data), *_booking(data))
        case "debit.failed":
            return CollectionStatus(_order(data), "failed", *_money(data), reason=_reason(data))
        case "payout.returned":
            return _return("payout", data)
        case "debit.returned":
            return _return("collection", data)
        case "credit.received":
            bank_reference, value_on = _booking(data)
            return Credit(bank_reference, _remittance(data), *_money(data), value_on)
        case "credit.returned":
            return _return("credit", data)
        case _:
            raise _Unfit(Flaw.UNKNOWN_CODE, "/type")


def _return(of: Literal["payout", "collection", "credit"], data: Mapping[str, object]) -> Return:
    bank_reference, value_on = _booking(data)
    reference = _remittance(data) if of == "credit" else _order(data)
    # A payer's reference may stand on many credits: only the bank can say which one it took back.
    has_original = of == "credit" or "original_bank_reference" in data
    original = _matching(data, "original_bank_reference", _ID, "/data") if has_original else ""
    money = _money(data)
    return Return(bank_reference, reference, of, *money, value_on, _reason(data), original)


def _order(data: Mapping[str, object]) -> str:
    return _matching(data, "reference", _ID, "/data")


def _booking(data: Mapping[str, object]) -> tuple[str, date]:
    return _matching(data, "bank_reference", _ID, "/data"), _day(data)


def _reason(data: Mapping[str, object]) -> str:
    return _matching(data, "reason", _REASON, "/data")


def _remittance(data: Mapping[str, object]) -> str:
    """What the payer wrote; empty is allowed, since the money is here all the same."""
    text = data.get("reference", "")
    if not isinstance(text, str) or len(text) > REFERENCE_CHARS_MAX:
        raise _Unfit(Flaw.MALFORMED_FIELD, "/data/reference")
    return text.strip()


def _matching(
    source: Mapping[str, object], name: str, pattern: re.Pattern[str], parent: str = ""
) -> str:
    value = source.get(name)
    if value is None:
        raise _Unfit(Flaw.MISSING_FIELD, f"{parent}/{name}")
    if not isinstance(value, str) or not pattern.fullmatch(value):
        raise _Unfit(Flaw.MALFORMED_FIELD, f"{parent}/{name}")
    return value


def _money(data: Mapping[str, object]) -> tuple[int, str]:
    amount_minor = data.get("amount_minor")
    if not isinstance(amount_minor, int) or isinstance(amount_minor, bool):
        flaw = Flaw.MISSING_FIELD if amount_minor is None else Flaw.MALFORMED_AMOUNT
        raise _Unfit(flaw, "/data/amount_minor")
    if amount_minor < 0:
        raise _Unfit(Flaw.NEGATIVE_AMOUNT, "/data/amount_minor")
    if amount_minor == 0:
        raise _Unfit(Flaw.ZERO_AMOUNT, "/data/amount_minor")
    if amount_minor > AMOUNT_MINOR_MAX:
        raise _Unfit(Flaw.MALFORMED_AMOUNT, "/data/amount_minor")
    currency = data.get("currency")
    if not isinstance(currency, str) or places_of(currency) is None:
        raise _Unfit(Flaw.UNKNOWN_CURRENCY, "/data/currency")
    return amount_minor, currency


def _day(data: Mapping[str, object]) -> date:
    text = _matching(data, "value_on", _DAY, "/data")
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise _Unfit(Flaw.MALFORMED_FIELD, "/data/value_on") from None
