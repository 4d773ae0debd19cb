"""State machines and schedules."""

import json
import re
from dataclasses import dataclass
from typing import Any

from tools.localcloud.resources.registry import Deployed, Scope, resource

_HOLE = re.compile(r"\$\{([A-Za-z0-9_]+)\}")


@dataclass(frozen=True)
class MachineInfo:
    """What tests and the pump need to know of a state machine."""

    arn: str
    kind: str
    definition: str


class HoleNotFilled(Exception):
    """A definition has a `${Hole}` without a substitution."""


@resource("AWS::StepFunctions::StateMachine")
def state_machine(scope: Scope) -> Deployed:
    """A machine with its substitutions applied. Raises HoleNotFilled."""
    deployer = scope.deployer
    name = scope.get("StateMachineName", scope.name)[:80]
    kind = scope.get("StateMachineType", "STANDARD")
    definition = scope.get("DefinitionString") or json.dumps(scope.get("Definition"))
    substitutions = scope.get("DefinitionSubstitutions", {})

    def fill(found: re.Match[str]) -> str:
        if found[1] not in substitutions:
            raise HoleNotFilled(f"{scope.name}: ${{{found[1]}}}")
        return str(substitutions[found[1]])

    filled = _HOLE.sub(fill, definition)
    arn = deployer.boto("stepfunctions").create_state_machine(
        name=name, definition=filled, roleArn=scope.get("RoleArn"), type=kind
    )["stateMachineArn"]
    deployer.state_machines[name] = MachineInfo(arn, kind, filled)
    deployer.machine_roles[name] = str(scope.get("RoleArn")).rpartition("/")[2]
    return Deployed(arn, {"Arn": arn, "Name": name})


@resource("AWS::Scheduler::ScheduleGroup")
def schedule_group(scope: Scope) -> Deployed:
    """A group of schedules."""
    name = scope.get("Name", scope.name[:64])
    made = scope.deployer.boto("scheduler").create_schedule_group(Name=name)
    return Deployed(name, {"Arn": made["ScheduleGroupArn"]})


@resource("AWS::Scheduler::Schedule")
def schedule(scope: Scope) -> Deployed:
    """A schedule, stored by moto and fired by the pump."""
    name = scope.get("Name", scope.name[-64:])
    wanted: dict[str, Any] = {
        key: scope.get(key)
        for key in (
            "GroupName",
            "ScheduleExpression",
            "ScheduleExpressionTimezone",
            "FlexibleTimeWindow",
            "State",
            "Target",
            "Description",
        )
        if scope.get(key) is not None
    }
    made = scope.deployer.boto("scheduler").create_schedule(Name=name, **wanted)
    return Deployed(name, {"Arn": made["ScheduleArn"]})
