"""`autolend verify-ledger --table`: the proof over a lending table, here or on AWS."""

import os
from pathlib import Path

from rich.console import Console

from tools.cli.running import find


def verify_table(root: Path, table: str) -> int:
    """Prove the ledger of a table; "" = of the platform that runs from this checkout.

    Reads as any function does; the process' AWS settings say where.
    """
    from lending.adapters.dynamodb.ledger import DynamoLedger

    from tools.replay.command import prove_and_tell

    named = table_named(root, table)
    return prove_and_tell(DynamoLedger(named), Console()) if named else 1


def table_named(root: Path, table: str) -> str:
    """The table itself; for "" that of the platform here, or "" and a word when nothing runs."""
    if table:
        return table
    running = find(root)
    if running is None:
        print("nothing runs here: start it with `make run`, or name a table")
        return ""
    return reach(running.url)


def reach(url: str) -> str:
    """Direct this process' adapters to a local cloud; its lending table."""
    import boto3

    from tools.localcloud.core import REGION
    from tools.localcloud.deploy import ADMIN_KEY

    os.environ |= {
        "AWS_ENDPOINT_URL": url,
        "AWS_REGION": REGION,
        "AWS_DEFAULT_REGION": REGION,
        "AWS_ACCESS_KEY_ID": ADMIN_KEY,
        "AWS_SECRET_ACCESS_KEY": "local",
    }
    client = boto3.client("dynamodb")
    (table,) = [name for name in client.list_tables()["TableNames"] if "lending" in name.lower()]
    return str(table)
