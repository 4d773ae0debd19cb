"""The rules of the markets this deployment serves."""

from datetime import date
from typing import Protocol

from lending.domain.business_days import BusinessCalendar
from lending.domain.profile import MarketProfile


class RulesArchive(Protocol):
    """Rules as they were, for decisions that outlive a release."""

    def keep(self, profile: MarketProfile) -> None:
        """Keep its values for ever; repeating it is harmless. Raises Retryable."""
        ...

    def find(self, sha256: str) -> MarketProfile | None:
        """The rules of these values."""
        ...


class Profiles(Protocol):
    """Market profiles by code and day."""

    @property
    def markets(self) -> tuple[str, ...]:
        """Codes of the markets served."""
        ...

    def get(self, market: str, on: date) -> MarketProfile:
        """The rules in force. Raises Permanent: not a market here, or the day is not covered."""
        ...

    def calendar(self, market: str) -> BusinessCalendar:
        """The market's business days; weekends only where no holidays are published."""
        ...
