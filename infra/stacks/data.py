"""Tables and keys: what must never be lost, apart from everything that changes."""

import aws_cdk as cdk
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_secretsmanager as secretsmanager
from constructs import Construct

from infra.config import Stage

TIMERS_INDEX = "timers"


class DataStack(cdk.Stack):
    """Three tables by what is transacted and protected together, each with its own key."""

    def __init__(self, scope: Construct, stack_id: str, *, stage: Stage) -> None:
        super().__init__(
            scope,
            stack_id,
            description="Autolend: tables and keys",
            termination_protection=stage.deletion_protection,
        )
        self._stage_config = stage
        self.dynamodb_service = f"dynamodb.{cdk.Aws.REGION}.{cdk.Aws.URL_SUFFIX}"
        self.s3_service = f"s3.{cdk.Aws.REGION}.{cdk.Aws.URL_SUFFIX}"
        self.table_keys: dict[str, kms.Key] = {}
        self.lending = self._table(
            "Lending", ttl="expires_epoch", stream=dynamodb.StreamViewType.NEW_AND_OLD_IMAGES
        )
        self.lending.add_global_secondary_index(
            index_name=TIMERS_INDEX,
            partition_key=_text("timer_shard"),
            sort_key=_text("timer_at"),
            projection_type=dynamodb.ProjectionType.ALL,
        )
        self.customers = self._table("Customers")
        self.engagement = self._table("Engagement")
        self.vault_key = self._key("VaultKey", "Wraps the data key of each customer")
        self.index_key = self._mac_key("IndexKey", "Blind indexes over identity numbers")
        self.otp_key = self._mac_key("OtpKey", "Binds one-time passwords to documents")
        self.anchor_key = kms.Key(
            self,
            "AnchorKey",
            description="Signs the daily anchors of the ledger",
            key_spec=kms.KeySpec.ECC_NIST_P256,
            key_usage=kms.KeyUsage.SIGN_VERIFY,
            removal_policy=stage.removal,
        )
        self.anchors = s3.Bucket(
            self,
            "Anchors",
            block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
            encryption=s3.BucketEncryption.S3_MANAGED,
            enforce_ssl=True,
            object_lock_enabled=True,
            object_lock_default_retention=stage.anchor_retention,
            removal_policy=cdk.RemovalPolicy.RETAIN,
            versioned=True,
        )
        self.bank_files = s3.Bucket(
            self,
            "BankFiles",
            block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
            encryption=s3.BucketEncryption.S3_MANAGED,
            enforce_ssl=True,
            removal_policy=cdk.RemovalPolicy.RETAIN,
            versioned=True,
        )
        self._add_documents(stage)
        # Its value is put by hand, `{"active": ["<new>", "<old>"]}`: the bank must know it too.
        self.bank_webhook_secret = secretsmanager.Secret(
            self,
            "BankWebhookSecret",
            description="What the bank signs its webhooks with; docs/runbooks/money-in.md",
            removal_policy=stage.removal,
        )

    def _add_documents(self, stage: Stage) -> None:
        """Where documents lie while they are read, and where signed ones stay."""
        self.documents_key = self._key("DocumentsKey", "Encrypts the documents that were issued")
        self.documents = s3.Bucket(
            self,
            "Documents",
            block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
            encryption=s3.BucketEncryption.KMS,
            encryption_key=self.documents_key,
            bucket_key_enabled=True,
            enforce_ssl=True,
            removal_policy=cdk.RemovalPolicy.RETAIN,
            versioned=True,
        )
        self.seal_key = kms.Key(
            self,
            "SealKey",
            description="Seals contracts",
            key_spec=kms.KeySpec.ECC_NIST_P256,
            key_usage=kms.KeyUsage.SIGN_VERIFY,
            removal_policy=cdk.RemovalPolicy.RETAIN,
        )
        # Sealed contracts, their evidence, and the trust document (docs/how-to/sealing.md).
        self.contracts = s3.Bucket(
            self,
            "Contracts",
            block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
            encryption=s3.BucketEncryption.S3_MANAGED,
            enforce_ssl=True,
            object_lock_enabled=True,
            object_lock_default_retention=stage.contract_retention,
            removal_policy=cdk.RemovalPolicy.RETAIN,
            versioned=True,
        )

    def _table(
        self, name: str, ttl: str | None = None, stream: dynamodb.StreamViewType | None = None
    ) -> dynamodb.Table:
        key = self._key(f"{name}TableKey", f"Encrypts the {name.lower()} table")
        self.table_keys[name.lower()] = key
        return dynamodb.Table(
            self,
            f"{name}Table",
            partition_key=_text("pk"),
            sort_key=_text("sk"),
            billing_mode=dynamodb.BillingMode.PAY_PER_REQUEST,
            encryption=dynamodb.TableEncryption.CUSTOMER_MANAGED,
            encryption_key=key,
            point_in_time_recovery_specification=dynamodb.PointInTimeRecoverySpecification(
                point_in_time_recovery_enabled=True
            ),
            deletion_protection=self._stage_config.deletion_protection,
            removal_policy=self._stage_config.removal,
            time_to_live_attribute=ttl,
            stream=stream,
        )

    def _key(self, name: str, description: str) -> kms.Key:
        return kms.Key(
            self,
            name,
            description=description,
            enable_key_rotation=True,
            removal_policy=self._stage_config.removal,
        )

    def _mac_key(self, name: str, description: str) -> kms.Key:
        return kms.Key(
            self,
            name,
            description=description,
            key_spec=kms.KeySpec.HMAC_256,
            key_usage=kms.KeyUsage.GENERATE_VERIFY_MAC,
            removal_policy=self._stage_config.removal,
        )


def _text(name: str) -> dynamodb.Attribute:
    return dynamodb.Attribute(name=name, type=dynamodb.AttributeType.STRING)
