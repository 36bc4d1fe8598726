"""What the rules need from the world at large: the time, files, providers, a queue; protocols."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Protocol

from chalicelib.messages import Attachment, OutboundMessage
from chalicelib.tickets.ports.notifications import NotificationKey


class Clock(Protocol):
    """Where `now` comes from."""

    def now(self) -> datetime:
        """The present moment, aware, UTC."""
        ...


StandIn = Callable[[str, str], str]
"""Who has the tickets of somebody at this moment, of an agency: themselves or who stands in; or nobody."""


def themselves(assignee: str, _agency_code: str) -> str:
    """Everybody is there."""
    return assignee


class DeliveryQueue(Protocol):
    """The queues between writing a notification and sending it, one for each urgency; only keys travel."""

    def enqueue(self, keys: Iterable[NotificationKey]) -> None:
        """Hand over keys; a failure raises and the sweep makes up for it."""
        ...

    def waiting(self, urgency: str) -> int:
        """About how many of one urgency wait to be taken."""
        ...


class Sender(Protocol):
    """One provider on one channel; makes one attempt."""

    def cost(self, message: OutboundMessage) -> int:
        """The segments that will be billed; 0 where nothing is."""
        ...

    def send(self, message: OutboundMessage) -> str:
        """Send and return the provider's message id.

        Raises `TransientSendError` (not sent), `UnknownSendError` (perhaps sent) or
        `PermanentSendError` (refused).
        """
        ...


class FileStore(Protocol):
    """Attachments and raw mails, named by what they contain."""

    def put(self, attachment: Attachment) -> Attachment:
        """Keep the content; the attachment as kept, without content. Safe to repeat.

        Photos are kept without their metadata, so that digest and size may change.
        """
        ...

    def get(self, digest: str) -> bytes:
        """The content. Raises `NotFound`."""
        ...

    def raw(self, key: str) -> bytes:
        """The bytes of a raw mail. Raises `NotFound`."""
        ...
