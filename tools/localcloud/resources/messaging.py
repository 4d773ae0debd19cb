"""Queues, topics, buses, rules, archives."""

import json
from typing import Any

from tools.localcloud.resources.registry import Deployed, Scope, resource

_QUEUE_ATTRIBUTES = (
    "ContentBasedDeduplication",
    "DelaySeconds",
    "FifoQueue",
    "MaximumMessageSize",
    "MessageRetentionPeriod",
    "ReceiveMessageWaitTimeSeconds",
    "RedrivePolicy",
    "VisibilityTimeout",
)


@resource("AWS::SQS::Queue")
def queue(scope: Scope) -> Deployed:
    """A queue with its redrive policy."""
    name = scope.get("QueueName", scope.name)[-80:]
    attributes = {
        key: _text(scope.get(key)) for key in _QUEUE_ATTRIBUTES if scope.get(key) is not None
    }
    url = scope.deployer.boto("sqs").create_queue(QueueName=name, Attributes=attributes)["QueueUrl"]
    scope.deployer.queues[name] = url
    return Deployed(url, {"Arn": scope.deployer.arn("sqs", name), "QueueName": name})


@resource("AWS::SNS::Topic")
def topic(scope: Scope) -> Deployed:
    """A topic with its inline subscriptions."""
    name = scope.get("TopicName", scope.name)
    arn = scope.deployer.boto("sns").create_topic(Name=name)["TopicArn"]
    for one in scope.get("Subscription", []):
        _subscribe(scope, {**one, "TopicArn": arn})
    return Deployed(arn, {"TopicArn": arn, "TopicName": name})


@resource("AWS::SNS::Subscription")
def subscription(scope: Scope) -> Deployed:
    """A subscription; one of a function goes through a hidden queue that the pump drains."""
    return Deployed(_subscribe(scope, dict(scope.properties)))


def _subscribe(scope: Scope, wanted: dict[str, Any]) -> str:
    deployer = scope.deployer
    protocol, endpoint = wanted["Protocol"], wanted["Endpoint"]
    if protocol == "lambda":
        url, endpoint = hidden_queue(scope, "sns")
        protocol = "sqs"
        deployer.sns_targets.append((url, wanted))
    made = deployer.boto("sns").subscribe(
        TopicArn=wanted["TopicArn"],
        Protocol=protocol,
        Endpoint=endpoint,
        ReturnSubscriptionArn=True,
    )
    return str(made["SubscriptionArn"])


@resource("AWS::Events::EventBus")
def bus(scope: Scope) -> Deployed:
    """A bus."""
    name = scope.get("Name")
    arn = scope.deployer.boto("events").create_event_bus(Name=name)["EventBusArn"]
    scope.deployer.buses.append(name)
    return Deployed(name, {"Arn": arn, "Name": name})


@resource("AWS::Events::Archive")
def archive(scope: Scope) -> Deployed:
    """An archive; moto stores what the bus carried."""
    name = scope.get("ArchiveName", scope.short_id)
    pattern = scope.get("EventPattern")
    made = scope.deployer.boto("events").create_archive(
        ArchiveName=name,
        EventSourceArn=scope.get("SourceArn"),
        **({"EventPattern": json.dumps(pattern)} if pattern else {}),
    )
    return Deployed(name, {"Arn": made["ArchiveArn"], "ArchiveName": name})


@resource("AWS::Events::Rule")
def rule(scope: Scope) -> Deployed:
    """A rule. moto delivers to queues only, so every other target gets a hidden one."""
    deployer = scope.deployer
    events = deployer.boto("events")
    name = scope.get("Name", scope.name)[-64:]
    bus_name = scope.get("EventBusName", "default")
    pattern, expression = scope.get("EventPattern"), scope.get("ScheduleExpression")
    state = scope.get("State", "ENABLED")
    prefix = "" if bus_name == "default" else f"{bus_name.rpartition('/')[2]}/"
    arn = deployer.arn("events", f"rule/{prefix}{name}")
    targets = scope.get("Targets", [])
    if expression:
        deployer.scheduled_rules.append(
            {
                "Name": name,
                "Arn": arn,
                "ScheduleExpression": expression,
                "State": state,
                "Targets": targets,
            }
        )
    if pattern:
        events.put_rule(
            Name=name, EventBusName=bus_name, EventPattern=json.dumps(pattern), State=state
        )
        delivered = [_delivered(scope, one, name, arn) for one in targets]
        events.put_targets(Rule=name, EventBusName=bus_name, Targets=delivered)
    return Deployed(name, {"Arn": arn})


def _delivered(scope: Scope, target: dict[str, Any], rule_name: str, arn: str) -> dict[str, Any]:
    """The target as moto gets it."""
    known: dict[str, Any] = {
        key: target[key] for key in ("Id", "Arn", "Input", "InputPath") if key in target
    }
    if "InputTransformer" in target:
        known["InputTransformer"] = target["InputTransformer"]
    if target["Arn"].split(":")[2] != "sqs":
        url, known["Arn"] = hidden_queue(scope, target["Id"])
        scope.deployer.rule_targets.append((url, {**target, "RuleName": rule_name, "RuleArn": arn}))
    return known


def hidden_queue(scope: Scope, purpose: str) -> tuple[str, str]:
    """(URL, ARN) of a queue that the template does not know."""
    name = f"_hidden-{scope.short_id}-{purpose}"[:80].replace(".", "-")
    url = scope.deployer.boto("sqs").create_queue(QueueName=name)["QueueUrl"]
    return str(url), scope.deployer.arn("sqs", name)


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return json.dumps(value) if isinstance(value, dict) else str(value)
