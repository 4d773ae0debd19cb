"""Script of `test_pump_live.py`: boots a small hand-written assembly and reports what arrived.

Arguments: a working directory. It writes one JSON object behind the word REPORT.
"""

import json
import sys
import time
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError

from tools.localcloud.cloud import Cloud, boot

HANDLER = """
import json, os, boto3

def run(event, context):
    boto3.client("sqs").send_message(QueueUrl=os.environ["SEEN"], MessageBody=json.dumps(event))
    records = event.get("Records", [])
    bad = [r["messageId"] for r in records if r.get("body") == "bad"]
    return {"batchItemFailures": [{"itemIdentifier": name} for name in bad]}
"""
ROLE = "arn:aws:iam::123456789012:role/r"
TASK = "arn:aws:states:::lambda:invoke.waitForTaskToken"
PARKING = {
    "StartAt": "Park",
    "States": {
        "Park": {
            "Type": "Task",
            "Resource": TASK,
            "Parameters": {
                "FunctionName": "seer",
                "Payload": {"token.$": "$$.Task.Token", "detail.$": "$.detail"},
            },
            "Next": "Wait",
        },
        "Wait": {"Type": "Wait", "Seconds": 259_200, "Next": "Tell"},
        "Tell": {
            "Type": "Task",
            "Resource": "arn:aws:states:::lambda:invoke",
            "Parameters": {"FunctionName": "seer", "Payload": {"waited": True}},
            "End": True,
        },
    },
}
STRING_KEYS = [{"AttributeName": name, "AttributeType": "S"} for name in ("pk", "sk")]
OUTBOX = {"dynamodb": {"Keys": {"sk": {"S": [{"prefix": "OUTBOX#"}]}}}}
PARTIAL = {"FunctionName": {"Ref": "Seer"}, "FunctionResponseTypes": ["ReportBatchItemFailures"]}


def arn(logical_id: str, attribute: str = "Arn") -> dict[str, Any]:
    return {"Fn::GetAtt": [logical_id, attribute]}


def schedule(expression: str, name: str) -> dict[str, Any]:
    text = json.dumps({"schedule": name, "at": "<aws.scheduler.scheduled-time>"})
    return {
        "Name": name,
        "ScheduleExpression": expression,
        "ScheduleExpressionTimezone": "Asia/Shanghai",
        "FlexibleTimeWindow": {"Mode": "OFF"},
        "Target": {
            "Arn": arn("Seer"),
            "RoleArn": ROLE,
            "Input": text,
        },
    }


RESOURCES: dict[str, tuple[str, dict[str, Any]]] = {
    "Seen": ("SQS::Queue", {"QueueName": "seen", "MessageRetentionPeriod": 1_209_600}),
    "Dead": ("SQS::Queue", {"QueueName": "dead", "MessageRetentionPeriod": 1_209_600}),
    "Work": (
        "SQS::Queue",
        {
            "QueueName": "work",
            "VisibilityTimeout": 30,
            "RedrivePolicy": {"deadLetterTargetArn": arn("Dead"), "maxReceiveCount": 2},
        },
    ),
    "Seer": (
        "Lambda::Function",
        {
            "FunctionName": "seer",
            "Handler": "h.run",
            "Timeout": 20,
            "Code": {"S3Bucket": "b", "S3Key": "code.zip"},
            "Role": ROLE,
            "Environment": {"Variables": {"SEEN": {"Ref": "Seen"}}},
        },
    ),
    "Table": (
        "DynamoDB::Table",
        {
            "TableName": "rows",
            "KeySchema": [
                {"AttributeName": "pk", "KeyType": "HASH"},
                {"AttributeName": "sk", "KeyType": "RANGE"},
            ],
            "AttributeDefinitions": STRING_KEYS,
            "StreamSpecification": {"StreamViewType": "NEW_AND_OLD_IMAGES"},
            "TimeToLiveSpecification": {"AttributeName": "expires", "Enabled": True},
        },
    ),
    "FromQueue": ("Lambda::EventSourceMapping", {**PARTIAL, "EventSourceArn": arn("Work")}),
    "FromStream": (
        "Lambda::EventSourceMapping",
        {
            "FunctionName": {"Ref": "Seer"},
            "EventSourceArn": arn("Table", "StreamArn"),
            "StartingPosition": "TRIM_HORIZON",
            "BatchSize": 7,
            "FilterCriteria": {"Filters": [{"Pattern": json.dumps(OUTBOX)}]},
        },
    ),
    "Machine": (
        "StepFunctions::StateMachine",
        {
            "StateMachineName": "parking",
            "RoleArn": ROLE,
            "DefinitionString": json.dumps(PARKING),
        },
    ),
    "Bus": ("Events::EventBus", {"Name": "bus"}),
    "Rule": (
        "Events::Rule",
        {
            "EventBusName": {"Ref": "Bus"},
            "EventPattern": {"source": ["test"]},
            "Targets": [
                {"Id": "function", "Arn": arn("Seer")},
                {"Id": "machine", "Arn": arn("Machine")},
            ],
        },
    ),
    "Topic": ("SNS::Topic", {"TopicName": "topic"}),
    "Subscription": (
        "SNS::Subscription",
        {"TopicArn": {"Ref": "Topic"}, "Protocol": "lambda", "Endpoint": arn("Seer")},
    ),
    "Minutely": ("Scheduler::Schedule", schedule("rate(1 minute)", "minutely")),
    "Daily": ("Scheduler::Schedule", schedule("cron(0 9 * * ? *)", "daily")),
}


