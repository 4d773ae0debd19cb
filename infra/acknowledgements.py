"""Every rule of the packs that we knowingly do not follow, with the trade. Nothing else may be."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Acknowledged:
    """One rule, on the parts whose path below their stack matches `where` (a regex), and why."""

    rule: str
    where: str
    reason: str


FUNCTIONS = r"[A-Z][a-z]+/Function/Resource"
ROLES = r"[A-Z][A-Za-z]+(/[A-Z][A-Za-z]+)?/Role/DefaultPolicy/Resource"
DEAD_LETTERS = (
    r"(ClosingNotStarted|IngestFailed|ReconcileFailed|PublishFailed|ServicingNotStarted|SweepFailed)"
    r"/Resource"
)
_STATES = "arn:<AWS::Partition>:states:<AWS::Region>:<AWS::AccountId>:execution"

ACKNOWLEDGED: tuple[Acknowledged, ...] = (
    Acknowledged(
        "AwsSolutions-L1",
        FUNCTIONS,
        "Python 3.13 is the version of every environment of ours; all move together.",
    ),
    Acknowledged(
        "Serverless-LambdaLatestVersion",
        FUNCTIONS,
        "Python 3.13 is the version of every environment of ours; all move together.",
    ),
    Acknowledged(
        "Serverless-LambdaDLQ",
        FUNCTIONS,
        "Called synchronously (API Gateway, Step Functions) or by a source with its own failure "
        "queue; sweep, the only asynchronous one, has an on-failure destination.",
    ),
    Acknowledged(
        "AwsSolutions-IAM5[Resource::*]",
        ROLES,
        "X-Ray and vended logs have no resource to name; every other statement names its own "
        "(WILDCARD_EXCEPTIONS, held by a test).",
    ),
    Acknowledged(
        f"AwsSolutions-IAM5[Resource::{_STATES}:Autolend-dev-origination:*]",
        r"Sweep/Role/DefaultPolicy/Resource",
        "Executions are named after applications at run time; the machine is named.",
    ),
    Acknowledged(
        f"AwsSolutions-IAM5[Resource::{_STATES}:Autolend-dev-servicing:*]",
        r"ServicingMachine/Role/DefaultPolicy/Resource",
        "Child executions of the distributed map get their names at run time.",
    ),
    Acknowledged(
        f"AwsSolutions-IAM5[Resource::{_STATES}:Autolend-dev-servicing/Shard:*]",
        r"ServicingMachine/Role/DefaultPolicy/Resource",
        "Child executions of the distributed map get their names at run time.",
    ),
    Acknowledged(
        "AwsSolutions-IAM4[Policy::arn:<AWS::Partition>:iam::aws:policy/service-role/"
        "AmazonAPIGatewayPushToCloudWatchLogs]",
        r"FrontDoor/Api/CloudWatchRole/Resource",
        "The account-wide role that API Gateway itself asks for.",
    ),
    Acknowledged(
        "AwsSolutions-APIG4",
        r"FrontDoor/Api/Default/v1/(health|products|quotes)/(GET|POST)/Resource",
        "Public by the route table: prices are shown before anybody signs in.",
    ),
    Acknowledged(
        "AwsSolutions-APIG4",
        r"FrontDoor/Api/Default/v1/webhooks/bank/POST/Resource",
        "The bank signs each call with a shared secret (HMAC); the function checks it first.",
    ),
    Acknowledged(
        "AwsSolutions-IAM5[Resource::<AnchorsE78985FD.Arn>/anchors/*]",
        r"Anchor/Role/DefaultPolicy/Resource",
        "Anchors get their names by date; the bucket and the prefix are named.",
    ),
    *(
        Acknowledged(
            f"AwsSolutions-IAM5[Resource::<BankFiles0D044E24.Arn>/{folder}/*]",
            r"Ingest/Role/DefaultPolicy/Resource",
            "Files get their names from the bank; the bucket and the folder are named.",
        )
        for folder in ("inbox", "archive", "parked", "seen")
    ),
    Acknowledged(
        "AwsSolutions-IAM5[Resource::<BankFiles0D044E24.Arn>/outbox/*]",
        r"(Disburse|Transfer)/Role/DefaultPolicy/Resource",
        "Files of payouts are named after their orders; the bucket and the folder are named.",
    ),
    Acknowledged(
        "AwsSolutions-IAM5[Resource::<Documents7E5B2978.Arn>/*]",
        r"(Sign|Seal|Render)/Role/DefaultPolicy/Resource",
        "Documents get their names by id and hash; the bucket is named.",
    ),
    Acknowledged(
        "AwsSolutions-IAM5[Resource::<Contracts0B5774C6.Arn>/*]",
        r"(Seal|Verify|Render)/Role/DefaultPolicy/Resource",
        "Contracts get their names by id; the bucket is named.",
    ),
    Acknowledged(
        "AwsSolutions-S1",
        r"(Contracts|Documents)/Resource",
        "Versions are kept, signed ones locked; CloudTrail tells who reads.",
    ),
    Acknowledged(
        "AwsSolutions-S1",
        r"BankFiles/Resource",
        "One role reads and moves what the bank puts; versions are kept, CloudTrail tells who.",
    ),
    Acknowledged(
        "AwsSolutions-S1",
        r"Anchors/Resource",
        "Written once a day by one role and locked; CloudTrail tells who reads.",
    ),
    Acknowledged(
        "AwsSolutions-SMG4",
        r"BankWebhookSecret/Resource",
        "Shared with the bank: it changes when both sides agree, two are active meanwhile.",
    ),
    Acknowledged(
        "AwsSolutions-COG4",
        r"FrontDoor/Api/Default/v1/.+/(GET|POST)/Resource",
        "Our own authorizer verifies tokens of any OpenID issuer, a user pool's included, and "
        "runs unchanged on a laptop.",
    ),
    Acknowledged(
        "AwsSolutions-SQS3",
        DEAD_LETTERS,
        "This is where failed events end; its alarm tells a person.",
    ),
    Acknowledged(
        "Serverless-SQSRedrivePolicy",
        r"(ClosingNotStarted|IngestFailed|ReconcileFailed|PublishFailed|NotifyFailed|ServicingNotStarted|"
        r"SweepFailed)/Resource",
        "This is where failed events end; its alarm tells a person.",
    ),
    Acknowledged(
        "Serverless-LambdaEventSourceMappingDestination",
        r"NotifySource/Resource",
        "An SQS source fails into its queue's dead-letter queue; destinations are for streams.",
    ),
)

# Wildcards that a statement may hold; the wildcard test refuses every other.
WILDCARD_EXCEPTIONS = {
    "xray:PutTraceSegments": "X-Ray has no resource to name.",
    "xray:PutTelemetryRecords": "X-Ray has no resource to name.",
    "xray:GetSamplingRules": "X-Ray has no resource to name.",
    "xray:GetSamplingTargets": "X-Ray has no resource to name.",
    "logs:CreateLogStream": "The group is named; its streams get their names at run time.",
    "logs:PutLogEvents": "The group is named; its streams get their names at run time.",
    "logs:CreateLogDelivery": "Vended logs: the delivery API has no resource to name.",
    "logs:GetLogDelivery": "Vended logs: the delivery API has no resource to name.",
    "logs:UpdateLogDelivery": "Vended logs: the delivery API has no resource to name.",
    "logs:DeleteLogDelivery": "Vended logs: the delivery API has no resource to name.",
    "logs:ListLogDeliveries": "Vended logs: the delivery API has no resource to name.",
    "logs:PutResourcePolicy": "Vended logs: the delivery API has no resource to name.",
    "logs:DescribeResourcePolicies": "Vended logs: the delivery API has no resource to name.",
    "logs:DescribeLogGroups": "Vended logs: the delivery API has no resource to name.",
    "states:DescribeExecution": "Executions are named after applications, at run time.",
    "states:StopExecution": "Executions are named after their work, at run time.",
    "states:RedriveExecution": "Executions are named after their work, at run time.",
    "s3:PutObject": "The prefix is named; anchors, documents and bank files get their names later.",
    "s3:GetObject": "The bucket or folder is named; the bank names its files, hashes documents.",
    "s3:GetObjectVersion": "The bucket is named; contracts get their names by id.",
    "s3:DeleteObject": "The folder is named; the bank names its files.",
    "kms:*": "The key policy gives the account its key; AWS refuses keys without an administrator.",
}
