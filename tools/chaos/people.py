"""Who the scenarios are about: somebody whom the machine approves."""

from typing import Final

from tools.demo.people import Person, cn_people

GOOD_REPORT: Final = {
    "found": True,
    "score": 780,
    "delinquencies_24m": 0,
    "enquiries_6m": 0,
    "open_debt_monthly_minor": 0,
    "oldest_account_months": 120,
}


def good_person(number: int = 0, amount_minor: int = 12_000_000) -> Person:
    """Somebody whom the machine approves."""
    person = list(cn_people(41, number + 1))[number]
    body, applicant = person.body, person.body["applicant"]
    price_minor = amount_minor * 10 // 6
    body["amount_minor"] = amount_minor
    body["product_id"] = "cn-auto-new"
    body["vehicle"] |= {"condition": "new", "power": "ice", "model_year": 2026, "odometer_km": 0}
    body["vehicle"]["price_minor"] = price_minor
    body["down_payment_minor"] = price_minor - amount_minor
    body["term_months"] = 24
    applicant["income_monthly_minor"] = amount_minor // 4
    applicant["other_debt_monthly_minor"] = 0
    applicant["months_employed"] = 120
    return person
