"""Request validators of API Gateway: required parameters and JSON Schema models (draft 4)."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import jsonschema

from tools.localcloud.apiauth import Refusal


@dataclass(frozen=True)
class Validator:
    """What one method checks before its integration runs.

    `required` holds (place, name) with place header, querystring or path; `schemas` maps a
    content type to a compiled JSON Schema validator.
    """

    required: tuple[tuple[str, str], ...] = ()
    schemas: Mapping[str, Any] = field(default_factory=dict)

    def check(self, event: Mapping[str, Any], body: bytes) -> None:
        """Raises Refusal when a parameter is missing or the body does not fit its model."""
        missing = [name for place, name in self.required if not _has(event, place, name)]
        if missing:
            raise Refusal(
                "BAD_REQUEST_PARAMETERS",
                f"Missing required request parameters: [{', '.join(missing)}]",
            )
        if not self.schemas:
            return
        content_type = _header(event, "content-type") or "application/json"
        schema = self.schemas.get(content_type.split(";", 1)[0].strip().lower())
        if schema is None:
            return
        try:
            value = json.loads(body)
        except ValueError as broken:
            raise Refusal("BAD_REQUEST_BODY", detail="[Invalid JSON]") from broken
        errors = sorted(schema.iter_errors(value), key=lambda error: list(map(str, error.path)))
        if errors:
            text = ", ".join(error.message for error in errors[:5])
            raise Refusal("BAD_REQUEST_BODY", detail=f"[{text}]")


def compile_schema(schema: Mapping[str, Any], models: Mapping[str, Mapping[str, Any]]) -> Any:
    """Validator object for a model; references to other models of the API are inlined."""
    definitions: dict[str, Any] = {}
    root = _localise(schema, models, definitions)
    if definitions:
        root.setdefault("definitions", {}).update(definitions)
    kind = jsonschema.validators.validator_for(root, default=jsonschema.Draft4Validator)
    kind.check_schema(root)
    return kind(root)


def _localise(
    node: Any, models: Mapping[str, Mapping[str, Any]], definitions: dict[str, Any]
) -> Any:
    if isinstance(node, list):
        return [_localise(item, models, definitions) for item in node]
    if not isinstance(node, Mapping):
        return node
    reference = node.get("$ref")
    if isinstance(reference, str) and "/models/" in reference:
        name = reference.rsplit("/models/", 1)[1]
        key = f"model_{name}"
        if key not in definitions:
            definitions[key] = {}
            definitions[key] = _localise(models[name], models, definitions)
        return {"$ref": f"#/definitions/{key}"}
    return {key: _localise(item, models, definitions) for key, item in node.items()}


def _header(event: Mapping[str, Any], name: str) -> str | None:
    headers: Mapping[str, str] = event["headers"]
    return next((v for k, v in headers.items() if k.lower() == name), None)


def _has(event: Mapping[str, Any], place: str, name: str) -> bool:
    if place == "header":
        return bool(_header(event, name.lower()))
    key = "queryStringParameters" if place == "querystring" else "pathParameters"
    return name in (event[key] or {})
