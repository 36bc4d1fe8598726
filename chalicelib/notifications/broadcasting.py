"""Broadcasts: checked, approved by a second person, handed over in chunks, each person exactly once."""

from __future__ import annotations

import hashlib
import io
import logging
import secrets
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Protocol

from chalicelib.errors import AccessDenied, InvalidRequest, StaleTicket
from chalicelib.messages import Attachment, Audience, Channel
from chalicelib.notifications.rows import MOST_ROWS, Row, fingerprint, read_rows
from chalicelib.notifications.service import template_of
from chalicelib.templates.written import render_written
from chalicelib.tickets.broadcasts import Broadcast, BroadcastStore, Stage, move
from chalicelib.tickets.catalog import NoticeWords
from chalicelib.tickets.commit import Committer
from chalicelib.tickets.models import Actor
from chalicelib.tickets.notice_checks import as_written
from chalicelib.tickets.ports import NotificationKey
from chalicelib.tickets.reachability import refusal
from chalicelib.tickets.records import AuditRecord, Change, DeliveryStatus, Notification

logger = logging.getLogger(__name__)

CHUNK = 90  # rows written in one transaction
PER_RUN = 5_000  # rows handed over before others have their turn again
PROBLEMS_KEPT = 500
PARTITION = "BROADCAST-"


