"""Settings are complete, well formed, or named all together."""

from importlib import import_module
from pathlib import Path

import pytest
from lending.domain.faults import Permanent
from lending.entrypoint.settings import (
    Arn,
    HttpUrl,
    LambdaSettings,
    Markets,
    SettingsInvalid,
    TableName,
)

FUNCTIONS = Path(__file__).parents[3] / "functions"
VALUES = {
    "LENDING_TABLE": "lending",
    "CUSTOMERS_TABLE": "customers",
    "ENGAGEMENT_TABLE": "engagement",
    "VAULT_KEY_ID": "key-1",
    "INDEX_KEY_ID": "key-2",
    "OTP_KEY_ID": "key-3",
    "BANK_WEBHOOK_SECRET_ID": "secret-1",
    "ANCHOR_KEY_ID": "key-4",
    "ANCHOR_BUCKET": "anchors",
    "BANK_FILES_BUCKET": "bank-files",
    "DOCUMENTS_BUCKET": "documents",
    "CONTRACTS_BUCKET": "contracts",
    "TSA_URL": "https://tsa.example",
    "READING": "enforced",
    "BANK_ACCOUNT": "LENDER1",
    "BANK_ACCOUNT_NAME": "Autolend",
    "BANK_BIC": "",
    "BANK_TIMEZONE": "Asia/Shanghai",
    "ORDERS_BY": "http",
    "EVENT_BUS": "bus",
    "ORIGINATION_ARN": "arn:aws:states:eu-west-1:123456789012:stateMachine:origination",
    "DISBURSEMENT_ARN": "arn:aws:states:eu-west-1:123456789012:stateMachine:disbursement",
    "AMENDMENT_ARN": "arn:aws:states:eu-west-1:123456789012:stateMachine:amendment",
    "IDENTITY_URL": "https://identity.example",
    "BUREAU_URL": "https://bureau.example",
    "VALUATION_URL": "https://valuation.example",
    "INCOME_URL": "https://income.example",
    "DEVICE_URL": "https://device.example",
    "EMPLOYER_URL": "https://employer.example",
    "RAIL_URL": "https://rail.example",
    "MESSAGES_URL": "https://messages.example",
    "ISSUER_URL": "https://issuer.example/pool",
    "AUDIENCE": "autolend",
    "MARKETS": "cn,us",
}


class Some(LambdaSettings):
    TABLE: TableName
    URL: HttpUrl
    ARN: Arn
    MARKETS: Markets


GOOD = {
    "TABLE": "lending-1",
    "URL": "http://127.0.0.1:80/x",
    "ARN": "arn:aws:a:b:c:d",
    "MARKETS": "cn,us",
}


def test_good_settings_are_typed_and_strangers_are_ignored() -> None:
    some = Some.load({**GOOD, "PATH": "/bin"})
    assert some.MARKETS == ("cn", "us")
    assert GOOD["URL"] == some.URL


def test_the_process_environment_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in GOOD.items():
        monkeypatch.setenv(name, value)
    assert Some.load().TABLE == "lending-1"


def test_everything_missing_is_named_at_once() -> None:
    with pytest.raises(SettingsInvalid) as caught:
        Some.load({})
    assert isinstance(caught.value, Permanent)
    assert all(name in str(caught.value) for name in GOOD)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("TABLE", ""),
        ("TABLE", "a b"),
        ("URL", "ftp://x"),
        ("URL", "https://"),
        ("URL", "https://user:secret@x"),
        ("URL", "https://x/?q=1"),
        ("URL", "https://x y"),
        ("ARN", "origination"),
        ("MARKETS", ""),
        ("MARKETS", "cn,"),
        ("MARKETS", "CN"),
    ],
)
def test_a_malformed_one_is_named_without_its_value(name: str, value: str) -> None:
    with pytest.raises(SettingsInvalid, match=name) as caught:
        Some.load({**GOOD, name: value})
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize(
    "function", sorted(path.parent.name for path in FUNCTIONS.glob("*/settings.py"))
)
def test_each_function_reads_only_documented_variables_and_defaults_none(function: str) -> None:
    settings = import_module(f"functions.{function}.settings").Settings
    assert settings.model_fields.keys() <= VALUES.keys()
    assert all(field.is_required() for field in settings.model_fields.values())
    settings.load(VALUES)
