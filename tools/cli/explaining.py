"""`autolend explain`: the way of one decision, and whether the same facts give it again."""

import argparse
import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from lending.adapters.dynamodb.attributes import JsonAttribute
from lending.adapters.dynamodb.book import DynamoBook
from lending.adapters.dynamodb.mappers import decision as decision_of_row
from lending.adapters.dynamodb.mappers import decision_row
from lending.adapters.dynamodb.policies import DynamoPolicies
from lending.adapters.dynamodb.rows import DecisionRow
from lending.adapters.dynamodb.rules_archive import DynamoRulesArchive
from lending.adapters.dynamodb.table import read
from lending.adapters.policies import shipped
from lending.adapters.profiles import ProfileStore
from lending.adapters.scorecard import LocalScoring
from lending.domain.profile import MarketProfile, profile_of
from lending.domain.reasons import reason_text
from lending.domain.records import Basis, DecisionRecord
from lending.domain.underwriting.policy import CreditPolicy, policy_of
from lending.usecases.loading import rules_at
from lending.usecases.reproduce_decision import Reproduced, ReproduceDecision
from rich.console import Console
from rich.table import Table

from tools.cli.ledger import reach
from tools.cli.running import find

MARKETS = ("cn", "us")


@dataclass(frozen=True, slots=True)
class Kept:
    """A record with the policy and the market's values it names (None: not stored)."""

    record: DecisionRecord
    document: Mapping[str, Any] | None
    values: Mapping[str, Any] | None = None


class KeptPolicies:
    """The one policy that came with a record; the shipped ones besides."""

    def __init__(self, document: Mapping[str, Any] | None) -> None:
        self._policy = None if document is None else policy_of(document)

    def active(self, market: str, at: datetime) -> CreditPolicy:
        """Not asked for here."""
        return shipped(market)

    def version(self, market: str, version: str) -> CreditPolicy | None:
        """By name."""
        if self._policy is not None and self._policy.version == version:
            return self._policy
        first = shipped(market)
        return first if first.version == version else None


class KeptRules:
    """The values that came with a record."""

    def __init__(self, kept: Kept) -> None:
        self._kept = kept

    def keep(self, profile: MarketProfile) -> None:
        """Nothing is kept here."""

    def find(self, sha256: str) -> MarketProfile | None:
        """The rules of these values."""
        basis, values = self._kept.record.basis, self._kept.values
        if basis is None or values is None:
            return None
        found = profile_of(basis.request.market, self._kept.record.profile_version, values)
        return found if found.sha256 == sha256 else None


def explain(root: Path, options: argparse.Namespace) -> int:
    """Find it, decide it again, tell."""
    try:
        kept = _of_file(options) if options.state else _of_table(root, options)
    except (LookupError, OSError, ValueError) as cause:
        print(f"autolend explain: {cause}")
        return 2
    if options.out is not None:
        options.out.write_text(_text(kept), "utf-8")
    again = ReproduceDecision(
        ProfileStore(MARKETS), KeptPolicies(kept.document), LocalScoring(), KeptRules(kept)
    )
    answer = again(kept.record)
    if options.json:
        print(json.dumps(told(kept.record, answer), ensure_ascii=False, indent=2))
    else:
        show(kept.record, answer, Console())
    return 0 if answer.is_same else 1


def _of_table(root: Path, options: argparse.Namespace) -> Kept:
    table = options.table
    if not table:
        running = find(root)
        if running is None:
            raise LookupError("nothing runs here: start it with `make run`, or name a table")
        table = reach(running.url)
    application_id, number = place(options.decision)
    record = DynamoBook(table).decision_numbered(application_id, number)
    if record is None:
        raise LookupError(f"no decision {options.decision}")
    basis = record.basis
    if basis is None:
        return Kept(record, None)
    stored = DynamoPolicies(table).stored(basis.request.market, basis.policy_version)
    rules = DynamoRulesArchive(table).find(basis.profile_sha256)
    if rules is None:
        here = rules_at(ProfileStore(MARKETS), basis.request.market, record.decided_at)
        rules = here if here.sha256 == basis.profile_sha256 else None
    return Kept(
        record,
        None if stored is None else stored.document,
        None if rules is None else rules.values,
    )


def place(decision_id: str) -> tuple[str, int]:
    """Application and number of a decision. Raises ValueError."""
    head, _, number = decision_id.removeprefix("dec_").rpartition("-")
    if not decision_id.startswith("dec_") or not head or not number.isdigit():
        raise ValueError(f"{decision_id} is no decision's id")
    return f"app_{head}", int(number)


