"""Settings of the seal function."""

from lending.entrypoint.settings import HttpUrl, LambdaSettings, Markets, Name, TableName


class Settings(LambdaSettings):
    """Variables of the seal function; its key is named by the trust document of the archive."""

    LENDING_TABLE: TableName
    DOCUMENTS_BUCKET: Name
    CONTRACTS_BUCKET: Name
    TSA_URL: HttpUrl
    MARKETS: Markets
