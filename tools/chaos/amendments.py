"""The scenario of an extension: the last signature, the seal, the new plan, and money meanwhile."""

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from lending.adapters.dynamodb import keys

from tools.chaos import money_scenarios as money
from tools.chaos.actors import OTP, Customer, Desk, Request
from tools.chaos.store import LENDING

if TYPE_CHECKING:
    from tools.chaos.world import World

MONTHS: Final = 6
PAID_MINOR: Final = 100_000
ONE: Final = "/v1/amendments/{amendment_id}/"


@dataclass(slots=True)
class Signs(Desk):
    """The customer types the code; a loan that changed first is an answer too."""

    amendment_id: str = ""
    body: dict[str, str] | None = None

    def wants(self, world: "World") -> bool:
        """Once."""
        return not self.has_done and world.state.now_ms >= self.wakes_ms

    def act(self, world: "World") -> None:
        """One request."""
        parameters = {"amendment_id": self.amendment_id}
        resource = f"{ONE}signature"
        key = f"sign-{self.amendment_id}"
        request = Request(self.name, "", "POST", resource, parameters, self.body, key)
        if amendment_row(world)["stale"]["S"]:
            self.has_done = True
            return
        self.insist(world, "signature", request)


def drawn_up(world: "World") -> dict[str, Any]:
    """Of a funded loan: an extension asked for, approved, and its paper, to be read."""
    customer = _customer(world)
    loan = {"loan_id": money.loan_id_of(world)}
    wanted = {"months": MONTHS, "reason": "income_loss"}
    resource = "/v1/loans/{loan_id}/amendments"
    asked = _sent(world, customer.name, "", resource, loan, wanted, 201)
    one = {"amendment_id": asked["amendment_id"]}
    decision = "/v1/ops/amendments/{amendment_id}/decision"
    _sent(world, "underwriter-1", "underwriter", decision, one, {"approved": True}, 200)
    paper: dict[str, Any] = _sent(world, customer.name, "", f"{ONE}document", one, {}, 201)
    return paper


def is_read(world: "World", paper: dict[str, Any]) -> None:
    """A code is on the phone, and the customer about to type it."""
    customer, one = _customer(world), {"amendment_id": paper["contract_id"]}
    viewed = [
        {"kind": each["kind"], "sha256": each["sha256"], "pages": list(range(1, each["pages"] + 1))}
        for each in paper["documents"]
    ]
    body = {"viewed": viewed, "disclosures": paper["disclosures"]}
    sent = _sent(world, customer.name, "", f"{ONE}otp", one, body, 200)
    (text,) = [m["text"] for m in world.state.rang if m["message_id"] == sent["otp_id"]]
    found = OTP.search(text)
    assert found is not None
    answer = {
        "otp_id": sent["otp_id"],
        "code": found[0],
        "document_sha256": sent["document_sha256"],
    }
    signs = Signs(customer.name, amendment_id=paper["contract_id"], body=answer)
    world.state.actors.append(signs)


def _customer(world: "World") -> Customer:
    (customer,) = [one for one in world.state.actors if isinstance(one, Customer)]
    return customer


def is_signed_and_paid(world: "World") -> None:
    """Money of the customer arrives soon after the last signature."""
    money.bank_tells(world)
    money.in_days(world, (20 / 86_400, money.PaysIn("{loan}", PAID_MINOR)))


def is_decided(world: "World") -> bool:
    """In force, or void because the money was first; and the money is booked."""
    row = amendment_row(world)
    paper = json.loads(row["paper"]["S"])
    is_over = row["status"]["S"] == "APPLIED" or paper["status"] == "VOID"
    facts = [
        json.loads(item["fact"]["S"])
        for item in world.store.items(LENDING)
        if item["sk"]["S"].startswith(keys.TRANSACTION_PREFIX)
    ]
    return is_over and PAID_MINOR in [fact["amount_minor"] for fact in facts]


def amendment_row(world: "World") -> dict[str, Any]:
    """The one amendment's row, in DynamoDB JSON."""
    (row,) = [
        item
        for item in world.store.items(LENDING)
        if item["sk"]["S"].startswith(keys.AMENDMENT_PREFIX)
    ]
    return row


def _sent(
    world: "World",
    who: str,
    groups: str,
    resource: str,
    parameters: dict[str, str],
    body: Any,
    wanted: int,
) -> Any:
    key = f"{who}-{resource}"
    reply = Request(who, groups, "POST", resource, parameters, body, key).send(world)
    assert reply.status == wanted, (resource, reply)
    return reply.body
