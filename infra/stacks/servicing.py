"""What happens to loans by the clock: the daily servicing sweep."""

import aws_cdk as cdk
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_lambda_destinations as destinations
from aws_cdk import aws_scheduler as scheduler
from aws_cdk import aws_stepfunctions as sfn
from constructs import Construct

from infra.config import MARKETS, Stage
from infra.constructs.asl_state_machine import AslStateMachine
from infra.constructs.layers import Layers
from infra.constructs.lending_function import LendingFunction
from infra.constructs.schedule import TargetSchedule
from infra.constructs.wiring import apply_grants
from infra.stacks.data import DataStack
from infra.stacks.messaging import MessagingStack, dead_letters

BUSINESS_DAY_START = "cron(0 9 * * ? *)"
BUSINESS_TIMEZONE = "Asia/Shanghai"
AFTER_MIDNIGHT = "cron(10 0 * * ? *)"
EVERY_FEW_MINUTES = "rate(5 minutes)"
STATEMENTS_READ = "cron(30 10 * * ? *)"
STATEMENTS_READY = "cron(0 10 * * ? *)"  # the bank day is over in every zone


class ServicingStack(cdk.Stack):
    """`remind` and the `servicing` machine, started each business day at nine."""

    def __init__(
        self,
        scope: Construct,
        stack_id: str,
        *,
        stage: Stage,
        data: DataStack,
        messaging: MessagingStack,
    ) -> None:
        super().__init__(scope, stack_id, description="Autolend: daily servicing")
        layers = Layers(self)
        self.remind = LendingFunction(
            self,
            "remind",
            stage=stage,
            layers=layers,
            alarms=messaging.alarms,
            timeout_s=60,
            environment={"LENDING_TABLE": data.lending.table_name, "MARKETS": MARKETS},
        )
        apply_grants(self.remind, data)
        self.servicing = AslStateMachine(
            self,
            "servicing",
            stage=stage,
            kind=sfn.StateMachineType.STANDARD,
            holes={"RemindArn": self.remind.arn},
            alarms=messaging.alarms,
        )
        self.servicing.allow(["lambda:InvokeFunction"], self.remind.arn)
        self._allow_distributed_map(stage)
        group = scheduler.CfnScheduleGroup(self, "Schedules", name=stage.resource_name("servicing"))
        TargetSchedule(
            self,
            "Daily",
            expression=BUSINESS_DAY_START,
            timezone=BUSINESS_TIMEZONE,
            target_arn=self.servicing.arn,
            action="states:StartExecution",
            payload='{"scheduled_at": "<aws.scheduler.scheduled-time>"}',
            failed=dead_letters(self, "ServicingNotStarted", messaging.alarms),
            group=group,
        )
        self._group, self._data, self._messaging = group, data, messaging
        self.anchor = self._daily(
            stage,
            layers,
            "anchor",
            {
                "LENDING_TABLE": data.lending.table_name,
                "ANCHOR_KEY_ID": data.anchor_key.key_id,
                "ANCHOR_BUCKET": data.anchors.bucket_name,
            },
            "UTC",
            {"DailyAnchor": (AFTER_MIDNIGHT, "")},
        )
        self._read_the_bank(stage, layers, data)

    def _read_the_bank(self, stage: Stage, layers: Layers, data: DataStack) -> None:
        """What the bank is asked each day, and what it puts into our inbox."""
        rail_url = cdk.CfnParameter(self, "BankRailUrl", description="Base URL of the bank rail")
        account = cdk.CfnParameter(
            self,
            "BankAccount",
            description="Number of our account at the bank, as its statements name it",
            default="LENDER1",  # the sandbox bank's
        )
        self.reconcile = self._daily(
            stage,
            layers,
            "reconcile",
            {
                "LENDING_TABLE": data.lending.table_name,
                "RAIL_URL": rail_url.value_as_string,
                "BANK_ACCOUNT": account.value_as_string,
                "MARKETS": MARKETS,
            },
            BUSINESS_TIMEZONE,
            {
                "DailyReconcile": (STATEMENTS_READY, ', "control": false'),
                # Later, when the index shows what the statements brought.
                "DailyControl": (STATEMENTS_READ, ', "ask": false'),
            },
        )
        self.ingest = self._daily(
            stage,
            layers,
            "ingest",
            {
                "LENDING_TABLE": data.lending.table_name,
                "BANK_FILES_BUCKET": data.bank_files.bucket_name,
                "BANK_ACCOUNT": account.value_as_string,
                "MARKETS": MARKETS,
            },
            "UTC",
            # What lies in the inbox is asked for, not told: an event that is lost loses no file.
            {"RegularIngest": (EVERY_FEW_MINUTES, "")},
        )

    def _daily(
        self,
        stage: Stage,
        layers: Layers,
        verb: str,
        environment: dict[str, str],
        timezone: str,
        schedules: dict[str, tuple[str, str]],
    ) -> LendingFunction:
        """A function that the clock calls, with a queue for times at which it failed.

        `schedules` are expression and more of the payload by name.
        """
        name = verb.capitalize()
        function = LendingFunction(
            self,
            verb,
            stage=stage,
            layers=layers,
            alarms=self._messaging.alarms,
            timeout_s=300,
            memory_mb=1024,
            environment=environment,
        )
        apply_grants(function, self._data)
        failed = dead_letters(self, f"{name}Failed", self._messaging.alarms)
        function.allow(["sqs:SendMessage"], failed.queue_arn)
        lambda_.EventInvokeConfig(
            self,
            f"{name}Invoke",
            function=function.function,
            on_failure=destinations.SqsDestination(failed),
            retry_attempts=2,
        )
        for schedule, (expression, more) in schedules.items():
            TargetSchedule(
                self,
                schedule,
                expression=expression,
                timezone=timezone,
                target_arn=function.arn,
                action="lambda:InvokeFunction",
                payload=f'{{"at": "<aws.scheduler.scheduled-time>"{more}}}',
                failed=failed,
                group=self._group,
            )
        return function

    def _allow_distributed_map(self, stage: Stage) -> None:
        """A distributed map starts and watches child executions of its own machine."""
        name = stage.resource_name("servicing")
        machine = self.format_arn(
            service="states",
            resource="stateMachine",
            resource_name=name,
            arn_format=cdk.ArnFormat.COLON_RESOURCE_NAME,
        )
        self.servicing.allow(["states:StartExecution"], machine)
        # AWS documents the first form; the children's own ARNs have the second.
        for executions in (f"{name}:*", f"{name}/Shard:*"):
            arn = self.format_arn(
                service="states",
                resource="execution",
                resource_name=executions,
                arn_format=cdk.ArnFormat.COLON_RESOURCE_NAME,
            )
            self.servicing.allow(["states:DescribeExecution", "states:StopExecution"], arn)
