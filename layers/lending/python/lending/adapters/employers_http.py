"""The register of companies over HTTP (USCC in mainland China, EIN in the US)."""

from typing import Final

from lending.adapters.partner_http import PartnerHttp, Shape
from lending.ports.partners import EmployerRecord

_FOUNDED: Final = (1600, 2200)


class HttpEmployers:
    """The Employers port: POST /companies."""

    def __init__(self, base_url: str) -> None:
        self._http = PartnerHttp("employer", base_url)

    def look_up(self, *, name: str, registration_no: str) -> EmployerRecord:
        """The company under this number. Raises PartnerUnavailable."""
        question = {"registration_no": registration_no, "name": name}
        return self._http.answer("/companies", question, lambda shape: _read(shape, question))


def _read(shape: Shape, question: dict[str, str]) -> EmployerRecord:
    shape.about("registration_no", question["registration_no"])
    if not shape.flag("found"):
        return EmployerRecord(False, None, None, None)
    return EmployerRecord(
        found=True,
        is_active=shape.flag("is_active"),
        name_matches=shape.flag("name_matches"),
        founded_year=shape.integer("founded_year", *_FOUNDED),
    )
