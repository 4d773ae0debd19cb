"""Settings of the sign function."""

from typing import Literal

from lending.entrypoint.settings import (
    Arn,
    HttpUrl,
    KeyId,
    LambdaSettings,
    Markets,
    Name,
    TableName,
)


class Settings(LambdaSettings):
    """Variables of the sign function. READING recorded: nobody is made to wait (development)."""

    LENDING_TABLE: TableName
    CUSTOMERS_TABLE: TableName
    VAULT_KEY_ID: KeyId
    INDEX_KEY_ID: KeyId
    OTP_KEY_ID: KeyId
    MESSAGES_URL: HttpUrl
    DOCUMENTS_BUCKET: Name
    AMENDMENT_ARN: Arn
    MARKETS: Markets
    READING: Literal["enforced", "recorded"]
