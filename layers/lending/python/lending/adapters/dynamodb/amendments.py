"""Rows of a loan's amendments, beside the application whose contract they amend, and back."""

from collections.abc import Mapping
from dataclasses import asdict, fields
from datetime import datetime
from typing import Any, Final

from pynamodb.attributes import UnicodeAttribute

from lending.adapters.dynamodb import keys
from lending.adapters.dynamodb.attributes import (
    DayAttribute,
    InstantAttribute,
    IntegerAttribute,
    JsonAttribute,
)
from lending.adapters.dynamodb.rows import TimedRow
from lending.adapters.dynamodb.signers import signer_document, signer_of
from lending.adapters.dynamodb.table import RowCorrupt
from lending.domain.amending import Amendment
from lending.domain.records import Actor, Contract
from lending.domain.signing import Archived, ShownDocument


class AmendmentRow(TimedRow):
    """pk=APP#id sk=FILE#AMENDMENT#number; in `timers` by its end while it is open."""

    amendment_id = UnicodeAttribute()
    application_id = UnicodeAttribute()
    loan_id = UnicodeAttribute()
    number = IntegerAttribute()
    months = IntegerAttribute()
    reason = UnicodeAttribute()
    status = UnicodeAttribute()
    version = IntegerAttribute()
    proposed_by = JsonAttribute()
    proposed_at = InstantAttribute()
    expires_at = InstantAttribute()
    decided_by = UnicodeAttribute()
    note = UnicodeAttribute()
    paid = IntegerAttribute()
    base_sha256 = UnicodeAttribute()
    effective_on = DayAttribute(null=True)
    ends_on = DayAttribute(null=True)
    paper = JsonAttribute(null=True)
    stale = UnicodeAttribute()
    ended_at = InstantAttribute(null=True)


_PLAIN: Final = tuple(
    one.name for one in fields(Amendment) if one.name not in {"proposed_by", "paper"}
)


def amendment_row(one: Amendment) -> AmendmentRow:
    """The row of an amendment."""
    key = keys.amendment(one.application_id, one.number)
    timer = keys.amendment_timer(one.amendment_id, one.expires_at) if one.is_open else None
    return AmendmentRow(
        pk=key.pk,
        sk=key.sk,
        timer_shard=timer.shard if timer else None,
        timer_at=timer.at if timer else None,
        **{name: getattr(one, name) for name in _PLAIN},
        proposed_by=asdict(one.proposed_by),
        paper=None if one.paper is None else _paper_document(one.paper),
    )


def amendment(row: AmendmentRow) -> Amendment:
    """The amendment of a row. Raises RowCorrupt."""
    plain: dict[str, Any] = {name: getattr(row, name) for name in _PLAIN}
    try:
        return Amendment(
            **plain,
            proposed_by=Actor(**row.proposed_by),
            paper=None if row.paper is None else _paper_of(row.paper),
        )
    except (KeyError, TypeError, ValueError) as error:
        raise RowCorrupt(f"{row.pk} {row.sk}: {type(error).__name__}") from error


_NESTED: Final = {"rendered_at", "documents", "signers", "signed_at", "archived"}


def _paper_document(paper: Contract) -> dict[str, object]:
    """JSON-ready, as the row of a contract is."""
    signed_at, archived = paper.signed_at, paper.archived
    return {
        **{one.name: getattr(paper, one.name) for one in fields(paper) if one.name not in _NESTED},
        "rendered_at": paper.rendered_at.isoformat(),
        "documents": [asdict(one) for one in paper.documents],
        "signers": [signer_document(one) for one in paper.signers],
        "signed_at": None if signed_at is None else signed_at.isoformat(),
        "archived": None if archived is None else asdict(archived),
    }


def _paper_of(document: Mapping[str, Any]) -> Contract:
    signed_at, archived = document["signed_at"], document["archived"]
    return Contract(
        **{name: value for name, value in document.items() if name not in _NESTED},
        rendered_at=datetime.fromisoformat(document["rendered_at"]),
        documents=tuple(ShownDocument(**one) for one in document["documents"]),
        signers=tuple(signer_of(one) for one in document["signers"]),
        signed_at=None if signed_at is None else datetime.fromisoformat(signed_at),
        archived=None if archived is None else Archived(**archived),
    )
