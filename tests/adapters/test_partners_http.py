"""Partners over HTTP: right answers are understood, everything else is PartnerUnavailable."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
import urllib3
from lending.adapters import partner_http
from lending.adapters.bureau_http import HttpBureau
from lending.adapters.identity_http import HttpIdentity
from lending.adapters.messages_http import HttpMessenger
from lending.adapters.rail_http import HttpRail
from lending.adapters.valuation_http import HttpValuation
from lending.domain.faults import PartnerUnavailable
from lending.ports.partners import BureauReport, Payee, RailAnswer

from tests.adapters.partner_server import PartnerServer, Script

SECRET = "110105199003070017"
REPORT: dict[str, Any] = {
    "report_id": "rep_1",
    "found": True,
    "score": 700,
    "delinquencies_24m": 0,
    "enquiries_6m": 1,
    "open_debt_monthly_minor": None,
    "oldest_account_months": 96,
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
        id_type="cn_id", id_no=SECRET, full_name="王小明", consent_id="con_1"
    )


def value(url: str) -> int:
    return HttpValuation(url).value_minor(
        vin="LZZ000006RZ100001",
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


ASKING = [verify, report, value, send]
type Asking = Callable[[str], object]


@pytest.mark.parametrize("result", ["match", "mismatch", "not_found"])
def test_identity_answers(server: PartnerServer, partner: Script, result: str) -> None:
    partner.say((200, {"verification_id": "ver_1", "result": result, "more": 1}))
    assert verify(server.url) == result
    assert partner.seen[0][:2] == ("POST", "/verifications")
    assert partner.seen[0][2]["full_name"] == "王小明"


def test_a_credit_file_and_none(server: PartnerServer, partner: Script) -> None:
    partner.say((200, REPORT), (200, {"report_id": "rep_2", "found": False, "score": 700}))
    assert report(server.url) == BureauReport("rep_1", True, 700, 0, 1, None, 96)
    assert report(server.url) == BureauReport("rep_2", False, None, None, None, None, None)
    assert partner.seen[0][2]["consent_id"] == "con_1"


def test_a_value(server: PartnerServer, partner: Script) -> None:
    partner.say((201, {"valuation_id": "val_1", "value_minor": 8_500_000}))
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
        (verify, {"result": "match"}),
        (verify, {"verification_id": "", "result": "match"}),
        (verify, {"verification_id": "v", "result": "MATCH"}),
        (verify, {"verification_id": "v", "result": True}),
        (verify, {"verification_id": "v" * 201, "result": "match"}),
        (value, {"valuation_id": "v"}),
        (value, {"valuation_id": "v", "value_minor": 0}),
        (value, {"valuation_id": "v", "value_minor": -5}),
        (value, {"valuation_id": "v", "value_minor": 1.5}),
        (value, {"valuation_id": "v", "value_minor": "100"}),
        (value, {"valuation_id": "v", "value_minor": True}),
        (value, {"valuation_id": "v", "value_minor": 10**14}),
        (report, {**REPORT, "found": 1}),
        (report, {**REPORT, "found": None}),
        (report, {**REPORT, "score": -1}),
        (report, {**REPORT, "score": 700.0}),
        (report, {**REPORT, "enquiries_6m": False}),
        (report, {name: kept for name, kept in REPORT.items() if name != "score"}),
        (report, {**REPORT, "report_id": 7}),
    ],
)
def test_a_wrong_field_is_named_and_its_value_is_not(
    server: PartnerServer, partner: Script, ask: Asking, body: dict[str, Any]
) -> None:
    partner.say((200, body))
    with pytest.raises(PartnerUnavailable, match="field "):
        ask(server.url)


@pytest.mark.parametrize("ask", ASKING)
def test_one_hiccup_is_repeated_and_two_are_an_outage(
    server: PartnerServer, partner: Script, ask: Asking
) -> None:
    good = {**REPORT, "verification_id": "v", "result": "match", "valuation_id": "v",
            "value_minor": 5}  # fmt: skip
    partner.say((500, {}), (200, good))
    ask(server.url)
    assert len(partner.seen) == 2
    partner.say((500, {}), (500, {}), (200, good))
    with pytest.raises(PartnerUnavailable, match="HTTP 500"):
        ask(server.url)
    assert len(partner.seen) == 4


def test_slow_absent_and_rude_partners_are_outages(server: PartnerServer, partner: Script) -> None:
    partner.say((200, {"verification_id": "v", "result": "match"}))
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
