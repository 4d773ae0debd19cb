"""The REST API from the route table: authorizer, validation, throttle, WAF, problem+json."""

import json
from collections.abc import Mapping
from typing import Any

import aws_cdk as cdk
from aws_cdk import aws_apigateway as apigateway
from aws_cdk import aws_logs as logs
from aws_cdk import aws_wafv2 as wafv2
from constructs import Construct

from infra.config import ROOT, Stage
from infra.constructs.lending_function import LendingFunction

ROUTES = ROOT / "layers/lending/python/lending/entrypoint/routes.json"
STAGE_NAME = "live"
AUTHORIZER_TTL_S = 300
ACCESS_FIELDS = {
    "request_id": "$context.requestId",
    "at": "$context.requestTimeEpoch",
    "method": "$context.httpMethod",
    "route": "$context.resourcePath",
    "status": "$context.status",
    "latency_ms": "$context.responseLatency",
    "integration_ms": "$context.integrationLatency",
    "principal": "$context.authorizer.principalId",
    "error": "$context.error.responseType",
}
# Answers that API Gateway gives by itself, in the same shape as ours.
ANSWERS = {
    "ACCESS_DENIED": (403, "forbidden"),
    "AUTHORIZER_CONFIGURATION_ERROR": (500, "internal_error"),
    "AUTHORIZER_FAILURE": (503, "try_again"),
    "BAD_REQUEST_BODY": (400, "invalid_json"),
    "BAD_REQUEST_PARAMETERS": (400, "invalid_request"),
    "DEFAULT_4XX": (None, "bad_request"),
    "DEFAULT_5XX": (None, "internal_error"),
    "INTEGRATION_FAILURE": (503, "try_again"),
    "INTEGRATION_TIMEOUT": (504, "try_again"),
    "MISSING_AUTHENTICATION_TOKEN": (404, "not_found"),
    "QUOTA_EXCEEDED": (429, "too_many_requests"),
    "REQUEST_TOO_LARGE": (413, "body_too_large"),
    "RESOURCE_NOT_FOUND": (404, "not_found"),
    "THROTTLED": (429, "too_many_requests"),
    "UNAUTHORIZED": (401, "unauthenticated"),
    "UNSUPPORTED_MEDIA_TYPE": (415, "unsupported_media_type"),
    "WAF_FILTERED": (403, "filtered"),
}


def routes() -> list[dict[str, Any]]:
    """The rows of the route table (its file only: infra imports no product code)."""
    rows: list[dict[str, Any]] = json.loads(ROUTES.read_text("utf-8"))["routes"]
    return rows


