"""Wire shapes of policy changes."""

from datetime import date
from typing import Annotated, Any

from lending.domain.underwriting.change import PolicyVersion, Timeline
from lending.entrypoint.http import WireModel
from pydantic import AwareDatetime, Field

Note = Annotated[str, Field(max_length=2000)]


class DraftBody(WireModel):
    """A whole policy; what is wrong in it is told place by place."""

    market: Annotated[str, Field(pattern=r"^[a-z]{2}$")]
    document: dict[str, Any]


class BackTestBody(WireModel):
    """The days (UTC) whose decisions are decided once more."""

    first: Annotated[date, Field(alias="from")]
    last: Annotated[date, Field(alias="to")]

    def days(self) -> tuple[date, date]:
        """First and last day."""
        return self.first, self.last


class ApprovalBody(WireModel):
    """The second person's word."""

    approved: bool
    note: Note = ""


class ActivationBody(WireModel):
    """From when on; left out: from now on."""

    effective_from: AwareDatetime | None = None


class RollBackBody(WireModel):
    """Why."""

    note: Annotated[str, Field(min_length=1, max_length=2000)]


def summary(one: PolicyVersion) -> dict[str, object]:
    """A version without its document."""
    return {
        "market": one.market,
        "version": one.version,
        "sha256": one.sha256,
        "status": one.status,
        "history": [
            {"what": step.what, "by": step.by, "at": step.at.isoformat(), "note": step.note}
            for step in one.history
        ],
    }


def version(one: PolicyVersion) -> dict[str, object]:
    """A version with everything."""
    return {**summary(one), "document": one.document, "back_test": one.back_test}


def timeline(one: Timeline) -> list[dict[str, object]]:
    """Every activation in the order written."""
    return [
        {
            "version": entry.version,
            "effective_from": entry.effective_from.isoformat(),
            "by": entry.by,
            "at": entry.at.isoformat(),
            "kind": entry.kind,
            "note": entry.note,
        }
        for entry in one.activations
    ]
