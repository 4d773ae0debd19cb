"""Fields that may be left out, but are not given as null: null is no value of any type."""

from typing import Any, Final

from pydantic import BeforeValidator


def _not_null(value: Any) -> Any:
    if value is None:
        raise ValueError("not null: leave the field out")
    return value


# Defaults are not validated, so a field left out stays None.
NotNull: Final = BeforeValidator(_not_null)
