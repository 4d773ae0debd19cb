"""Writes the acknowledgements of `infra.acknowledgements` into the app."""

import re
from collections.abc import Iterable

import aws_cdk as cdk
from constructs import IConstruct

from infra.acknowledgements import ACKNOWLEDGED, Acknowledged


class StaleAcknowledgement(ValueError):
    """An acknowledgement names nothing any more: it must go."""


def acknowledge(app: cdk.App, stage: str) -> None:
    """Attach each acknowledgement to the resources whose path it names.

    Raises:
        StaleAcknowledgement: one names nothing.
    """
    below = {
        one.node.path.partition("/")[2]: one for one in app.node.find_all() if "/" in one.node.path
    }
    for one in ACKNOWLEDGED:
        found = [resource for path, resource in below.items() if re.fullmatch(one.where, path)]
        if not found:
            raise StaleAcknowledgement(f"{one.rule} on {one.where}")
        _attach(found, one, stage)


def _attach(resources: Iterable[IConstruct], one: Acknowledged, stage: str) -> None:
    rule = one.rule.replace("Autolend-dev-", f"Autolend-{stage}-")
    for resource in resources:
        cdk.Validations.of(resource).acknowledge(cdk.Acknowledgment(id=rule, reason=one.reason))
