"""One small function per CloudFormation resource type; the registry finds them by type."""

from tools.localcloud.resources import (  # noqa: F401 - importing registers them
    api,
    functions,
    identity,
    messaging,
    storage,
    workflows,
)
from tools.localcloud.resources.registry import (
    IGNORED,
    Deployed,
    Scope,
    UnknownResourceType,
    creator_of,
)

__all__ = ["IGNORED", "Deployed", "Scope", "UnknownResourceType", "creator_of"]
