"""REQUEST authorizer: a verified token becomes {sub, groups}; anything else is a 401."""

from typing import Any

from functions.authorize.wiring import wiring


def handler(event: dict[str, Any], context: object) -> dict[str, Any]:
    """Allow the caller in, or raise Unauthorized."""
    del context
    return wiring()(event)
