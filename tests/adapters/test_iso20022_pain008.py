"""Debits as a bank file: exact, escaped, and refused where the schema would have to cut them."""

import xml.etree.ElementTree as ET
from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lending.adapters.iso20022.pain008 import NAMESPACE, pain008
from lending.adapters.iso20022.written import Batch, OurAccount, Unwritable
from lending.ports.bank import DebitOrder, Payer

AT = datetime(2026, 12, 24, 2, 0, tzinfo=UTC)
DUE = date(2026, 12, 24)
PAYER = Payer("王小明 & Co", "6222999900001118", "con_1")
ORDER = DebitOrder("c-1-001-1", 350_050, "CNY", PAYER, DUE, "auto_debit")
BATCH = Batch("c-1-001-1", AT, DUE, OurAccount("Lender", "LENDER1", "BKCHCNBJ"), [ORDER])


def texts(raw: bytes, name: str) -> list[str]:
    return [found.text or "" for found in ET.fromstring(raw).iter(f"{{{NAMESPACE}}}{name}")]


def test_an_order_keeps_its_reference_amount_payer_mandate_and_day() -> None:
    second = replace(ORDER, reference="c-2-001-1", amount_minor=50)
    raw = pain008(replace(BATCH, orders=[ORDER, second]))
    assert texts(raw, "MsgId") == ["c-1-001-1"]
    assert texts(raw, "PmtMtd") == ["DD"]
    assert texts(raw, "NbOfTxs") == ["2", "2"]
    assert texts(raw, "CtrlSum") == ["3501.00", "3501.00"]
    assert texts(raw, "InstdAmt") == ["3500.50", "0.50"]
    assert texts(raw, "EndToEndId") == ["c-1-001-1", "c-2-001-1"]
    assert texts(raw, "ReqdColltnDt") == ["2026-12-24"]
    assert texts(raw, "MndtId") == ["con_1", "con_1"]
    assert texts(raw, "Nm") == ["Lender", "Lender", PAYER.name, PAYER.name]
    assert texts(raw, "BtchBookg") == ["false"]
    assert pain008(BATCH) == pain008(BATCH)


@pytest.mark.parametrize(
    ("order", "field"),
    [
        (replace(ORDER, reference="a#b"), "reference"),
        (replace(ORDER, amount_minor=0), "amount_minor"),
        (replace(ORDER, amount_minor=-1), "amount_minor"),
        (replace(ORDER, currency="XXX"), "currency"),
        (replace(ORDER, payer=replace(PAYER, name="a\0b")), "payer_name"),
        (replace(ORDER, payer=replace(PAYER, account_no="<x>")), "account_no"),
        (replace(ORDER, payer=replace(PAYER, mandate_id="")), "mandate_id"),
        (replace(ORDER, payer=replace(PAYER, mandate_id="m" * 36)), "mandate_id"),
        (replace(ORDER, purpose=""), "purpose"),
    ],
)
def test_what_does_not_fit_is_named_and_nothing_is_cut(order: DebitOrder, field: str) -> None:
    with pytest.raises(Unwritable) as caught:
        pain008(replace(BATCH, orders=[order]))
    assert caught.value.field == field
    assert str(caught.value) == f"{order.reference}: {field}"


@pytest.mark.parametrize(
    "orders", [[], [ORDER, ORDER], [ORDER, replace(ORDER, reference="b", currency="USD")]]
)
def test_a_file_has_one_currency_and_each_reference_once(orders: list[DebitOrder]) -> None:
    with pytest.raises(ValueError, match=r"currency|twice|transfers"):
        pain008(replace(BATCH, orders=orders))


@given(st.text(st.characters(codec="utf-8"), min_size=1, max_size=150), st.integers(-5, 2 * 10**18))
def test_any_name_and_amount_is_written_whole_or_refused(name: str, amount_minor: int) -> None:
    order = replace(ORDER, amount_minor=amount_minor, payer=replace(PAYER, name=name))
    try:
        raw = pain008(replace(BATCH, orders=[order]))
    except (Unwritable, ValueError):
        return
    assert texts(raw, "Nm")[-1] == name
    assert texts(raw, "InstdAmt")[0].replace(".", "").lstrip("0") == str(amount_minor)
