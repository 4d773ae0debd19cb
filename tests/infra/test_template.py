"""The template is what the product says: functions, their environment, routes, tables."""

import importlib
import json
import re
from pathlib import Path
from typing import Any

import pytest
from lending.entrypoint.routes import routes
from lending.entrypoint.settings import LambdaSettings

from infra.build_runtime import LIMITS_MB, size_mb
from tests.infra.conftest import ROOT

type Resources = dict[str, dict[str, Any]]
UNZIPPED_MB_MAX = 250  # Lambda's limits: a function with its layers, and how many of these
LAYERS_MAX = 5
VERBS = sorted(path.parent.name for path in (ROOT / "functions").glob("*/handler.py"))


def of_type(resources: Resources, kind: str) -> dict[str, dict[str, Any]]:
    return {name: one["Properties"] for name, one in resources.items() if one["Type"] == kind}


def functions(resources: Resources) -> dict[str, dict[str, Any]]:
    found = of_type(resources, "AWS::Lambda::Function").values()
    return {one["Handler"].split(".")[1]: one for one in found}


def test_every_function_folder_is_deployed(resources: Resources) -> None:
    assert sorted(functions(resources)) == VERBS


@pytest.mark.parametrize("verb", VERBS)
def test_a_function_gets_exactly_the_variables_it_reads(resources: Resources, verb: str) -> None:
    variables = set(functions(resources)[verb].get("Environment", {}).get("Variables", {}))
    if verb == "score":
        assert variables == set()
        return
    settings = importlib.import_module(f"functions.{verb}.settings").Settings
    assert issubclass(settings, LambdaSettings)
    own = {"POWERTOOLS_SERVICE_NAME", "POWERTOOLS_LOG_LEVEL"}
    assert variables == set(settings.model_fields) | own


@pytest.mark.parametrize("verb", VERBS)
def test_a_function_has_role_log_group_tracing_concurrency_and_alarms(
    resources: Resources, verb: str
) -> None:
    one = functions(resources)[verb]
    assert one["TracingConfig"] == {"Mode": "Active"}
    assert one["Runtime"] == "python3.13"
    assert one["Architectures"] == ["arm64"]
    assert one["ReservedConcurrentExecutions"] >= 1
    assert one["LoggingConfig"]["LogGroup"]
    described = [
        a["AlarmDescription"] for a in of_type(resources, "AWS::CloudWatch::Alarm").values()
    ]
    assert sum(text.startswith(f"functions/{verb}:") for text in described) == 3
    roles = [json.dumps(f["Role"]) for f in functions(resources).values()]
    assert roles.count(json.dumps(one["Role"])) == 1, "a role of its own"


@pytest.mark.parametrize("verb", ["sign", "render", "seal", "verify"])
def test_functions_of_documents_need_no_more_than_512_mb(resources: Resources, verb: str) -> None:
    assert functions(resources)[verb]["MemorySize"] <= 512


@pytest.mark.parametrize("verb", VERBS)
def test_a_function_with_its_layers_fits_lambda(resources: Resources, verb: str) -> None:
    """Third-party layers are at most what their build lets pass; ours are measured."""
    references = [one["Ref"] for one in functions(resources)[verb]["Layers"]]
    names = [re.sub(r"^Layers|[0-9A-F]{8}$", "", one).lower() for one in references]
    assert all((ROOT / "layers" / name).is_dir() for name in names)
    assert len(names) <= LAYERS_MAX
    sizes = {name: LIMITS_MB.get(name) or size_mb(ROOT / "layers" / name) for name in names}
    assert sum(sizes.values()) + size_mb(ROOT / "functions") <= UNZIPPED_MB_MAX, sizes


def test_the_front_door_is_the_route_table(resources: Resources) -> None:
    paths: dict[str, str] = {}
    segments = of_type(resources, "AWS::ApiGateway::Resource")

    def path_of(reference: Any) -> str:
        if "Fn::GetAtt" in reference:
            return ""
        name = f"Origination/{reference['Ref']}"
        if name not in paths:
            one = segments[name]
            paths[name] = f"{path_of(one['ParentId'])}/{one['PathPart']}"
        return paths[name]

    methods = of_type(resources, "AWS::ApiGateway::Method").values()
    deployed = {
        (one["HttpMethod"], path_of(one["ResourceId"])): one["AuthorizationType"] for one in methods
    }
    wanted = {
        (route.method, route.path): "NONE" if route.audience == "public" else "CUSTOM"
        for route in routes()
    }
    assert deployed == wanted
    assert all("RequestValidatorId" in one for one in methods)


def test_every_answer_of_the_gateway_itself_is_problem_json(resources: Resources) -> None:
    answers = of_type(resources, "AWS::ApiGateway::GatewayResponse").values()
    for one in answers:
        body = json.loads(one["ResponseTemplates"]["application/json"])
        assert body["type"] == f"urn:autolend:problem:{body['code']}"
        assert one["ResponseParameters"] == {
            "gatewayresponse.header.Content-Type": "'application/problem+json'"
        }
    assert {"UNAUTHORIZED", "DEFAULT_4XX", "DEFAULT_5XX", "THROTTLED"} <= {
        one["ResponseType"] for one in answers
    }


