"""The KeptAnswers port: one row a customer in the lending table, gone by itself when stale.

No personal data: amounts, counts and results under the customer's token.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from lending.adapters.dynamodb import keys
from lending.adapters.dynamodb.rows import AnswersRow
from lending.adapters.dynamodb.table import RowCorrupt, Table
from lending.ports.answers import KeptAnswer


class DynamoKeptAnswers:
    """See `lending.ports.answers.KeptAnswers`."""

    def __init__(self, table_name: str) -> None:
        self._table = Table(table_name)

    def of(self, customer_id: str) -> dict[str, KeptAnswer]:
        """Every answer kept of this customer, by source. A row that cannot be read is none."""
        try:
            row = self._table.get(AnswersRow, keys.answers(customer_id))
            return {} if row is None else {name: _read(one) for name, one in row.answers.items()}
        except (AttributeError, KeyError, RowCorrupt, TypeError, ValueError):
            return {}

    def keep(self, customer_id: str, answers: Mapping[str, KeptAnswer]) -> None:
        """Keep exactly these; the row goes when the last of them is stale."""
        key = keys.answers(customer_id)
        stale_at = max(one.valid_until for one in answers.values())
        self._table.write(
            AnswersRow(
                pk=key.pk,
                sk=key.sk,
                answers={name: _written(one) for name, one in answers.items()},
                expires_epoch=int(stale_at.timestamp()) + 1,
            )
        )


def _written(answer: KeptAnswer) -> dict[str, Any]:
    return {
        "question": answer.question,
        "content": answer.content,
        "answered_at": answer.answered_at.isoformat(),
        "valid_until": answer.valid_until.isoformat(),
    }


def _read(stored: Mapping[str, Any]) -> KeptAnswer:
    return KeptAnswer(
        stored["question"],
        dict(stored["content"]),
        datetime.fromisoformat(stored["answered_at"]),
        datetime.fromisoformat(stored["valid_until"]),
    )
