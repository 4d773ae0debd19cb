"""Every rule of the packs that we knowingly do not follow, with the trade. Nothing else may be."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Acknowledged:
    """One rule on one part of the app (`path` begins the construct's path) and why."""

    path: str
    rule: str
    reason: str


# Wildcards that a statement may hold; the wildcard test refuses every other.
WILDCARD_EXCEPTIONS = {
    "xray:PutTraceSegments": "X-Ray has no resource to name.",
    "xray:PutTelemetryRecords": "X-Ray has no resource to name.",
    "xray:GetSamplingRules": "X-Ray has no resource to name.",
    "xray:GetSamplingTargets": "X-Ray has no resource to name.",
    "logs:CreateLogStream": "The group is named; its streams get their names at run time.",
    "logs:PutLogEvents": "The group is named; its streams get their names at run time.",
    "logs:CreateLogDelivery": "Vended logs: the delivery API has no resource to name.",
    "logs:GetLogDelivery": "Vended logs: the delivery API has no resource to name.",
    "logs:UpdateLogDelivery": "Vended logs: the delivery API has no resource to name.",
    "logs:DeleteLogDelivery": "Vended logs: the delivery API has no resource to name.",
    "logs:ListLogDeliveries": "Vended logs: the delivery API has no resource to name.",
    "logs:PutResourcePolicy": "Vended logs: the delivery API has no resource to name.",
    "logs:DescribeResourcePolicies": "Vended logs: the delivery API has no resource to name.",
    "logs:DescribeLogGroups": "Vended logs: the delivery API has no resource to name.",
    "states:DescribeExecution": "Executions are named after applications, at run time.",
    "states:StopExecution": "Executions are named after their work, at run time.",
    "states:RedriveExecution": "Executions are named after their work, at run time.",
    "kms:*": "The key policy gives the account its key; AWS refuses keys without an administrator.",
}

ACKNOWLEDGED: tuple[Acknowledged, ...] = ()
