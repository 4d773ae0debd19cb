"""Identity verification over HTTP."""

from typing import Literal

from lending.adapters.partner_http import PartnerHttp, Shape


class HttpIdentity:
    """The Identity port: POST /verifications."""

    def __init__(self, base_url: str) -> None:
        self._http = PartnerHttp("identity", base_url)

    def verify(
        self, *, id_type: str, id_no: str, full_name: str, mobile: str
    ) -> Literal["match", "mismatch", "not_found"]:
        """Whether the person is who they say. Raises PartnerUnavailable."""
        subject = {"id_type": id_type, "id_no": id_no, "full_name": full_name, "mobile": mobile}
        answer = self._http.call("POST", "/verifications", subject, attempts=2)
        if answer.status not in {200, 201}:
            raise self._http.nonsense(f"HTTP {answer.status}")
        shape = Shape(answer.body, self._http.nonsense)
        shape.text("verification_id")
        return shape.one_of("result", ("match", "mismatch", "not_found"))
