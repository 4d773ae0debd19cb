"""Reads a CDK cloud assembly and resolves CloudFormation intrinsics.

The format is the one `cdk synth` writes: `manifest.json`, one `<stack>.template.json` and
`<stack>.assets.json` per stack, and asset directories.
"""

import base64
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from graphlib import TopologicalSorter
from pathlib import Path
from typing import Any

_SUB = re.compile(r"\$\{(!?)([^}]+)\}")
NO_VALUE = object()


class UnresolvedReference(Exception):
    """A template names a parameter, resource, attribute, export or function that does not exist."""


@dataclass(frozen=True)
class Stack:
    """One stack: its deployed name, template and file assets by object key."""

    name: str
    artifact_id: str
    template: dict[str, Any]
    assets: Mapping[str, Path]
    dependencies: tuple[str, ...] = ()

    @property
    def resources(self) -> dict[str, dict[str, Any]]:
        """Resources of the template by logical id."""
        found: dict[str, dict[str, Any]] = self.template.get("Resources", {})
        return found


@dataclass(frozen=True)
class Assembly:
    """A cloud assembly; `stacks` are in the order in which they can be deployed."""

    directory: Path
    stacks: tuple[Stack, ...]


def load_assembly(directory: Path) -> Assembly:
    """Loads `manifest.json` and every stack of `directory`, nested stages included.

    Raises FileNotFoundError when the directory holds no manifest.
    """
    stacks = {stack.artifact_id: stack for stack in _load_stacks(directory.resolve())}
    graph = {
        key: [*stack.dependencies, *_import_sources(stack, stacks)] for key, stack in stacks.items()
    }
    order = TopologicalSorter(graph).static_order()
    return Assembly(directory, tuple(stacks[key] for key in order if key in stacks))


def _load_stacks(directory: Path) -> list[Stack]:
    manifest = json.loads((directory / "manifest.json").read_text("utf-8"))
    loaded: list[Stack] = []
    for artifact_id, artifact in manifest.get("artifacts", {}).items():
        properties = artifact.get("properties", {})
        if artifact["type"] == "cdk:cloud-assembly":
            loaded += _load_stacks(directory / properties["directoryName"])
        elif artifact["type"] == "aws:cloudformation:stack":
            template_file = directory / properties["templateFile"]
            loaded.append(
                Stack(
                    name=properties.get("stackName", artifact_id),
                    artifact_id=artifact_id,
                    template=json.loads(template_file.read_text("utf-8")),
                    assets=_load_assets(directory, template_file),
                    dependencies=tuple(artifact.get("dependencies", ())),
                )
            )
    return loaded


def _load_assets(directory: Path, template_file: Path) -> dict[str, Path]:
    listing = template_file.with_name(
        template_file.name.removesuffix(".template.json") + ".assets.json"
    )
    if not listing.exists():
        return {}
    files = json.loads(listing.read_text("utf-8")).get("files", {})
    return {
        destination["objectKey"]: (directory / entry["source"]["path"]).resolve()
        for entry in files.values()
        for destination in entry["destinations"].values()
        if "path" in entry["source"]
    }


def _import_sources(stack: Stack, stacks: Mapping[str, Stack]) -> list[str]:
    """Stacks whose exports this one imports (a hand-written assembly has no dependency list)."""
    wanted = {json.dumps(name) for name in _find_imports(stack.template)}
    return [
        key
        for key, other in stacks.items()
        if key != stack.artifact_id
        and any(
            json.dumps(output.get("Export", {}).get("Name")) in wanted
            for output in other.template.get("Outputs", {}).values()
        )
    ]


def _find_imports(node: Any) -> list[Any]:
    if isinstance(node, list):
        return [name for item in node for name in _find_imports(item)]
    if isinstance(node, dict):
        here = [node["Fn::ImportValue"]] if "Fn::ImportValue" in node else []
        return here + [name for item in node.values() for name in _find_imports(item)]
    return []


