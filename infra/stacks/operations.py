"""What watches over the rest: the sweeper, the dashboard, the budget."""

import aws_cdk as cdk
from aws_cdk import aws_budgets as budgets
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_cloudwatch_actions as cloudwatch_actions
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_lambda_destinations as destinations
from aws_cdk import aws_scheduler as scheduler
from constructs import Construct

from infra.config import MARKETS, Stage
from infra.constructs.layers import Layers
from infra.constructs.lending_function import LendingFunction
from infra.constructs.schedule import TargetSchedule
from infra.constructs.wiring import apply_grants
from infra.stacks.data import DataStack
from infra.stacks.messaging import MessagingStack, dead_letters
from infra.stacks.origination import OriginationStack
from infra.stacks.servicing import ServicingStack


class OperationsStack(cdk.Stack):
    """Deployed last: it looks at everything else."""

    def __init__(
        self,
        scope: Construct,
        stack_id: str,
        *,
        stage: Stage,
        data: DataStack,
        messaging: MessagingStack,
        servicing: ServicingStack,
        origination: OriginationStack,
    ) -> None:
        super().__init__(scope, stack_id, description="Autolend: sweeper, dashboard, budget")
        self._stage_config = stage
        self.sweep = self._sweeper(stage, data, messaging, origination)
        functions = [
            *origination.doors.values(),
            origination.authorize,
            origination.identify,
            origination.score,
            origination.decide,
            origination.park,
            origination.disburse,
            origination.seal,
            origination.amend,
            servicing.remind,
            servicing.transfer,
            servicing.anchor,
            servicing.reconcile,
            servicing.ingest,
            messaging.publish,
            messaging.notify,
            self.sweep,
        ]
        self._dashboard(functions, origination, servicing)
        self._budget(messaging)
        self._drift(messaging)

    def _sweeper(
        self,
        stage: Stage,
        data: DataStack,
        messaging: MessagingStack,
        origination: OriginationStack,
    ) -> LendingFunction:
        sweep = LendingFunction(
            self,
            "sweep",
            stage=stage,
            layers=Layers(self),
            alarms=messaging.alarms,
            timeout_s=50,
            environment={
                "LENDING_TABLE": data.lending.table_name,
                "EVENT_BUS": messaging.bus.event_bus_name,
                "ORIGINATION_ARN": origination.origination.arn,
                "DISBURSEMENT_ARN": origination.disbursement.arn,
                "AMENDMENT_ARN": origination.amendment.arn,
                "MARKETS": MARKETS,
            },
        )
        executions = self.format_arn(
            service="states",
            resource="execution",
            resource_name=f"{stage.resource_name('origination')}:*",
            arn_format=cdk.ArnFormat.COLON_RESOURCE_NAME,
        )
        apply_grants(
            sweep,
            data,
            {
                "bus": messaging.bus.event_bus_arn,
                "origination": origination.origination.arn,
                "origination_executions": executions,
                "disbursement": origination.disbursement.arn,
                "amendment": origination.amendment.arn,
            },
        )
        failed = dead_letters(self, "SweepFailed", messaging.alarms)
        sweep.allow(["sqs:SendMessage"], failed.queue_arn)
        lambda_.EventInvokeConfig(
            self,
            "SweepInvoke",
            function=sweep.function,
            on_failure=destinations.SqsDestination(failed),
            retry_attempts=0,  # the next minute's run is the retry
            max_event_age=cdk.Duration.minutes(5),
        )
        group = scheduler.CfnScheduleGroup(
            self, "Schedules", name=stage.resource_name("operations")
        )
        TargetSchedule(
            self,
            "EveryMinute",
            expression="rate(1 minute)",
            timezone="UTC",
            target_arn=sweep.arn,
            action="lambda:InvokeFunction",
            payload='{"reason": "schedule", "at": "<aws.scheduler.scheduled-time>"}',
            failed=failed,
            group=group,
        )
        return sweep

    def _dashboard(
        self,
        functions: list[LendingFunction],
        origination: OriginationStack,
        servicing: ServicingStack,
    ) -> None:
        five = cdk.Duration.minutes(5)
        machines = [
            origination.origination,
            origination.underwriting,
            origination.disbursement,
            origination.amendment,
            servicing.servicing,
        ]
        api = origination.front_door.api
        board = cloudwatch.Dashboard(
            self, "Dashboard", dashboard_name=self._stage_config.resource_name("overview")
        )
        board.add_widgets(
            _graph("Front door: requests", [api.metric_count(period=five)]),
            _graph(
                "Front door: errors",
                [api.metric_client_error(period=five), api.metric_server_error(period=five)],
            ),
            _graph("Front door: latency", [api.metric_latency(period=five, statistic="p99")]),
        )
        board.add_widgets(
            _graph("Functions: errors", [one.function.metric_errors() for one in functions]),
            _graph(
                "Functions: duration p99",
                [one.function.metric_duration(statistic="p99") for one in functions],
            ),
            _graph("Machines: failed", [one.machine.metric_failed() for one in machines]),
        )

    def _drift(self, messaging: MessagingStack) -> None:
        """What `autolend monitor --publish` counts beyond its thresholds pages a person."""
        cloudwatch.Alarm(
            self,
            "ModelDrift",
            alarm_description="models: drift beyond a threshold; docs/runbooks/alarms.md",
            metric=cloudwatch.Metric(
                namespace="Autolend/Models",
                metric_name="DriftAlarms",
                statistic="Maximum",
                period=cdk.Duration.days(1),
            ),
            threshold=0,
            evaluation_periods=1,
            comparison_operator=cloudwatch.ComparisonOperator.GREATER_THAN_THRESHOLD,
            treat_missing_data=cloudwatch.TreatMissingData.NOT_BREACHING,
        ).add_alarm_action(cloudwatch_actions.SnsAction(messaging.alarms))

    def _budget(self, messaging: MessagingStack) -> None:
        messaging.alarms.add_to_resource_policy(
            iam.PolicyStatement(
                sid="BudgetsMayTell",
                principals=[iam.ServicePrincipal("budgets.amazonaws.com")],
                actions=["sns:Publish"],
                resources=[messaging.alarms.topic_arn],
            )
        )
        budgets.CfnBudget(
            self,
            "Budget",
            budget=budgets.CfnBudget.BudgetDataProperty(
                budget_type="COST",
                time_unit="MONTHLY",
                budget_limit=budgets.CfnBudget.SpendProperty(
                    amount=self._stage_config.monthly_budget_usd, unit="USD"
                ),
            ),
            notifications_with_subscribers=[
                budgets.CfnBudget.NotificationWithSubscribersProperty(
                    notification=budgets.CfnBudget.NotificationProperty(
                        comparison_operator="GREATER_THAN",
                        notification_type="FORECASTED",
                        threshold=100,
                        threshold_type="PERCENTAGE",
                    ),
                    subscribers=[
                        budgets.CfnBudget.SubscriberProperty(
                            address=messaging.alarms.topic_arn, subscription_type="SNS"
                        )
                    ],
                )
            ],
        )


def _graph(title: str, metrics: list[cloudwatch.Metric]) -> cloudwatch.GraphWidget:
    return cloudwatch.GraphWidget(title=title, left=list(metrics), width=8)
