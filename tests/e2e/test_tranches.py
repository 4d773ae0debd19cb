"""A payout in tranches through the front door: held back, ordered by two, paid by the sweep."""

import hashlib
from typing import Any

from tests.e2e.conftest import NewCustomer
from tools.localcloud.cloud import Platform
from tools.localcloud.pytest_plugin import Client, Reply


def desk(client: Client, path: str, body: Any, who: str) -> Reply:
    key = hashlib.sha256(f"{who} {path} {body}".encode()).hexdigest()[:32]
    return client.call("POST", path, body, subject=who, groups=("operations",), key=key)


def test_the_dealer_gets_the_rest_when_two_persons_say_so(
    new_customer: NewCustomer, client: Client, platform: Platform
) -> None:
    customer = new_customer()
    customer.apply()
    customer.until("APPROVED")
    of = f"/v1/ops/applications/{customer.application_id}/tranches"
    held_minor = 1_000_000
    assert desk(client, of, {"held_back_minor": held_minor}, "op-1").status == 409
    assert customer.accept().status == 200
    assert desk(client, of, {"held_back_minor": -1}, "op-1").status == 422
    held = desk(client, of, {"held_back_minor": held_minor}, "op-2")
    assert (held.status, held.body["held_back_minor"]) == (200, held_minor), held
    customer.post("signature", customer.signature(customer.prompted()))
    loan_id = customer.until("FUNDED")["loan_id"]
    late = desk(client, of, {"held_back_minor": 1}, "op-3")
    assert (late.status, late.body["code"]) == (409, "illegal_state")

    tranches = f"/v1/ops/loans/{loan_id}/tranches"
    assert desk(client, tranches, {"amount_minor": 0}, "op-4").status == 422
    assert desk(client, tranches, {"amount_minor": held_minor + 1}, "op-4").status == 422
    entry = desk(client, tranches, {"amount_minor": held_minor}, "op-4")
    assert entry.status == 202, entry
    word = f"{tranches}/{entry.body['id']}/confirmation"
    own = desk(client, word, {"approved": True}, "op-4")
    assert (own.status, own.body["code"]) == (403, "four_eyes")
    assert desk(client, word, {"approved": True}, "op-5").status == 200
    platform.advance(days=2)
    platform.idle()
    paid = client.partner("bank_rail", "GET", "/payments").body["payments"]
    name = loan_id.removeprefix("loan_")
    mine = {one["reference"]: one for one in paid if one["reference"].endswith(name)}
    assert sorted(mine) == [f"dis-app_{name}", f"tr01-{name}"]
    first, second = (mine[one] for one in sorted(mine))
    loan = customer.call("GET", f"/v1/loans/{loan_id}").body
    assert first["amount_minor"] + second["amount_minor"] == loan["principal_minor"]
    assert (second["amount_minor"], second["payee"]) == (held_minor, first["payee"])
