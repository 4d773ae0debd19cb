"""Settings of the quote function."""

from lending.entrypoint.settings import LambdaSettings, Markets


class Settings(LambdaSettings):
    """Variables of the quote function."""

    MARKETS: Markets
