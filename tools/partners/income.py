"""Bank-flow sandbox: it knows the accounts it is told of (`_control/subjects`), and no others."""

import hashlib
import threading
from pathlib import Path

from tools.partners.journal import Journal, JsonObject
from tools.partners.service import Answer, Call, MalformedError, Partner

MONTHS = 6
FIELDS = ("months", "income_monthly_minor", "debt_monthly_minor")
NO_FLOWS: JsonObject = {"found": False, **dict.fromkeys(FIELDS)}
FLOWS: JsonObject = {
    "found": True,
    "months": MONTHS,
    "income_monthly_minor": 0,
    "debt_monthly_minor": 0,
}


class Income:
    """Reports of flows by id number; what is not told of a known subject is zero."""

    def __init__(self, state_dir: Path) -> None:
        self._journal = Journal(state_dir / "income_subjects.jsonl")
        self._lock = threading.Lock()
        self._overrides: dict[str, JsonObject] = {
            entry["id_no"]: entry["report"] for entry in self._journal
        }

    def partner(self) -> Partner:
        """The HTTP face."""
        return Partner(
            name="income",
            operations={
                "POST /flows": self.report,
                "POST /_control/subjects": self.override,
            },
            on_reset=[self.reset],
        )

    def report(self, call: Call) -> Answer:
        """A report; 403 without a consent."""
        if not call.body.get("consent_id"):
            return Answer(403, {"error": "consent_required"})
        subject, currency = call.mapping("subject"), call.text("currency")
        id_no = call.text("id_no", subject)
        with self._lock:
            override = self._overrides.get(id_no, {})
        report = {**NO_FLOWS, **override}
        question = f"{id_no}|{call.text('consent_id')}"
        report_id = "flo-" + hashlib.sha256(question.encode()).hexdigest()[:20]
        return Answer(200, {"report_id": report_id, "id_no": id_no, "currency": currency, **report})

    def override(self, call: Call) -> Answer:
        """Fix fields of one subject's report."""
        id_no, report = call.text("id_no"), call.mapping("report")
        if unknown := set(report) - {"found", *FIELDS}:
            raise MalformedError(f"unknown report fields: {', '.join(sorted(unknown))}")
        fixed = {**FLOWS, **report}
        if not fixed["found"]:
            fixed |= NO_FLOWS
        with self._lock:
            self._overrides[id_no] = fixed
            self._journal.append({"id_no": id_no, "report": fixed})
        return Answer(200, {"id_no": id_no, "report": fixed})

    def reset(self) -> None:
        """Forget the overrides."""
        with self._lock:
            self._overrides.clear()
            self._journal.clear()
