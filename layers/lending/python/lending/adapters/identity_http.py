"""Identity verification over HTTP."""

from typing import Literal

from lending.adapters.partner_http import PartnerHttp, Shape

type Result = Literal["match", "mismatch", "not_found"]


class HttpIdentity:
    """The Identity port: POST /verifications."""

    def __init__(self, base_url: str) -> None:
        self._http = PartnerHttp("identity", base_url)

    def verify(
        self, *, id_type: str, id_no: str, full_name: str, mobile: str
    ) -> Literal["match", "mismatch", "not_found"]:
        """Whether the person is who they say. Raises PartnerUnavailable."""
        subject = {"id_type": id_type, "id_no": id_no, "full_name": full_name, "mobile": mobile}
        return self._http.answer("/verifications", subject, lambda shape: _read(shape, id_no))


def _read(shape: Shape, id_no: str) -> Result:
    shape.about("id_no", id_no)
    shape.text("verification_id")
    return shape.one_of("result", ("match", "mismatch", "not_found"))
