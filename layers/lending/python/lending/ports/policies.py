"""The credit policies of the markets: which version is in force, and any version by its name."""

from datetime import datetime
from typing import Protocol

from lending.domain.underwriting.policy import CreditPolicy


class Policies(Protocol):
    """Reads may be as old as the adapter says; a version never changes."""

    def active(self, market: str, at: datetime) -> CreditPolicy:
        """The version in force. Raises Permanent: not a market here."""
        ...

    def version(self, market: str, version: str) -> CreditPolicy | None:
        """One version, also one that is no longer in force."""
        ...