class FrontDoor(Construct):
    """Every route of the table, and nothing else."""

    def __init__(
        self,
        scope: Construct,
        *,
        stage: Stage,
        functions: Mapping[str, LendingFunction],
        authorize: LendingFunction,
    ) -> None:
        super().__init__(scope, "FrontDoor")
        self.api = self._rest_api(stage)
        self._authorizer = apigateway.RequestAuthorizer(
            self,
            "Authorizer",
            handler=authorize.function,
            identity_sources=[apigateway.IdentitySource.header("Authorization")],
            results_cache_ttl=cdk.Duration.seconds(AUTHORIZER_TTL_S),
        )
        self._validator = self.api.add_request_validator(
            "Validator", validate_request_body=True, validate_request_parameters=True
        )
        self._json_object = self.api.add_model(
            "JsonObject",
            content_type="application/json",
            model_name="JsonObject",
            # The function answers field by field; the gateway only keeps non-objects out.
            schema=apigateway.JsonSchema(
                schema=apigateway.JsonSchemaVersion.DRAFT4,
                type=apigateway.JsonSchemaType.OBJECT,
                max_properties=100,
            ),
        )
        integrations = {
            verb: apigateway.LambdaIntegration(one.function, allow_test_invoke=False)
            for verb, one in functions.items()
        }
        for route in routes():
            self._add(route, integrations[route["function"]])
        self._add_answers()
        self._add_firewall(stage)

    def _rest_api(self, stage: Stage) -> apigateway.RestApi:
        access = logs.LogGroup(
            self,
            "Access",
            log_group_name=f"/aws/apigateway/{stage.resource_name('access')}",
            retention=stage.log_retention,
            removal_policy=cdk.RemovalPolicy.DESTROY,
        )
        return apigateway.RestApi(
            self,
            "Api",
            rest_api_name=stage.resource_name("api"),
            description="Autolend front door: docs/how-to/call-the-api.md",
            cloud_watch_role=True,
            endpoint_types=[apigateway.EndpointType.REGIONAL],
            deploy_options=apigateway.StageOptions(
                stage_name=STAGE_NAME,
                throttling_rate_limit=stage.rate_per_second,
                throttling_burst_limit=stage.burst,
                tracing_enabled=True,
                metrics_enabled=True,
                logging_level=apigateway.MethodLoggingLevel.ERROR,
                data_trace_enabled=False,
                access_log_destination=apigateway.LogGroupLogDestination(access),
                access_log_format=apigateway.AccessLogFormat.custom(json.dumps(ACCESS_FIELDS)),
            ),
        )

    def _add(self, route: Mapping[str, Any], integration: apigateway.LambdaIntegration) -> None:
        resource = self.api.root.resource_for_path(route["path"])
        is_public = route["audience"] == "public"
        # A webhook's bytes are the function's to judge: what the bank sent malformed is a case.
        is_checked = route["method"] == "POST" and not route["path"].startswith("/v1/webhooks/")
        resource.add_method(
            route["method"],
            integration,
            authorization_type=(
                apigateway.AuthorizationType.NONE
                if is_public
                else apigateway.AuthorizationType.CUSTOM
            ),
            authorizer=None if is_public else self._authorizer,
            request_validator=self._validator,
            request_models={"application/json": self._json_object} if is_checked else None,
        )

    def _add_answers(self) -> None:
        for kind, (status, code) in ANSWERS.items():
            shown = str(status) if status else "$context.responseOverride.status"
            problem = {
                "type": f"urn:autolend:problem:{code}",
                "title": code.replace("_", " "),
                "status": status if status else 0,
                "code": code,
                "request_id": "$context.requestId",
            }
            if status is None:
                del problem["status"]
            self.api.add_gateway_response(
                kind.title().replace("_", ""),
                type=apigateway.ResponseType.of(kind),
                status_code=shown if status else None,
                response_headers={"Content-Type": "'application/problem+json'"},
                templates={"application/json": json.dumps(problem)},
            )

    def _add_firewall(self, stage: Stage) -> None:
        rules = [
            _managed("AWSManagedRulesCommonRuleSet", 1),
            _managed("AWSManagedRulesKnownBadInputsRuleSet", 2),
            _managed("AWSManagedRulesAmazonIpReputationList", 3),
            wafv2.CfnWebACL.RuleProperty(
                name="RatePerAddress",
                priority=4,
                action=wafv2.CfnWebACL.RuleActionProperty(block={}),
                statement=wafv2.CfnWebACL.StatementProperty(
                    rate_based_statement=wafv2.CfnWebACL.RateBasedStatementProperty(
                        limit=2000, aggregate_key_type="IP", evaluation_window_sec=300
                    )
                ),
                visibility_config=_visible("RatePerAddress"),
            ),
        ]
        acl = wafv2.CfnWebACL(
            self,
            "Firewall",
            name=stage.resource_name("firewall"),
            scope="REGIONAL",
            default_action=wafv2.CfnWebACL.DefaultActionProperty(allow={}),
            visibility_config=_visible("Firewall"),
            rules=rules,
        )
        wafv2.CfnWebACLAssociation(
            self,
            "FirewallOnApi",
            resource_arn=self.api.deployment_stage.stage_arn,
            web_acl_arn=acl.attr_arn,
        )


def _managed(name: str, priority: int) -> wafv2.CfnWebACL.RuleProperty:
    return wafv2.CfnWebACL.RuleProperty(
        name=name,
        priority=priority,
        override_action=wafv2.CfnWebACL.OverrideActionProperty(none={}),
        statement=wafv2.CfnWebACL.StatementProperty(
            managed_rule_group_statement=wafv2.CfnWebACL.ManagedRuleGroupStatementProperty(
                name=name, vendor_name="AWS"
            )
        ),
        visibility_config=_visible(name),
    )


def _visible(name: str) -> wafv2.CfnWebACL.VisibilityConfigProperty:
    return wafv2.CfnWebACL.VisibilityConfigProperty(
        cloud_watch_metrics_enabled=True, metric_name=name, sampled_requests_enabled=False
    )