@dataclass
class Resolver:
    """Resolves intrinsic functions of one stack.

    `reference(logical_id)` gives the `Ref` value of a resource and `attribute(logical_id, name)`
    a `Fn::GetAtt` value; the deployer creates the resource on first demand.
    """

    template: Mapping[str, Any]
    pseudo: Mapping[str, Any]
    parameters: Mapping[str, str]
    exports: Mapping[str, Any]
    reference: Callable[[str], Any]
    attribute: Callable[[str, str], Any]
    _conditions: dict[str, bool] = field(default_factory=dict)

    def resolve(self, node: Any) -> Any:
        """The value of `node` without intrinsics; entries that are AWS::NoValue are dropped."""
        if isinstance(node, list):
            items = (self.resolve(item) for item in node)
            return [item for item in items if item is not NO_VALUE]
        if not isinstance(node, dict):
            return node
        if len(node) == 1:
            ((name, argument),) = node.items()
            if name in ("Ref", "Condition") and isinstance(argument, str):
                return self._ref(argument) if name == "Ref" else self.condition(argument)
            if name.startswith("Fn::"):
                return self._call(name, argument)
        values = {key: self.resolve(item) for key, item in node.items()}
        return {key: item for key, item in values.items() if item is not NO_VALUE}

    def condition(self, name: str) -> bool:
        """Value of a template condition."""
        if name not in self._conditions:
            try:
                expression = self.template["Conditions"][name]
            except KeyError as missing:
                raise UnresolvedReference(f"condition {name}") from missing
            self._conditions[name] = bool(self.resolve(expression))
        return self._conditions[name]

    def _ref(self, name: str) -> Any:
        if name == "AWS::NoValue":
            return NO_VALUE
        if name in self.pseudo:
            return self.pseudo[name]
        if name in self.template.get("Resources", {}):
            return self.reference(name)
        return self._parameter(name)

    def _parameter(self, name: str) -> Any:
        declared = self.template.get("Parameters", {})
        if name not in declared:
            raise UnresolvedReference(f"Ref {name}")
        value = self.parameters.get(name, declared[name].get("Default"))
        if value is None:
            raise UnresolvedReference(f"parameter {name} has no default: pass it to boot()")
        if declared[name]["Type"] in ("CommaDelimitedList", "List<String>", "List<Number>"):
            return value.split(",")
        return value

    def _call(self, name: str, argument: Any) -> Any:
        function = getattr(self, "_fn_" + name.removeprefix("Fn::").lower(), None)
        if function is None:
            raise UnresolvedReference(f"intrinsic function {name} is not supported")
        return function(argument)

    def _fn_getatt(self, argument: Any) -> Any:
        logical_id, name = argument if isinstance(argument, list) else argument.split(".", 1)
        return self.attribute(logical_id, self.resolve(name))

    def _fn_join(self, argument: Any) -> str:
        separator, parts = argument
        return str(separator).join(str(part) for part in self.resolve(parts))

    def _fn_sub(self, argument: Any) -> str:
        text, given = (argument, {}) if isinstance(argument, str) else argument

        def value(found: re.Match[str]) -> str:
            literal, name = found.groups()
            if literal:
                return "${" + name + "}"
            if name in given:
                return str(self.resolve(given[name]))
            inner = {"Fn::GetAtt": name} if "." in name else {"Ref": name}
            return str(self.resolve(inner))

        return _SUB.sub(value, text)

    def _fn_select(self, argument: Any) -> Any:
        return self.resolve(argument[1])[int(self.resolve(argument[0]))]

    def _fn_split(self, argument: Any) -> list[str]:
        return str(self.resolve(argument[1])).split(argument[0])

    def _fn_importvalue(self, argument: Any) -> Any:
        name = self.resolve(argument)
        if name not in self.exports:
            raise UnresolvedReference(f"export {name}")
        return self.exports[name]

    def _fn_findinmap(self, argument: Any) -> Any:
        table, first, second = (self.resolve(part) for part in argument[:3])
        try:
            return self.template["Mappings"][table][first][second]
        except KeyError as missing:
            raise UnresolvedReference(f"mapping {table}.{first}.{second}") from missing

    def _fn_if(self, argument: Any) -> Any:
        return self.resolve(argument[1] if self.condition(argument[0]) else argument[2])

    def _fn_equals(self, argument: Any) -> bool:
        return bool(self.resolve(argument[0]) == self.resolve(argument[1]))

    def _fn_not(self, argument: Any) -> bool:
        return not self.resolve(argument[0])

    def _fn_and(self, argument: Any) -> bool:
        return all(self.resolve(part) for part in argument)

    def _fn_or(self, argument: Any) -> bool:
        return any(self.resolve(part) for part in argument)

    def _fn_base64(self, argument: Any) -> str:
        return base64.b64encode(str(self.resolve(argument)).encode()).decode()

    def _fn_tojsonstring(self, argument: Any) -> str:
        return json.dumps(self.resolve(argument), separators=(",", ":"))
