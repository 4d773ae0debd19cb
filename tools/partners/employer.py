"""Register of companies sandbox: every number is a living company of the name that is asked for.

Names with the mark `Notfound` or `查无` are not registered, those with `Closed` or `注销` closed;
an override by number says anything else.
"""

import hashlib
import threading
from pathlib import Path

from tools.partners.journal import Journal, JsonObject
from tools.partners.service import Answer, Call, MalformedError, Partner

NOT_FOUND_MARKS = ("Notfound", "查无")
CLOSED_MARKS = ("Closed", "注销")
FIELDS = ("is_active", "name_matches", "founded_year")
FOUNDED = (1980, 2015)


class Employers:
    """Records of companies."""

    def __init__(self, state_dir: Path, seed: int) -> None:
        self._seed = seed
        self._journal = Journal(state_dir / "companies.jsonl")
        self._lock = threading.Lock()
        self._overrides: dict[str, JsonObject] = {
            entry["registration_no"]: entry["record"] for entry in self._journal
        }

    def partner(self) -> Partner:
        """The HTTP face."""
        return Partner(
            name="employer",
            operations={
                "POST /companies": self.look_up,
                "POST /_control/companies": self.override,
            },
            on_reset=[self.reset],
        )

    def look_up(self, call: Call) -> Answer:
        """The company under a number."""
        number, name = call.text("registration_no"), call.text("name")
        with self._lock:
            override = self._overrides.get(number, {})
        record = {**self._generated(number, name), **override}
        if not record["found"]:
            record |= dict.fromkeys(FIELDS)
        return Answer(200, {"registration_no": number, **record})

    def override(self, call: Call) -> Answer:
        """Fix fields of one company's record."""
        number, record = call.text("registration_no"), call.mapping("record")
        if unknown := set(record) - {"found", *FIELDS}:
            raise MalformedError(f"unknown record fields: {', '.join(sorted(unknown))}")
        with self._lock:
            self._overrides[number] = record
            self._journal.append({"registration_no": number, "record": record})
        return Answer(200, {"registration_no": number, "record": record})

    def reset(self) -> None:
        """Forget the overrides."""
        with self._lock:
            self._overrides.clear()
            self._journal.clear()

    def _generated(self, number: str, name: str) -> JsonObject:
        digest = hashlib.sha256(f"{self._seed}|{number}".encode()).digest()
        first, last = FOUNDED
        return {
            "found": not any(mark in name for mark in NOT_FOUND_MARKS),
            "is_active": not any(mark in name for mark in CLOSED_MARKS),
            "name_matches": True,
            "founded_year": first + digest[0] % (last - first + 1),
        }
