"""Tables, keys, buckets, parameters, secrets, log groups."""

import json
from dataclasses import dataclass
from typing import Any

from tools.localcloud.resources.registry import Deployed, Scope, resource

LOCAL_WEBHOOK_SECRET = "local-webhook-secret-of-the-sandbox-bank"
_TABLE_KEYS = (
    "AttributeDefinitions",
    "KeySchema",
    "GlobalSecondaryIndexes",
    "LocalSecondaryIndexes",
)


@dataclass(frozen=True)
class TableInfo:
    """What the pump and the snapshot need to know of a table."""

    arn: str
    stream_arn: str | None
    key_names: tuple[str, ...]
    ttl_attribute: str | None


@resource("AWS::DynamoDB::Table", "AWS::DynamoDB::GlobalTable")
def table(scope: Scope) -> Deployed:
    """A table with its indexes, stream and time to live; encryption is AWS's own business."""
    dynamodb = scope.deployer.boto("dynamodb")
    name = scope.get("TableName", scope.name)
    wanted: dict[str, Any] = {key: scope.get(key) for key in _TABLE_KEYS if scope.get(key)}
    for index in wanted.get("GlobalSecondaryIndexes", []):
        for dropped in ("ContributorInsightsSpecification", "WriteProvisionedThroughputSettings"):
            index.pop(dropped, None)
    stream = scope.get("StreamSpecification")
    if stream:
        view = stream.get("StreamViewType", "NEW_AND_OLD_IMAGES")
        wanted["StreamSpecification"] = {"StreamEnabled": True, "StreamViewType": view}
    made = dynamodb.create_table(TableName=name, BillingMode="PAY_PER_REQUEST", **wanted)
    described = made["TableDescription"]
    ttl = scope.get("TimeToLiveSpecification", {})
    ttl_attribute = ttl.get("AttributeName") if ttl.get("Enabled") else None
    if ttl_attribute:
        dynamodb.update_time_to_live(
            TableName=name,
            TimeToLiveSpecification={"Enabled": True, "AttributeName": ttl_attribute},
        )
    stream_arn = described.get("LatestStreamArn")
    keys = tuple(key["AttributeName"] for key in described["KeySchema"])
    info = TableInfo(described["TableArn"], stream_arn, keys, ttl_attribute)
    scope.deployer.tables[name] = info
    return Deployed(name, {"Arn": info.arn, "StreamArn": stream_arn})


@resource("AWS::KMS::Key")
def key(scope: Scope) -> Deployed:
    """A key of any usage; its policy is not enforced here."""
    made = scope.deployer.boto("kms").create_key(
        Description=scope.get("Description", ""),
        KeyUsage=scope.get("KeyUsage", "ENCRYPT_DECRYPT"),
        KeySpec=scope.get("KeySpec", "SYMMETRIC_DEFAULT"),
    )["KeyMetadata"]
    return Deployed(made["KeyId"], {"Arn": made["Arn"], "KeyId": made["KeyId"]})


@resource("AWS::KMS::Alias")
def alias(scope: Scope) -> Deployed:
    """A name of a key."""
    name = scope.get("AliasName")
    scope.deployer.boto("kms").create_alias(AliasName=name, TargetKeyId=scope.get("TargetKeyId"))
    return Deployed(name)


@resource("AWS::S3::Bucket")
def bucket(scope: Scope) -> Deployed:
    """A bucket, versioned and locked as asked; lifecycle and encryption are AWS's business."""
    name = scope.get("BucketName", scope.name.lower())
    deployer = scope.deployer
    buckets, is_locked = deployer.boto("s3"), scope.get("ObjectLockEnabled", False) is True
    buckets.create_bucket(
        Bucket=name,
        CreateBucketConfiguration={"LocationConstraint": deployer.region},
        ObjectLockEnabledForBucket=is_locked,
    )
    if "VersioningConfiguration" in scope.properties:
        status = scope.get("VersioningConfiguration")["Status"]
        buckets.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": status})
    if is_locked and "ObjectLockConfiguration" in scope.properties:
        lock = scope.get("ObjectLockConfiguration")
        retention = lock["Rule"]["DefaultRetention"]
        rule = {**retention, **{k: int(retention[k]) for k in ("Days", "Years") if k in retention}}
        buckets.put_object_lock_configuration(
            Bucket=name,
            ObjectLockConfiguration={**lock, "Rule": {"DefaultRetention": rule}},
        )
    domain = f"{name}.s3.amazonaws.com"
    return Deployed(name, {"Arn": f"arn:aws:s3:::{name}", "DomainName": domain})


@resource("AWS::SSM::Parameter")
def parameter(scope: Scope) -> Deployed:
    """A parameter."""
    name = scope.get("Name", f"/{scope.name}")
    scope.deployer.boto("ssm").put_parameter(
        Name=name, Value=scope.get("Value"), Type=scope.get("Type", "String"), Overwrite=True
    )
    return Deployed(name, {"Value": scope.get("Value")})


@resource("AWS::SecretsManager::Secret")
def secret(scope: Scope) -> Deployed:
    """A secret; a generated one is the same text at each boot (nothing here is secret)."""
    generated = scope.get("GenerateSecretString")
    value = scope.get("SecretString", f"local-{scope.short_id}")
    if generated == {}:
        # Put by hand after a deployment; here both sides of a webhook know it from the start.
        value = json.dumps({"active": [LOCAL_WEBHOOK_SECRET]})
    elif generated and generated.get("GenerateStringKey"):
        template = json.loads(generated.get("SecretStringTemplate", "{}"))
        value = json.dumps({**template, generated["GenerateStringKey"]: f"local-{scope.short_id}"})
    made = scope.deployer.boto("secretsmanager").create_secret(
        Name=scope.get("Name", scope.name), SecretString=value
    )
    return Deployed(made["ARN"], {"Id": made["ARN"]})


@resource("AWS::Logs::LogGroup")
def log_group(scope: Scope) -> Deployed:
    """Only its name and ARN: what functions print is in files."""
    name = scope.get("LogGroupName", f"/aws/local/{scope.name}")
    return Deployed(name, {"Arn": scope.deployer.arn("logs", f"log-group:{name}:*")})
