"""One signature whatever happens at once, and what a contract asks of KMS."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor

from tests.e2e.conftest import NewCustomer
from tools.localcloud.cloud import Platform
from tools.localcloud.pytest_plugin import Reply

AT_ONCE = 6
KMS_CALLS_MAX = 3
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
    # The vault's data key: once a process and minute, whoever reads.
    assert set(asked) <= SEALING | {"Decrypt"}
