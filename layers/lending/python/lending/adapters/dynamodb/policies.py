"""Policies on the lending table: versions written once in substance, and a timeline a market.

Which version is in force is read again after some seconds; a version's document never changes,
so it is parsed once a process.
"""

from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any, Final

from pynamodb.expressions.operand import Path

from lending.adapters import policies as packaged
from lending.adapters.dynamodb import keys, mappers
from lending.adapters.dynamodb.rows import PolicyRow, PolicyTimelineRow
from lending.adapters.dynamodb.table import RowCorrupt, Table, Work, new_row, read
from lending.domain.records import StoredReply
from lending.domain.underwriting.change import (
    Activation,
    PolicyVersion,
    Status,
    Step,
    Timeline,
)
from lending.domain.underwriting.policy import CreditPolicy, policy_of, sha256_of

_STATUSES: Final[dict[str, Status]] = {
    "DRAFT": "DRAFT",
    "APPROVED": "APPROVED",
    "REJECTED": "REJECTED",
}
FRESH_FOR: Final = timedelta(seconds=5)


class DynamoPolicies:
    """See `lending.ports.policies`: both `Policies` and `PolicyStore`."""

    def __init__(self, table_name: str) -> None:
        self._table = Table(table_name)
        self._known: dict[tuple[str, str], CreditPolicy] = {}
        self._timelines: dict[str, tuple[datetime, Timeline]] = {}

    def active(self, market: str, at: datetime) -> CreditPolicy:
        """The version in force, by a timeline at most five seconds old. Raises Permanent."""
        first = self.first(market)
        name = self._timeline(market, at).in_force(at, first.version)
        found = self.version(market, name)
        if found is None:
            raise RowCorrupt(f"{market}: the policy in force, {name}, is not stored")
        return found

    def version(self, market: str, version: str) -> CreditPolicy | None:
        """One version that was approved, or the first one."""
        first = self.first(market)
        if version == first.version:
            return first
        known = self._known.get((market, version))
        if known is None:
            stored = self.stored(market, version)
            if stored is None or stored.status != "APPROVED":
                return None
            known = self._known[market, version] = policy_of(stored.document)
        return known

    def first(self, market: str) -> CreditPolicy:
        """The version that is shipped with the product. Raises Permanent."""
        return packaged.shipped(market)

    def stored(self, market: str, version: str) -> PolicyVersion | None:
        """A version as it is stored. Raises RowCorrupt: its document was altered."""
        row = self._table.get(PolicyRow, keys.policy_version(market, version))
        return None if row is None else _version(row)

    def versions(self, market: str) -> tuple[PolicyVersion, ...]:
        """Every stored version, by name."""
        prefix = Path("sk").startswith(keys.POLICY_VERSION_PREFIX)
        items = self._table.query(keys.policy_partition(market), prefix)
        return tuple(_version(read(PolicyRow, item)) for item in items)

    def timeline(self, market: str) -> Timeline:
        """The stored timeline; an empty one when nothing was activated yet."""
        row = self._table.get(PolicyTimelineRow, keys.policy_timeline(market))
        if row is None:
            return Timeline(market)
        return Timeline(market, tuple(map(_activation, row.activations)), row.version)

    def keep(
        self,
        reply: StoredReply,
        version: PolicyVersion | None = None,
        timeline: Timeline | None = None,
    ) -> None:
        """Write one step with its reply. Raises StaleVersion, Retryable."""
        work = Work()
        if version is not None:
            was = version.row_version - 1
            condition = Path("row_version") == {"N": str(was)} if was else new_row()
            work.puts.append(self._table.put(_version_row(version), condition))
        if timeline is not None:
            was = timeline.row_version - 1
            condition = Path("version") == {"N": str(was)} if was else new_row()
            work.puts.append(self._table.put(_timeline_row(timeline), condition))
        work.puts.append(self._table.put(mappers.reply_row(reply), new_row()))
        self._table.commit(work)
        if timeline is not None:
            self._timelines.pop(timeline.market, None)

    def _timeline(self, market: str, at: datetime) -> Timeline:
        known = self._timelines.get(market)
        if known is None or abs(at - known[0]) > FRESH_FOR:
            known = self._timelines[market] = (at, self.timeline(market))
        return known[1]


def _version_row(version: PolicyVersion) -> PolicyRow:
    key = keys.policy_version(version.market, version.version)
    return PolicyRow(
        pk=key.pk,
        sk=key.sk,
        market=version.market,
        version=version.version,
        document=version.document,
        sha256=version.sha256,
        status=version.status,
        row_version=version.row_version,
        history=[{**asdict(step), "at": step.at.isoformat()} for step in version.history],
        back_test=version.back_test,
    )


def _version(row: PolicyRow) -> PolicyVersion:
    if sha256_of(row.document) != row.sha256:
        raise RowCorrupt(f"{row.pk} {row.sk}: the document is not the one that was hashed")
    try:
        history = tuple(
            Step(**{**step, "at": datetime.fromisoformat(step["at"])}) for step in row.history
        )
        status = _STATUSES[row.status]
    except (KeyError, TypeError, ValueError) as error:
        raise RowCorrupt(f"{row.pk} {row.sk}: status or history") from error
    return PolicyVersion(
        market=row.market,
        version=row.version,
        document=row.document,
        sha256=row.sha256,
        status=status,
        row_version=row.row_version,
        history=history,
        back_test=row.back_test,
    )


def _timeline_row(timeline: Timeline) -> PolicyTimelineRow:
    key = keys.policy_timeline(timeline.market)
    return PolicyTimelineRow(
        pk=key.pk,
        sk=key.sk,
        version=timeline.row_version,
        activations=[
            {
                **asdict(one),
                "effective_from": one.effective_from.isoformat(),
                "at": one.at.isoformat(),
            }
            for one in timeline.activations
        ],
    )


def _activation(document: Mapping[str, Any]) -> Activation:
    try:
        times = {name: datetime.fromisoformat(document[name]) for name in ("effective_from", "at")}
        return Activation(**{**document, **times})
    except (KeyError, TypeError, ValueError) as error:
        raise RowCorrupt("a policy's timeline") from error
