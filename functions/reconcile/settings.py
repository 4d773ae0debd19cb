"""Settings of the reconcile function."""

from lending.entrypoint.settings import BankAccount, HttpUrl, LambdaSettings, Markets, TableName


class Settings(LambdaSettings):
    """Variables of the reconcile function."""

    LENDING_TABLE: TableName
    RAIL_URL: HttpUrl
    BANK_ACCOUNT: BankAccount
    MARKETS: Markets
