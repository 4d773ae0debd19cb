"""Partners over HTTP: right answers are understood, everything else is PartnerUnavailable."""

from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any

import pytest
import urllib3
from lending.adapters import circuit, partner_http
from lending.adapters.bureau_http import HttpBureau
from lending.adapters.devices_http import HttpDevices
from lending.adapters.employers_http import HttpEmployers
from lending.adapters.identity_http import HttpIdentity
from lending.adapters.income_http import HttpIncome
from lending.adapters.messages_http import HttpMessenger
from lending.adapters.rail_http import HttpRail
from lending.adapters.valuation_http import HttpValuation
from lending.domain.faults import CircuitOpen, OutOfRange, PartnerUnavailable, WrongSubject
from lending.ports.partners import (
    BureauReport,
    DeviceReport,
    EmployerRecord,
    IncomeReport,
    Payee,
    RailAnswer,
)

from tests.adapters.partner_server import PartnerServer, Script

SECRET = "110105199003070017"
VIN = "LZZ000006RZ100001"
EMPLOYER_NO = "91990202MA9TE5T12M"
DEVICE_ID = "phone-1"
REPORT: dict[str, Any] = {
    "report_id": "rep_1",
    "id_no": SECRET,
    "found": True,
    "score": 700,
    "delinquencies_24m": 0,
    "enquiries_6m": 1,
    "open_debt_monthly_minor": None,
    "oldest_account_months": 96,
}
FLOWS: dict[str, Any] = {
    "report_id": "rep_1",
    "id_no": SECRET,
    "currency": "CNY",
    "found": True,
    "months": 6,
    "income_monthly_minor": 2_000_000,
    "debt_monthly_minor": 150_000,
}
DEVICE: dict[str, Any] = {
    "report_id": "rep_1",
    "device_id": DEVICE_ID,
    "risk": 12,
    "is_emulator": False,
    "is_proxied": True,
}
COMPANY: dict[str, Any] = {
    "registration_no": EMPLOYER_NO,
    "found": True,
    "is_active": True,
    "name_matches": True,
    "founded_year": 1999,
}


@pytest.fixture(scope="module")
def server() -> Iterator[PartnerServer]:
    running = PartnerServer()
    yield running
    running.close()


@pytest.fixture
def partner(server: PartnerServer, monkeypatch: pytest.MonkeyPatch) -> Script:
    """A fresh script; slow answers time out soon."""
    short = urllib3.Timeout(connect=1.0, read=0.2)
    monkeypatch.setattr(partner_http, "_TIMEOUT", short)
    server.script = Script()
    return server.script


def verify(url: str) -> str:
    return HttpIdentity(url).verify(
        id_type="cn_id", id_no=SECRET, full_name="王小明", mobile="13900001234"
    )


def report(url: str) -> BureauReport:
    return HttpBureau(url).report(
        id_type="cn_id", id_no=SECRET, full_name="王小明", consent_id="con_1", notice="2026-08"
    )


def value(url: str) -> int:
    return HttpValuation(url).value_minor(
        vin=VIN,
        condition="used",
        model_year=2024,
        odometer_km=12_000,
        price_minor=9_000_000,
        currency="CNY",
    )


def send(url: str) -> None:
    HttpMessenger(url).send(
        message_id="msg-1", channel="sms", to="13900001234", template="t", locale="en", text="hi"
    )


def pay(url: str) -> RailAnswer:
    return HttpRail(url).pay(
        reference="ref/1",
        amount_minor=100,
        currency="CNY",
        payee=Payee("王小明", SECRET),
        purpose="loan",
    )


def query(url: str) -> RailAnswer:
    return HttpRail(url).query(reference="ref/1")


def flows(url: str) -> IncomeReport:
    return HttpIncome(url).report(
        id_type="cn_id", id_no=SECRET, full_name="王小明", consent_id="con_2", currency="CNY"
    )


def device(url: str) -> DeviceReport:
    return HttpDevices(url).report(device_id=DEVICE_ID, ip=None)


def company(url: str) -> EmployerRecord:
    return HttpEmployers(url).look_up(name="样板公司", registration_no=EMPLOYER_NO)


SOURCES = [verify, report, value, flows, device, company]
ASKING = [*SOURCES, send]
type Asking = Callable[[str], object]


@pytest.mark.parametrize("result", ["match", "mismatch", "not_found"])
def test_identity_answers(server: PartnerServer, partner: Script, result: str) -> None:
    partner.say((200, {"verification_id": "ver_1", "id_no": SECRET, "result": result, "more": 1}))
    assert verify(server.url) == result
    assert partner.seen[0][:2] == ("POST", "/verifications")
    assert partner.seen[0][2]["full_name"] == "王小明"


