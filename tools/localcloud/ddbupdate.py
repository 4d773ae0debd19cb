"""Plain updates of a transaction without moto's tree of an update expression.

moto parses each expression, copies and walks its tree ten times. `SET #0 = :0, … REMOVE #1, … ADD
#2 :1` over whole attributes, which is what pynamodb sends for them, is a new item made of the old
one; everything else is left to moto.
"""

import re
from typing import Any, Final

from moto.dynamodb.models.utilities import dynamo_to_dict

from tools.localcloud import ddbindex

_CLAUSE: Final = re.compile(r"\b(SET|REMOVE|ADD)\b")
_SET: Final = re.compile(r"(#\w+) = (:\w+)")
_REMOVE: Final = re.compile(r"(#\w+)")
_ADD: Final = re.compile(r"(#\w+) (:\w+)")
_SETS: Final = frozenset({"SS", "NS", "BS"})


def updated(table: Any, body: dict[str, Any]) -> dict[str, Any] | None:
    """The whole item (DynamoDB JSON) after an Update of a transaction; None: ask moto.

    `body` is the operation; its condition was checked before.
    """
    names = body.get("ExpressionAttributeNames") or {}
    values = body.get("ExpressionAttributeValues") or {}
    changes = _changes(body["UpdateExpression"])
    if changes is None or not changes.keys() <= names.keys():
        return None
    targets = {names[alias]: clause for alias, (clause, _) in changes.items()}
    if len(targets) < len(changes) or targets.keys() & body["Key"].keys():
        return None
    if any(clause != "REMOVE" and name in table.attribute_keys for name, clause in targets.items()):
        return None  # a key of an index: moto looks at its type
    current = table.get_item(*ddbindex.key_of(table, body["Key"]))
    attributes = {} if current is None else current.attrs
    if any(_has_bytes(value) for value in attributes.values()):
        return None  # stored otherwise than they are sent
    item = {**body["Key"], **{name: dynamo_to_dict(value) for name, value in attributes.items()}}
    for alias, (clause, placeholder) in changes.items():
        name, value = names[alias], values.get(placeholder)
        if clause == "REMOVE":
            item.pop(name, None)
            continue
        if clause == "ADD" and value is not None:
            value = _added(item.get(name), value)
        if value is None:
            return None
        item[name] = value
    return item


def _changes(expression: str) -> dict[str, tuple[str, str]] | None:
    """Alias -> (clause, placeholder of the value); None: not as plain as that."""
    parts = _CLAUSE.split(expression)
    if parts[0].strip():
        return None
    found: dict[str, tuple[str, str]] = {}
    for clause, actions in zip(parts[1::2], parts[2::2], strict=True):
        pattern = {"SET": _SET, "REMOVE": _REMOVE, "ADD": _ADD}[clause]
        for action in actions.split(","):
            match = pattern.fullmatch(action.strip())
            if match is None or match[1] in found:
                return None
            found[match[1]] = (clause, match[match.lastindex or 1])
    return found


def _added(before: dict[str, Any] | None, value: dict[str, Any]) -> dict[str, Any] | None:
    """The union of two sets of one type; None: numbers, or a mistake that moto names."""
    ((kind, members),) = value.items()
    if kind not in _SETS or (before is not None and kind not in before):
        return None
    old = [] if before is None else before[kind]
    return {kind: [*old, *(one for one in members if one not in old)]}


def _has_bytes(value: Any) -> bool:
    if value.type in ("M", "L"):
        inner = value.value.values() if value.type == "M" else value.value
        return any(_has_bytes(one) for one in inner)
    return value.type in ("B", "BS")
