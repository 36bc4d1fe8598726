"""Dispatch of an approved broadcast: in chunks, each person exactly once, whatever dies."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from contextvars import copy_context
from dataclasses import dataclass

from chalicelib.errors import StaleTicket
from chalicelib.messages import Audience, Channel
from chalicelib.notifications.broadcasts.recipients import withdrawn
from chalicelib.notifications.broadcasts.rows import Row
from chalicelib.tickets.catalog import NoticeWords
from chalicelib.tickets.commit.reachability import refusal, respect_hours
from chalicelib.tickets.commit.writing import Committer
from chalicelib.tickets.model.receipts import BROADCAST
from chalicelib.tickets.model.records import Change, Contact, DeliveryStatus, Notification
from chalicelib.tickets.people.broadcasts import Broadcast
from chalicelib.tickets.ports import NotificationKey

CHUNK = 90  # rows written in one transaction
PARTITION = "BROADCAST-"


@dataclass(frozen=True, slots=True, kw_only=True)
class Dispatch:
    """Writes the messages of a chunk of rows and enqueues them. `frame` is said in every message."""

    committer: Committer
    jurisdiction_id: str
    frame: Mapping[str, str]

    def chunk(self, broadcast: Broadcast, rows: list[Row], words: NoticeWords) -> int:
        """Write a chunk and enqueue it; how many messages it makes.

        After a kill the same rows make the same messages, once.
        """
        good = {row.recipient.key: row for row in rows if not row.problem}
        contacts = self.committer.store.contacts(list(good))
        made = [self._message(broadcast, row, words) for row in good.values()]
        for each in made:
            contact = contacts.get(each.recipient.key)
            if contact:
                respect_hours(each, contact)
            if reason := _refused(broadcast, contact, each):
                each.status, each.reason, each.due_at = DeliveryStatus.SUPPRESSED, reason, None
        self._write(made)
        self.committer.enqueue(made)
        return len(made)

    def together(
        self, broadcast: Broadcast, chunks: Sequence[list[Row]], words: NoticeWords
    ) -> int:
        """The same for several chunks at once."""
        if len(chunks) == 1:
            return self.chunk(broadcast, chunks[0], words)
        from concurrent.futures import ThreadPoolExecutor  # Imported where used: few runs have one

        with ThreadPoolExecutor(len(chunks)) as pool:
            each = [
                pool.submit(copy_context().run, self.chunk, broadcast, chunk, words)
                for chunk in chunks
                if chunk
            ]
        return sum(one.result() for one in each)

    def _write(self, made: list[Notification]) -> None:
        if not made:
            return
        try:
            self.committer.store.save(Change(notifications=made))
        except StaleTicket:
            for each in made:  # some were written by a run that was killed, or name somebody again
                self._write_one(each)

    def _write_one(self, notification: Notification) -> None:
        try:
            self.committer.store.save(Change(notifications=[notification]))
        except StaleTicket:
            return

    def _message(self, broadcast: Broadcast, row: Row, words: NoticeWords) -> Notification:
        """One person's message; who it is for decides where it lies, so nobody has two."""
        now, policy = self.committer.clock.now(), self.committer.catalogs.load().policy
        seed = f"{broadcast.broadcast_id}\n{row.recipient.key}"
        name = hashlib.sha256(seed.encode()).hexdigest()[:26]
        return Notification(
            notification_id=name,
            ticket_id=_partition(broadcast, int(name[:8], 16)),
            jurisdiction_id=self.jurisdiction_id,
            notice=broadcast.template,
            template=broadcast.template,
            template_version=words.version,
            audience=Audience.REQUESTER,
            channel=row.channel,
            recipient=row.recipient,
            locale=broadcast.locale,
            created_at=now,
            due_at=now,
            context={**self.frame, **row.values},
            urgency=BROADCAST,
            purpose=broadcast.purpose,
            quiet_hours=policy.quiet_hours if row.channel is Channel.SMS else "",
            source=f"broadcast:{broadcast.broadcast_id}",
        )

    def call_off(self, broadcast: Broadcast) -> None:
        """Cancel whatever of it waits."""
        now = self.committer.clock.now()
        for partition in partitions(broadcast):
            for waiting in self.committer.store.queued(partition):
                key = NotificationKey(partition, waiting.notification_id)
                self.committer.deliveries.cancel(key, now, "broadcast_cancelled")


def _refused(broadcast: Broadcast, contact: Contact | None, message: Notification) -> str:
    """Why somebody gets nothing; a segment is only for who still consents, a list for who never refused."""
    if broadcast.segment and (contact is None or withdrawn(contact, broadcast.purpose)):
        return "preference"
    return refusal(contact, message.channel, message.purpose) if contact else ""


def partitions(broadcast: Broadcast) -> Iterator[str]:
    """Where the messages of a broadcast lie."""
    return (_partition(broadcast, number) for number in range(_spread(broadcast)))


def _spread(broadcast: Broadcast) -> int:
    return max(1, -(-broadcast.rows // CHUNK))


def _partition(broadcast: Broadcast, number: int) -> str:
    return f"{PARTITION}{broadcast.broadcast_id}-{number % _spread(broadcast)}"