def test_a_credit_file_and_none(server: PartnerServer, partner: Script) -> None:
    partner.say((200, REPORT), (200, {**REPORT, "report_id": "rep_2", "found": False}))
    assert report(server.url) == BureauReport("rep_1", True, 700, 0, 1, None, 96)
    assert report(server.url) == BureauReport("rep_2", False, None, None, None, None, None)
    asked = partner.seen[0][2]
    assert (asked["consent_id"], asked["notice"]) == ("con_1", "2026-08")


def test_a_value(server: PartnerServer, partner: Script) -> None:
    partner.say((201, {"valuation_id": "val_1", "vin": VIN, "value_minor": 8_500_000}))
    assert value(server.url) == 8_500_000
    assert partner.seen[0][2]["odometer_km"] == 12_000


def test_a_message_is_handed_over_under_its_id(server: PartnerServer, partner: Script) -> None:
    partner.say((202, {}))
    send(server.url)
    assert partner.seen == [("POST", "/messages", {
        "message_id": "msg-1", "channel": "sms", "to": "13900001234",
        "template": "t", "locale": "en", "text": "hi",
    })]  # fmt: skip


@pytest.mark.parametrize(
    "nonsense",
    [
        (500, {}),
        (503, b""),
        (429, {}),
        (404, {}),
        (302, {}),
        (200, b""),
        (200, b"<html>"),
        (200, b"[]"),
        (200, b"null"),
        (200, b'{"a": NaN}'),
        (200, b"\xff\xfe"),
        (200, b"[" * 60_000),
        (200, b'{"a":"' + b"x" * (partner_http.ANSWER_BYTES_MAX) + b'"}'),
    ],
    ids=lambda answer: f"{answer[0]}-{str(answer[1])[:12]}",
)
@pytest.mark.parametrize("ask", ASKING)
def test_nonsense_is_an_outage_that_quotes_nothing(
    server: PartnerServer, partner: Script, ask: Asking, nonsense: tuple[int, object]
) -> None:
    partner.say(nonsense)
    with pytest.raises(PartnerUnavailable) as caught:
        ask(server.url)
    assert SECRET not in str(caught.value)
    assert "html" not in str(caught.value)


@pytest.mark.parametrize(
    ("ask", "body"),
    [
        (verify, {"id_no": SECRET, "result": "match"}),
        (verify, {"id_no": SECRET, "verification_id": "", "result": "match"}),
        (verify, {"id_no": SECRET, "verification_id": "v", "result": "MATCH"}),
        (verify, {"id_no": SECRET, "verification_id": "v", "result": True}),
        (verify, {"id_no": SECRET, "verification_id": "v" * 201, "result": "match"}),
        (value, {"vin": VIN, "valuation_id": "v"}),
        (value, {"vin": VIN, "valuation_id": "v", "value_minor": 0}),
        (value, {"vin": VIN, "valuation_id": "v", "value_minor": -5}),
        (value, {"vin": VIN, "valuation_id": "v", "value_minor": 1.5}),
        (value, {"vin": VIN, "valuation_id": "v", "value_minor": "100"}),
        (value, {"vin": VIN, "valuation_id": "v", "value_minor": True}),
        (value, {"vin": VIN, "valuation_id": "v", "value_minor": 10**14}),
        (report, {**REPORT, "found": 1}),
        (report, {**REPORT, "found": None}),
        (report, {**REPORT, "score": -1}),
        (report, {**REPORT, "score": 700.0}),
        (report, {**REPORT, "enquiries_6m": False}),
        (report, {name: kept for name, kept in REPORT.items() if name != "score"}),
        (report, {**REPORT, "report_id": 7}),
        (flows, {**FLOWS, "months": 0}),
        (flows, {**FLOWS, "income_monthly_minor": -1}),
        (flows, {**FLOWS, "debt_monthly_minor": None}),
        (flows, {**FLOWS, "found": "yes"}),
        (device, {**DEVICE, "risk": 101}),
        (device, {**DEVICE, "is_emulator": 0}),
        (company, {**COMPANY, "founded_year": 0}),
        (company, {**COMPANY, "name_matches": None}),
    ],
)
def test_a_wrong_field_is_named_and_its_value_is_not(
    server: PartnerServer, partner: Script, ask: Asking, body: dict[str, Any]
) -> None:
    partner.say((200, body))
    with pytest.raises(PartnerUnavailable, match="field "):
        ask(server.url)


