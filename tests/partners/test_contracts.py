"""Each sandbox keeps its contract, also over a restart."""

import statistics
from pathlib import Path
from typing import Any

from joserfc import jwt
from joserfc.jwk import KeySet

from tests.partners.conftest import ask
from tools.partners.bureau import credit_file
from tools.partners.serve import start_all
from tools.partners.service import Running

PAYMENT: dict[str, Any] = {
    "reference": "loan-1-disburse",
    "amount_minor": 2_500_000,
    "currency": "SGD",
    "payee": {"name": "Auto House", "account_no": "1234567"},
    "purpose": "vehicle",
}
VEHICLE = {
    "vin": "WVWZZZ1JZXW000001",
    "condition": "used",
    "model_year": 2022,
    "odometer_km": 41_000,
    "price_minor": 4_000_000,
    "currency": "SGD",
}


def test_the_rail_pays_one_reference_once(partners: dict[str, Running]) -> None:
    rail = partners["bank_rail"].url
    accepted = (202, {"reference": "loan-1-disburse", "status": "accepted"})
    assert ask(rail, "GET", "/payments/loan-1-disburse")[0] == 404
    assert ask(rail, "POST", "/payments", PAYMENT) == accepted
    assert ask(rail, "POST", "/payments", PAYMENT) == accepted
    assert ask(rail, "POST", "/payments", {**PAYMENT, "amount_minor": 1})[0] == 409
    assert len(ask(rail, "GET", "/payments")[1]["payments"]) == 1
    assert ask(rail, "GET", "/payments/loan-1-disburse")[1]["status"] == "accepted"


def test_the_rail_rejects_a_closed_account_every_time(partners: dict[str, Running]) -> None:
    rail = partners["bank_rail"].url
    closed = {**PAYMENT, "payee": {"name": "Gone", "account_no": "9990000"}}
    expected = {"reference": "loan-1-disburse", "status": "rejected", "reason": "account_closed"}
    assert ask(rail, "POST", "/payments", closed) == (422, expected)
    assert ask(rail, "POST", "/payments", closed) == (422, expected)
    assert ask(rail, "GET", "/payments/loan-1-disburse") == (200, expected)


def test_the_rail_refuses_a_float_amount(partners: dict[str, Running]) -> None:
    rail = partners["bank_rail"].url
    assert ask(rail, "POST", "/payments", {**PAYMENT, "amount_minor": 1.5})[0] == 400


def test_payments_and_the_signing_key_survive_a_restart(tmp_path: Path) -> None:
    first = start_all(tmp_path, seed=7)
    ask(first["bank_rail"].url, "POST", "/payments", PAYMENT)
    settle = {"reference": "loan-1-disburse", "status": "unknown"}
    ask(first["bank_rail"].url, "POST", "/_control/payments", settle)
    keys = ask(first["issuer"].url, "GET", "/.well-known/jwks.json")
    for one in first.values():
        one.close()
    second = start_all(tmp_path, seed=7)
    try:
        answer = ask(second["bank_rail"].url, "GET", "/payments/loan-1-disburse")
        assert answer == (200, settle)
        assert ask(second["bank_rail"].url, "POST", "/payments", PAYMENT)[0] == 202
        assert len(ask(second["bank_rail"].url, "GET", "/payments")[1]["payments"]) == 1
        assert ask(second["issuer"].url, "GET", "/.well-known/jwks.json") == keys
    finally:
        for one in second.values():
            one.close()


def test_a_report_needs_a_consent_and_is_deterministic(partners: dict[str, Running]) -> None:
    bureau = partners["bureau"].url
    question = {
        "subject": {"id_type": "nric", "id_no": "S1234567D", "full_name": "Tan Mei"},
        "consent_id": "con-1",
        "purpose": "credit_application",
    }
    assert ask(bureau, "POST", "/reports", {**question, "consent_id": ""})[0] == 403
    status, report = ask(bureau, "POST", "/reports", question)
    assert status == 200
    assert ask(bureau, "POST", "/reports", question)[1] == report
    override = {"id_no": "S1234567D", "report": {"score": 512, "enquiries_6m": None}}
    ask(bureau, "POST", "/_control/subjects", override)
    fixed = ask(bureau, "POST", "/reports", question)[1]
    assert (fixed["score"], fixed["enquiries_6m"]) == (512, None)
    wrong = {"id_no": "S1", "report": {"scoer": 1}}
    assert ask(bureau, "POST", "/_control/subjects", wrong)[0] == 400


