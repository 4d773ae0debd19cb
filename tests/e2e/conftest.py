"""Short ways through the front door, for customers and staff."""

import itertools
import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from tools.demo.journey import OTP
from tools.demo.people import Person, cn_people
from tools.localcloud.pytest_plugin import Client, Reply
from tools.partners.serve import NAMES

GIVE_UP_S = 40.0
_seeds = itertools.count(random.SystemRandom().randrange(10**9))
GOOD_REPORT = {
    "found": True,
    "score": 780,
    "delinquencies_24m": 0,
    "enquiries_6m": 0,
    "open_debt_monthly_minor": 0,
    "oldest_account_months": 120,
}


@dataclass
class Customer:
    """One person at the front door; idempotency keys are made as they are needed."""

    client: Client
    person: Person
    subject: str
    application_id: str = ""

    def call(self, method: str, path: str, body: object | None = None, key: str = "") -> Reply:
        """One call as this person."""
        wanted = key or (f"{self.subject}-{path}-{time.monotonic_ns()}" if method == "POST" else "")
        return self.client.call(method, path, body, subject=self.subject, key=wanted or None)

    def post(self, what: str, body: object | None = None, key: str = "") -> Reply:
        """POST below the application."""
        return self.call("POST", f"/v1/applications/{self.application_id}/{what}", body or {}, key)

    def apply(self) -> Reply:
        """Submit; remembers the id."""
        reply = self.call("POST", "/v1/applications", self.person.body)
        if reply.status == 202:
            self.application_id = reply.body["application_id"]
        return reply

    def view(self) -> dict[str, Any]:
        """The application as this person sees it."""
        reply = self.call("GET", f"/v1/applications/{self.application_id}")
        assert reply.status == 200, reply
        body: dict[str, Any] = reply.body
        return body

    def until(self, *states: str) -> dict[str, Any]:
        """Wait for one of the states."""
        give_up_at = time.monotonic() + GIVE_UP_S
        while (seen := self.view())["state"] not in states:
            if time.monotonic() > give_up_at:
                pytest.fail(f"still {seen['state']}, wanted {states}")
            time.sleep(0.03)
        return seen

    def reaches(self, state: str, within_s: float) -> bool:
        """Whether it comes to a state in that time."""
        give_up_at = time.monotonic() + within_s
        while self.view()["state"] != state:
            if time.monotonic() > give_up_at:
                return False
            time.sleep(0.03)
        return True

    def code(self, otp_id: str) -> str:
        """The one-time password on the phone."""
        inbox = self.client.partner("messages", "GET", f"/messages?to={self.person.mobile}").body
        texts = [one["text"] for one in inbox["messages"] if one["message_id"] == otp_id]
        found = OTP.search(texts[-1])
        assert found is not None
        return found[0]

    def accept(self) -> Reply:
        """Choose the best offer."""
        offer_id = self.view()["offers"][0]["offer_id"]
        return self.post("acceptance", {"offer_id": offer_id, "cost_sheet_confirmed": True})

    def sign(self) -> Reply:
        """Accept, read the contract, type the code."""
        assert self.accept().status == 200
        return self.post("signature", self.signature(self.prompted()))

    def prompted(self) -> dict[str, Any]:
        """The contract rendered and read; a code is on the phone."""
        contract = self.post("contract")
        assert contract.status == 201, contract
        sent = self.post("contract/otp", everything_read(contract.body))
        assert sent.status == 200, sent
        return sent.body

    def signature(self, contract: dict[str, Any]) -> dict[str, str]:
        """The body that answers a prompt."""
        return {
            "otp_id": contract["otp_id"],
            "code": self.code(contract["otp_id"]),
            "document_sha256": contract["document_sha256"],
        }

    def messages(self) -> list[dict[str, Any]]:
        """Everything on the phone."""
        inbox = self.client.partner("messages", "GET", f"/messages?to={self.person.mobile}").body
        found: list[dict[str, Any]] = inbox["messages"]
        return found


def everything_read(contract: dict[str, Any]) -> dict[str, Any]:
    """Every page of every document, and every disclosure."""
    return {
        "viewed": [
            {
                "kind": document["kind"],
                "sha256": document["sha256"],
                "pages": list(range(1, document["pages"] + 1)),
            }
            for document in contract["documents"]
        ],
        "disclosures": contract["disclosures"],
    }


type NewCustomer = Callable[..., Customer]


@pytest.fixture
def new_customer(client: Client, fresh_subject: Callable[[], str]) -> NewCustomer:
    """A fresh person; by default one that the machine approves."""

    def make(**report: Any) -> Customer:
        person = next(cn_people(next(_seeds), 1))
        applicant, body = person.body["applicant"], person.body
        applicant["income_monthly_minor"] = max(body["amount_minor"] // 8, 3_000_000)
        applicant["other_debt_monthly_minor"] = 0
        applicant["months_employed"] = 120
        subject = {"id_no": applicant["id_no"], "report": {**GOOD_REPORT, **report}}
        client.partner("bureau", "POST", "/_control/subjects", subject)
        flows = {"income_monthly_minor": applicant["income_monthly_minor"]}
        subject = {"id_no": applicant["id_no"], "report": flows}
        client.partner("income", "POST", "/_control/subjects", subject)
        vehicle = {"vin": body["vehicle"]["vin"], "value_minor": body["vehicle"]["price_minor"]}
        client.partner("valuation", "POST", "/_control/vehicles", vehicle)
        return Customer(client, person, fresh_subject())

    return make


@pytest.fixture(autouse=True)
def healthy(client: Client) -> None:
    """Every test begins with partners that answer and no faults."""
    client.faults()
    for name in NAMES:
        client.partner(name, "POST", "/_control/mode", {"mode": "ok"})