@pytest.mark.parametrize(
    ("ask", "body"),
    [
        (verify, {"verification_id": "v", "id_no": "990202199003150017", "result": "match"}),
        (report, {**REPORT, "id_no": "990202199003150017"}),
        (value, {"valuation_id": "v", "vin": "LZZAB12C1RZ100001", "value_minor": 5}),
        (flows, {**FLOWS, "id_no": "990202199003150017"}),
        (flows, {**FLOWS, "currency": "USD"}),
        (device, {**DEVICE, "device_id": "phone-2"}),
        (company, {**COMPANY, "registration_no": "92990202MA9TE5T20D"}),
    ],
)
def test_an_answer_about_another_is_a_named_fault(
    server: PartnerServer, partner: Script, ask: Asking, body: dict[str, Any]
) -> None:
    partner.say((200, body))
    with pytest.raises(WrongSubject):
        ask(server.url)


@pytest.mark.parametrize(
    ("ask", "body"),
    [
        (report, {**REPORT, "score": 1001}),
        (value, {"valuation_id": "v", "vin": VIN, "value_minor": 0}),
        (flows, {**FLOWS, "income_monthly_minor": 10**14}),
        (device, {**DEVICE, "risk": -1}),
    ],
)
def test_a_number_that_cannot_be_is_a_named_fault(
    server: PartnerServer, partner: Script, ask: Asking, body: dict[str, Any]
) -> None:
    partner.say((200, body))
    with pytest.raises(OutOfRange):
        ask(server.url)


def test_what_sources_say_is_read(server: PartnerServer, partner: Script) -> None:
    partner.say((200, FLOWS), (200, DEVICE), (200, COMPANY), (200, {**FLOWS, "found": False}))
    assert flows(server.url) == IncomeReport("rep_1", True, 6, 2_000_000, 150_000)
    assert device(server.url) == DeviceReport("rep_1", 12, False, True)
    assert company(server.url) == EmployerRecord(True, True, True, 1999)
    assert flows(server.url) == IncomeReport("rep_1", False, None, None, None)
    partner.say((200, {**COMPANY, "found": False}))
    assert company(server.url) == EmployerRecord(False, None, None, None)


def test_a_source_that_keeps_failing_is_not_asked_for_a_while(
    server: PartnerServer, partner: Script, monkeypatch: pytest.MonkeyPatch
) -> None:
    now_s = [100.0]
    monkeypatch.setattr(circuit, "time", SimpleNamespace(monotonic=lambda: now_s[0]))
    source = HttpDevices(server.url)

    def ask() -> DeviceReport:
        return source.report(device_id=DEVICE_ID, ip=None)

    partner.say((503, {}))
    for _ in range(circuit.OPEN_AFTER):
        with pytest.raises(PartnerUnavailable, match="HTTP 503"):
            ask()
    seen = len(partner.seen)
    partner.say((200, DEVICE))
    with pytest.raises(CircuitOpen):
        ask()
    assert len(partner.seen) == seen, "nobody was asked"
    now_s[0] += circuit.COOL_DOWN_S
    partner.say((200, {**DEVICE, "risk": 101}))
    with pytest.raises(OutOfRange):
        ask()  # the probe: nonsense keeps it open
    with pytest.raises(CircuitOpen):
        ask()
    now_s[0] += circuit.COOL_DOWN_S
    partner.say((200, DEVICE))
    assert ask() == ask() == DeviceReport("rep_1", 12, False, True)
    counts = source._http.circuit.counts
    assert (counts["opened"], counts["refused"], counts["probed"]) == (2, 2, 2)


@pytest.mark.parametrize("ask", ASKING)
def test_one_hiccup_is_repeated_and_two_are_an_outage(
    server: PartnerServer, partner: Script, ask: Asking
) -> None:
    good = {**REPORT, **FLOWS, **DEVICE, **COMPANY, "verification_id": "v", "result": "match",
            "valuation_id": "v", "vin": VIN, "value_minor": 5}  # fmt: skip
    partner.say((500, {}), (200, good))
    ask(server.url)
    assert len(partner.seen) == 2
    partner.say((500, {}), (500, {}), (200, good))
    with pytest.raises(PartnerUnavailable, match="HTTP 500"):
        ask(server.url)
    assert len(partner.seen) == 4


def test_slow_absent_and_rude_partners_are_outages(server: PartnerServer, partner: Script) -> None:
    partner.say((200, {"verification_id": "v", "id_no": SECRET, "result": "match"}))
    partner.hang_up = True
    with pytest.raises(PartnerUnavailable, match="identity: ProtocolError"):
        verify(server.url)
    partner.hang_up, partner.delay_s = False, 0.4
    with pytest.raises(PartnerUnavailable, match="identity: ReadTimeoutError"):
        verify(server.url)
    nobody = PartnerServer()
    nobody.close()
    with pytest.raises(PartnerUnavailable, match="identity: NewConnectionError"):
        verify(nobody.url)


