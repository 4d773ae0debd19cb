"""Who may do what: one table from function to the exact calls its adapters make.

The least-privilege test holds this table against the calls of a real local run, both ways.
"""

from dataclasses import dataclass
from typing import Literal

type Resource = Literal[
    "lending", "lending_timers", "customers", "engagement",
    "vault_key", "index_key", "otp_key", "bus", "origination", "disbursement", "amendment",
    "origination_executions", "bank_webhook_secret",
    "anchor_key", "anchors", "documents", "seal_key", "contracts",
    "bank_files", "bank_inbox", "bank_archive", "bank_parked", "bank_seen",
    "bank_outbox",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Grant:
    """Actions on one resource."""

    resource: Resource
    actions: tuple[str, ...]


# Partitions of the lending table whose rows nobody may change or remove: terms, transactions and
# journal of each loan, the daily anchors, and the rules that decisions were made by. A policy sees
# partition keys only, no sort keys.
WRITTEN_ONCE = ("LEDGER#*", "ANCHOR#*", "RULES#*")
CHANGES = (
    "dynamodb:UpdateItem",
    "dynamodb:DeleteItem",
    "dynamodb:BatchWriteItem",
    "dynamodb:PartiQLUpdate",
    "dynamodb:PartiQLDelete",
)
WRITES = frozenset({"dynamodb:PutItem", *CHANGES})

READ = ("dynamodb:GetItem", "dynamodb:Query")
VAULT_READ = (
    Grant("customers", ("dynamodb:BatchGetItem",)),
    Grant("vault_key", ("kms:Decrypt",)),
)
# More fields of a customer whom the vault knows.
VAULT_CHANGE = (
    Grant(
        "customers",
        ("dynamodb:BatchGetItem", "dynamodb:ConditionCheckItem", "dynamodb:PutItem"),
    ),
    Grant("vault_key", ("kms:Decrypt",)),
)
BOOK_WRITE = Grant("lending", ("dynamodb:GetItem", "dynamodb:PutItem"))
RESUME = Grant("origination", ("states:SendTaskSuccess",))
UNPARK = Grant("lending", ("dynamodb:DeleteItem",))

GRANTS: dict[str, tuple[Grant, ...]] = {
    "quote": (),
    "authorize": (),
    "score": (),
    "apply": (
        BOOK_WRITE,
        UNPARK,
        RESUME,
        Grant("origination", ("states:StartExecution",)),
        Grant(
            "customers",
            (
                "dynamodb:GetItem",
                "dynamodb:BatchGetItem",
                "dynamodb:ConditionCheckItem",
                "dynamodb:PutItem",
                "dynamodb:DeleteItem",
            ),
        ),
        Grant("vault_key", ("kms:GenerateDataKey", "kms:Decrypt")),
        Grant("index_key", ("kms:GenerateMac",)),
    ),
    "account": (
        Grant("lending", (*READ, "dynamodb:BatchGetItem")),
        Grant("customers", READ),
    ),
    "sign": (
        BOOK_WRITE,
        UNPARK,
        RESUME,
        Grant("lending", ("dynamodb:Query", "dynamodb:BatchGetItem")),
        Grant("amendment", ("states:StartExecution",)),
        *VAULT_READ,
        Grant("otp_key", ("kms:GenerateMac", "kms:VerifyMac")),
        # A link is signed with the role's own right to read.
        Grant("documents", ("s3:PutObject", "s3:GetObject", "s3:GetObjectVersion")),
    ),
    # A link is signed with the role's own right to read.
    "render": (
        Grant("lending", ("dynamodb:GetItem", "dynamodb:Query", "dynamodb:BatchGetItem")),
        Grant("lending", ("dynamodb:PutItem",)),
        Grant("lending_timers", ("dynamodb:Query",)),
        *VAULT_READ,
        Grant("documents", ("s3:PutObject", "s3:GetObject")),
        Grant("contracts", ("s3:GetObject", "s3:GetObjectVersion")),
    ),
    "ops": (
        BOOK_WRITE,
        UNPARK,
        RESUME,
        Grant("lending", ("dynamodb:Query",)),
        Grant("lending_timers", ("dynamodb:Query",)),
        Grant("lending", ("dynamodb:BatchGetItem",)),
        Grant("amendment", ("states:StartExecution",)),
        # A changed payee, and the watches over those just below the limit.
        Grant(
            "customers",
            (
                "dynamodb:GetItem",
                "dynamodb:BatchGetItem",
                "dynamodb:ConditionCheckItem",
                "dynamodb:PutItem",
            ),
        ),
        Grant("vault_key", ("kms:Decrypt",)),
        Grant("index_key", ("kms:GenerateMac",)),
    ),
    "collect": (
        Grant("lending", (*READ, "dynamodb:BatchGetItem", "dynamodb:PutItem")),
        Grant("bank_webhook_secret", ("secretsmanager:GetSecretValue",)),
    ),
    "teller": (
        Grant("lending", (*READ, "dynamodb:BatchGetItem", "dynamodb:PutItem")),
        Grant("lending_timers", ("dynamodb:Query",)),
        *VAULT_CHANGE,
    ),
    "identify": (
        BOOK_WRITE,
        Grant("lending", ("dynamodb:BatchGetItem", "dynamodb:UpdateItem")),
        *VAULT_READ,
        Grant("index_key", ("kms:GenerateMac",)),
    ),
    "investigate": (
        BOOK_WRITE,
        UNPARK,
        RESUME,
        Grant("lending", ("dynamodb:BatchGetItem", "dynamodb:UpdateItem")),
        Grant("lending_timers", ("dynamodb:Query",)),
        Grant("customers", ("dynamodb:GetItem",)),
        Grant("index_key", ("kms:GenerateMac",)),
    ),
    "decide": (BOOK_WRITE, Grant("lending", ("dynamodb:Query",))),
    "park": (BOOK_WRITE, UNPARK, RESUME),
    "disburse": (
        Grant("lending", (*READ, "dynamodb:BatchGetItem", "dynamodb:PutItem")),
        *VAULT_READ,
        Grant("index_key", ("kms:GenerateMac",)),
    ),
    "seal": (
        Grant("lending", ("dynamodb:Query", "dynamodb:PutItem")),
        Grant("seal_key", ("kms:Sign",)),
        Grant("documents", ("s3:GetObject", "s3:GetObjectVersion")),
        Grant("contracts", ("s3:PutObject", "s3:GetObject")),
    ),
    "amend": (Grant("lending", (*READ, "dynamodb:BatchGetItem", "dynamodb:PutItem")),),
    "verify": (
        Grant("lending", ("dynamodb:Query",)),
        Grant("contracts", ("s3:GetObject",)),
    ),
    "remind": (
        Grant("lending", (*READ, "dynamodb:BatchGetItem", "dynamodb:PutItem")),
        Grant("lending_timers", ("dynamodb:Query",)),
    ),
    "transfer": (
        Grant("lending", (*READ, "dynamodb:BatchGetItem", "dynamodb:PutItem")),
        Grant("lending_timers", ("dynamodb:Query",)),
        *VAULT_READ,
    ),
    "mandate": (
        Grant("lending", (*READ, "dynamodb:BatchGetItem", "dynamodb:PutItem")),
        Grant("customers", ("dynamodb:GetItem",)),
        *VAULT_CHANGE,
    ),
    "reconcile": (
        Grant("lending", (*READ, "dynamodb:BatchGetItem", "dynamodb:PutItem")),
        Grant("lending_timers", ("dynamodb:Query",)),
    ),
    "ingest": (
        Grant("lending", (*READ, "dynamodb:BatchGetItem", "dynamodb:PutItem")),
        Grant("bank_files", ("s3:ListBucket",)),
        Grant("bank_inbox", ("s3:GetObject", "s3:DeleteObject")),
        Grant("bank_archive", ("s3:PutObject",)),
        Grant("bank_parked", ("s3:PutObject",)),
        Grant("bank_seen", ("s3:GetObject", "s3:PutObject")),
    ),
    "anchor": (
        Grant("lending", (*READ, "dynamodb:BatchGetItem", "dynamodb:PutItem")),
        Grant("lending_timers", ("dynamodb:Query",)),
        Grant("anchor_key", ("kms:Sign",)),
        Grant("anchors", ("s3:PutObject",)),
    ),
    "publish": (
        Grant("lending", ("dynamodb:UpdateItem",)),
        # The row of a loan follows the event of its last payment.
        Grant("lending", ("dynamodb:BatchGetItem", "dynamodb:GetItem", "dynamodb:PutItem")),
        Grant("bus", ("events:PutEvents",)),
    ),
    "notify": (
        *VAULT_READ,
        Grant("engagement", ("dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:UpdateItem")),
    ),
    "sweep": (
        BOOK_WRITE,
        UNPARK,
        RESUME,
        Grant("lending", ("dynamodb:UpdateItem",)),
        Grant("lending_timers", ("dynamodb:Query",)),
        Grant("bus", ("events:PutEvents",)),
        Grant("origination", ("states:StartExecution",)),
        Grant("origination_executions", ("states:DescribeExecution",)),
        Grant("disbursement", ("states:StartExecution",)),
        Grant("amendment", ("states:StartExecution",)),
        Grant("lending", ("dynamodb:BatchGetItem",)),
    ),
}

# What the functions that pay may do besides, where payouts are files. Without ListBucket S3 answers
# 403, not 404, for a file that was never sent.
_SEND_FILES = (
    Grant("bank_files", ("s3:ListBucket",)),
    Grant("bank_outbox", ("s3:GetObject", "s3:PutObject")),
)
BY_FILES: dict[str, tuple[Grant, ...]] = {"disburse": _SEND_FILES, "transfer": _SEND_FILES}
