"""Device behaviour sandbox: a risk of 0 to 39 by the fingerprint and the seed, or as told.

Fingerprints that begin with `emu` are emulators with a risk of 95.
"""

import hashlib
import threading
from pathlib import Path

from tools.partners.journal import Journal, JsonObject
from tools.partners.service import Answer, Call, MalformedError, Partner

HARMLESS_BELOW = 40
FIELDS = frozenset({"risk", "is_emulator", "is_proxied"})


class Devices:
    """Reports of devices, with overrides by fingerprint."""

    def __init__(self, state_dir: Path, seed: int) -> None:
        self._seed = seed
        self._journal = Journal(state_dir / "devices.jsonl")
        self._lock = threading.Lock()
        self._overrides: dict[str, JsonObject] = {
            entry["device_id"]: entry["report"] for entry in self._journal
        }

    def partner(self) -> Partner:
        """The HTTP face."""
        return Partner(
            name="device",
            operations={
                "POST /devices": self.report,
                "POST /_control/devices": self.override,
            },
            on_reset=[self.reset],
        )

    def report(self, call: Call) -> Answer:
        """How a device behaves."""
        device_id = call.text("device_id")
        digest = hashlib.sha256(f"{self._seed}|{device_id}".encode()).digest()
        emulator = device_id.startswith("emu")
        generated = {
            "risk": 95 if emulator else digest[0] % HARMLESS_BELOW,
            "is_emulator": emulator,
            "is_proxied": False,
        }
        with self._lock:
            override = self._overrides.get(device_id, {})
        report = {**generated, **override}
        return Answer(
            200, {"report_id": f"dev-{digest.hex()[:20]}", "device_id": device_id, **report}
        )

    def override(self, call: Call) -> Answer:
        """Fix fields of one device's report."""
        device_id, report = call.text("device_id"), call.mapping("report")
        if unknown := report.keys() - FIELDS:
            raise MalformedError(f"unknown report fields: {', '.join(sorted(unknown))}")
        with self._lock:
            self._overrides[device_id] = report
            self._journal.append({"device_id": device_id, "report": report})
        return Answer(200, {"device_id": device_id, "report": report})

    def reset(self) -> None:
        """Forget the overrides."""
        with self._lock:
            self._overrides.clear()
            self._journal.clear()