def test_redirects_are_not_followed(server: PartnerServer, partner: Script) -> None:
    partner.say((307, {}))
    partner.headers = {"Location": f"{server.url}/elsewhere"}
    with pytest.raises(PartnerUnavailable):
        value(server.url)
    assert {path for _, path, _ in partner.seen} == {"/valuations"}


def test_the_rail_accepts_or_rejects(server: PartnerServer, partner: Script) -> None:
    partner.say((202, {"reference": "ref/1", "status": "accepted"}))
    assert pay(server.url) == RailAnswer("accepted")
    partner.say((422, {"reference": "ref/1", "status": "rejected", "reason": "account_closed"}))
    assert pay(server.url) == RailAnswer("rejected", "account_closed")
    partner.say((422, {"status": "rejected", "reason": "account_closed"}))
    assert pay(server.url) == RailAnswer("rejected", "account_closed")
    assert partner.seen[0] == ("POST", "/payments", {
        "reference": "ref/1", "amount_minor": 100, "currency": "CNY", "purpose": "loan",
        "payee": {"name": "王小明", "account_no": SECRET},
    })  # fmt: skip


@pytest.mark.parametrize(
    "answer",
    [
        (200, {"reference": "ref/1", "status": "accepted"}),
        (202, {"reference": "ref/2", "status": "accepted"}),
        (202, {"status": "accepted"}),
        (202, {"reference": "ref/1", "status": "rejected"}),
        (202, {"reference": "ref/1"}),
        (202, b""),
        (202, b"{"),
        (400, {"reference": "ref/1", "status": "rejected", "reason": "x"}),
        (422, {"reference": "ref/2", "status": "rejected", "reason": "x"}),
        (422, {"reference": "ref/1", "status": "rejected"}),
        (422, {"reference": "ref/1", "status": "accepted", "reason": "x"}),
        (409, {"reference": "ref/1", "status": "rejected", "reason": "x"}),
        (429, {}),
        (500, {}),
        (502, b"<html>"),
    ],
    ids=lambda answer: f"{answer[0]}-{str(answer[1])[:50]}",
)
def test_any_doubt_about_a_payment_is_unknown_and_it_is_sent_once(
    server: PartnerServer, partner: Script, answer: tuple[int, object]
) -> None:
    partner.say(answer)
    assert pay(server.url).status == "unknown"
    assert len(partner.seen) == 1


def test_a_lost_answer_to_a_payment_is_unknown_and_never_repeated(
    server: PartnerServer, partner: Script
) -> None:
    partner.say((202, {"reference": "ref/1", "status": "accepted"}))
    partner.hang_up = True
    assert pay(server.url).status == "unknown"
    partner.hang_up, partner.delay_s = False, 0.4
    assert pay(server.url).status == "unknown"
    assert len(partner.seen) == 2


def test_the_rail_is_asked_by_reference(server: PartnerServer, partner: Script) -> None:
    partner.say((200, {"reference": "ref/1", "status": "rejected", "reason": "limit"}))
    assert query(server.url) == RailAnswer("rejected", "limit")
    assert partner.seen[0][:2] == ("GET", "/payments/ref%2F1")
    partner.say((200, {"reference": "ref/1", "status": "accepted"}))
    assert query(server.url) == RailAnswer("accepted")
    partner.say((200, {"reference": "ref/1", "status": "unknown", "reason": None}))
    assert query(server.url) == RailAnswer("unknown")


@pytest.mark.parametrize(
    "answer",
    [
        (404, {}),
        (404, {"reference": "ref/2"}),
        (404, b"not here"),
        (410, {"reference": "ref/1"}),
        (200, {"reference": "ref/2", "status": "rejected"}),
        (200, {"reference": "ref/1", "status": "not_received"}),
        (200, {"reference": "ref/1", "status": None}),
        (500, {"reference": "ref/1"}),
    ],
    ids=lambda answer: f"{answer[0]}-{str(answer[1])[:40]}",
)
def test_only_the_rails_own_404_means_not_received(
    server: PartnerServer, partner: Script, answer: tuple[int, object]
) -> None:
    partner.say(answer)
    assert query(server.url).status == "unknown"
    partner.say((404, {"reference": "ref/1"}))
    assert query(server.url) == RailAnswer("not_received")
