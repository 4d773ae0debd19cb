"""One function of `functions/`: own role, log group, tracing, concurrency and alarms."""

from collections.abc import Iterable, Mapping

import aws_cdk as cdk
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_cloudwatch_actions as cloudwatch_actions
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from aws_cdk import aws_sns as sns
from constructs import Construct, IConstruct

from infra.config import LEFTOVERS, ROOT, Stage
from infra.constructs.layers import Layers

# All functions are one asset: the `functions` package, so that import paths are those of here.
ASSET = {
    "exclude": ["/*", "!/functions", *LEFTOVERS],
    "ignore_mode": cdk.IgnoreMode.GIT,
}
DURATION_SHARE = 0.8


class LendingFunction(Construct):
    """`functions/<verb>` on Python 3.13, arm64, traced, with nothing granted but its role's."""

    def __init__(
        self,
        scope: Construct,
        verb: str,
        *,
        stage: Stage,
        layers: Layers,
        alarms: sns.ITopic,
        environment: Mapping[str, str] | None = None,
        timeout_s: int = 15,
        memory_mb: int = 512,
        model_only: bool = False,
        with_model: bool = False,
        function_layers: list[lambda_.ILayerVersion] | None = None,
    ) -> None:
        super().__init__(scope, verb.capitalize())
        self.verb = verb
        self.config = stage
        name = stage.resource_name(verb)
        self.log_group = logs.LogGroup(
            self,
            "Logs",
            log_group_name=f"/aws/lambda/{name}",
            retention=stage.log_retention,
            removal_policy=cdk.RemovalPolicy.DESTROY,
        )
        self.role = iam.Role(
            self,
            "Role",
            assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"),
            description=f"What functions/{verb} may do",
        )
        self._grant_telemetry()
        variables = dict(environment or {})
        if not model_only:
            variables |= {"POWERTOOLS_SERVICE_NAME": verb, "POWERTOOLS_LOG_LEVEL": "INFO"}
        self.function = lambda_.Function(
            self,
            "Function",
            function_name=name,
            description=f"functions/{verb}",
            runtime=lambda_.Runtime.PYTHON_3_13,
            architecture=lambda_.Architecture.ARM_64,
            handler=f"functions.{verb}.handler.handler",
            code=lambda_.Code.from_asset(str(ROOT), **ASSET),  # type: ignore[arg-type]
            layers=function_layers
            or [
                *([] if model_only else layers.for_lending),
                *(layers.for_model if model_only or with_model else []),
            ],
            environment=variables,
            timeout=cdk.Duration.seconds(timeout_s),
            memory_size=memory_mb,
            reserved_concurrent_executions=stage.reserved[verb],
            tracing=lambda_.Tracing.ACTIVE,
            log_group=self.log_group,
            role=self.role.without_policy_updates(),
        )
        # Granted before the function may run (the role itself is referenced anyway).
        self.function.node.add_dependency(self.policy)
        self._watch(alarms, timeout_s)

    @property
    def arn(self) -> str:
        """The function's ARN (its newest code)."""
        return self.function.function_arn

    @property
    def policy(self) -> IConstruct:
        """The role's statements: what starts the function waits for them."""
        return self.role.node.find_child("DefaultPolicy")

    def allow(self, actions: Iterable[str], resource_arn: str, **conditions: str) -> None:
        """Grant exact actions on one exact resource."""
        statement = iam.PolicyStatement(actions=list(actions), resources=[resource_arn])
        for key, value in conditions.items():
            statement.add_condition("StringEquals", {key: value})
        self.role.add_to_policy(statement)

    def keep_rows(self, actions: Iterable[str], table_arn: str, partitions: Iterable[str]) -> None:
        """Deny actions on every row of some partitions (patterns) of one table."""
        statement = iam.PolicyStatement(
            effect=iam.Effect.DENY, actions=list(actions), resources=[table_arn]
        )
        statement.add_condition(
            "ForAnyValue:StringLike", {"dynamodb:LeadingKeys": list(partitions)}
        )
        self.role.add_to_policy(statement)

    def _grant_telemetry(self) -> None:
        self.role.add_to_policy(
            iam.PolicyStatement(
                actions=["logs:CreateLogStream", "logs:PutLogEvents"],
                resources=[f"{self.log_group.log_group_arn}"],
            )
        )
        self.role.add_to_policy(
            iam.PolicyStatement(
                actions=["xray:PutTraceSegments", "xray:PutTelemetryRecords"], resources=["*"]
            )
        )

    def _watch(self, alarms: sns.ITopic, timeout_s: int) -> None:
        action = cloudwatch_actions.SnsAction(alarms)
        period = cdk.Duration.minutes(5)
        slow_ms = int(timeout_s * 1000 * DURATION_SHARE)
        for name, metric, threshold, why in (
            ("Errors", self.function.metric_errors(period=period, statistic="Sum"), 1,
             "it failed"),
            ("Throttles", self.function.metric_throttles(period=period, statistic="Sum"), 1,
             "it was throttled"),
            ("Slow", self.function.metric_duration(period=period, statistic="p99"), slow_ms,
             "it is close to its timeout"),
        ):  # fmt: skip
            alarm = cloudwatch.Alarm(
                self,
                name,
                metric=metric,
                threshold=threshold,
                evaluation_periods=1,
                comparison_operator=(
                    cloudwatch.ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD
                ),
                treat_missing_data=cloudwatch.TreatMissingData.NOT_BREACHING,
                alarm_description=f"functions/{self.verb}: {why}; docs/runbooks/alarms.md",
            )
            alarm.add_alarm_action(action)
