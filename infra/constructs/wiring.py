"""Grants a function what its row of `infra.grants` says, on the resources a stack knows."""

from collections.abc import Mapping

from infra.constructs.lending_function import LendingFunction
from infra.grants import BY_FILES, CHANGES, GRANTS, WRITES, WRITTEN_ONCE, Resource
from infra.stacks.data import DataStack


def data_resources(data: DataStack) -> dict[Resource, str]:
    """ARNs of the data stack by the names that grants use."""
    return {
        "lending": data.lending.table_arn,
        "lending_timers": f"{data.lending.table_arn}/index/timers",
        "customers": data.customers.table_arn,
        "engagement": data.engagement.table_arn,
        "vault_key": data.vault_key.key_arn,
        "index_key": data.index_key.key_arn,
        "otp_key": data.otp_key.key_arn,
        "anchor_key": data.anchor_key.key_arn,
        "anchors": data.anchors.arn_for_objects("anchors/*"),
        "seal_key": data.seal_key.key_arn,
        "contracts": data.contracts.arn_for_objects("*"),
        "bank_files": data.bank_files.bucket_arn,
        "bank_inbox": data.bank_files.arn_for_objects("inbox/*"),
        "bank_archive": data.bank_files.arn_for_objects("archive/*"),
        "bank_parked": data.bank_files.arn_for_objects("parked/*"),
        "bank_outbox": data.bank_files.arn_for_objects("outbox/*"),
        "bank_seen": data.bank_files.arn_for_objects("seen/*"),
        "documents": data.documents.arn_for_objects("*"),
        "bank_webhook_secret": data.bank_webhook_secret.secret_arn,
    }


def apply_grants(
    function: LendingFunction, data: DataStack, more: Mapping[Resource, str] | None = None
) -> None:
    """Grant the row of `function`.

    Who may write the lending table is denied to change or remove what is written once there.
    DynamoDB opens a table's own key on the caller's behalf, so a function with a grant on a
    table gets `kms:Decrypt` on its key through DynamoDB and nothing else; S3 likewise opens the
    key of the documents.

    Raises:
        KeyError: the row names a resource that this stack does not know.
    """
    known = {**data_resources(data), **(more or {})}
    opened = set()
    by_files = BY_FILES.get(function.verb, ()) if function.config.orders_by == "files" else ()
    for grant in (*GRANTS[function.verb], *by_files):
        function.allow(grant.actions, known[grant.resource])
        opened.add(grant.resource.removesuffix("_timers"))
    if any(
        grant.resource == "lending" and WRITES.intersection(grant.actions)
        for grant in GRANTS[function.verb]
    ):
        function.keep_rows(CHANGES, known["lending"], WRITTEN_ONCE)
    for name, key in data.table_keys.items():
        if name in opened:
            function.allow(
                ["kms:Decrypt"], key.key_arn, **{"kms:ViaService": data.dynamodb_service}
            )
    if "documents" in opened:
        function.allow(
            ["kms:Decrypt", "kms:GenerateDataKey"],
            data.documents_key.key_arn,
            **{"kms:ViaService": data.s3_service},
        )