def test_the_stage_is_throttled_logged_and_behind_a_firewall(resources: Resources) -> None:
    (stage,) = of_type(resources, "AWS::ApiGateway::Stage").values()
    (settings,) = stage["MethodSettings"]
    assert settings["ThrottlingRateLimit"] > 0
    assert settings["DataTraceEnabled"] is False
    assert stage["AccessLogSetting"]["DestinationArn"]
    assert "identity" not in stage["AccessLogSetting"]["Format"]
    assert len(of_type(resources, "AWS::WAFv2::WebACLAssociation")) == 1
    (firewall,) = of_type(resources, "AWS::WAFv2::WebACL").values()
    assert len(firewall["Rules"]) == 4


def test_tables_can_be_restored_and_have_keys_of_their_own(resources: Resources) -> None:
    tables = of_type(resources, "AWS::DynamoDB::Table")
    assert len(tables) == 3
    keys = set()
    for one in tables.values():
        assert one["PointInTimeRecoverySpecification"]["PointInTimeRecoveryEnabled"] is True
        keys.add(json.dumps(one["SSESpecification"]["KMSMasterKeyId"]))
    assert len(keys) == 3


def test_partner_addresses_have_no_default(templates: dict[str, dict[str, Any]]) -> None:
    own = {
        name: parameter
        for template in templates.values()
        for name, parameter in template["Parameters"].items()
        if name.endswith("Url")
    }
    assert set(own) == {
        "BankRailUrl",
        "BureauUrl",
        "DeviceUrl",
        "EmployerUrl",
        "IdentityUrl",
        "IncomeUrl",
        "IssuerUrl",
        "MessagesUrl",
        "TsaUrl",
        "ValuationUrl",
    }
    assert all("Default" not in parameter for parameter in own.values())


def test_asynchronous_edges_have_somewhere_to_fail(resources: Resources) -> None:
    for one in of_type(resources, "AWS::Scheduler::Schedule").values():
        assert one["Target"]["DeadLetterConfig"]["Arn"]
    for one in of_type(resources, "AWS::Events::Rule").values():
        assert all(target["DeadLetterConfig"]["Arn"] for target in one["Targets"])
    for one in of_type(resources, "AWS::Lambda::EventSourceMapping").values():
        assert one["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
    redriven = [q for q in of_type(resources, "AWS::SQS::Queue").values() if "RedrivePolicy" in q]
    assert len(redriven) == 1


def test_every_alarm_reaches_a_topic_that_lets_it_in(
    templates: dict[str, dict[str, Any]], resources: Resources
) -> None:
    """A topic with its own policy and key admits nobody else: CloudWatch must be named in both."""
    messaging = templates["Messaging"]["Resources"]
    ((topic_id, topic),) = [
        (name, one["Properties"])
        for name, one in messaging.items()
        if one["Type"] == "AWS::SNS::Topic"
    ]
    exports = {
        one["Export"]["Name"]: one["Value"] for one in templates["Messaging"]["Outputs"].values()
    }
    alarms = of_type(resources, "AWS::CloudWatch::Alarm")
    assert len(alarms) > 40
    for name, alarm in alarms.items():
        (action,) = alarm["AlarmActions"]
        target = exports[action["Fn::ImportValue"]] if "Fn::ImportValue" in action else action
        assert target == {"Ref": topic_id}, name
    (policy,) = of_type(resources, "AWS::SNS::TopicPolicy").values()
    key = messaging[topic["KmsMasterKeyId"]["Fn::GetAtt"][0]]["Properties"]
    for service, document in (
        ("cloudwatch.amazonaws.com", policy["PolicyDocument"]),
        ("budgets.amazonaws.com", policy["PolicyDocument"]),
        ("cloudwatch.amazonaws.com", key["KeyPolicy"]),
        ("budgets.amazonaws.com", key["KeyPolicy"]),
    ):
        admitted = [
            one
            for one in document["Statement"]
            if one["Effect"] == "Allow" and service in json.dumps(one["Principal"])
        ]
        assert admitted, service


def test_reserved_concurrency_fits_an_account_with_default_limits() -> None:
    from infra.config import RESERVABLE, STAGES

    for stage in STAGES.values():
        assert sum(stage.reserved.values()) <= RESERVABLE, stage.name


def test_synthesis_gives_the_same_bytes_again_also_under_the_command_line(
    assembly: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`cdk` hands cdk.json's context over in a variable; `python -m infra.app` reads the file."""
    from tools.localcloud import synth_cache

    context = json.loads((ROOT / "cdk.json").read_text("utf-8"))["context"]
    monkeypatch.setenv("CDK_CONTEXT_JSON", json.dumps(context))
    again = synth_cache.assembly(ROOT, tmp_path)
    for path in assembly.glob("*.template.json"):
        assert (again / path.name).read_bytes() == path.read_bytes(), path.name
