"""Settings of the sweep function."""

from lending.entrypoint.settings import Arn, LambdaSettings, Markets, Name, TableName


class Settings(LambdaSettings):
    """Variables of the sweep function."""

    LENDING_TABLE: TableName
    EVENT_BUS: Name
    ORIGINATION_ARN: Arn
    DISBURSEMENT_ARN: Arn
    AMENDMENT_ARN: Arn
    MARKETS: Markets
