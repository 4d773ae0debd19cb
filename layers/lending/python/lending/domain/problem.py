"""One wrong place of a request. Rules yield them; use cases hand them back, all at once."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Problem:
    """One wrong place; `pointer` is a JSON pointer (RFC 6901) into the body."""

    pointer: str
    detail: str
