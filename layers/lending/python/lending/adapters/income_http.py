"""Income from bank flows (open banking) over HTTP. Never asked for without a consent id."""

from typing import Final

from lending.adapters.partner_http import PartnerHttp, Shape
from lending.ports.partners import IncomeReport

MONTHS: Final = 6
_MINOR_MAX: Final = 10**13


class HttpIncome:
    """The Income port: POST /flows."""

    def __init__(self, base_url: str) -> None:
        self._http = PartnerHttp("income", base_url)

    def report(
        self, *, id_type: str, id_no: str, full_name: str, consent_id: str, currency: str
    ) -> IncomeReport:
        """What the person's accounts show; `found` False = none. Raises PartnerUnavailable."""
        enquiry = {
            "subject": {"id_type": id_type, "id_no": id_no, "full_name": full_name},
            "consent_id": consent_id,
            "months": MONTHS,
            "currency": currency,
        }
        return self._http.answer("/flows", enquiry, lambda shape: _read(shape, id_no, currency))


def _read(shape: Shape, id_no: str, currency: str) -> IncomeReport:
    shape.about("id_no", id_no)
    report_id = shape.text("report_id")
    if not shape.flag("found"):
        return IncomeReport(report_id, False, None, None, None)
    shape.about("currency", currency)
    return IncomeReport(
        report_id=report_id,
        found=True,
        months=shape.integer("months", 1, MONTHS),
        income_monthly_minor=shape.integer("income_monthly_minor", 0, _MINOR_MAX),
        debt_monthly_minor=shape.integer("debt_monthly_minor", 0, _MINOR_MAX),
    )
