"""The credit policies of the markets: which version is in force, and how that is changed."""

from datetime import datetime
from typing import Protocol

from lending.domain.records import StoredReply
from lending.domain.underwriting.change import PolicyVersion, Timeline
from lending.domain.underwriting.policy import CreditPolicy


class Policies(Protocol):
    """Reads may be some seconds old; a version never changes."""

    def active(self, market: str, at: datetime) -> CreditPolicy:
        """The version in force. Raises Permanent: not a market here."""
        ...

    def version(self, market: str, version: str) -> CreditPolicy | None:
        """One version, also one that is no longer in force; never a mere draft."""
        ...


class PolicyStore(Protocol):
    """Versions and timelines as they are stored now (strongly consistent)."""

    def first(self, market: str) -> CreditPolicy:
        """The version that is shipped with the product. Raises Permanent."""
        ...

    def stored(self, market: str, version: str) -> PolicyVersion | None: ...

    def versions(self, market: str) -> tuple[PolicyVersion, ...]:
        """Every stored version, by name."""
        ...

    def timeline(self, market: str) -> Timeline:
        """Empty when nothing was activated yet."""
        ...

    def keep(
        self,
        reply: StoredReply,
        version: PolicyVersion | None = None,
        timeline: Timeline | None = None,
    ) -> None:
        """Write one step with its reply; each row's version must be one more than is stored.

        Raises:
            StaleVersion: somebody else was faster, or the reply exists.  Retryable.
        """
        ...