def write_assembly(directory: Path) -> Path:
    """A cloud assembly of one stack."""
    (directory / "code").mkdir(parents=True)
    (directory / "code" / "h.py").write_text(HANDLER)
    resources = {
        name: {"Type": f"AWS::{kind}", "Properties": properties}
        for name, (kind, properties) in RESOURCES.items()
    }
    (directory / "Test.template.json").write_text(json.dumps({"Resources": resources}))
    asset = {"source": {"path": "code"}, "destinations": {"d": {"objectKey": "code.zip"}}}
    (directory / "Test.assets.json").write_text(json.dumps({"files": {"code": asset}}))
    stack = {
        "type": "aws:cloudformation:stack",
        "properties": {"templateFile": "Test.template.json"},
    }
    (directory / "manifest.json").write_text(json.dumps({"artifacts": {"Test": stack}}))
    return directory


class Observer:
    """Sends events and collects what the function saw."""

    def __init__(self, cloud: Cloud) -> None:
        self.cloud = cloud
        self.boto = cloud.core.deployer.boto
        self.queues = cloud.core.deployer.queues

    def seen(self) -> list[Any]:
        """What arrived since the last time, after everything came to rest."""
        if not self.cloud.pump.idle(30.0):
            raise TimeoutError("not idle")
        sqs, found = self.boto("sqs"), []
        while messages := sqs.receive_message(
            QueueUrl=self.queues["seen"], MaxNumberOfMessages=10
        ).get("Messages"):
            for one in messages:
                found.append(json.loads(one["Body"]))
                sqs.delete_message(QueueUrl=self.queues["seen"], ReceiptHandle=one["ReceiptHandle"])
        return found

    def put(self, sk: str, **attributes: Any) -> None:
        item = {"pk": {"S": "P"}, "sk": {"S": sk}, **attributes}
        self.boto("dynamodb").put_item(TableName="rows", Item=item)


def observe(cloud: Cloud) -> dict[str, Any]:
    """Everything the test looks at."""
    see, report = Observer(cloud), dict[str, Any]()
    for body in ("good", "bad", "good"):
        see.boto("sqs").send_message(QueueUrl=see.queues["work"], MessageBody=body)
    report["queue"] = see.seen()
    expires = {"N": str(int(cloud.core.clock.now()) + 3600)}
    for number in range(20):
        see.put(f"OUTBOX#{number:02}", blob={"B": b"\x00\xff"})
        see.put(f"STATE#{number:02}", expires=expires)
    report["stream"] = see.seen()
    cloud.core.edge.faults.add({"match": {"delivery": ".*:function:seer"}, "do": "error"})
    entry = {"EventBusName": "bus", "Source": "test", "DetailType": "T", "Detail": '{"n":1}'}
    see.boto("events").put_events(Entries=[entry])
    report["rule"] = see.seen()
    see.boto("sns").publish(TopicArn=cloud.core.deployer.arn("sns", "topic"), Message="hello")
    report["topic"] = see.seen()
    began = time.monotonic()
    cloud.advance(days=10)
    report["advance_s"] = time.monotonic() - began
    report["ten_days"] = see.seen()
    scanned = see.boto("dynamodb").scan(TableName="rows")["Items"]
    report["rows"] = [item["sk"]["S"] for item in scanned]
    dead = see.boto("sqs").receive_message(QueueUrl=see.queues["dead"], MaxNumberOfMessages=10)
    report["dead"] = [one["Body"] for one in dead.get("Messages", [])]
    (token,) = [event["token"] for event in report["rule"] if "token" in event]
    see.boto("stepfunctions").send_task_success(taskToken=token, output="{}")
    try:
        see.boto("stepfunctions").send_task_success(taskToken=token, output="{}")
    except ClientError as refused:
        report["token_again"] = refused.response["Error"]["Code"]
    report["after_token"] = see.seen()
    cloud.advance(days=4)
    report["four_days"] = see.seen()
    return report


if __name__ == "__main__":
    folder = Path(sys.argv[1])
    with boot(
        write_assembly(folder / "cdk.out"),
        state_dir=None,
        parameters={},
        log_dir=folder / "logs",
        printer=lambda _text: None,
    ) as booted:
        sys.stdout.write("REPORT" + json.dumps(observe(booted)) + "\n")
