"""The Workflow port on AWS Step Functions."""

import json
from collections.abc import Mapping
from typing import Final

from botocore.exceptions import ClientError

from lending.adapters import aws
from lending.domain.faults import Permanent

# All three mean that nobody waits on this token any more.
_TOKEN_GONE: Final = frozenset({"InvalidToken", "TaskTimedOut", "TaskDoesNotExist"})


class StepFunctionsWorkflow:
    """Executions are named after what they work on, so starting one twice starts one."""

    def __init__(
        self,
        origination_arn: str | None = None,
        disbursement_arn: str | None = None,
        amendment_arn: str | None = None,
    ) -> None:
        """An ARN may be None in functions that never start or describe that machine."""
        self._arns = {
            "origination": origination_arn,
            "disbursement": disbursement_arn,
            "amendment": amendment_arn,
        }

    def start_origination(self, application_id: str, attempt: int | None = None) -> None:
        """Start the origination of an application. Raises Retryable or Permanent."""
        name = application_id if attempt is None else f"{application_id}-{attempt}"
        self._start("origination", name, {"application_id": application_id})

    def start_disbursement(self, application_id: str, attempt: int) -> None:
        """Start one disbursement attempt. Raises Retryable or Permanent."""
        name = f"{application_id}-{attempt}"
        self._start("disbursement", name, {"application_id": application_id, "attempt": attempt})

    def start_amendment(
        self, amendment_id: str, rendering: int, attempt: int | None = None
    ) -> None:
        """Seal and apply a signed amendment. Raises Retryable or Permanent."""
        name = f"{amendment_id}-{rendering}" + ("" if attempt is None else f"-{attempt}")
        self._start("amendment", name, {"amendment_id": amendment_id})

    def resume(self, token: str, output: dict[str, object]) -> bool:
        """Send task success; False when nobody waits on the token. Raises Retryable."""
        with aws.faults("states.SendTaskSuccess"):
            try:
                aws.step_functions().send_task_success(taskToken=token, output=json.dumps(output))
            except ClientError as error:
                if aws.error_code(error) in _TOKEN_GONE:
                    return False
                raise
        return True

    def is_running(self, machine: str, name: str) -> bool:
        """Whether execution `name` of `machine` runs now. Raises Retryable or Permanent."""
        execution_arn = self._arn(machine).replace(":stateMachine:", ":execution:", 1)
        with aws.faults("states.DescribeExecution"):
            try:
                answer = aws.step_functions().describe_execution(
                    executionArn=f"{execution_arn}:{name}"
                )
            except ClientError as error:
                if aws.error_code(error) == "ExecutionDoesNotExist":
                    return False
                raise
        return answer["status"] == "RUNNING"

    def _start(self, machine: str, name: str, payload: Mapping[str, object]) -> None:
        with aws.faults("states.StartExecution"):
            try:
                aws.step_functions().start_execution(
                    stateMachineArn=self._arn(machine), name=name, input=json.dumps(payload)
                )
            except ClientError as error:
                if aws.error_code(error) != "ExecutionAlreadyExists":
                    raise

    def _arn(self, machine: str) -> str:
        arn = self._arns.get(machine)
        if arn is None:
            raise Permanent(f"this function was not given the ARN of {machine}")
        return arn
