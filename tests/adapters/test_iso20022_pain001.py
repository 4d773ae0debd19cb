"""Orders as a bank file: exact, escaped, and refused where the schema would have to cut them."""

import xml.etree.ElementTree as ET
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lending.adapters.iso20022.pain001 import NAMESPACE, pain001
from lending.adapters.iso20022.written import Batch, OurAccount, Unwritable
from lending.ports.bank import PayoutOrder
from lending.ports.partners import Payee

AT = datetime(2026, 11, 24, 18, 0, tzinfo=timezone(timedelta(hours=8)))
ORDER = PayoutOrder("dis-app_1", 12_000_050, "CNY", Payee("Dealer", "6222000011112222"), "a car")
BATCH = Batch("M-1", AT, date(2026, 11, 25), OurAccount("Lender", "LENDER1", "BKCHCNBJ"), [ORDER])


def texts(raw: bytes, name: str) -> list[str]:
    return [found.text or "" for found in ET.fromstring(raw).iter(f"{{{NAMESPACE}}}{name}")]


def test_an_order_keeps_its_reference_amount_and_payee() -> None:
    second = replace(ORDER, reference="dis-app_2", amount_minor=50)
    raw = pain001(replace(BATCH, orders=[ORDER, second]))
    assert texts(raw, "MsgId") == ["M-1"]
    assert texts(raw, "CreDtTm") == ["2026-11-24T10:00:00Z"]
    assert texts(raw, "NbOfTxs") == ["2", "2"]
    assert texts(raw, "CtrlSum") == ["120001.00", "120001.00"]
    assert texts(raw, "InstdAmt") == ["120000.50", "0.50"]
    assert texts(raw, "EndToEndId") == ["dis-app_1", "dis-app_2"]
    assert texts(raw, "Dt") == ["2026-11-25"]
    assert texts(raw, "BtchBookg") == ["false"]
    assert texts(raw, "Ustrd") == ["a car", "a car"]


def test_equal_input_gives_equal_bytes() -> None:
    assert pain001(BATCH) == pain001(replace(BATCH, created_at=AT.astimezone(UTC)))


@pytest.mark.parametrize(
    ("account_no", "tag"),
    [
        ("DE89370400440532013000", "IBAN"),
        ("DE89 3704 0044 0532 0130 00", "IBAN"),
        ("GB82WEST12345698765432", "IBAN"),
        ("DE88370400440532013000", "Othr"),  # wrong check digits: not an IBAN, never "repaired"
        ("6222000011112222", "Othr"),
    ],
)
def test_an_iban_is_written_as_one_only_when_it_is_one(account_no: str, tag: str) -> None:
    raw = pain001(replace(BATCH, orders=[replace(ORDER, payee=Payee("Dealer", account_no))]))
    account = ET.fromstring(raw).find(f".//{{{NAMESPACE}}}CdtrAcct/{{{NAMESPACE}}}Id")
    assert account is not None
    assert account[0].tag == f"{{{NAMESPACE}}}{tag}"


@pytest.mark.parametrize(
    ("order", "field"),
    [
        (replace(ORDER, reference=""), "reference"),
        (replace(ORDER, reference="x" * 36), "reference"),
        (replace(ORDER, reference="a#b"), "reference"),
        (replace(ORDER, reference=" x"), "reference"),
        (replace(ORDER, amount_minor=0), "amount_minor"),
        (replace(ORDER, amount_minor=-1), "amount_minor"),
        (replace(ORDER, currency="XXX"), "currency"),
        (replace(ORDER, currency='CNY"><x'), "currency"),
        (replace(ORDER, payee=Payee("", "1")), "payee_name"),
        (replace(ORDER, payee=Payee("x" * 141, "1")), "payee_name"),
        (replace(ORDER, payee=Payee("a\nb", "1")), "payee_name"),
        (replace(ORDER, payee=Payee("a\0b", "1")), "payee_name"),
        (replace(ORDER, payee=Payee("a\ud800b", "1")), "payee_name"),
        (replace(ORDER, payee=Payee("a\u202eb", "1")), "payee_name"),
        (replace(ORDER, payee=Payee("Dealer", "")), "account_no"),
        (replace(ORDER, payee=Payee("Dealer", "1" * 35)), "account_no"),
        (replace(ORDER, payee=Payee("Dealer", "<x>")), "account_no"),
        (replace(ORDER, purpose=""), "purpose"),
    ],
)
def test_what_does_not_fit_is_named_and_nothing_is_cut(order: PayoutOrder, field: str) -> None:
    with pytest.raises(Unwritable) as caught:
        pain001(replace(BATCH, orders=[order]))
    assert caught.value.field == field
    if field in {"payee_name", "account_no"}:
        assert str(caught.value) == f"{order.reference}: {field}"


@pytest.mark.parametrize(
    "orders",
    [
        [],
        [ORDER, ORDER],
        [ORDER, replace(ORDER, reference="b", currency="USD")],
        [ORDER] * 10_001,
    ],
)
def test_a_file_has_one_currency_and_each_reference_once(orders: list[PayoutOrder]) -> None:
    with pytest.raises(ValueError, match=r"currency|twice|transfers"):
        pain001(replace(BATCH, orders=orders))


@given(st.text(st.characters(codec="utf-8"), min_size=1, max_size=150), st.integers(-5, 2 * 10**18))
def test_any_name_and_amount_is_written_whole_or_refused(name: str, amount_minor: int) -> None:
    order = replace(ORDER, amount_minor=amount_minor, payee=Payee(name, "1"))
    try:
        raw = pain001(replace(BATCH, orders=[order]))
    except (Unwritable, ValueError):
        return
    assert texts(raw, "Nm")[-1] == name
    assert texts(raw, "InstdAmt")[0].replace(".", "").lstrip("0") == str(amount_minor)
