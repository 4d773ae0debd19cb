"""Tell the customer about an event, once, in their language."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from lending.domain.faults import Erased
from lending.domain.messages import notice_text
from lending.ports.engagement import SentMessages
from lending.ports.partners import Messenger
from lending.ports.vault import Vault


@dataclass(frozen=True, slots=True)
class NotifyCustomer:
    """Claim, send under the event's id (the gateway sends an id once), remember."""

    vault: Vault
    sent: SentMessages
    messenger: Messenger

    def __call__(
        self, kind: str, event_id: str, customer_id: str, data: Mapping[str, object], at: datetime
    ) -> bool:
        """True when a message went out now.

        Raises:
            Retryable: the gateway or a store is down; the queue delivers again.
        """
        if notice_text(kind, "en", data) is None:
            return False
        if not self.sent.claim(customer_id, event_id, at):
            return False
        try:
            person = self.vault.read(customer_id, "notice", ("mobile", "locale"))
        except Erased:
            return False  # nobody left to tell
        locale = person.get("locale", "en")
        text = notice_text(kind, locale, data)
        if text is None or "mobile" not in person:
            return False
        self.messenger.send(
            message_id=event_id,
            channel="sms",
            to=person["mobile"],
            template=kind,
            locale=locale,
            text=text,
        )
        self.sent.done(customer_id, event_id, at)
        return True
