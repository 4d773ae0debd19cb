"""Events out of the book and messages to customers."""

import aws_cdk as cdk
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_cloudwatch_actions as cloudwatch_actions
from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_lambda_event_sources as event_sources
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from infra.config import MARKETS, Stage
from infra.constructs.layers import Layers
from infra.constructs.lending_function import LendingFunction
from infra.constructs.wiring import apply_grants
from infra.stacks.data import DataStack

NOTIFY_TIMEOUT_S = 20
NOTIFY_ATTEMPTS = 5
TOLD = [
    "ApplicationApproved",
    "ApplicationDeclined",
    "ApplicationReferred",
    "LoanFunded",
    "InstalmentReminderDue",
    "PaymentReceived",
    "AutoDebitFailed",
    "LoanExtended",
    "AmendmentChanged",
]


class MessagingStack(cdk.Stack):
    """Alarm topic, event bus with archive, `publish` on the stream, `notify` on a queue."""

    def __init__(self, scope: Construct, stack_id: str, *, stage: Stage, data: DataStack) -> None:
        super().__init__(scope, stack_id, description="Autolend: events and messages")
        self._stage_config, self._data = stage, data
        messages_url = cdk.CfnParameter(
            self, "MessagesUrl", description="Base URL of the SMS and mail gateway"
        )
        self.alarms = self._alarm_topic()
        self.bus = events.EventBus(self, "Bus", event_bus_name=stage.resource_name("bus"))
        self.bus.archive(
            "Archive",
            event_pattern=events.EventPattern(source=["autolend.lending"]),
            retention=cdk.Duration.days(400),
        )
        self._layers = Layers(self)
        self.publish = self._publish()
        self.notify = self._notify(messages_url.value_as_string)

    def _alarm_topic(self) -> sns.Topic:
        key = kms.Key(
            self,
            "AlarmKey",
            description="Encrypts alarms on their way to people",
            enable_key_rotation=True,
            removal_policy=self._stage_config.removal,
        )
        for service in ("cloudwatch.amazonaws.com", "budgets.amazonaws.com"):
            key.add_to_resource_policy(
                iam.PolicyStatement(
                    principals=[iam.ServicePrincipal(service)],
                    actions=["kms:Decrypt", "kms:GenerateDataKey"],
                    resources=["*"],
                )
            )
        topic = sns.Topic(
            self,
            "Alarms",
            topic_name=self._stage_config.resource_name("alarms"),
            master_key=key,
            enforce_ssl=True,
        )
        # A topic with a policy of its own loses the default one, which let alarms in.
        topic.add_to_resource_policy(
            iam.PolicyStatement(
                sid="AlarmsMayTell",
                principals=[iam.ServicePrincipal("cloudwatch.amazonaws.com")],
                actions=["sns:Publish"],
                resources=[topic.topic_arn],
                conditions={"StringEquals": {"aws:SourceAccount": cdk.Aws.ACCOUNT_ID}},
            )
        )
        return topic

    def _publish(self) -> LendingFunction:
        function = LendingFunction(
            self,
            "publish",
            stage=self._stage_config,
            layers=self._layers,
            alarms=self.alarms,
            environment={
                "LENDING_TABLE": self._data.lending.table_name,
                "EVENT_BUS": self.bus.event_bus_name,
            },
        )
        apply_grants(function, self._data, {"bus": self.bus.event_bus_arn})
        stream_arn = self._data.lending.table_stream_arn
        assert stream_arn is not None
        function.allow(
            [
                "dynamodb:DescribeStream",
                "dynamodb:GetRecords",
                "dynamodb:GetShardIterator",
                "dynamodb:ListStreams",
            ],
            stream_arn,
        )
        failed = self.dead_letters("PublishFailed")
        function.allow(["sqs:SendMessage"], failed.queue_arn)
        source = lambda_.EventSourceMapping(
            self,
            "Outbox",
            target=function.function,
            event_source_arn=stream_arn,
            starting_position=lambda_.StartingPosition.TRIM_HORIZON,
            batch_size=100,
            # Nothing waits for an event within a second; one run for many costs far less.
            max_batching_window=cdk.Duration.seconds(1),
            bisect_batch_on_error=True,
            retry_attempts=100,
            report_batch_item_failures=True,
            on_failure=event_sources.SqsDlq(failed),
            filters=[
                lambda_.FilterCriteria.filter(
                    {
                        "eventName": lambda_.FilterRule.is_equal("INSERT"),
                        "dynamodb": {"Keys": {"sk": {"S": [{"prefix": "OUTBOX#"}]}}},
                    }
                )
            ],
        )
        source.node.add_dependency(function.policy)
        return function

    def _notify(self, messages_url: str) -> LendingFunction:
        function = LendingFunction(
            self,
            "notify",
            stage=self._stage_config,
            layers=self._layers,
            alarms=self.alarms,
            timeout_s=NOTIFY_TIMEOUT_S,
            environment={
                "LENDING_TABLE": self._data.lending.table_name,
                "CUSTOMERS_TABLE": self._data.customers.table_name,
                "ENGAGEMENT_TABLE": self._data.engagement.table_name,
                "VAULT_KEY_ID": self._data.vault_key.key_id,
                "INDEX_KEY_ID": self._data.index_key.key_id,
                "MESSAGES_URL": messages_url,
                "MARKETS": MARKETS,
            },
        )
        apply_grants(function, self._data)
        failed = self.dead_letters("NotifyFailed")
        queue = sqs.Queue(
            self,
            "NotifyQueue",
            encryption=sqs.QueueEncryption.SQS_MANAGED,
            enforce_ssl=True,
            visibility_timeout=cdk.Duration.seconds(6 * NOTIFY_TIMEOUT_S),
            retention_period=cdk.Duration.days(4),
            dead_letter_queue=sqs.DeadLetterQueue(queue=failed, max_receive_count=NOTIFY_ATTEMPTS),
        )
        events.Rule(
            self,
            "Told",
            event_bus=self.bus,
            description="What customers are told",
            event_pattern=events.EventPattern(source=["autolend.lending"], detail_type=TOLD),
            targets=[
                targets.SqsQueue(
                    queue, dead_letter_queue=failed, max_event_age=cdk.Duration.hours(24)
                )
            ],
        )
        function.allow(
            ["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"], queue.queue_arn
        )
        source = lambda_.EventSourceMapping(
            self,
            "NotifySource",
            target=function.function,
            event_source_arn=queue.queue_arn,
            batch_size=10,
            max_batching_window=cdk.Duration.seconds(1),
            report_batch_item_failures=True,
            max_concurrency=2,
        )
        source.node.add_dependency(function.policy)
        return function

    def dead_letters(self, name: str) -> sqs.Queue:
        """A queue for what could not be done, with its alarm."""
        return dead_letters(self, name, self.alarms)


def dead_letters(scope: Construct, name: str, alarms: sns.ITopic) -> sqs.Queue:
    """A queue for what could not be done, kept two weeks, with an alarm on its first message."""
    queue = sqs.Queue(
        scope,
        name,
        encryption=sqs.QueueEncryption.SQS_MANAGED,
        enforce_ssl=True,
        retention_period=cdk.Duration.days(14),
    )
    alarm = cloudwatch.Alarm(
        scope,
        f"{name}NotEmpty",
        metric=queue.metric_approximate_number_of_messages_visible(
            period=cdk.Duration.minutes(1), statistic="Maximum"
        ),
        threshold=1,
        evaluation_periods=1,
        treat_missing_data=cloudwatch.TreatMissingData.NOT_BREACHING,
        comparison_operator=cloudwatch.ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
        alarm_description=f"{name}: something could not be done; docs/runbooks/alarms.md",
    )
    alarm.add_alarm_action(cloudwatch_actions.SnsAction(alarms))
    return queue
