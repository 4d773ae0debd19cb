"""Deploys a cloud assembly: each resource by one small function, in the order of their references.

A type that is neither made nor knowingly ignored stops the boot.
"""

import threading
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config

from tools.localcloud.assembly import Assembly, Resolver, Stack, UnresolvedReference
from tools.localcloud.clock import VirtualClock
from tools.localcloud.forge import Launcher
from tools.localcloud.resources import IGNORED, Deployed, Scope, creator_of
from tools.localcloud.resources.api import RestApi
from tools.localcloud.resources.registry import UnknownAttribute
from tools.localcloud.resources.storage import TableInfo
from tools.localcloud.resources.workflows import MachineInfo
from tools.localcloud.runtime import Function
from tools.localcloud.shortcut import Shortcut

ADMIN_KEY = "LCADMIN"


class Deployer:
    """Everything that was deployed; see README.md for the members that others rely on."""

    def __init__(
        self,
        *,
        url: str,
        clock: VirtualClock,
        account_id: str,
        region: str,
        parameters: Mapping[str, str],
        log_dir: Path,
        local_concurrency: int,
        launcher: Launcher,
        shortcut: Shortcut,
    ) -> None:
        self.url = url
        self.clock = clock
        self.account_id = account_id
        self.region = region
        self.log_dir = log_dir
        self.local_concurrency = local_concurrency
        self.launcher = launcher
        self._shortcut = shortcut
        self.esms: list[dict[str, Any]] = []
        self.rule_targets: list[tuple[str, dict[str, Any]]] = []
        self.scheduled_rules: list[dict[str, Any]] = []
        self.sns_targets: list[tuple[str, dict[str, Any]]] = []
        self.functions: dict[str, Function] = {}
        self.layers: dict[str, Path] = {}
        self.outputs: dict[str, dict[str, Any]] = {}
        self.exports: dict[str, Any] = {}
        self.tables: dict[str, TableInfo] = {}
        self.state_machines: dict[str, MachineInfo] = {}
        self.queues: dict[str, str] = {}
        self.buses: list[str] = []
        self.rest_apis: dict[str, RestApi] = {}
        self.role_statements: dict[str, list[dict[str, Any]]] = {}
        self.function_roles: dict[str, str] = {}
        self.machine_roles: dict[str, str] = {}
        self.ignored: Counter[str] = Counter()
        self._parameters = parameters
        self._clients: dict[tuple[str, str], Any] = {}
        self._clients_lock = threading.Lock()

    @property
    def policies(self) -> dict[str, list[dict[str, Any]]]:
        """Statements of each function's role by function name."""
        return {
            name: self.role_statements.get(role, []) for name, role in self.function_roles.items()
        }

    def deploy(self, assembly: Assembly) -> None:
        """Makes every resource of every stack.

        Raises UnknownResourceType, UnresolvedReference, UnknownAttribute.
        """
        for stack in assembly.stacks:
            _StackDeployment(self, stack).run()

    def pseudo(self, stack: Stack) -> dict[str, Any]:
        """Pseudo parameters of a stack."""
        return {
            "AWS::AccountId": self.account_id,
            "AWS::Region": self.region,
            "AWS::Partition": "aws",
            "AWS::URLSuffix": "amazonaws.com",
            "AWS::StackName": stack.name,
            "AWS::StackId": self.arn("cloudformation", f"stack/{stack.name}/local"),
            "AWS::NotificationARNs": [],
        }

    @property
    def parameters(self) -> Mapping[str, str]:
        """Values of template parameters."""
        return self._parameters

    def arn(self, service: str, rest: str) -> str:
        """An ARN in the local account and region."""
        return f"arn:aws:{service}:{self.region}:{self.account_id}:{rest}"

    def boto(self, service: str, key: str = ADMIN_KEY) -> Any:
        """A client of this cloud under an access key; cached, safe from any thread."""
        with self._clients_lock:
            known = self._clients.get((service, key))
            if known is None:
                session: Any = boto3.session.Session(
                    aws_access_key_id=key,
                    aws_secret_access_key="local",
                    region_name=self.region,
                )
                made = session.client(
                    service,
                    endpoint_url=self.url,
                    config=Config(
                        retries={"total_max_attempts": 1},
                        max_pool_connections=32,
                        read_timeout=600,
                        s3={"addressing_style": "path"},
                    ),
                )
                known = self._clients[service, key] = self._shortcut.install(made)
            return known


class _StackDeployment:
    """One stack: resources are made on first demand, so references give the order."""

    def __init__(self, deployer: Deployer, stack: Stack) -> None:
        self._deployer = deployer
        self._stack = stack
        self._made: dict[str, Deployed] = {}
        self._making: list[str] = []
        self._resolver = Resolver(
            template=stack.template,
            pseudo=deployer.pseudo(stack),
            parameters=deployer.parameters,
            exports=deployer.exports,
            reference=lambda logical_id: self._make(logical_id).ref,
            attribute=self._attribute,
        )

    def run(self) -> None:
        """Makes all, then resolves outputs and exports."""
        for logical_id in self._stack.resources:
            self._make(logical_id)
        outputs: dict[str, Any] = {}
        for name, output in self._stack.template.get("Outputs", {}).items():
            if "Condition" in output and not self._resolver.condition(output["Condition"]):
                continue
            outputs[name] = self._resolver.resolve(output["Value"])
            if "Export" in output:
                self._deployer.exports[self._resolver.resolve(output["Export"]["Name"])] = outputs[
                    name
                ]
        self._deployer.outputs[self._stack.name] = outputs

    def _make(self, logical_id: str) -> Deployed:
        if logical_id in self._made:
            return self._made[logical_id]
        if logical_id in self._making:
            circle = " -> ".join([*self._making, logical_id])
            raise UnresolvedReference(f"{self._stack.name}: circular reference {circle}")
        self._making.append(logical_id)
        try:
            made = self._create(logical_id)
        finally:
            self._making.pop()
        self._made[logical_id] = made
        return made

    def _create(self, logical_id: str) -> Deployed:
        template = self._stack.resources[logical_id]
        condition = template.get("Condition")
        if condition is not None and not self._resolver.condition(condition):
            return Deployed(None)
        kind = template["Type"]
        creator = creator_of(kind, logical_id, self._stack.name)
        if kind in IGNORED:
            self._deployer.ignored[kind] += 1
            properties: Any = {}
        else:
            properties = self._resolver.resolve(template.get("Properties", {}))
        return creator(
            Scope(
                deployer=self._deployer,
                stack=self._stack.name,
                logical_id=logical_id,
                properties=properties,
                metadata=template.get("Metadata", {}),
                assets=self._stack.assets,
            )
        )

    def _attribute(self, logical_id: str, name: str) -> Any:
        attributes = self._make(logical_id).attributes
        if name not in attributes:
            raise UnknownAttribute(f"{self._stack.name}.{logical_id}.{name}")
        return attributes[name]
