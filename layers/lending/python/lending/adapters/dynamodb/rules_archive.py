"""Market rules as they were, by the hash of their values: releases come and go, decisions stay."""

from contextlib import suppress

from lending.adapters.dynamodb import keys
from lending.adapters.dynamodb.rows import RulesRow
from lending.adapters.dynamodb.table import RowCorrupt, Table, new_row
from lending.domain.faults import StaleVersion
from lending.domain.profile import MarketProfile, profile_of


class DynamoRulesArchive:
    """See `lending.ports.profiles.RulesArchive`."""

    def __init__(self, table_name: str) -> None:
        self._table = Table(table_name)
        self._kept: set[str] = set()

    def keep(self, profile: MarketProfile) -> None:
        """Write the values once; a process asks once for each set of them."""
        if profile.sha256 in self._kept:
            return
        key = keys.rules(profile.sha256)
        row = RulesRow(
            pk=key.pk,
            sk=key.sk,
            market=profile.market,
            version=profile.version,
            values=dict(profile.values),
        )
        with suppress(StaleVersion):  # an earlier process kept the same values
            self._table.write(row, new_row())
        self._kept.add(profile.sha256)

    def find(self, sha256: str) -> MarketProfile | None:
        """The rules of these values. Raises RowCorrupt: they were altered."""
        row = self._table.get(RulesRow, keys.rules(sha256))
        if row is None:
            return None
        found = profile_of(row.market, row.version, row.values)
        if found.sha256 != sha256:
            raise RowCorrupt(f"{row.pk}: the values are not those that were hashed")
        return found
