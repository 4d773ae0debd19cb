"""Simulated application fraud: the rules against trained contenders, in order of time.

Nobody has labels of a lender that has not opened yet. What is simulated here are honest people
(families with one address, couples with one phone, dealers' tablets, some who round their income
up), rings that act through shared phones, devices, cars and accounts, and single liars. The links
go through the product's own `assess`, so what is compared is what the platform would have seen.
It says which contender makes the most of these signals, not how much fraud there is.

    python -m ml.fraud_contenders [--applications N] [--seed N]
"""

import argparse
import random
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import numpy as np
from lending.adapters.profiles import ProfileStore
from lending.domain.fraud import Around, Edge, Facts, FraudRules, LinkKind, assess, ring_of
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import average_precision_score, roc_auc_score, roc_curve
from sklearn.naive_bayes import BernoulliNB
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.tree import DecisionTreeClassifier

BEGINS: Final = datetime(2026, 1, 1, tzinfo=UTC)
DAYS: Final = 180
RING_SHARE, LIAR_SHARE = 0.012, 0.008
FPR: Final = 0.05
STACKED: Final = ("naive Bayes", "tree", "MLP")
K = LinkKind


@dataclass(slots=True)
class Simulated:
    """One application, what it shows, and whether it is fraud."""

    at: datetime
    customer: str
    tokens: dict[LinkKind, str]
    facts: Facts
    is_fraud: bool


@dataclass(slots=True)
class Index:
    """The adjacency rows in memory."""

    edges: dict[tuple[LinkKind, str], list[Edge]] = field(default_factory=lambda: defaultdict(list))
    tokens: dict[str, Mapping[LinkKind, str]] = field(default_factory=dict)

    def around(self, tokens: Mapping[LinkKind, str]) -> Around:
        """Everything with these tokens."""
        return Around({kind: tuple(self.edges[kind, token]) for kind, token in tokens.items()})


def population(count: int, seed: int) -> list[Simulated]:
    """Applications in order of time."""
    draw = random.Random(seed)  # noqa: S311
    made: list[Simulated] = []
    number = 0
    while len(made) < count:
        number += 1
        kind = draw.random()
        if kind < RING_SHARE / 4:
            made.extend(_ring(draw, number))
        elif kind < RING_SHARE / 4 + LIAR_SHARE:
            made.append(_one(draw, f"l{number}", lies=True))
        else:
            made.extend(_household(draw, number))
    return sorted(made, key=lambda one: one.at)


def _household(draw: random.Random, number: int) -> list[Simulated]:
    """One person; sometimes a second one from the same home, sooner or later."""
    first = _one(draw, f"h{number}")
    if draw.random() > 0.06:
        return [first]
    second = _one(draw, f"h{number}b")
    second.tokens[K.ADDRESS] = first.tokens[K.ADDRESS]
    for kind, share in ((K.MOBILE, 0.15), (K.DEVICE, 0.35)):
        if draw.random() < share:
            second.tokens[kind] = first.tokens[kind]
    return [first, second]


def _ring(draw: random.Random, number: int) -> list[Simulated]:
    """Three to eight within some weeks, who share most of one or two things."""
    began, size = draw.randrange(DAYS - 20), draw.randrange(3, 9)
    shared = draw.sample((K.MOBILE, K.DEVICE, K.VIN, K.ACCOUNT), draw.choice((1, 2, 2)))
    members = []
    for member in range(size):
        one = _one(draw, f"r{number}-{member}", lies=draw.random() < 0.5)
        one.is_fraud = True
        one.at = BEGINS + timedelta(days=began + draw.random() * 20)
        for kind in shared:
            if draw.random() < 0.8:
                one.tokens[kind] = f"r{number}"
        members.append(one)
    return members


def _one(draw: random.Random, name: str, *, lies: bool = False) -> Simulated:
    tokens = dict.fromkeys((K.ID_NO, K.MOBILE, K.DEVICE, K.ADDRESS, K.VIN), name)
    if draw.random() < 0.04:
        tokens[K.DEVICE] = f"tablet-{draw.randrange(40)}"  # of a dealer
    ratio = draw.lognormvariate(0.45, 0.35) if lies else draw.lognormvariate(0.05, 0.18)
    return Simulated(
        at=BEGINS + timedelta(days=draw.random() * DAYS),
        customer=name,
        tokens=tokens,
        facts=Facts(
            identity="mismatch" if draw.random() < (0.15 if lies else 0.01) else "match",
            declared_income_minor=int(ratio * 1_000_000),
            verified_income_minor=None if draw.random() < 0.25 else 1_000_000,
            employer_confirmed=draw.random() > (0.35 if lies else 0.04),
            device_risk=min(100, int(draw.gammavariate(2, 22 if lies else 9))),
            price_minor=int(draw.gauss(125 if lies else 101, 10)),
            valuation_minor=100,
        ),
        is_fraud=lies,
    )


