"""One signature whatever happens at once, and what a contract asks of KMS."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

from lending.adapters.dynamodb.book import DynamoBook
from lending.domain.signing import Signer
from lending.ports.book import Change

from tests.e2e.conftest import NewCustomer
from tests.e2e.test_ledger_proof import reached
from tools.localcloud.cloud import Platform
from tools.localcloud.pytest_plugin import Client, Reply

AT_ONCE = 6
KMS_CALLS_MAX = 3
VAULT_CALLS_MAX = 2
SEALING = frozenset({"GenerateMac", "VerifyMac", "Sign"})


def test_of_confirmations_at_once_one_signs_and_one_contract_is_sealed(
    new_customer: NewCustomer, platform: Platform
) -> None:
    customer = new_customer()
    customer.apply()
    customer.until("APPROVED")
    platform.idle()  # what others signed is sealed
    before = len(platform.cloud.core.edge.calls)
    assert customer.accept().status == 200
    answer = customer.signature(customer.prompted())

    def confirm(number: int) -> Reply:
        return customer.post("signature", answer, key=f"{customer.subject}-at-once-{number}")

    with ThreadPoolExecutor(AT_ONCE) as threads:
        told = list(threads.map(confirm, range(AT_ONCE)))
    assert [one.status for one in told].count(200) == 1, told
    lost = [one for one in told if one.status != 200]
    assert {one.status for one in lost} <= {409, 503}, lost
    customer.until("FUNDED")
    kinds = [one["kind"] for one in customer.call("GET", "/v1/documents").body["documents"]]
    assert sorted(kinds) == ["contract", "cost_sheet"]
    contract_id = customer.view()["contract"]["contract_id"]
    sealed = platform.cloud.core.edge.calls.since(before)
    signs = [one for one in sealed if (one.service, one.action) == ("kms", "Sign")]
    assert len([one for one in signs if str(one.function).endswith("-seal")]) == 1
    verification = customer.call("GET", f"/v1/contracts/{contract_id}/verification")
    assert verification.body["verdict"] == "VALID"


def test_a_contract_asks_kms_three_times_besides_opening_the_customers_data(
    new_customer: NewCustomer, platform: Platform
) -> None:
    customer = new_customer()
    customer.apply()
    customer.until("APPROVED")
    platform.idle()  # what others signed is sealed
    before = len(platform.cloud.core.edge.calls)
    customer.sign()
    customer.until("FUNDED")
    asked = Counter(
        one.action
        for one in platform.cloud.core.edge.calls.since(before)
        if one.service == "kms" and str(one.function).endswith(("-sign", "-seal"))
    )
    assert sum(asked[name] for name in SEALING) <= KMS_CALLS_MAX, asked
    assert asked["Sign"] == 1
    # The vault's data key is opened once a process and minute: for the names in the contract, and
    # for the number that the code goes to.
    assert set(asked) <= SEALING | {"Decrypt"}
    assert asked["Decrypt"] <= VAULT_CALLS_MAX, asked


def test_where_policy_wants_it_the_lender_signs_last_and_never_who_approved(
    new_customer: NewCustomer, client: Client, platform: Platform
) -> None:
    customer = new_customer()
    customer.apply()
    customer.until("APPROVED")
    assert customer.accept().status == 200
    sent = customer.prompted()
    demanded(platform, customer.application_id)
    assert customer.post("signature", customer.signature(sent)).status == 200
    platform.idle()
    # Everybody but the lender has signed: nothing is sealed, nothing is paid.
    assert customer.view()["state"] == "CONTRACTING"
    path = f"/v1/ops/applications/{customer.application_id}/countersignature"
    desk = {"subject": "op-countersigns", "groups": ("operations",)}
    other = {"document_sha256": "0" * 64}
    refused = client.call("POST", path, other, key="cs-1", **desk)
    assert (refused.status, refused.body["code"]) == (409, "document_changed")
    body = {"document_sha256": sent["document_sha256"]}
    signed = client.call("POST", path, body, key="cs-2", **desk)
    assert (signed.status, signed.body["state"]) == (200, "CONDITIONS_PENDING"), signed
    view = customer.until("FUNDED")
    contract_id = view["contract"]["contract_id"]
    told = customer.call("GET", f"/v1/contracts/{contract_id}/verification").body
    assert told["verdict"] == "VALID", told


def demanded(platform: Platform, application_id: str) -> None:
    """The contract as a market renders it whose `signing.countersign_above_minor` it exceeds."""
    with reached(platform) as table:
        book = DynamoBook(table)
        contract = book.contract(application_id)
        assert contract is not None
        wanted = replace(
            contract,
            signers=(*contract.signers, Signer("lender", "", "")),
            version=contract.version + 1,
        )
        book.commit(Change(contract=wanted, contract_was=contract.version))
