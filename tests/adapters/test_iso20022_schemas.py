"""What we write is valid by the published schemas, and so is what our tests say of banks."""

import hashlib
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from lending.adapters.iso20022.pain001 import pain001
from lending.adapters.iso20022.pain008 import pain008
from lending.adapters.iso20022.written import Batch, OurAccount
from lending.ports.bank import DebitOrder, Payer, PayoutOrder
from lending.ports.partners import Payee
from lxml import etree

from tests.adapters.bank_messages import (
    Entry,
    Report,
    Stmt,
    Verdict,
    balance,
    camt053,
    camt054,
    detail,
)
from tests.partners.bank_desk import open_desk
from tools.partners import bank_statement

SCHEMAS = Path(__file__).parents[1] / "schemas/iso20022"
PUBLISHED = {
    "pain.001.001.09": "de038b373e47b0077b1832ddd81f4b2f1eb25d35721f62da1e38b7f5a09fda24",
    "pain.002.001.10": "2f9f8d0e9891fa9f31ccf0576397afe501614384d688ae6e43ba694b3d24b0cf",
    "pain.008.001.08": "7edf4e4ce34c47a5567af6a327e22af4ed4007f715822af9f353c94ecc10f5ba",
    "camt.053.001.08": "338e9cb0c9989b5181802a7b773eece070d6815fc9d6483ac0579117bc24ccba",
    "camt.054.001.08": "13d220337d47e22cf25788807c136794a76955791df612c6947277272d440da6",
}

type Validate = Callable[[bytes, str], None]


@pytest.fixture(scope="module")
def validate() -> Validate:
    """Raises with the schema's own words when a message does not conform."""
    loaded = {kind: etree.XMLSchema(file=str(SCHEMAS / f"{kind}.xsd")) for kind in PUBLISHED}

    def check(raw: bytes, kind: str) -> None:
        loaded[kind].assertValid(etree.fromstring(raw))

    return check


@pytest.mark.parametrize(("kind", "sha256"), PUBLISHED.items())
def test_the_schemas_are_the_published_ones(kind: str, sha256: str) -> None:
    published = (SCHEMAS / f"{kind}.xsd").read_bytes().replace(b"\n", b"\r\n")
    assert hashlib.sha256(published).hexdigest() == sha256


DUE = date(2026, 12, 24)
ORDERS = (
    PayoutOrder("dis-app_1", 12_000_000, "CNY", Payee("车行 & Söhne <A>", "6222000011112222"), "x"),
    PayoutOrder("dis-app_2", 1, "CNY", Payee("a" * 140, "DE89370400440532013000"), "y" * 140),
    PayoutOrder("d" * 35, 10**17, "CNY", Payee("欧阳𬱖䶮", "a-b/c.1"), "purchase of a car"),
)


@pytest.mark.parametrize("bic", ["BKCHCNBJ", "BKCHCNBJ300", ""])
@pytest.mark.parametrize("orders", [ORDERS[:1], ORDERS])
def test_what_we_send_is_valid(
    validate: Validate, bic: str, orders: tuple[PayoutOrder, ...]
) -> None:
    ours = OurAccount("Autolend Ltd", "LENDER1", bic)
    at = datetime(2026, 11, 24, 10, 0, 1, 999, tzinfo=UTC)
    validate(pain001(Batch("M-1", at, date(2026, 11, 24), ours, orders)), "pain.001.001.09")


DEBITS = (
    DebitOrder("c-1-001-1", 350_050, "CNY", Payer("王小明", "6222999", "con_1"), DUE, "auto_debit"),
    DebitOrder(
        "c" * 35, 1, "CNY", Payer("a" * 140, "DE89370400440532013000", "m" * 35), DUE, "y" * 140
    ),
)


@pytest.mark.parametrize("bic", ["BKCHCNBJ", ""])
@pytest.mark.parametrize("orders", [DEBITS[:1], DEBITS])
def test_the_debits_that_we_send_are_valid(
    validate: Validate, bic: str, orders: tuple[DebitOrder, ...]
) -> None:
    at = datetime(2026, 11, 24, 10, 0, 1, 999, tzinfo=UTC)
    batch = Batch("M-1", at, DUE, OurAccount("Autolend Ltd", "LENDER1", bic), orders)
    validate(pain008(batch), "pain.008.001.08")


