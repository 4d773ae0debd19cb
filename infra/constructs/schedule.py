"""A schedule with its own role: one target, exact grant, a queue for what could not start."""

from typing import Literal

from aws_cdk import aws_iam as iam
from aws_cdk import aws_scheduler as scheduler
from aws_cdk import aws_sqs as sqs
from constructs import Construct


class TargetSchedule(Construct):
    """Calls one function or state machine by the clock."""

    def __init__(
        self,
        scope: Construct,
        name: str,
        *,
        expression: str,
        timezone: str,
        target_arn: str,
        action: Literal["lambda:InvokeFunction", "states:StartExecution"],
        payload: str,
        failed: sqs.Queue,
        group: scheduler.CfnScheduleGroup,
    ) -> None:
        super().__init__(scope, name)
        role = iam.Role(self, "Role", assumed_by=iam.ServicePrincipal("scheduler.amazonaws.com"))
        role.add_to_policy(iam.PolicyStatement(actions=[action], resources=[target_arn]))
        role.add_to_policy(
            iam.PolicyStatement(actions=["sqs:SendMessage"], resources=[failed.queue_arn])
        )
        schedule = scheduler.CfnSchedule(
            self,
            "Schedule",
            group_name=group.ref,
            schedule_expression=expression,
            schedule_expression_timezone=timezone,
            flexible_time_window=scheduler.CfnSchedule.FlexibleTimeWindowProperty(mode="OFF"),
            state="ENABLED",
            target=scheduler.CfnSchedule.TargetProperty(
                arn=target_arn,
                role_arn=role.role_arn,
                input=payload,
                retry_policy=scheduler.CfnSchedule.RetryPolicyProperty(
                    maximum_event_age_in_seconds=3600, maximum_retry_attempts=10
                ),
                dead_letter_config=scheduler.CfnSchedule.DeadLetterConfigProperty(
                    arn=failed.queue_arn
                ),
            ),
        )
        schedule.node.add_dependency(role.node.find_child("DefaultPolicy"))