def _of_file(options: argparse.Namespace) -> Kept:
    kept = json.loads(options.state.read_text("utf-8"))
    record = decision_of_row(read(DecisionRow, kept["row"]))
    if record.decision_id != options.decision:
        raise LookupError(f"{options.state} holds {record.decision_id}")
    return Kept(record, kept["policy"], kept["rules"])


def _text(kept: Kept) -> str:
    row = decision_row(kept.record).serialize()
    whole = {"row": row, "policy": kept.document, "rules": kept.values}
    return json.dumps(whole, ensure_ascii=False, indent=1)


def told(record: DecisionRecord, answer: Reproduced) -> dict[str, Any]:
    """Everything, JSON-ready."""
    plain = json.loads(JsonAttribute().serialize(_plain(record)))
    return {
        "decision": plain,
        "reproduced": answer.is_same,
        "why": answer.why,
        "verdict_sha256": None if answer.judged is None else answer.judged.sha256,
        "model_at_hand_pd_ppm": answer.pd_ppm,
    }


def _plain(record: DecisionRecord) -> dict[str, Any]:
    row = decision_row(record)
    return {
        "decision_id": record.decision_id,
        "outcome": record.outcome,
        "reasons": list(record.reasons),
        "queue": record.queue,
        "profile_version": record.profile_version,
        "decided_by": row.decided_by,
        "decided_at": record.decided_at.isoformat(),
        "findings": row.findings,
        "scored": row.scored,
        "basis": row.basis,
    }


def show(record: DecisionRecord, answer: Reproduced, console: Console) -> None:
    """The way of a decision in tables, and the one line that matters at the end."""
    console.print(f"[bold]{record.decision_id}[/]  {record.outcome}  {record.decided_at}")
    basis = record.basis
    versions = [f"profile {record.profile_version}"]
    if basis is not None:
        versions.append(f"policy {basis.policy_version} ({basis.policy_sha256[:12]})")
    if record.scored is not None:
        versions.append(f"model {record.scored.model}")
    console.print(" · ".join(versions))
    for code in record.reasons:
        console.print(f"  reason {code}: {reason_text(code, 'en')}")
    _inputs(record, console)
    if basis is not None:
        _rules(basis, console)
        _price(basis, console)
        _alternatives(basis, console)
    if answer.judged is not None and answer.pd_ppm is not None:
        console.print(f"score from the stored features: {answer.pd_ppm} ppm")
    end = "yes" if answer.is_same else f"no{f' ({answer.why})' if answer.why else ''}"
    console.print(f"reproduced: {end}", highlight=False)


def _inputs(record: DecisionRecord, console: Console) -> None:
    table = Table("input", "value", "contribution", title="inputs")
    findings = replace(record.findings, features={})
    for name in ("identity", "age_years", "valuation_minor", "income_monthly_minor",
                 "other_debt_monthly_minor", "missing"):  # fmt: skip
        table.add_row(name, str(getattr(findings, name)), "")
    parts = record.scored.contributions_micro if record.scored else {}
    for name, value in record.findings.features.items():
        part = parts.get(name)
        table.add_row(name, str(value), "" if part is None else f"{part / 1e6:+.3f}")
    console.print(table)


def _rules(basis: Basis, console: Console) -> None:
    table = Table("table", "row", "effect", "value", "reason", title="rules that matched")
    for hit in basis.hits:
        value = "" if hit.value is None else str(hit.value)
        table.add_row(hit.table, hit.row, hit.effect, value, hit.reason)
    console.print(table)


def _price(basis: Basis, console: Console) -> None:
    price = basis.price
    if price is None:
        return
    table = Table("part of the price", "basis points", title=f"risk band to {price.band_ppm} ppm")
    for name in ("funding_bps", "operating_bps", "margin_bps", "loss_bps", "annual_rate_bps"):
        table.add_row(name.removesuffix("_bps").replace("_", " "), str(getattr(price, name)))
    console.print(table)
    console.print(f"expected loss {price.expected_loss_minor} = PD x {price.lgd_bps} bps LGD x EAD")


def _alternatives(basis: Basis, console: Console) -> None:
    for one in basis.alternatives:
        console.print(
            f"  offer {one.offer_id}: {one.differs}, instalment {one.instalment_minor:+}, "
            f"cost {one.cost_minor:+}"
        )
    for counter in basis.counter_offers:
        console.print(
            f"  would be approved: {counter.amount_minor} over {counter.term_months} months at "
            f"{counter.annual_rate_bps} bps, {', '.join(counter.changes)} changed"
        )
