"""Credit bureau sandbox: a report is a deterministic function of (id number, seed).

Scores are normal (mean 680, sd 80, clamped to 300..900); delinquencies and enquiries are Poisson
with a rate that falls as the score rises. About 3 in 100 subjects have no file.
"""

import hashlib
import math
import threading
from pathlib import Path
from statistics import NormalDist

from tools.partners.journal import Journal, JsonObject
from tools.partners.service import Answer, Call, MalformedError, Partner

SCORES = NormalDist(mu=680, sigma=80)
NO_FILE_SHARE = 0.03
FIELDS = (
    "score",
    "delinquencies_24m",
    "enquiries_6m",
    "open_debt_monthly_minor",
    "oldest_account_months",
)


class Bureau:
    """Reports, with overrides per subject for data whose score is known."""

    def __init__(self, state_dir: Path, seed: int) -> None:
        self._seed = seed
        self._journal = Journal(state_dir / "bureau_subjects.jsonl")
        self._lock = threading.Lock()
        self._overrides: dict[str, JsonObject] = {
            entry["id_no"]: entry["report"] for entry in self._journal
        }

    def partner(self) -> Partner:
        """The HTTP face."""
        return Partner(
            name="bureau",
            operations={
                "POST /reports": self.report,
                "POST /_control/subjects": self.override,
            },
            on_reset=[self.reset],
        )

    def report(self, call: Call) -> Answer:
        """A report; 403 without a consent."""
        if not call.body.get("consent_id"):
            return Answer(403, {"error": "consent_required"})
        call.text("purpose")
        subject = call.mapping("subject")
        id_no = call.text("id_no", subject)
        call.text("id_type", subject)
        with self._lock:
            override = self._overrides.get(id_no, {})
        report = {**credit_file(id_no, self._seed), **override}
        consent = f"{self._seed}|{id_no}|{call.text('consent_id')}"
        report_id = "rep-" + hashlib.sha256(consent.encode()).hexdigest()[:20]
        return Answer(200, {"report_id": report_id, "id_no": id_no, **report})

    def override(self, call: Call) -> Answer:
        """Fix fields of one subject's report; a field left out stays generated, null is null."""
        id_no, report = call.text("id_no"), call.mapping("report")
        if unknown := set(report) - {"found", *FIELDS}:
            raise MalformedError(f"unknown report fields: {', '.join(sorted(unknown))}")
        fixed = {"found": True, **report}
        if not fixed["found"]:
            fixed |= dict.fromkeys(FIELDS)
        with self._lock:
            self._overrides[id_no] = fixed
            self._journal.append({"id_no": id_no, "report": fixed})
        return Answer(200, {"id_no": id_no, "report": fixed})

    def reset(self) -> None:
        """Forget the overrides."""
        with self._lock:
            self._overrides.clear()
            self._journal.clear()


def credit_file(id_no: str, seed: int) -> JsonObject:
    """The generated file of a subject: found, and the five fields (null when not found)."""

    def uniform(label: str) -> float:
        digest = hashlib.sha256(f"{seed}|{id_no}|{label}".encode()).digest()
        return (int.from_bytes(digest[:7]) + 0.5) / 2**56

    if uniform("found") < NO_FILE_SHARE:
        return {"found": False, **dict.fromkeys(FIELDS)}
    score = min(900, max(300, round(SCORES.inv_cdf(uniform("score")))))
    distance = (680 - score) / 80
    return {
        "found": True,
        "score": score,
        "delinquencies_24m": _poisson(0.5 * math.exp(0.9 * distance), uniform("delinquencies")),
        "enquiries_6m": _poisson(1.5 * math.exp(0.4 * distance), uniform("enquiries")),
        "open_debt_monthly_minor": _debt_monthly_minor(uniform("has_debt"), uniform("debt")),
        "oldest_account_months": 6 + int(234 * uniform("age") ** 1.5),
    }


def _poisson(rate: float, uniform: float) -> int:
    """The quantile of a Poisson variable, at most 24."""
    count, term = 0, math.exp(-rate)
    total = term
    while total < uniform and count < 24:
        count += 1
        term *= rate / count
        total += term
    return count


def _debt_monthly_minor(has_debt: float, uniform: float) -> int:
    """Half of the subjects owe a log-normal amount around 900.00 a month, in whole units."""
    if has_debt < 0.5:
        return 0
    return round(900 * math.exp(0.6 * NormalDist().inv_cdf(uniform))) * 100
