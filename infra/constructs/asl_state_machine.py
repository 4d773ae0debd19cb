"""A state machine from `statemachines/<name>.asl.yaml`, its holes checked at synth."""

import json
import re
from collections.abc import Iterable, Mapping
from typing import Any

import aws_cdk as cdk
import yaml
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_cloudwatch_actions as cloudwatch_actions
from aws_cdk import aws_iam as iam
from aws_cdk import aws_logs as logs
from aws_cdk import aws_sns as sns
from aws_cdk import aws_stepfunctions as sfn
from constructs import Construct

from infra.config import ROOT, Stage

HOLE = re.compile(r"\$\{([A-Za-z]+)\}")


class HolesDoNotMatch(ValueError):
    """The file has a hole that nothing fills, or is given something it has no hole for."""


def definition_of(name: str) -> dict[str, Any]:
    """The definition in `statemachines/<name>.asl.yaml`, holes and all."""
    text = (ROOT / "statemachines" / f"{name}.asl.yaml").read_text("utf-8")
    loaded: dict[str, Any] = yaml.safe_load(text)
    return loaded


def check_holes(name: str, definition: Mapping[str, Any], filled: Iterable[str]) -> None:
    """Every hole is filled and everything given has its hole.

    Raises:
        HolesDoNotMatch: naming what is missing or unused.
    """
    holes = set(HOLE.findall(json.dumps(definition)))
    given = set(filled)
    if holes != given:
        missing, unused = sorted(holes - given), sorted(given - holes)
        raise HolesDoNotMatch(f"{name}: not filled {missing}, not used {unused}")


class AslStateMachine(Construct):
    """The file, its role with exact grants, logs without data, tracing and alarms."""

    def __init__(
        self,
        scope: Construct,
        name: str,
        *,
        stage: Stage,
        kind: sfn.StateMachineType,
        holes: Mapping[str, str],
        alarms: sns.ITopic,
    ) -> None:
        super().__init__(scope, f"{name.capitalize()}Machine")
        definition = definition_of(name)
        services = service_holes(definition)
        check_holes(name, definition, [*holes, *services])
        self.role = iam.Role(self, "Role", assumed_by=iam.ServicePrincipal("states.amazonaws.com"))
        self.log_group = logs.LogGroup(
            self,
            "Logs",
            log_group_name=f"/aws/vendedlogs/states/{stage.resource_name(name)}",
            retention=stage.log_retention,
            removal_policy=cdk.RemovalPolicy.DESTROY,
        )
        self.machine = sfn.StateMachine(
            self,
            "Machine",
            state_machine_name=stage.resource_name(name),
            state_machine_type=kind,
            definition_body=sfn.DefinitionBody.from_string(json.dumps(definition)),
            definition_substitutions={**services, **holes},
            role=self.role,
            tracing_enabled=True,
            # Ids and outcomes only; still, execution data stays out of the logs.
            logs=sfn.LogOptions(
                destination=self.log_group, level=sfn.LogLevel.ALL, include_execution_data=False
            ),
        )
        self._watch(name, alarms)

    @property
    def arn(self) -> str:
        """The machine's ARN."""
        return self.machine.state_machine_arn

    def allow(self, actions: Iterable[str], resource_arn: str) -> None:
        """Grant exact actions on one exact resource."""
        self.role.add_to_policy(
            iam.PolicyStatement(actions=list(actions), resources=[resource_arn])
        )

    def _watch(self, name: str, alarms: sns.ITopic) -> None:
        period = cdk.Duration.minutes(5)
        for label, metric, what in (
            ("Failed", self.machine.metric_failed(period=period, statistic="Sum"), "failed"),
            # Not counted as failed: a machine's own TimeoutSeconds ran out.
            ("TimedOut", self.machine.metric_timed_out(period=period, statistic="Sum"),
             "ran out of time"),
        ):  # fmt: skip
            alarm = cloudwatch.Alarm(
                self,
                label,
                metric=metric,
                threshold=1,
                evaluation_periods=1,
                treat_missing_data=cloudwatch.TreatMissingData.NOT_BREACHING,
                alarm_description=(
                    f"statemachines/{name}: an execution {what}; docs/runbooks/alarms.md"
                ),
            )
            alarm.add_alarm_action(cloudwatch_actions.SnsAction(alarms))


_SERVICES = {
    "LambdaInvoke": "states:::lambda:invoke",
    "LambdaInvokeWait": "states:::lambda:invoke.waitForTaskToken",
    "StartExecution": "states:::states:startExecution",
    "StartSyncExecution": "states:::aws-sdk:sfn:startSyncExecution",
}


def service_holes(definition: Mapping[str, Any]) -> dict[str, str]:
    """The service integrations a definition uses, as ARNs of the deployment's partition."""
    used = set(HOLE.findall(json.dumps(definition)))
    return {
        hole: f"arn:{cdk.Aws.PARTITION}:{service}"
        for hole, service in _SERVICES.items()
        if hole in used
    }