def test_scores_spread_like_a_population() -> None:
    files = [credit_file(f"ID{number}", seed=7) for number in range(4000)]
    found = [one for one in files if one["found"]]
    assert 0.95 < len(found) / len(files) < 0.99
    scores = [one["score"] for one in found]
    assert 675 < statistics.mean(scores) < 685
    assert 74 < statistics.stdev(scores) < 86
    assert min(scores) >= 300
    assert max(scores) <= 900
    for trouble in ("delinquencies_24m", "enquiries_6m"):
        assert statistics.correlation(scores, [one[trouble] for one in found]) < -0.25


def test_identity_follows_the_name_or_the_override(partners: dict[str, Running]) -> None:
    identity = partners["identity"].url
    subject = {"id_type": "nric", "id_no": "S1", "full_name": "Tan Mei", "mobile": "+6590000001"}

    def result(**changes: str) -> str:
        status, body = ask(identity, "POST", "/verifications", {**subject, **changes})
        assert status == 200
        return str(body["result"])

    assert result() == "match"
    assert result(full_name="Mismatch Lee") == "mismatch"
    assert result(full_name="不符 李") == "mismatch"
    ask(identity, "POST", "/_control/subjects", {"id_no": "S1", "result": "not_found"})
    assert result() == "not_found"


def test_a_value_is_near_the_price_or_as_overridden(partners: dict[str, Running]) -> None:
    valuation = partners["valuation"].url
    value = ask(valuation, "POST", "/valuations", VEHICLE)[1]
    assert 0.88 * 4_000_000 <= value["value_minor"] <= 1.06 * 4_000_000
    assert ask(valuation, "POST", "/valuations", VEHICLE)[1] == value
    fixed = {"vin": VEHICLE["vin"], "value_minor": 1_000_000}
    ask(valuation, "POST", "/_control/vehicles", fixed)
    assert ask(valuation, "POST", "/valuations", VEHICLE)[1]["value_minor"] == 1_000_000


def test_a_message_arrives_once_and_can_be_read(partners: dict[str, Running]) -> None:
    outbox = partners["messages"].url
    message = {
        "message_id": "m-1",
        "channel": "sms",
        "to": "+6590000001",
        "template": "otp",
        "locale": "en",
        "text": "Your code is 123456",
    }
    assert ask(outbox, "POST", "/messages", message)[0] == 202
    assert ask(outbox, "POST", "/messages", message)[1]["duplicate"] is True
    ask(outbox, "POST", "/messages", {**message, "message_id": "m-2", "to": "+6590000002"})
    found = ask(outbox, "GET", "/messages?to=%2B6590000001&since=0")[1]["messages"]
    assert [one["text"] for one in found] == ["Your code is 123456"]
    assert ask(outbox, "GET", "/messages?since=2999-01-01T00:00:00Z")[1]["messages"] == []
    assert ask(outbox, "GET", "/messages?since=yesterday")[0] == 400


def test_a_local_sign_in_verifies_against_the_published_key(
    partners: dict[str, Running],
) -> None:
    issuer = partners["issuer"].url
    grant = {
        "grant_type": "urn:autolend:local-signin",
        "sub": "customer-1",
        "groups": ["customer"],
    }
    status, body = ask(issuer, "POST", "/oauth2/token", grant)
    assert status == 200
    configuration = ask(issuer, "GET", "/.well-known/openid-configuration")[1]
    assert configuration["issuer"] == issuer
    keys = KeySet.import_key_set(ask(issuer, "GET", "/.well-known/jwks.json")[1])
    claims = jwt.decode(body["access_token"], keys, algorithms=["RS256"]).claims
    assert claims["exp"] - claims["iat"] == 3600
    claims = {name: claims[name] for name in ("iss", "aud", "sub", "cognito:groups", "token_use")}
    assert claims == {
        "iss": issuer,
        "aud": "autolend",
        "sub": "customer-1",
        "cognito:groups": ["customer"],
        "token_use": "access",
    }


def test_client_credentials_need_the_right_secret(partners: dict[str, Running]) -> None:
    issuer = partners["issuer"].url
    grant = {"grant_type": "client_credentials", "client_id": "bank", "client_secret": "s"}
    assert ask(issuer, "POST", "/oauth2/token", grant)[0] == 401
    client = {"client_id": "bank", "client_secret": "s", "groups": ["webhook"]}
    ask(issuer, "POST", "/_control/clients", client)
    assert ask(issuer, "POST", "/oauth2/token", grant)[0] == 200
    assert ask(issuer, "POST", "/oauth2/token", {"grant_type": "password"})[0] == 400
