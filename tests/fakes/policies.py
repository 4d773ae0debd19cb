"""Policies in memory, with the conditions of the real table."""

from datetime import datetime

from lending.adapters.policies import shipped
from lending.domain.faults import StaleVersion
from lending.domain.profile import MarketProfile
from lending.domain.records import ReplyKey, StoredReply
from lending.domain.underwriting.change import PolicyVersion, Timeline
from lending.domain.underwriting.policy import CreditPolicy, policy_of


class FakePolicies:
    """Both ports; always as fresh as can be."""

    def __init__(self) -> None:
        self.kept: dict[tuple[str, str], PolicyVersion] = {}
        self.timelines: dict[str, Timeline] = {}
        self.replies: dict[ReplyKey, StoredReply] = {}

    def active(self, market: str, at: datetime) -> CreditPolicy:
        name = self.timeline(market).in_force(at, self.first(market).version)
        found = self.version(market, name)
        assert found is not None
        return found

    def version(self, market: str, version: str) -> CreditPolicy | None:
        first = self.first(market)
        if version == first.version:
            return first
        stored = self.stored(market, version)
        return policy_of(stored.document) if stored and stored.status == "APPROVED" else None

    def first(self, market: str) -> CreditPolicy:
        return shipped(market)

    def stored(self, market: str, version: str) -> PolicyVersion | None:
        return self.kept.get((market, version))

    def versions(self, market: str) -> tuple[PolicyVersion, ...]:
        return tuple(one for (of, _), one in sorted(self.kept.items()) if of == market)

    def timeline(self, market: str) -> Timeline:
        return self.timelines.get(market, Timeline(market))

    def keep(
        self,
        reply: StoredReply,
        version: PolicyVersion | None = None,
        timeline: Timeline | None = None,
    ) -> None:
        if reply.key in self.replies:
            raise StaleVersion("fake: reply")
        if version is not None:
            known = self.kept.get((version.market, version.version))
            if (known.row_version if known else 0) != version.row_version - 1:
                raise StaleVersion("fake: version")
            self.kept[version.market, version.version] = version
        if timeline is not None:
            if self.timeline(timeline.market).row_version != timeline.row_version - 1:
                raise StaleVersion("fake: timeline")
            self.timelines[timeline.market] = timeline
        self.replies[reply.key] = reply


class FakeRulesArchive:
    """Rules by hash."""

    def __init__(self) -> None:
        self.kept: dict[str, MarketProfile] = {}

    def keep(self, profile: MarketProfile) -> None:
        self.kept[profile.sha256] = profile

    def find(self, sha256: str) -> MarketProfile | None:
        return self.kept.get(sha256)
