"""Real US car loans as applications: real score, LTV, income ratio, amount and term.

Identity fields are invented. The lender's own price and everything known only after the
decision (outcome, months observed) is never sent; the outcome is kept aside to compare.
"""

import csv
import gzip
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tools.demo.people import Person, consents, device, vin

YEAR = 2026  # of the demo, as in the invented customers of the other market
FIRST = ("Alex", "Jordan", "Taylor", "Casey", "Riley", "Morgan", "Avery", "Quinn")
LAST = ("Example", "Sample", "Specimen", "Instance", "Testerman", "Demo")


def us_people(path: Path, limit: int, seed: int) -> Iterator[Person]:
    """The first `limit` loans of the file as customers.

    Raises:
        OSError: the file cannot be read.  KeyError, ValueError: it has another shape.
    """
    draw = random.Random(seed)
    with gzip.open(path, "rt", encoding="utf-8", newline="") as lines:
        for number, row in enumerate(csv.DictReader(lines)):
            if number >= limit:
                return
            yield _person(draw, seed, number, row)


def _person(draw: random.Random, seed: int, number: int, row: dict[str, str]) -> Person:
    amount = _minor(row["loan_amount"])
    value = _minor(row["vehicle_value"])
    payment = _minor(row["scheduled_payment"])
    income = round(payment / float(row["payment_to_income"]))
    used = row["vehicle_new"] == "0"
    mobile = f"415{draw.randrange(2, 10)}{draw.randrange(10**6):06d}"
    ssn = f"{draw.randrange(100, 665):03d}-{draw.randrange(1, 100):02d}-{number + 1:04d}"
    first, last = draw.choice(FIRST), draw.choice(LAST)
    number_plate = vin(draw, "1ZZ")
    body: dict[str, Any] = {
        "market": "us",
        "product_id": "us-auto",
        "channel": "web",
        "currency": "USD",
        "amount_minor": amount,
        "term_months": int(row["term_months"]),
        "plan": "equal_instalment",
        "purpose": "vehicle_purchase",
        "down_payment_minor": max(0, value - amount),
        "vehicle": {
            "vin": number_plate,
            "condition": "used" if used else "new",
            "power": "ice",
            "price_minor": value,
            # The loans are some years old: the vehicle keeps the age it had then.
            "model_year": int(row["vehicle_model_year"]) + YEAR - int(row["origination_month"][:4]),
            "odometer_km": 40_000 if used else 0,
        },
        "applicant": {
            "full_name": f"{first} {last}",
            "id_type": "us_ssn",
            "id_no": ssn,
            "birth_date": f"{draw.randrange(1955, 2000)}-{draw.randrange(1, 13):02d}-15",
            "mobile": mobile,
            "income_monthly_minor": income,
            "other_debt_monthly_minor": 0,
            "months_employed": draw.randrange(6, 200),
            "locale": "en",
            "address": f"{number + 1} Example Street, Springfield",
            "employer": {
                "name": "Specimen Works Inc",
                "registration_no": f"00-{number % 10**7:07d}",
            },
        },
        "payee": {"name": "Honest Motors LLC", "account_no": "4000123412341234"},
        "consents": consents(("privacy", "bureau_query", "e_sign", "data_sharing")),
        "device": device(random.Random(f"{seed}-{number}")),
    }
    report = {
        "found": True,
        "score": round(float(row["credit_score"])) if row["credit_score"] else None,
        "delinquencies_24m": None,
        "enquiries_6m": None,
        "open_debt_monthly_minor": None,
        "oldest_account_months": None,
    }
    return Person(
        f"us-{seed}-{number}",
        mobile,
        body,
        f"{first} {last[0]}.",
        outcome_default=int(row["default"]),
        bureau=report,
        value_minor=value,
        flows={"income_monthly_minor": income},
    )


def _minor(amount: str) -> int:
    whole, _, cents = amount.partition(".")
    return int(whole) * 100 + int((cents + "00")[:2])
