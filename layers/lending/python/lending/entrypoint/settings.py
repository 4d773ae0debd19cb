"""Settings of a function: typed, read once, and wrong ones named all together.

There are no defaults: a missing variable must stop the function at its first use, not send
data to whatever a default points at.
"""

import os
from collections.abc import Mapping
from typing import Annotated, Literal, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, StringConstraints, ValidationError

from lending.domain.faults import Permanent

BucketName = Annotated[str, StringConstraints(pattern=r"^[a-z0-9.-]{3,63}$")]
BankAccount = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9]{1,34}$")]
TableName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_.-]{3,255}$")]
HttpUrl = Annotated[str, StringConstraints(pattern=r"^https?://[^\s/?#@]+(/[^\s?#]*)?$")]
Arn = Annotated[str, StringConstraints(pattern=r"^arn:[^:]+:[^:]+:[^:]*:[^:]*:.+$")]
KeyId = Annotated[str, StringConstraints(min_length=1)]
Name = Annotated[str, StringConstraints(min_length=1)]
MarketCode = Annotated[str, StringConstraints(pattern=r"^[a-z]{2}$")]


def _split(value: object) -> object:
    return tuple(value.split(",")) if isinstance(value, str) else value


Markets = Annotated[tuple[MarketCode, ...], BeforeValidator(_split)]


OrdersBy = Literal["http", "files"]
PayerName = Annotated[str, StringConstraints(min_length=1, max_length=140)]
# "" where the bank knows us by the channel.
Bic = Annotated[str, StringConstraints(pattern=r"^([A-Z0-9]{8}([A-Z0-9]{3})?)?$")]
Timezone = Annotated[str, StringConstraints(pattern=r"^[A-Za-z_]+(/[A-Za-z_]+)*$")]


class SettingsInvalid(Permanent):
    """The environment of this function is incomplete; the message lists every problem."""


class LambdaSettings(BaseModel):
    """Base of each function's settings; field names are the variable names, in capitals."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    @classmethod
    def load(cls, environ: Mapping[str, str] | None = None) -> Self:
        """Read the fields from the process environment (or `environ`).

        Raises:
            SettingsInvalid: with every missing or malformed variable, values left out.
        """
        source = os.environ if environ is None else environ
        try:
            return cls.model_validate({k: source[k] for k in cls.model_fields if k in source})
        except ValidationError as error:
            problems = [f"{e['loc'][0]}: {e['msg']}" for e in error.errors(include_input=False)]
            raise SettingsInvalid(f"{cls.__name__}: " + "; ".join(problems)) from None


class PayoutSettings(LambdaSettings):
    """Of a function that orders of the bank: by which channel, and for which account of ours.

    `BANK_TIMEZONE` is the bank's: its calendar says on which day an order is executed.
    """

    RAIL_URL: HttpUrl
    ORDERS_BY: OrdersBy
    BANK_FILES_BUCKET: BucketName
    BANK_ACCOUNT: BankAccount
    BANK_ACCOUNT_NAME: PayerName
    BANK_BIC: Bic
    BANK_TIMEZONE: Timezone
