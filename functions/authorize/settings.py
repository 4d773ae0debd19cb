"""Settings of the authorize function."""

from lending.entrypoint.settings import HttpUrl, LambdaSettings, Name


class Settings(LambdaSettings):
    """Variables of the authorize function."""

    ISSUER_URL: HttpUrl
    AUDIENCE: Name
