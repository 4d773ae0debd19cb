"""Completes moto's SQS: virtual time, and no message lost between two threads.

moto rebuilds a queue's list when it deletes a message; a message that another thread sends
meanwhile is gone. Here a delete changes the list in place. moto also never removes a message whose
retention period is over, and receives nothing behind it; here it goes away.
"""

import contextlib
from typing import Any

from moto.sqs import models
from moto.sqs.exceptions import ReceiptHandleIsInvalid

from tools.localcloud.clock import VirtualClock


def _delete_message(self: Any, receipt_handle: str) -> None:
    if receipt_handle in self.deleted_messages:
        return
    found = [message for message in self._messages if message.had_receipt_handle(receipt_handle)]
    if not found:
        raise ReceiptHandleIsInvalid
    for message in found:
        self.deleted_messages.update(message.all_receipt_handles)
        _discard(self, message)


_receive_message = models.SQSBackend.receive_message


def _receive(self: Any, queue_name: str, *args: Any, **kwargs: Any) -> Any:
    queue = self.get_queue(queue_name)
    oldest_ms = models.unix_time_millis() - int(queue.message_retention_period) * 1000
    for message in list(queue._messages):
        if message.sent_timestamp <= oldest_ms:
            _discard(queue, message)
    return _receive_message(self, queue_name, *args, **kwargs)


def _discard(queue: Any, message: Any) -> None:
    queue.pending_messages.discard(message)
    # Another thread may have been first.
    with contextlib.suppress(ValueError):
        queue._messages.remove(message)


def install(clock: VirtualClock) -> None:
    """Patches moto in this process: visibility, delay and retention follow `clock`."""
    models.unix_time = clock.now
    models.unix_time_millis = lambda: clock.now() * 1000
    models.Queue.delete_message = _delete_message
    models.SQSBackend.receive_message = _receive