@pytest.mark.parametrize(("amount_minor", "currency"), [(1050, "JPY"), (1234, "KWD"), (1, "USD")])
def test_every_number_of_decimal_places_is_valid(
    validate: Validate, amount_minor: int, currency: str
) -> None:
    order = PayoutOrder("r", amount_minor, currency, Payee("n", "1"), "p")
    at = datetime(2026, 11, 24, tzinfo=UTC)
    raw = pain001(Batch("M", at, date(2026, 11, 24), OurAccount("n", "1", ""), [order]))
    validate(raw, "pain.001.001.09")


def test_what_our_tests_say_of_banks_is_valid(validate: Validate) -> None:
    details = (detail(amount="60.00", bank_reference="BK-7"), detail(amount="40.00", sign="CRDT"))
    entries = [
        Entry(remittance="loan 1"),
        Entry(sign="DBIT", family="ICDT", reference="dis-app_1", status="PDNG"),
        Entry(family="ICDT", sub_family="RRTN", reason="AC04", reversal=True),
        Entry(details=details),
    ]
    summary = "<TxsSummry><TtlNtries><NbOfNtries>4</NbOfNtries></TtlNtries></TxsSummry>"
    balances = balance("PRCD", "-1.00") + balance("ITBD", "2.00")
    statements = (Stmt(entries), Stmt((), balances=balances, summary=summary))
    validate(b"".join(camt053(*statements)), "camt.053.001.08")
    validate(b"".join(camt054(*entries)), "camt.054.001.08")
    verdicts = (Verdict(code="RJCT", reason="AC04", amount="1.00"), Verdict(bank_reference=""))
    for report in (Report(verdicts, batch="PART"), Report(group="RJCT", group_reason="DUPL")):
        validate(report.xml(), "pain.002.001.10")


def test_what_the_sandbox_bank_delivers_is_valid(validate: Validate, tmp_path: Path) -> None:
    desk = open_desk(tmp_path)
    desk.pay("dis-1")
    desk.debit("deb-1")
    for kind, reference in (("payout", "dis-1"), ("debit", "deb-1")):
        desk.tell("returns", kind=kind, reference=reference)
    paid = desk.tell("credits", reference="repay <my> loan & more", amount_minor=5, currency="CNY")
    desk.tell("returns", kind="credit", reference=paid["bank_reference"])
    desk.tell("credits", reference="", amount_minor=7, currency="CNY")
    desk.tell("bookings", amount_minor=-3, currency="CNY")
    target = "/statements/2026-11-24?currency=CNY"
    _, statement = desk.ask("GET", target)
    assert len(statement["lines"]) == 8
    _, told = desk.ask("GET", f"{target}&format=camt.053")
    validate(told["content"].encode(), "camt.053.001.08")
    raw = bank_statement.camt054(statement["lines"], "M-054", desk.clock.at)
    validate(raw.encode(), "camt.054.001.08")
    verdicts = [
        {"reference": "a", "status": "accepted", "reason": "", "bank_reference": "BK-1"},
        {"reference": "b", "status": "rejected", "reason": "account_closed", "bank_reference": ""},
        {"reference": "c", "status": "rejected", "reason": "AC04", "bank_reference": ""},
    ]
    debits = [{"reference": "d", "status": "pending", "reason": "", "bank_reference": ""}]
    for more in (
        {"verdicts": verdicts},
        {"verdicts": [], "group_reason": "DUPL"},
        {"verdicts": debits, "of": "pain.008.001.08"},
    ):
        report = bank_statement.pain002("M-1", message_id="M-2", created_s=desk.clock.at, **more)
        validate(report.encode(), "pain.002.001.10")


def test_the_schemas_do_find_mistakes(validate: Validate) -> None:
    for wrong in (Entry(amount="-1.00"), Entry(sign="PLUS"), Entry(booked_on="tomorrow")):
        with pytest.raises(etree.DocumentInvalid):
            validate(b"".join(camt054(wrong)), "camt.054.001.08")
