"""A market's rules on a day, chosen from dated values. No number of a rule lives in code."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

from lending.domain.auto_debit import AutoDebitRules, auto_debit_rules
from lending.domain.control import ControlRules, control_rules
from lending.domain.delinquency import DelinquencyRules, delinquency_rules
from lending.domain.documents.lender import Lender, lender_of
from lending.domain.documents.record import DocumentRules
from lending.domain.faults import Permanent
from lending.domain.fraud.rules import FraudRules, fraud_rules
from lending.domain.ledger.accounts import ChartOfAccounts, chart_of_accounts
from lending.domain.money import Rounding
from lending.domain.policy import ExtensionProcess, PolicyRules, policy_rules
from lending.domain.products import (
    AddOnFinance,
    Product,
    add_on_finance_of,
    products_of,
    value_problems,
)
from lending.domain.records import State
from lending.domain.release import ReleaseRules, release_rules
from lending.domain.servicing.opening import ServicingRules, servicing_rules
from lending.domain.signing import SigningRules

DATED_KEYS = {"value", "effective_from", "effective_to", "source", "kind"}
KINDS = {"hard", "soft", "policy"}


@dataclass(frozen=True, slots=True)
class OtpPolicy:
    """How long a one-time password lives, when the next may be sent, how often it may be wrong."""

    ttl_seconds: int
    resend_after_seconds: int
    attempts_max: int


@dataclass(frozen=True, slots=True)
class AdverseAction:
    """What is owed to somebody declined: a notice within so many days, with these rights."""

    send_within_days: int
    rights: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class MarketProfile:
    """The values in force on one day; `version` goes into every decision made with them.

    `values` are those it was made of, and `sha256` is over them: a record can name them exactly.
    `indicative_rate_bps` is shown before anybody's risk is known, and is what the instalments
    among the model's inputs are computed with.
    """

    market: str
    version: str
    values: Mapping[str, Any]
    sha256: str
    currency: str
    locale: str
    lender: Lender
    documents: DocumentRules
    timezone: str
    rounding: Rounding
    id_types: tuple[str, ...]
    consents_required: tuple[str, ...]
    consents_optional: tuple[str, ...]
    source_validity: Mapping[str, timedelta]
    apr_cap_bps: int
    dti_cap_bps: int | None
    min_age_years: int
    max_age_at_maturity_years: int | None
    indicative_rate_bps: int
    adverse_action: AdverseAction
    four_eyes_above_minor: int
    reminder_days: tuple[int, ...]
    state_timeouts: Mapping[State, timedelta]
    products: Mapping[str, Product]
    add_on_finance: AddOnFinance | None
    rate_basis: str
    mobile_format: str
    otp: OtpPolicy
    signing: SigningRules
    policy: PolicyRules
    chart: ChartOfAccounts
    servicing: ServicingRules
    control: ControlRules
    release: ReleaseRules
    fraud: FraudRules
    auto_debit: AutoDebitRules
    delinquency: DelinquencyRules
    refund_four_eyes_above_minor: int
    extension: ExtensionProcess

    def local_date(self, at: datetime) -> date:
        """The calendar day in the market when `at` happens; loans and ages count local days."""
        return at.astimezone(ZoneInfo(self.timezone)).date()


def problems(raw: Mapping[str, Any]) -> list[str]:
    """What is wrong with a profile's file; empty when it is well formed.

    Each name holds a list of dated values: every one with a source, a kind, and days that
    neither overlap nor leave a gap (`effective_to` is the last day in force, null = open).
    """
    found = [f"{key} is missing" for key in ("market", "version", "values") if not raw.get(key)]
    names = frozenset(raw.get("values", {}))
    for name, entries in raw.get("values", {}).items():
        if not isinstance(entries, list) or not entries:
            found.append(f"{name}: a list of dated values is wanted")
            continue
        for entry in entries:
            if set(entry) != DATED_KEYS:
                found.append(f"{name}: needs exactly {', '.join(sorted(DATED_KEYS))}")
            elif not entry["source"] or entry["kind"] not in KINDS:
                found.append(f"{name}: needs a source and a kind of {', '.join(sorted(KINDS))}")
            else:
                found.extend(value_problems(name, entry["value"], names))
        found.extend(_gaps(name, entries))
    return found


def _gaps(name: str, entries: list[Mapping[str, Any]]) -> list[str]:
    found = []
    for earlier, later in pairwise(entries):
        ends, starts = earlier.get("effective_to"), later.get("effective_from")
        if ends is None or starts is None:
            found.append(f"{name}: only the newest value may be open-ended")
        elif date.fromisoformat(ends) + timedelta(days=1) != date.fromisoformat(starts):
            found.append(f"{name}: {ends} and {starts} overlap or leave a gap")
    return found


def load_profile(raw: Mapping[str, Any], on: date) -> MarketProfile:
    """The rules of a market in force on a day.

    Raises:
        Permanent: the file is malformed or a value is not in force on that day.
    """
    _must_be_well_formed(raw)
    return _of_values(raw, {name: _in_force(name, of, on) for name, of in raw["values"].items()})


def newest_profile(raw: Mapping[str, Any]) -> MarketProfile:
    """The rules of a market with each value's newest entry, for who asks without a day.

    Raises:
        Permanent: the file is malformed.
    """
    _must_be_well_formed(raw)
    return _of_values(raw, {name: of[-1]["value"] for name, of in raw["values"].items()})


def _must_be_well_formed(raw: Mapping[str, Any]) -> None:
    if wrong := problems(raw):
        raise Permanent("; ".join(wrong))


def _of_values(raw: Mapping[str, Any], chosen: Mapping[str, Any]) -> MarketProfile:
    return profile_of(raw["market"], raw["version"], chosen)


def profile_of(market: str, version: str, values: Mapping[str, Any]) -> MarketProfile:
    """The rules of one day from their values. Raises Permanent: one is missing or malformed."""
    try:
        return _profile(market, version, values)
    except (KeyError, TypeError, ValueError) as cause:
        raise Permanent(f"profile {market}: {cause!r}") from cause


def _sha256(values: Mapping[str, Any]) -> str:
    text = json.dumps(values, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


def _in_force(name: str, entries: list[Mapping[str, Any]], on: date) -> Any:
    for entry in entries:
        ends = entry["effective_to"]
        if date.fromisoformat(entry["effective_from"]) <= on and (
            ends is None or on <= date.fromisoformat(ends)
        ):
            return entry["value"]
    raise Permanent(f"{name} has no value in force on {on.isoformat()}")


def _signing(value: Mapping[str, Any]) -> SigningRules:
    return SigningRules(
        reading_seconds=value["reading_seconds"],
        disclosures=tuple(value["disclosures"]),
        otps_max=value["otps_max"],
        countersign_above_minor=value["countersign_above_minor"],
    )


def _extension(value: Mapping[str, Any]) -> ExtensionProcess:
    return ExtensionProcess(**{**value, "reasons": tuple(value["reasons"])})


def _profile(market: str, version: str, chosen: Mapping[str, Any]) -> MarketProfile:
    policy = policy_rules(chosen)
    return MarketProfile(
        market=market,
        version=version,
        values=chosen,
        sha256=_sha256(chosen),
        currency=chosen["currency"],
        locale=chosen["locale"],
        lender=lender_of(chosen["lender"]),
        documents=DocumentRules(**chosen["documents"]),
        timezone=chosen["timezone"],
        rounding=Rounding(chosen["rounding"]),
        id_types=tuple(chosen["id_types"]),
        consents_required=tuple(chosen["consents_required"]),
        consents_optional=tuple(chosen["consents_optional"]),
        source_validity={
            source: timedelta(hours=hours)
            for source, hours in chosen["source_validity_hours"].items()
        },
        apr_cap_bps=chosen["apr_cap_bps"],
        dti_cap_bps=chosen["dti_cap_bps"],
        min_age_years=chosen["min_age_years"],
        max_age_at_maturity_years=chosen["max_age_at_maturity_years"],
        indicative_rate_bps=chosen["indicative_rate_bps"],
        adverse_action=AdverseAction(
            send_within_days=chosen["adverse_action"]["send_within_days"],
            rights=tuple(chosen["adverse_action"]["rights"]),
        ),
        four_eyes_above_minor=chosen["four_eyes_above_minor"],
        reminder_days=tuple(chosen["reminder_days"]),
        state_timeouts={
            State(state): timedelta(seconds=seconds)
            for state, seconds in chosen["state_timeouts_seconds"].items()
        },
        products=products_of(chosen, policy),
        add_on_finance=add_on_finance_of(chosen),
        rate_basis=chosen["disclosure.rate_basis"],
        mobile_format=chosen["mobile_format"],
        otp=OtpPolicy(**chosen["otp"]),
        signing=_signing(chosen["signing"]),
        policy=policy,
        chart=chart_of_accounts(chosen["chart_of_accounts"]),
        servicing=servicing_rules(chosen["servicing"]),
        control=control_rules(chosen["reconciliation"]),
        release=release_rules(chosen["release"]),
        fraud=fraud_rules(chosen["fraud_rules"]),
        auto_debit=auto_debit_rules(chosen["auto_debit"]),
        delinquency=delinquency_rules(chosen["delinquency"]),
        refund_four_eyes_above_minor=chosen["refund_four_eyes_above_minor"],
        extension=_extension(chosen["extension.process"]),
    )
