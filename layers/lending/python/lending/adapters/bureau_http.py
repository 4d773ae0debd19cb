"""Credit bureau over HTTP. A report is never asked for without a consent id."""

from typing import Final

from lending.adapters.partner_http import PartnerHttp, Shape
from lending.ports.partners import BureauReport

_PURPOSE: Final = "credit_application"
_MINOR_MAX: Final = 10**13


class HttpBureau:
    """The Bureau port: POST /reports."""

    def __init__(self, base_url: str) -> None:
        self._http = PartnerHttp("bureau", base_url)

    def report(
        self, *, id_type: str, id_no: str, full_name: str, consent_id: str, notice: str
    ) -> BureauReport:
        """The person's credit file; `found` False = none. Raises PartnerUnavailable."""
        enquiry = {
            "subject": {"id_type": id_type, "id_no": id_no, "full_name": full_name},
            "consent_id": consent_id,
            "notice": notice,
            "purpose": _PURPOSE,
        }
        # Repeated once at most: the bureau counts one enquiry per consent.
        return self._http.answer("/reports", enquiry, lambda shape: _read(shape, id_no))


def _read(shape: Shape, id_no: str) -> BureauReport:
    shape.about("id_no", id_no)
    report_id = shape.text("report_id")
    if not shape.flag("found"):
        return BureauReport(report_id, False, None, None, None, None, None)
    return BureauReport(
        report_id=report_id,
        found=True,
        score=shape.maybe_integer("score", 0, 1000),
        delinquencies_24m=shape.maybe_integer("delinquencies_24m", 0, 10_000),
        enquiries_6m=shape.maybe_integer("enquiries_6m", 0, 10_000),
        open_debt_monthly_minor=shape.maybe_integer("open_debt_monthly_minor", 0, _MINOR_MAX),
        oldest_account_months=shape.maybe_integer("oldest_account_months", 0, 1_500),
    )
