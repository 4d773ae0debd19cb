"""What customers are told of a reason: texts in every language of the platform."""

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any, cast

import yaml
from lending.domain.reasons import TEXTS
from lending.domain.submission import LOCALES

type Wording = Mapping[str, str]

_SHIPPED = Path(__file__).with_name("wordings.yaml")


@cache
def _shipped() -> dict[str, Wording]:
    return cast("dict[str, Wording]", yaml.safe_load(_SHIPPED.read_text("utf-8")))


def wording(code: str, own: Mapping[str, Wording]) -> dict[str, str]:
    """The specification's own words, the platform's, the shipped ones, or the code itself."""
    words = code.replace("_", " ")
    found = own.get(code) or TEXTS.get(code) or _shipped().get(code)
    return dict(found) if found else dict.fromkeys(sorted(LOCALES), words)


def unworded(reasons: Mapping[str, Any]) -> list[str]:
    """`code (language)` of each reason that says nothing but its code, or nothing at all."""
    return [
        f"{code} ({locale})"
        for code, texts in sorted(reasons.items())
        for locale in sorted(LOCALES)
        if texts.get(locale, "").strip() in ("", code, code.replace("_", " "))
    ]
