"""Identity verification sandbox."""

import hashlib
import threading
from pathlib import Path

from tools.partners.journal import Journal
from tools.partners.service import Answer, Call, MalformedError, Partner

RESULTS = ("match", "mismatch", "not_found")
MISMATCH_MARKS = ("Mismatch", "不符")
NOT_FOUND_MARKS = ("Notfound", "查无")


class Identity:
    """The result follows a mark in the name, or an override by id number."""

    def __init__(self, state_dir: Path) -> None:
        self._journal = Journal(state_dir / "identity_subjects.jsonl")
        self._lock = threading.Lock()
        self._overrides: dict[str, str] = {
            entry["id_no"]: entry["result"] for entry in self._journal
        }

    def partner(self) -> Partner:
        """The HTTP face."""
        return Partner(
            name="identity",
            operations={
                "POST /verifications": self.verify,
                "POST /_control/subjects": self.override,
            },
            on_reset=[self.reset],
        )

    def verify(self, call: Call) -> Answer:
        """Compare document, name and mobile number."""
        fields = [call.text(name) for name in ("id_type", "id_no", "full_name", "mobile")]
        _, id_no, full_name, _ = fields
        with self._lock:
            fixed = self._overrides.get(id_no)
        digest = hashlib.sha256("|".join(fields).encode()).hexdigest()
        result = fixed or _result(full_name)
        return Answer(
            200, {"verification_id": f"ver-{digest[:20]}", "id_no": id_no, "result": result}
        )

    def override(self, call: Call) -> Answer:
        """Fix the result for one id number."""
        id_no, result = call.text("id_no"), call.text("result")
        if result not in RESULTS:
            raise MalformedError(f"result must be one of {', '.join(RESULTS)}")
        with self._lock:
            self._overrides[id_no] = result
            self._journal.append({"id_no": id_no, "result": result})
        return Answer(200, {"id_no": id_no, "result": result})

    def reset(self) -> None:
        """Forget the overrides."""
        with self._lock:
            self._overrides.clear()
            self._journal.clear()


def _result(full_name: str) -> str:
    if any(mark in full_name for mark in MISMATCH_MARKS):
        return "mismatch"
    if any(mark in full_name for mark in NOT_FOUND_MARKS):
        return "not_found"
    return "match"
