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
from infra.constructs.payouts import BankParameters
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
    """The `servicing` machine with its tasks, started each business day at nine; daily jobs."""

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
        self._stage_config, self._data, self._messaging = stage, data, messaging
        self._layers = Layers(self)
        rail_url = cdk.CfnParameter(self, "BankRailUrl", description="Base URL of the bank rail")
        self._rail_url = rail_url.value_as_string
        self._bank = BankParameters(self)
        self.remind = self._task("remind", self._lending)
        self.transfer = self._task(
            "transfer",
            {
                **self._lending,
                **self._vault,
                **self._bank.payouts(stage, data, self._rail_url),
            },
            timeout_s=120,
        )
        self.servicing = AslStateMachine(
            self,
            "servicing",
            stage=stage,
            kind=sfn.StateMachineType.STANDARD,
            holes={"RemindArn": self.remind.arn, "TransferArn": self.transfer.arn},
            alarms=messaging.alarms,
        )
        for function in (self.remind, self.transfer):
            self.servicing.allow(["lambda:InvokeFunction"], function.arn)
        self._allow_distributed_map(stage)
        self._group = scheduler.CfnScheduleGroup(
            self, "Schedules", name=stage.resource_name("servicing")
        )
        TargetSchedule(
            self,
            "Daily",
            expression=BUSINESS_DAY_START,
            timezone=BUSINESS_TIMEZONE,
            target_arn=self.servicing.arn,
            action="states:StartExecution",
            payload='{"scheduled_at": "<aws.scheduler.scheduled-time>"}',
            failed=dead_letters(self, "ServicingNotStarted", messaging.alarms),
            group=self._group,
        )
        self._add_daily()

    @property
    def _lending(self) -> dict[str, str]:
        return {"LENDING_TABLE": self._data.lending.table_name, "MARKETS": MARKETS}

    @property
    def _vault(self) -> dict[str, str]:
        return {
            "CUSTOMERS_TABLE": self._data.customers.table_name,
            "VAULT_KEY_ID": self._data.vault_key.key_id,
            "INDEX_KEY_ID": self._data.index_key.key_id,
        }

    def _task(
        self, verb: str, environment: dict[str, str], *, timeout_s: int = 60, memory_mb: int = 512
    ) -> LendingFunction:
        """A task of the servicing machine."""
        function = LendingFunction(
            self,
            verb,
            stage=self._stage_config,
            layers=self._layers,
            alarms=self._messaging.alarms,
            timeout_s=timeout_s,
            memory_mb=memory_mb,
            environment=environment,
        )
        apply_grants(function, self._data)
        return function

    def _add_daily(self) -> None:
        self.anchor = self._task(
            "anchor",
            {
                "LENDING_TABLE": self._data.lending.table_name,
                "ANCHOR_KEY_ID": self._data.anchor_key.key_id,
                "ANCHOR_BUCKET": self._data.anchors.bucket_name,
            },
            timeout_s=300,
            memory_mb=1024,
        )
        self.closing = AslStateMachine(
            self,
            "closing",
            stage=self._stage_config,
            kind=sfn.StateMachineType.STANDARD,
            holes={"AnchorArn": self.anchor.arn},
            alarms=self._messaging.alarms,
        )
        self.closing.allow(["lambda:InvokeFunction"], self.anchor.arn)
        TargetSchedule(
            self,
            "DailyClosing",
            expression=AFTER_MIDNIGHT,
            timezone="UTC",
            target_arn=self.closing.arn,
            action="states:StartExecution",
            payload='{"at": "<aws.scheduler.scheduled-time>"}',
            failed=dead_letters(self, "ClosingNotStarted", self._messaging.alarms),
            group=self._group,
        )
        self._read_the_bank()

    def _read_the_bank(self) -> None:
        """What the bank is asked each day, and what it puts into our inbox."""
        self.reconcile = self._daily(
            "reconcile",
            {
                **self._lending,
                "RAIL_URL": self._rail_url,
                "BANK_ACCOUNT": self._bank.account_no,
            },
            BUSINESS_TIMEZONE,
            {
                "DailyReconcile": (STATEMENTS_READY, ', "control": false'),
                # Later, when the index shows what the statements brought.
                "DailyControl": (STATEMENTS_READ, ', "ask": false'),
            },
        )
        self.ingest = self._daily(
            "ingest",
            {
                **self._lending,
                "BANK_FILES_BUCKET": self._data.bank_files.bucket_name,
                "BANK_ACCOUNT": self._bank.account_no,
            },
            "UTC",
            # What lies in the inbox is asked for, not told: an event that is lost loses no file.
            {"RegularIngest": (EVERY_FEW_MINUTES, "")},
        )

    def _daily(
        self,
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
            stage=self._stage_config,
            layers=self._layers,
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
