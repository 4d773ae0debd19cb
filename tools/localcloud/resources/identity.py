"""Roles and policies: nothing is enforced, everything is remembered for the tests."""

from typing import Any

from tools.localcloud.resources.registry import Deployed, Scope, resource


@resource("AWS::IAM::Role")
def role(scope: Scope) -> Deployed:
    """A role with its inline statements."""
    name = scope.get("RoleName", scope.name)
    arn = f"arn:aws:iam::{scope.deployer.account_id}:role/{name}"
    remembered = scope.deployer.role_statements.setdefault(name, [])
    for policy in scope.get("Policies", []):
        remembered += _statements(policy["PolicyDocument"])
    return Deployed(name, {"Arn": arn, "RoleId": scope.short_id})


@resource("AWS::IAM::Policy")
def policy(scope: Scope) -> Deployed:
    """Statements for some roles."""
    for name in scope.get("Roles", []):
        remembered = scope.deployer.role_statements.setdefault(name, [])
        remembered += _statements(scope.get("PolicyDocument"))
    return Deployed(scope.name)


def _statements(document: Any) -> list[dict[str, Any]]:
    """Statements with lists where IAM allows a single value."""
    found = document["Statement"]
    return [
        {**one, "Action": _list(one.get("Action")), "Resource": _list(one.get("Resource"))}
        for one in (found if isinstance(found, list) else [found])
    ]


def _list(value: Any) -> list[Any]:
    if value is None:
        return []
    return value if isinstance(value, list) else [value]
