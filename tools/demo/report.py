"""Tables and totals of a demo run."""

import statistics
from collections import Counter
from collections.abc import Sequence

from rich.console import Console
from rich.table import Table

from tools.demo.journey import Ride

STEPS = ("apply", "decide", "sign", "fund")
FINAL = {"FUNDED", "DECLINED"}


def table(rides: Sequence[Ride], console: Console, most: int = 40) -> None:
    """One row a customer: decision, reasons, offer, seconds a step."""
    sheet = Table(title="Customers")
    for column in ("applicant", "state", "PD %", "reasons", "rate %", "instalment"):
        sheet.add_column(column, no_wrap=column != "reasons")
    sheet.add_column("s: apply decide sign fund", no_wrap=True)
    for trip in rides[:most]:
        reasons = [reason["code"] for reason in trip.decision.get("reasons", [])]
        pd_ppm, rate = trip.decision.get("pd_ppm"), trip.offer.get("annual_rate_bps")
        instalment = trip.offer.get("instalment_minor")
        took = [f"{trip.took_s[s]:.2f}" for s in STEPS if s in trip.took_s]
        sheet.add_row(
            trip.person.label + (" (reviewed)" if trip.reviewed else ""),
            trip.trouble or trip.state,
            "" if pd_ppm is None else f"{pd_ppm / 10_000:.2f}",
            ", ".join(reasons),
            "" if rate is None else f"{rate / 100:.2f}",
            "" if instalment is None else f"{instalment / 100:,.2f}",
            " ".join(took),
        )
    console.print(sheet)


def summary(rides: Sequence[Ride], reminded: set[str], console: Console) -> bool:
    """Count end states, timings and model quality; False when anything is stuck or doubled."""
    states = Counter("STUCK" if trip.trouble else trip.state for trip in rides)
    console.print("end states: " + ", ".join(f"{k} {v}" for k, v in sorted(states.items())))
    ids = [trip.application_id for trip in rides if trip.application_id]
    doubled = len(ids) - len(set(ids))
    funded = [trip for trip in rides if trip.state == "FUNDED"]
    straight = [sum(t.took_s[s] for s in ("decide", "sign", "fund")) for t in funded if t.took_s]
    if straight:
        console.print(f"submit to funded: p50 {statistics.median(straight):.2f} s")
    silent = sum(trip.loan_id not in reminded for trip in funded)
    console.print(f"reminded: {len(funded) - silent} of {len(funded)} funded loans")
    _model_quality(rides, console)
    wrong = [trip for trip in rides if trip.trouble or trip.state not in FINAL]
    for trip in wrong[:10]:
        console.print(f"[red]not finished[/red]: {trip.application_id} {trip.state} {trip.trouble}")
    console.print(f"stuck or lost {len(wrong)}, doubled {doubled}, unreminded {silent}")
    return not wrong and not doubled and not silent


def _model_quality(rides: Sequence[Ride], console: Console) -> None:
    """AUC of the decision's PD against the real outcome, and bad rates by decision."""
    known = [
        (trip.decision["pd_ppm"], trip.person.outcome_default, trip.state)
        for trip in rides
        if trip.person.outcome_default is not None and trip.decision.get("pd_ppm") is not None
    ]
    bad = [pd for pd, outcome, _ in known if outcome]
    good = [pd for pd, outcome, _ in known if not outcome]
    if not bad or not good:
        return
    wins = sum((b > g) + 0.5 * (b == g) for b in bad for g in good)
    console.print(f"AUC of PD against the real outcome: {wins / len(bad) / len(good):.3f}")
    for name, states in (("approved", {"FUNDED"}), ("declined", {"DECLINED"})):
        outcomes = [outcome or 0 for _, outcome, state in known if state in states]
        if outcomes:
            rate = 100 * sum(outcomes) / len(outcomes)
            console.print(f"bad rate of {name}: {rate:.1f} % of {len(outcomes)}")
