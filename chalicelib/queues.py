"""The queues that we fill on SQS: keys of notifications and what they are owed to, never what they say,
and what was reported."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from chalicelib import logs
from chalicelib.errors import StoreBusy
from chalicelib.tickets.model.receipts import ORDINARY
from chalicelib.tickets.ports import NotificationKey

MAX_BATCH = 10


class SqsDeliveryQueue:
    """`DeliveryQueue` on SQS, a queue for each urgency: `names` says which."""

    def __init__(self, client: Any, names: Mapping[str, str]) -> None:
        self._client = client
        self._names = names
        self._urls: dict[str, str] = {}

    def enqueue(self, keys: Iterable[NotificationKey]) -> None:
        """Hand over keys, one call for up to ten. Raises `StoreBusy` when a queue refuses some."""
        bodies: dict[str, list[str]] = {}
        for key in keys:
            bodies.setdefault(key.urgency or ORDINARY, []).append(write_key(key))
        for urgency, waiting in bodies.items():
            for start in range(0, len(waiting), MAX_BATCH):
                self._send(urgency, waiting[start : start + MAX_BATCH])

    def _send(self, urgency: str, bodies: list[str]) -> None:
        url = self._url(urgency)
        if len(bodies) == 1:
            self._client.send_message(QueueUrl=url, MessageBody=bodies[0])
            return
        entries = [{"Id": str(i), "MessageBody": body} for i, body in enumerate(bodies)]
        answer = self._client.send_message_batch(QueueUrl=url, Entries=entries)
        if answer.get("Failed"):
            raise StoreBusy("The delivery queue refused a part of the batch; it is swept later.")

    def waiting(self, urgency: str) -> int:
        """About how many wait; see `DeliveryQueue.waiting`."""
        name = "ApproximateNumberOfMessages"
        answer = self._client.get_queue_attributes(
            QueueUrl=self._url(urgency), AttributeNames=[name]
        )
        return int(answer["Attributes"][name])

    def _url(self, urgency: str) -> str:
        if urgency not in self._urls:
            answer = self._client.get_queue_url(QueueName=self._names[urgency])
            self._urls[urgency] = str(answer["QueueUrl"])
        return self._urls[urgency]


class SqsReceiptQueue:
    """Hands what a provider reports to the queue that such reports wait in: receipts, received mail."""

    def __init__(self, client: Any, name: str) -> None:
        self._client = client
        self._name = name

    def put(self, reports: Sequence[Mapping[str, Any]]) -> None:
        """Hand over reports, one call for up to ten. Raises `StoreBusy` when some are refused: all of
        them may come again, for what is told twice is handled once."""
        if not reports:
            return
        url = self._client.get_queue_url(QueueName=self._name)["QueueUrl"]
        for start in range(0, len(reports), MAX_BATCH):
            some = reports[start : start + MAX_BATCH]
            entries = [{"Id": str(i), "MessageBody": json.dumps(r)} for i, r in enumerate(some)]
            answer = self._client.send_message_batch(QueueUrl=url, Entries=entries)
            if answer.get("Failed"):
                raise StoreBusy("The queue of reports refused a part of the batch.")


def write_key(key: NotificationKey) -> str:
    """The queue message that stands for a notification."""
    body = {"ticket_id": key.ticket_id, "notification_id": key.notification_id}
    extra = {"urgency": key.urgency, "correlation_id": logs.correlation_id()}
    return json.dumps(body | {name: value for name, value in extra.items() if value})


def read_key(body: str) -> NotificationKey:
    """The notification that a queue message stands for.

    Raises `ValueError` or `KeyError` for a body that is not one of ours: a bug, so it ends with the
    dead letters.
    """
    fields = json.loads(body)
    return NotificationKey(
        str(fields["ticket_id"]), str(fields["notification_id"]), str(fields.get("urgency", ""))
    )


def read_correlation(body: str) -> str:
    """What a queue message of ours was owed to; empty where it does not say."""
    return str(json.loads(body).get("correlation_id", ""))
