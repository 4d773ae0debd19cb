"""Functions, layers and what starts functions."""

import sysconfig
from dataclasses import replace
from pathlib import Path
from typing import Any

from tools.localcloud.resources.registry import Deployed, Scope, resource
from tools.localcloud.runtime import AsyncConfig, Function, FunctionSpec

SITE_PACKAGES = Path(sysconfig.get_paths()["purelib"])
STAND_IN = "localcloud:venv"


@resource("AWS::Lambda::LayerVersion")
def layer(scope: Scope) -> Deployed:
    """A layer's directory; one marked `localcloud:venv` is the virtual environment's packages."""
    arn = scope.deployer.arn("lambda", f"layer:{scope.name}:1")
    if scope.metadata.get(STAND_IN):
        scope.deployer.layers[arn] = SITE_PACKAGES
    else:
        scope.deployer.layers[arn] = _asset(scope, scope.get("Content")["S3Key"]) / "python"
    return Deployed(arn, {"LayerVersionArn": arn})


@resource("AWS::Lambda::Function")
def function(scope: Scope) -> Deployed:
    """A function as the template says it, with the local endpoint as its only addition."""
    deployer = scope.deployer
    name = scope.get("FunctionName", scope.name)
    arn = deployer.arn("lambda", f"function:{name}")
    role_name = str(scope.get("Role", "")).rpartition("/")[2]
    variables = scope.get("Environment", {}).get("Variables", {})
    spec = FunctionSpec(
        name=name,
        arn=arn,
        handler=scope.get("Handler"),
        code=_asset(scope, scope.get("Code")["S3Key"]),
        python_path=[
            *(deployer.layers[one] for one in scope.get("Layers", [])),
            # Lambda's own runtime brings the runtime client and boto3; here the environment does.
            SITE_PACKAGES,
        ],
        environment={
            **{key: str(value) for key, value in variables.items()},
            "AWS_ENDPOINT_URL": deployer.url,
            "AWS_REGION": deployer.region,
            "AWS_DEFAULT_REGION": deployer.region,
        },
        timeout_s=float(scope.get("Timeout", 3)),
        memory_mb=int(scope.get("MemorySize", 128)),
        reserved_concurrency=scope.get("ReservedConcurrentExecutions"),
        role=role_name,
        dead_letter_arn=scope.get("DeadLetterConfig", {}).get("TargetArn"),
    )
    reserved = spec.reserved_concurrency
    limit = deployer.local_concurrency
    deployer.functions[name] = Function(
        spec=spec,
        log_path=deployer.log_dir / f"{name}.log",
        concurrency=limit if reserved is None else min(reserved, limit),
        launcher=deployer.launcher,
    )
    deployer.function_roles[name] = role_name
    return Deployed(name, {"Arn": arn})


@resource("AWS::Lambda::Version")
def version(scope: Scope) -> Deployed:
    """A version: here always the newest code."""
    name = _name_of(scope.get("FunctionName"))
    return Deployed(scope.deployer.arn("lambda", f"function:{name}:1"), {"Version": "1"})


@resource("AWS::Lambda::Alias")
def alias(scope: Scope) -> Deployed:
    """An alias: here always the newest code."""
    name = _name_of(scope.get("FunctionName"))
    arn = scope.deployer.arn("lambda", f"function:{name}:{scope.get('Name')}")
    return Deployed(arn, {"AliasArn": arn})


@resource("AWS::Lambda::EventInvokeConfig")
def event_invoke_config(scope: Scope) -> Deployed:
    """Retries and destinations of asynchronous invocations."""
    name = _name_of(scope.get("FunctionName"))
    destinations = scope.get("DestinationConfig", {})
    made = scope.deployer.functions[name]
    made.async_config = replace(
        AsyncConfig(),
        max_retries=int(scope.get("MaximumRetryAttempts", 2)),
        on_failure_arn=destinations.get("OnFailure", {}).get("Destination"),
        on_success_arn=destinations.get("OnSuccess", {}).get("Destination"),
    )
    return Deployed(scope.name)


@resource("AWS::Lambda::EventSourceMapping")
def event_source_mapping(scope: Scope) -> Deployed:
    """Remembered for the pump: registered in moto it would run inside the write."""
    mapping: dict[str, Any] = {**scope.properties, "Id": scope.name}
    mapping["FunctionName"] = _name_of(scope.get("FunctionName"))
    scope.deployer.esms.append(mapping)
    return Deployed(scope.name, {"Id": scope.name})


def _asset(scope: Scope, key: str) -> Path:
    path: Path = scope.assets[key]
    return path


def _name_of(name_or_arn: str) -> str:
    parts = name_or_arn.split(":")
    return parts[6] if name_or_arn.startswith("arn:") else parts[0]