def seen(people: list[Simulated], rules: FraudRules) -> tuple[list[str], Any, Any, Any]:
    """Feature names, the features, the rules' score and the truth, one row an application."""
    index, rows, scores = Index(), [], []
    for number, one in enumerate(people):
        own = Edge(f"app_{number}", one.customer, one.at)
        around = index.around(one.tokens)
        near = ring_of(own, around, ())
        far = [index.around(index.tokens[other]).edges for other in near.applications[:20]]
        ring = ring_of(own, around, far)
        found = assess(own, around, ring, one.facts, rules, one.at)
        rows.append(_features(around, len(ring.people), one.facts, found.hits))
        scores.append(found.score)
        for kind, token in one.tokens.items():
            index.edges[kind, token].append(own)
        index.tokens[own.application_id] = one.tokens
    names = list(dict.fromkeys(name for row in rows for name in row))
    table = np.array([[row.get(name, 0.0) for name in names] for row in rows])
    return names, table, np.array(scores, float), np.array([one.is_fraud for one in people], int)


def _features(around: Around, ring: int, facts: Facts, hits: Mapping[str, int]) -> dict[str, float]:
    """Counts and ratios, and which rules were hit: nothing that names anybody."""
    declared, verified = facts.declared_income_minor, facts.verified_income_minor
    return {
        "ring": float(min(ring, 10)),
        "device_risk": float(facts.device_risk or 0),
        "income_ratio": declared / verified if declared and verified else 1.0,
        "price_ratio": (facts.price_minor or 0) / (facts.valuation_minor or 1),
        **{f"n_{kind.value}": float(min(len(edges), 10)) for kind, edges in around.edges.items()},
        **dict.fromkeys(hits, 1.0),
    }


def contenders(seed: int) -> dict[str, Any]:
    """What is trained, by name."""
    return {
        "logistic": make_pipeline(StandardScaler(), LogisticRegression(max_iter=500)),
        "naive Bayes": BernoulliNB(binarize=0.5),
        "tree": DecisionTreeClassifier(max_depth=6, min_samples_leaf=20, random_state=seed),
        "MLP": make_pipeline(
            StandardScaler(), MLPClassifier((16,), max_iter=300, random_state=seed, alpha=0.01)
        ),
        "boosting": HistGradientBoostingClassifier(
            max_iter=80, max_depth=4, learning_rate=0.08, random_state=seed
        ),
    }


def main() -> int:
    """Print the table; the choice is made before the last period is looked at."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--applications", type=int, default=15_000)
    parser.add_argument("--seed", type=int, default=7)
    options = parser.parse_args()
    rules = ProfileStore(("cn",)).get("cn", BEGINS.date()).fraud
    people = population(options.applications, options.seed)
    _, table, score, truth = seen(people, rules)
    # Trained on the first half, the stack's weights on the next tenth, the choice on another, the
    # figures on the last fifth: nothing is judged on what it has seen.
    train, stacked, choose = (len(people) * part // 20 for part in (10, 13, 16))
    said = {"rules": score}
    for name, model in contenders(options.seed).items():
        model.fit(table[:train], truth[:train])
        said[name] = model.predict_proba(table)[:, 1]
    parts = np.column_stack([said[name] for name in STACKED])
    stack = LogisticRegression().fit(parts[train:stacked], truth[train:stacked])
    said["stack of three"] = stack.predict_proba(parts)[:, 1]
    earlier = {
        name: average_precision_score(truth[stacked:choose], value[stacked:choose])
        for name, value in said.items()
    }
    best = max(earlier, key=earlier.__getitem__)
    print(f"{len(people)} applications, {truth.mean():.2%} fraud; judged on the last fifth")
    for name, value in said.items():
        late, real = value[choose:], truth[choose:]
        false, true, _ = roc_curve(real, late)
        print(
            f"{name:24} PR-AUC {average_precision_score(real, late):.3f}  AUC "
            f"{roc_auc_score(real, late):.3f}  TPR at 5 % FPR {np.interp(FPR, false, true):.3f}"
            f"{'  <- chosen on the period before' if name == best else ''}"
        )
    alerts = score[choose:] >= rules.alert_score
    print(
        f"alerts by the rules: {alerts.mean():.2%} of applications, "
        f"precision {truth[choose:][alerts].mean():.2f}"
    )
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
