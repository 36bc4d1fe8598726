"""The delivery queue on SQS; only the keys of notifications travel, never what they say."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from chalicelib.errors import StoreBusy
from chalicelib.tickets.ports import NotificationKey

MAX_BATCH = 10
URGENCIES = {"urgent": 0, "ordinary": 1, "broadcast": 2}


class SqsDeliveryQueue:
    """`DeliveryQueue` on one SQS queue, named by `queue_name`."""

    def __init__(self, client: Any, queue_name: str) -> None:
        self._client = client
        self._queue_name = queue_name
        self._url = ""

    def enqueue(self, keys: Iterable[NotificationKey]) -> None:
        """Hand over keys, one call for up to ten. Raises `StoreBusy` when the queue refuses some."""
        bodies = [write_key(key) for key in keys]
        for start in range(0, len(bodies), MAX_BATCH):
            self._send(bodies[start : start + MAX_BATCH])

    def _send(self, bodies: list[str]) -> None:
        if len(bodies) == 1:
            self._client.send_message(QueueUrl=self._queue_url(), MessageBody=bodies[0])
            return
        entries = [{"Id": str(i), "MessageBody": body} for i, body in enumerate(bodies)]
        answer = self._client.send_message_batch(QueueUrl=self._queue_url(), Entries=entries)
        if answer.get("Failed"):
            raise StoreBusy("The delivery queue refused a part of the batch; it is swept later.")

    def _queue_url(self) -> str:
        if not self._url:
            answer = self._client.get_queue_url(QueueName=self._queue_name)
            self._url = str(answer["QueueUrl"])
        return self._url


def write_key(key: NotificationKey) -> str:
    """The queue message that stands for a notification."""
    body = {"ticket_id": key.ticket_id, "notification_id": key.notification_id}
    return json.dumps(body | ({"urgency": key.urgency} if key.urgency else {}))


def read_key(body: str) -> NotificationKey:
    """The notification that a queue message stands for.

    Raises `ValueError` or `KeyError` for a body that is not one of ours: a bug, so it ends with the
    dead letters.
    """
    fields = json.loads(body)
    return NotificationKey(
        str(fields["ticket_id"]), str(fields["notification_id"]), str(fields.get("urgency", ""))
    )


def by_urgency(body: str) -> int:
    """Sorts queue messages: urgent, ordinary, broadcasts; what cannot be read comes first."""
    try:
        return URGENCIES.get(read_key(body).urgency, 1)
    except (ValueError, KeyError, AttributeError, TypeError):
        return 0
