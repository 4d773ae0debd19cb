"""Vehicle valuation sandbox: 0.88 to 1.06 of the asking price, fixed by the VIN and the seed."""

import hashlib
import threading
from datetime import UTC, datetime
from pathlib import Path

from tools.partners.journal import Journal
from tools.partners.service import Answer, Call, Partner

LOWEST_BASIS_POINTS = 8_800
HIGHEST_BASIS_POINTS = 10_600


class Valuation:
    """Market values in minor units, with overrides by VIN."""

    def __init__(self, state_dir: Path, seed: int) -> None:
        self._seed = seed
        self._journal = Journal(state_dir / "valuation_vehicles.jsonl")
        self._lock = threading.Lock()
        self._overrides: dict[str, int] = {
            entry["vin"]: entry["value_minor"] for entry in self._journal
        }
        self._partner = Partner(
            name="valuation",
            operations={
                "POST /valuations": self.value,
                "POST /_control/vehicles": self.override,
            },
            on_reset=[self.reset],
        )

    def partner(self) -> Partner:
        """The HTTP face."""
        return self._partner

    def value(self, call: Call) -> Answer:
        """Value one vehicle; the same question always has the same answer."""
        vin, condition, currency = call.text("vin"), call.text("condition"), call.text("currency")
        price_minor = call.positive("price_minor")
        model_year, odometer_km = call.body.get("model_year"), call.body.get("odometer_km")
        question = f"{vin}|{condition}|{model_year}|{odometer_km}|{price_minor}|{currency}"
        with self._lock:
            fixed = self._overrides.get(vin)
        value_minor = value_of(vin, price_minor, self._seed) if fixed is None else fixed
        valued_on = datetime.fromtimestamp(self._partner.clock.now(), UTC).date()
        return Answer(
            200,
            {
                "valuation_id": "val-" + hashlib.sha256(question.encode()).hexdigest()[:20],
                "vin": vin,
                "value_minor": value_minor,
                "valued_on": valued_on.isoformat(),
            },
        )

    def override(self, call: Call) -> Answer:
        """Fix the value of one VIN."""
        vin, value_minor = call.text("vin"), call.positive("value_minor")
        with self._lock:
            self._overrides[vin] = value_minor
            self._journal.append({"vin": vin, "value_minor": value_minor})
        return Answer(200, {"vin": vin, "value_minor": value_minor})

    def reset(self) -> None:
        """Forget the overrides."""
        with self._lock:
            self._overrides.clear()
            self._journal.clear()


def value_of(vin: str, price_minor: int, seed: int) -> int:
    """The generated value in minor units, rounded down."""
    digest = hashlib.sha256(f"{seed}|{vin}".encode()).digest()
    spread = HIGHEST_BASIS_POINTS - LOWEST_BASIS_POINTS + 1
    basis_points = LOWEST_BASIS_POINTS + int.from_bytes(digest[:4]) % spread
    return price_minor * basis_points // 10_000
