"""API Gateway REST APIs: collected here, opened as front doors once everything is known."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tools.localcloud.apiauth import Authorizer
from tools.localcloud.apivalidation import Validator, compile_schema
from tools.localcloud.frontdoor import FrontDoor, GatewayResponse, Route
from tools.localcloud.resources.registry import Deployed, Scope, resource

if TYPE_CHECKING:
    from tools.localcloud.deploy import Deployer

_AUTHORIZER_TTL_S = 300


@dataclass
class RestApi:
    """Everything the template says about one API."""

    api_id: str
    paths: dict[str, str] = field(default_factory=dict)
    methods: list[Mapping[str, Any]] = field(default_factory=list)
    authorizers: dict[str, Authorizer] = field(default_factory=dict)
    validators: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    models: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    responses: dict[str, GatewayResponse] = field(default_factory=dict)
    stages: list[Mapping[str, Any]] = field(default_factory=list)
    binary_media_types: tuple[str, ...] = ()


@resource("AWS::ApiGateway::RestApi")
def rest_api(scope: Scope) -> Deployed:
    """An API with its root resource."""
    api = RestApi(scope.short_id, binary_media_types=tuple(scope.get("BinaryMediaTypes", ())))
    root = f"{api.api_id}-root"
    api.paths[root] = ""
    scope.deployer.rest_apis[api.api_id] = api
    return Deployed(api.api_id, {"RootResourceId": root, "RestApiId": api.api_id})


@resource("AWS::ApiGateway::Resource")
def path(scope: Scope) -> Deployed:
    """One path segment below its parent."""
    api = _api(scope)
    api.paths[scope.short_id] = f"{api.paths[scope.get('ParentId')]}/{scope.get('PathPart')}"
    return Deployed(scope.short_id, {"ResourceId": scope.short_id})


@resource("AWS::ApiGateway::Method")
def method(scope: Scope) -> Deployed:
    """One method of one path."""
    _api(scope).methods.append(scope.properties)
    return Deployed(scope.short_id)


@resource("AWS::ApiGateway::Authorizer")
def authorizer(scope: Scope) -> Deployed:
    """A Lambda authorizer."""
    sources = str(scope.get("IdentitySource", ""))
    _api(scope).authorizers[scope.short_id] = Authorizer(
        kind=scope.get("Type"),
        function_arn=function_of(scope.get("AuthorizerUri")),
        identity_sources=tuple(filter(None, sources.split(","))),
        ttl_s=float(scope.get("AuthorizerResultTtlInSeconds", _AUTHORIZER_TTL_S)),
        identity_pattern=scope.get("IdentityValidationExpression"),
    )
    return Deployed(scope.short_id, {"AuthorizerId": scope.short_id})


@resource("AWS::ApiGateway::RequestValidator")
def request_validator(scope: Scope) -> Deployed:
    """What methods that name it check first."""
    _api(scope).validators[scope.short_id] = scope.properties
    return Deployed(scope.short_id, {"RequestValidatorId": scope.short_id})


@resource("AWS::ApiGateway::Model")
def model(scope: Scope) -> Deployed:
    """A JSON Schema by name."""
    name = scope.get("Name", scope.logical_id)
    _api(scope).models[name] = scope.get("Schema")
    return Deployed(name)


@resource("AWS::ApiGateway::GatewayResponse")
def gateway_response(scope: Scope) -> Deployed:
    """How the gateway words one kind of its own answers."""
    status = scope.get("StatusCode")
    _api(scope).responses[scope.get("ResponseType")] = GatewayResponse(
        status=None if status is None else int(status),
        templates=scope.get("ResponseTemplates", {}),
        parameters=scope.get("ResponseParameters", {}),
    )
    return Deployed(scope.short_id)


@resource("AWS::ApiGateway::Deployment")
def deployment(scope: Scope) -> Deployed:
    """Nothing to do: stages serve what the template says."""
    return Deployed(scope.short_id, {"DeploymentId": scope.short_id})


@resource("AWS::ApiGateway::Stage")
def stage(scope: Scope) -> Deployed:
    """A stage: opened as a front door when all methods are known."""
    _api(scope).stages.append(scope.properties)
    return Deployed(scope.get("StageName"))


def function_of(uri: str) -> str:
    """The function's ARN inside an integration or authorizer URI."""
    return uri.rpartition("/functions/")[2].removesuffix("/invocations")


def front_doors(deployer: "Deployer") -> list[FrontDoor]:
    """One door a stage."""
    return [
        FrontDoor(
            api_id=api.api_id,
            stage=properties["StageName"],
            region=deployer.region,
            account_id=deployer.account_id,
            clock=deployer.clock,
            routes=[_route(api, one) for one in api.methods],
            gateway_responses=api.responses,
            binary_media_types=api.binary_media_types,
            stage_variables=properties.get("Variables"),
        )
        for api in deployer.rest_apis.values()
        for properties in api.stages
    ]


def _route(api: RestApi, properties: Mapping[str, Any]) -> Route:
    integration = properties.get("Integration", {})
    is_proxy = integration.get("Type") == "AWS_PROXY"
    return Route(
        method=properties["HttpMethod"],
        resource=api.paths[properties["ResourceId"]] or "/",
        function_arn=function_of(integration["Uri"]) if is_proxy else None,
        authorizer=api.authorizers.get(properties.get("AuthorizerId", "")),
        validator=_validator(api, properties),
        mock={} if is_proxy else integration,
    )


def _validator(api: RestApi, properties: Mapping[str, Any]) -> Validator | None:
    flags = api.validators.get(properties.get("RequestValidatorId", ""))
    if flags is None:
        return None
    required: tuple[tuple[str, str], ...] = ()
    if flags.get("ValidateRequestParameters"):
        named = properties.get("RequestParameters", {})
        places = (key.split(".", 3)[2:] for key, wanted in named.items() if wanted)
        required = tuple((place, name) for place, name in places)
    schemas = {}
    if flags.get("ValidateRequestBody"):
        schemas = {
            content_type: compile_schema(api.models[name], api.models)
            for content_type, name in properties.get("RequestModels", {}).items()
        }
    return Validator(required, schemas)


def _api(scope: Scope) -> RestApi:
    api: RestApi = scope.deployer.rest_apis[scope.get("RestApiId")]
    return api
