"""The one place that makes AWS clients, and the one reading of their errors.

Endpoints, region and credentials come from the standard AWS variables (AWS_ENDPOINT_URL and
its per-service forms included), so the same code runs on AWS and on the local cloud.
"""

import os
import platform
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import TYPE_CHECKING, Any, Final

import boto3
import botocore
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from lending.domain.faults import LendingFault, Permanent, Retryable

if TYPE_CHECKING:
    from mypy_boto3_events import EventBridgeClient
    from mypy_boto3_kms import KMSClient
    from mypy_boto3_stepfunctions import SFNClient

CONNECT_TIMEOUT_S: Final = 2
READ_TIMEOUT_S: Final = 5
ATTEMPTS_MAX: Final = 3
CONNECTIONS_MAX: Final = 10

# Client errors that the same call may survive later; everything else 4xx is our mistake.
RETRYABLE_CODES: Final = frozenset(
    {
        "DependencyTimeoutException",
        "InternalFailure",
        "InternalServerError",
        "KMSInternalException",
        "KeyUnavailableException",
        "LimitExceededException",
        "PriorRequestNotComplete",
        "ProvisionedThroughputExceededException",
        "RequestLimitExceeded",
        "RequestTimeout",
        "RequestTimeoutException",
        "ServiceUnavailable",
        "SlowDown",
        "Throttling",
        "ThrottlingException",
        "TooManyRequestsException",
        "TransactionConflictException",
        "TransactionInProgressException",
        "ExecutionLimitExceeded",
    }
)


@cache
def user_agent() -> str:
    """Who calls AWS, as CloudTrail shows it: this product, its SDK, its function.

    Given whole, because botocore builds and cleans its own text for each request anew: 5 % of a
    function's time.
    """
    told = [
        "Autolend",
        f"Botocore/{botocore.__version__}",
        f"Python/{platform.python_version()}",
    ]
    names = {"exec-env": "AWS_EXECUTION_ENV", "fn": "AWS_LAMBDA_FUNCTION_NAME"}
    told += [f"{name}/{os.environ[env]}" for name, env in names.items() if os.environ.get(env)]
    return " ".join(told)


@cache
def _config() -> Config:
    return Config(
        user_agent=user_agent(),
        connect_timeout=CONNECT_TIMEOUT_S,
        read_timeout=READ_TIMEOUT_S,
        retries={"mode": "standard", "total_max_attempts": ATTEMPTS_MAX},
        max_pool_connections=CONNECTIONS_MAX,
        tcp_keepalive=True,
    )


@cache
def kms() -> "KMSClient":
    """The KMS client of this process."""
    return boto3.client("kms", config=_config())


@cache
def step_functions() -> "SFNClient":
    """The Step Functions client of this process."""
    return boto3.client("stepfunctions", config=_config())


@cache
def events() -> "EventBridgeClient":
    """The EventBridge client of this process."""
    return boto3.client("events", config=_config())


@cache
def s3() -> Any:
    """The S3 client of this process; links it signs are of version 4, as encrypted buckets want."""
    return boto3.client("s3", config=_config().merge(Config(signature_version="s3v4")))


@cache
def secrets_manager() -> Any:
    """The Secrets Manager client of this process."""
    return boto3.client("secretsmanager", config=_config())


def error_code(error: ClientError) -> str:
    """The service's own name of the error."""
    return str(error.response.get("Error", {}).get("Code", ""))


def fault_of(error: ClientError | BotoCoreError, operation: str) -> LendingFault:
    """The fault to raise for an AWS error; its text is operation and code, never the message."""
    if isinstance(error, BotoCoreError):  # timeouts, resets, no credentials yet
        return Retryable(f"{operation}: {type(error).__name__}")
    code = error_code(error)
    status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    if code in RETRYABLE_CODES or status >= 500:
        return Retryable(f"{operation}: {code}")
    return Permanent(f"{operation}: {code}")


@contextmanager
def faults(operation: str) -> Iterator[None]:
    """Re-raise AWS errors of the block as faults.

    Raises:
        Retryable: throttled, timed out or failing on their side.  Permanent: anything else.
    """
    try:
        yield
    except (ClientError, BotoCoreError) as error:
        raise fault_of(error, operation) from error
