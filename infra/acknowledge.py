"""Writes the acknowledgements of `infra.acknowledgements` into the app."""

import aws_cdk as cdk
from constructs import IConstruct

from infra.acknowledgements import ACKNOWLEDGED


def acknowledge(app: cdk.App) -> None:
    """Attach each acknowledgement to the constructs whose path it names.

    Raises:
        ValueError: one names a construct that does not exist (a stale acknowledgement).
    """
    constructs = {one.node.path: one for one in app.node.find_all()}
    for one in ACKNOWLEDGED:
        found = [
            construct
            for path, construct in constructs.items()
            if path.split("/", 1)[-1] == one.path or (one.path == "*" and path.count("/") == 0)
        ]
        found = [construct for construct in found if construct.node.path]
        if not found:
            raise ValueError(f"acknowledged {one.rule} on {one.path}: there is no such construct")
        for construct in found:
            _attach(construct, one.rule, one.reason)


def _attach(construct: IConstruct, rule: str, reason: str) -> None:
    cdk.Validations.of(construct).acknowledge(cdk.Acknowledgment(id=rule, reason=reason))
