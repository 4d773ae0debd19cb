"""The authorize function's object graph, made at its first call."""

from functools import cache

from lending.entrypoint.authorizer import Authorizer

from functions.authorize.settings import Settings


@cache
def wiring() -> Authorizer:
    """The graph of this process. Raises SettingsInvalid."""
    settings = Settings.load()
    return Authorizer(settings.ISSUER_URL, settings.AUDIENCE)
