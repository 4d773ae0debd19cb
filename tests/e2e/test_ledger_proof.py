"""The proof over the ledger of a running platform, as an operator asks for it."""

import argparse
import csv
import io
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from lending.adapters.dynamodb import table

from tests.e2e.conftest import NewCustomer
from tools.cli import exporting, ledger
from tools.cli.commands import verify_ledger
from tools.localcloud.cloud import Platform


def test_a_funded_loan_is_in_the_books_and_a_forged_one_is_found(
    new_customer: NewCustomer, platform: Platform, capsys: pytest.CaptureFixture[str]
) -> None:
    customer = new_customer()
    customer.apply()
    customer.until("APPROVED")
    customer.sign()
    loan_id = customer.until("FUNDED")["loan_id"]
    platform.idle()
    dynamodb = platform.cloud.core.deployer.boto("dynamodb")
    with reached(platform) as name:
        assert ledger.verify_table(Path(), name) == 0
        assert "whole: " in capsys.readouterr().out
        asked = {"table": name, "loan": loan_id, "statement": False, "out": None}
        assert exporting.export(Path(), argparse.Namespace(**asked)) == 0
        exported = list(csv.DictReader(io.StringIO(capsys.readouterr().out)))
        lent = [row for row in exported if row["account"] == "loan_principal"]
        assert lent[0]["debit_minor"] == str(customer.person.body["amount_minor"])
        key = {"pk": {"S": f"LEDGER#{loan_id}"}, "sk": {"S": "JOURNAL#00000001"}}
        entry = dynamodb.get_item(TableName=name, Key=key)["Item"]
        forged = {**entry, "entries": {"S": entry["entries"]["S"].replace("cash_c", "cash_d", 1)}}
        try:
            dynamodb.put_item(TableName=name, Item=forged)
            assert ledger.verify_table(Path(), name) == 1
            assert f"broken: {loan_id}: unreadable" in capsys.readouterr().out
        finally:
            dynamodb.put_item(TableName=name, Item=entry)
        assert ledger.verify_table(Path(), name) == 0


@contextmanager
def reached(platform: Platform) -> Iterator[str]:
    """The lending table's name, with this process pointed at the platform as an operator's is."""
    with pytest.MonkeyPatch.context() as patch:
        for name in ("AWS_ENDPOINT_URL", "AWS_REGION", "AWS_DEFAULT_REGION"):
            patch.setenv(name, "")
        for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
            patch.setenv(name, "")
        _forget()
        yield ledger.reach(platform.cloud.core.deployer.url)
    _forget()


def _forget() -> None:
    table.connection.cache_clear()
    table._connected_to.cache_clear()


def test_without_a_platform_it_says_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    options = argparse.Namespace(table="", state=None)
    assert verify_ledger.run(tmp_path, options) == 1
    assert "nothing runs here" in capsys.readouterr().out
