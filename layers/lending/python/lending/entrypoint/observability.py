"""The one logger of the platform: JSON lines by Powertools, with personal data refused.

Bodies are never logged. As a second line of defence, any key whose name belongs to a person
is replaced before the line is written, at every depth (invariant I14).
"""

from collections.abc import Mapping
from functools import cache
from traceback import extract_tb
from typing import Any, Final

from aws_lambda_powertools.logging import Logger
from aws_lambda_powertools.logging.formatter import LambdaPowertoolsFormatter

PERSONAL_KEYS: Final = frozenset(
    {
        "full_name", "name", "id_no", "id_type", "birth_date", "mobile", "email", "address",
        "income_monthly_minor", "other_debt_monthly_minor", "months_employed", "account_no",
        "payee", "payee_name", "payee_account_no", "applicant", "subject", "to", "text", "code",
        "otp", "token", "authorization", "body", "fields", "vin",
    }
)  # fmt: skip
# What Powertools adds for `exception()`: the error's own text, which may quote the input.
_QUOTING_KEYS: Final = frozenset({"exception", "stack_trace"})
DROPPED: Final = "[dropped]"
_DEPTH_MAX: Final = 6


def without_personal_data(value: object, depth: int = 0) -> object:
    """`value` with each entry under a personal key replaced by `[dropped]`, at every depth."""
    if depth >= _DEPTH_MAX:
        return DROPPED
    if isinstance(value, Mapping):
        return {
            str(key): DROPPED
            if str(key).lower() in PERSONAL_KEYS
            else without_personal_data(item, depth + 1)
            for key, item in value.items()
        }
    if isinstance(value, list | tuple):
        return [without_personal_data(item, depth + 1) for item in value]
    return value


class _PersonalDataFilter(LambdaPowertoolsFormatter):
    """Cleans the finished log entry, whatever path a value took into it."""

    def serialize(self, log: Any) -> str:
        cleaned = {
            key: DROPPED if key in PERSONAL_KEYS | _QUOTING_KEYS else without_personal_data(value)
            for key, value in log.items()
        }
        return super().serialize(cleaned)


@cache
def logger() -> Logger:
    """The logger of this process; service and level come from POWERTOOLS_* variables."""
    return Logger(logger_formatter=_PersonalDataFilter())


def where(error: BaseException) -> list[str]:
    """Class and source lines of an error and its causes.

    Not its message: validation and SDK errors quote the input, which may be personal.
    """
    lines: list[str] = []
    cause: BaseException | None = error
    while cause is not None and len(lines) < 40:
        lines.append(type(cause).__name__)
        lines += [f"{f.filename.rpartition('/')[2]}:{f.lineno} {f.name}"
                  for f in extract_tb(cause.__traceback__)[-8:]]  # fmt: skip
        cause = cause.__cause__ or cause.__context__
    return lines
