"""SMS and mail gateway over HTTP."""

from typing import Literal

from lending.adapters.partner_http import PartnerHttp


class HttpMessenger:
    """The Messenger port: POST /messages. The gateway sends one `message_id` once."""

    def __init__(self, base_url: str) -> None:
        self._http = PartnerHttp("messages", base_url)

    def send(
        self,
        *,
        message_id: str,
        channel: Literal["sms", "mail"],
        to: str,
        template: str,
        locale: str,
        text: str,
    ) -> None:
        """Hand one message over. Raises PartnerUnavailable."""
        message = {
            "message_id": message_id,
            "channel": channel,
            "to": to,
            "template": template,
            "locale": locale,
            "text": text,
        }
        answer = self._http.call("POST", "/messages", message, attempts=2)
        if answer.status not in {200, 202}:
            raise self._http.nonsense(f"HTTP {answer.status}")
