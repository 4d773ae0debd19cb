"""A webhook: whoever signed it is believed, and what they say is stored before the answer."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from lending.domain.bank_events import event_of
from lending.domain.bank_facts import Flaw, Problem
from lending.domain.webhooks import Delivery, Forgery
from lending.ports.bank import WebhookCheck
from lending.usecases.receive_bank_fact import ReceiveBankFact, Received

SOURCE: Final = "webhook"


@dataclass(frozen=True, slots=True)
class ReceiveWebhook:
    """Signature, then content, then the books."""

    check: WebhookCheck
    receive: ReceiveBankFact

    def __call__(
        self,
        partner: str,
        delivery: Delivery,
        document: Mapping[str, object] | None,
        at: datetime,
    ) -> Received | Forgery | None:
        """The receipt; a forgery, of which nothing is stored; None for what is not final yet.

        `document` is the body as JSON, None when it is none. Raises Retryable: tell it again.
        """
        forgery = self.check.check(partner, delivery, at)
        if forgery is not None:
            return forgery
        digest = hashlib.sha256(delivery.raw_body).hexdigest()
        if document is None:
            problem = Problem(Flaw.MALFORMED, "event", is_whole=True)
            return self.receive.park_unreadable(problem, digest, SOURCE, at)
        event = event_of(document)
        if isinstance(event, Problem):
            return self.receive.park_unreadable(event, digest, SOURCE, at)
        return self.receive(event.fact, SOURCE, at)