class ListStore(Protocol):
    """Where lists are kept, named by what they contain."""

    def put(self, attachment: Attachment) -> Attachment:
        """Keep the content under its digest."""
        ...

    def lines(self, digest: str) -> Iterator[str]:
        """The lines of a kept list, one after the other. Raises `NotFound`."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Broadcasting:
    """The life of broadcasts. `cost` counts the segments of a text; `frame` is said in every message."""

    committer: Committer
    store: BroadcastStore
    lists: ListStore
    jurisdiction_id: str
    frame: Mapping[str, str]
    cost: Callable[[str], int]

    def draft(
        self, name: str, template: str, locale: str, purpose: str, rows: bytes, actor: Actor
    ) -> Broadcast:
        """Check every row and keep the list; nothing is sent. Bad rows are named by line.

        Raises `InvalidRequest` for an unknown template, columns that do not fit, or too many rows.
        """
        words, now = self._words(template, locale), self.committer.clock.now()
        made = Broadcast(
            broadcast_id=f"{now:%Y%m%dT%H%M%S}-{secrets.token_hex(4)}",
            name=name,
            template=template,
            locale=locale,
            purpose=purpose,
            digest="",
            author=actor.key,
            created_at=now,
            columns=tuple(words.placeholders),
        )
        try:
            text = rows.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            raise InvalidRequest("The list is not UTF-8.", {"rows": "must be UTF-8"}) from error
        self._check(made, words, io.StringIO(text, newline=""))
        listed = Attachment(
            filename="rows.csv",
            content_type="text/csv",
            size=len(rows),
            digest=hashlib.sha256(rows).hexdigest(),
            content=rows,
        )
        made.digest = self.lists.put(listed).digest
        self.store.save(made)
        self._note(made, actor, "broadcast_drafted")
        return made

    def _words(self, template: str, locale: str) -> NoticeWords:
        return template_of(self.committer.catalogs.load(), template, locale)

    def _check(self, made: Broadcast, words: NoticeWords, lines: Iterable[str]) -> None:
        seen: set[bytes] = set()
        problems: list[tuple[int, str]] = []
        price = self.committer.catalogs.load().policy.sms_price_micros
        for row in read_rows(lines, words.placeholders):
            made.rows += 1
            if made.rows > MOST_ROWS:
                raise InvalidRequest(
                    "The list is too long.", {"rows": f"at most {MOST_ROWS} rows at once"}
                )
            mark = fingerprint(row.recipient)
            problem = row.problem or ("names somebody a second time" if mark in seen else "")
            if problem:
                made.bad += 1
                problems.append((row.line, problem))
                del problems[PROBLEMS_KEPT:]
                continue
            seen.add(mark)
            self._price(made, words, row)
        made.cost_micros, made.problems = made.segments * price, tuple(problems)

    def _price(self, made: Broadcast, words: NoticeWords, row: Row) -> None:
        if row.channel is Channel.EMAIL:
            made.mails += 1
            return
        made.texts += 1
        values = {**self.frame, **row.values}
        said = render_written(words.name, as_written(words), Channel.SMS, values).text
        made.segments += self.cost(said)

    def approve(
        self, broadcast_id: str, actor: Actor, starts_at: datetime | None = None
    ) -> Broadcast:
        """Let it run, by somebody other than its author. Raises `AccessDenied` for the author."""
        found = self.store.get(broadcast_id)
        if actor.key == found.author:
            raise AccessDenied("A broadcast is approved by somebody other than who made it.")
        if found.rows == found.bad:
            raise InvalidRequest("Nobody on the list can be sent to.", {"rows": "are all bad"})
        move(found, Stage.APPROVED)
        found.approved_by = actor.key
        found.starts_at = starts_at or self.committer.clock.now()
        return self._saved(found, actor, "broadcast_approved")

    def pause(self, broadcast_id: str, actor: Actor) -> Broadcast:
        """Hand over no more for now; what left cannot be held back."""
        return self._moved(broadcast_id, Stage.PAUSED, actor, "broadcast_paused")

    def resume(self, broadcast_id: str, actor: Actor) -> Broadcast:
        """Go on where it was paused."""
        found = self.store.get(broadcast_id)
        if found.stage is not Stage.PAUSED:
            move(found, Stage.PAUSED)
        move(found, Stage.APPROVED)
        return self._saved(found, actor, "broadcast_resumed")

    def cancel(self, broadcast_id: str, actor: Actor) -> Broadcast:
        """End it, and call off what waits."""
        found = self._moved(broadcast_id, Stage.CANCELLED, actor, "broadcast_cancelled")
        self._call_off(found)
        return found

    def tally(self, broadcast: Broadcast) -> Counter[str]:
        """How many messages stand where, counted as they are stored."""
        found: Counter[str] = Counter()
        for partition in _partitions(broadcast):
            found.update(str(n.status) for n in self.committer.deliveries.under(partition))
        return found

    def _moved(self, broadcast_id: str, stage: Stage, actor: Actor, action: str) -> Broadcast:
        found = self.store.get(broadcast_id)
        move(found, stage)
        return self._saved(found, actor, action)

    def _saved(self, broadcast: Broadcast, actor: Actor, action: str) -> Broadcast:
        self.store.save(broadcast)
        self._note(broadcast, actor, action)
        return broadcast

    def _note(self, broadcast: Broadcast, actor: Actor, action: str) -> None:
        record = AuditRecord(
            audit_id=secrets.token_hex(8),
            at=self.committer.clock.now(),
            actor=actor,
            action=action,
            subject=f"broadcast:{broadcast.broadcast_id}",
            data={"rows": broadcast.rows, "bad": broadcast.bad},
        )
        self.committer.store.save(Change(audit=[record]))

    def run(self, remaining: Callable[[], int] = lambda: 60_000) -> int:
        """Hand over what is approved and due, while there is time; how many rows were read."""
        now, read = self.committer.clock.now(), 0
        for found in self.store.all():
            if found.stage is Stage.APPROVED and (found.starts_at or now) <= now:
                read += self._run(found, remaining)
        return read

    def _run(self, broadcast: Broadcast, remaining: Callable[[], int]) -> int:
        words = self._words(broadcast.template, broadcast.locale)
        began = broadcast.cursor
        rows = islice(
            read_rows(self.lists.lines(broadcast.digest), words.placeholders), began, None
        )
        try:
            while broadcast.cursor - began < PER_RUN and remaining() > 15_000:
                chunk = list(islice(rows, CHUNK))
                self._hand_over(broadcast, chunk, words)
                if len(chunk) < CHUNK:
                    move(broadcast, Stage.DONE)
                    broadcast.finished_at = self.committer.clock.now()
                broadcast.cursor += len(chunk)
                self.store.save(broadcast)
                if broadcast.stage is Stage.DONE:
                    break
        except StaleTicket:
            logger.info("a broadcast was paused, ended or taken over by another run")
            self._mind_the_end(broadcast.broadcast_id)
        return broadcast.cursor - began

    def _mind_the_end(self, broadcast_id: str) -> None:
        """What a run wrote while its broadcast was being cancelled is called off too."""
        found = self.store.get(broadcast_id)
        if found.stage is Stage.CANCELLED:
            self._call_off(found)

    def _call_off(self, broadcast: Broadcast) -> None:
        now = self.committer.clock.now()
        for partition in _partitions(broadcast):
            for waiting in self.committer.store.queued(partition):
                key = NotificationKey(partition, waiting.notification_id)
                self.committer.deliveries.cancel(key, now, "broadcast_cancelled")

    def _hand_over(self, broadcast: Broadcast, chunk: list[Row], words: NoticeWords) -> None:
        """Write a chunk and enqueue it; after a kill the same rows make the same messages, once."""
        good = {row.recipient.key: row for row in chunk if not row.problem}
        contacts = self.committer.store.contacts(list(good))
        made = [self._message(broadcast, row, words) for row in good.values()]
        for each in made:
            contact = contacts.get(each.recipient.key)
            reason = refusal(contact, each.channel, each.purpose) if contact else ""
            if reason:
                each.status, each.reason, each.due_at = DeliveryStatus.SUPPRESSED, reason, None
        self._write(made)
        self.committer.enqueue(made)

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
            urgency="broadcast",
            purpose=broadcast.purpose,
            quiet_hours=policy.quiet_hours if row.channel is Channel.SMS else "",
            source=f"broadcast:{broadcast.broadcast_id}",
        )


def _partitions(broadcast: Broadcast) -> Iterator[str]:
    return (_partition(broadcast, number) for number in range(_spread(broadcast)))


def _spread(broadcast: Broadcast) -> int:
    return max(1, -(-broadcast.rows // CHUNK))


def _partition(broadcast: Broadcast, number: int) -> str:
    return f"{PARTITION}{broadcast.broadcast_id}-{number % _spread(broadcast)}"
