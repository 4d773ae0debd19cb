"""What happens to loans by the clock: the daily servicing sweep."""

import aws_cdk as cdk
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
        self.remind = LendingFunction(
            self,
            "remind",
            stage=stage,
            layers=Layers(self),
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
