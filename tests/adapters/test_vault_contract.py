"""What every Vault must do: the same suite over the fake and over DynamoDB with KMS."""

from dataclasses import replace

import pytest
from lending.adapters.dynamodb.vault import DynamoKmsVault
from lending.domain.faults import Erased, NotFound
from lending.ports.vault import Consent, Vault

from tests.adapters.samples import AT
from tests.fakes.vault import FakeVault

FIELDS = {
    "full_name": "欧阳𬱖䶮",
    "id_type": "cn_id",
    "id_no": "11010519900307001X",
    "mobile": "13900001234",
    "email": "wang@example.com",
    "income_monthly_minor": "2000000",
    "note": "",
}
ALL = tuple(FIELDS)
CONSENT = Consent("con_1", "privacy", "2026-08", "a" * 64, AT, "zh-CN")


@pytest.fixture(params=["fake", "dynamodb"])
def vault(request: pytest.FixtureRequest) -> Vault:
    if request.param == "fake":
        return FakeVault()
    return DynamoKmsVault(
        request.getfixturevalue("table_name"),
        request.getfixturevalue("vault_key"),
        request.getfixturevalue("mac_key"),
    )


def test_what_was_saved_is_read_back_and_nothing_else(vault: Vault) -> None:
    vault.save("cus_1", FIELDS, (CONSENT,))
    assert vault.read("cus_1", "test", ALL) == FIELDS
    assert vault.read("cus_1", "test", ("mobile", "passport")) == {"mobile": "13900001234"}
    assert vault.read("cus_1", "test", ()) == {}


def test_saving_again_changes_only_what_is_new(vault: Vault) -> None:
    vault.save("cus_1", FIELDS, (CONSENT,))
    vault.save("cus_1", FIELDS, (CONSENT,))
    assert vault.read("cus_1", "test", ALL) == FIELDS
    assert vault.consents("cus_1") == (CONSENT,)
    vault.save("cus_1", {"email": "x@example.org"}, ())
    assert vault.read("cus_1", "test", ALL) == {**FIELDS, "email": "x@example.org"}


def test_a_recorded_consent_is_never_rewritten(vault: Vault) -> None:
    vault.save("cus_1", FIELDS, (CONSENT,))
    second = replace(CONSENT, consent_id="con_2", purpose="e_sign")
    vault.save("cus_1", FIELDS, (replace(CONSENT, version="9999-01"), second, second))
    assert vault.consents("cus_1") == (CONSENT, second)


def test_the_masked_view_shows_no_field_whole(vault: Vault) -> None:
    vault.save("cus_1", FIELDS, ())
    assert vault.masked("cus_1") == {
        "full_name": "欧***",
        "id_type": "cn_id",
        "id_no": "*" * 14 + "001X",
        "mobile": "*" * 7 + "1234",
        "email": "w***@example.com",
        "income_monthly_minor": "***",
        "note": "",
    }


def test_customers_do_not_see_each_other(vault: Vault) -> None:
    vault.save("cus_1", FIELDS, (CONSENT,))
    vault.save("cus_2", {"full_name": "李四"}, ())
    assert vault.read("cus_2", "test", ALL) == {"full_name": "李四"}
    assert vault.consents("cus_2") == ()


def test_unknown_customers_are_not_found(vault: Vault) -> None:
    for call in (
        lambda: vault.read("cus_9", "test", ALL),
        lambda: vault.masked("cus_9"),
        lambda: vault.erase("cus_9", AT),
    ):
        with pytest.raises(NotFound):
            call()
    assert vault.consents("cus_9") == ()
    assert vault.find("mobile", "13900001234") is None


def test_a_customer_is_found_by_the_exact_value_in_any_spelling(vault: Vault) -> None:
    vault.save("cus_1", FIELDS, ())
    assert vault.find("mobile", "13900001234") == "cus_1"
    assert vault.find("mobile", "139-0000 1234") == "cus_1"
    assert vault.find("id_no", "11010519900307001x") == "cus_1"
    assert vault.find("id_no", "１１０１０５１９９００３０７００１Ｘ") == "cus_1"
    assert vault.find("id_no", "13900001234") is None
    assert vault.find("mobile", "1390000123") is None
    with pytest.raises(ValueError, match="index"):
        vault.find("email", "wang@example.com")


def test_an_old_number_no_longer_finds_the_customer(vault: Vault) -> None:
    vault.save("cus_1", FIELDS, ())
    vault.save("cus_1", {"mobile": "13900009999"}, ())
    assert vault.find("mobile", "13900001234") is None
    assert vault.find("mobile", "13900009999") == "cus_1"
    assert vault.find("id_no", FIELDS["id_no"]) == "cus_1"


def test_a_number_that_changed_hands_belongs_to_its_last_owner(vault: Vault) -> None:
    vault.save("cus_1", FIELDS, ())
    vault.save("cus_2", {"mobile": FIELDS["mobile"]}, ())
    assert vault.find("mobile", FIELDS["mobile"]) == "cus_2"
    vault.erase("cus_1", AT)
    assert vault.find("mobile", FIELDS["mobile"]) == "cus_2"
    vault.erase("cus_2", AT)
    assert vault.find("mobile", FIELDS["mobile"]) is None


def test_after_an_erasure_nothing_personal_is_left_and_consents_stay(vault: Vault) -> None:
    vault.save("cus_1", FIELDS, (CONSENT,))
    vault.save("cus_2", {"full_name": "李四"}, ())
    vault.erase("cus_1", AT)
    vault.erase("cus_1", AT)
    for call in (
        lambda: vault.read("cus_1", "test", ALL),
        lambda: vault.masked("cus_1"),
        lambda: vault.save("cus_1", FIELDS, ()),
    ):
        with pytest.raises(Erased):
            call()
    assert vault.find("id_no", FIELDS["id_no"]) is None
    assert vault.consents("cus_1") == (CONSENT,)
    assert vault.read("cus_2", "test", ALL) == {"full_name": "李四"}
