"""The life of broadcasts: drafted, approved by a second person, run, paused, ended; knows no table."""

from __future__ import annotations

import io
import secrets
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import islice

from chalicelib import logs
from chalicelib.errors import AccessDenied, InvalidRequest, InvalidTransition, StaleTicket
from chalicelib.notifications.broadcasts.dispatch import CHUNK, Dispatch, partitions
from chalicelib.notifications.broadcasts.recipient_lists import Listing
from chalicelib.notifications.broadcasts.recipients import SegmentRecipients, faults_of
from chalicelib.notifications.broadcasts.rows import Row
from chalicelib.templates import available_locales
from chalicelib.tickets.catalog import NoticeWords
from chalicelib.tickets.commit.writing import Committer
from chalicelib.tickets.delivery_figures import DeliveryFigureStore
from chalicelib.tickets.model.receipts import BROADCAST
from chalicelib.tickets.model.records import AuditRecord, Change, DeliveryStatus
from chalicelib.tickets.model.ticket import Actor
from chalicelib.tickets.people.broadcasts import Broadcast, BroadcastStore, Stage, move
from chalicelib.tickets.people.segments import CONSENTED, Segment

log = logs.Log(__name__)

HANDS = 8  # one alone reaches half of a rate of 450 a second
AT_ONCE = 2  # steps of collecting recipients that somebody waits for
TRIES = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """What a broadcast shall say and to whom. `values` fill placeholders that are the same for all."""

    name: str
    template: str
    locale: str
    purpose: str
    values: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Broadcasting:
    """What people do with broadcasts, and the schedule that runs them.

    No more than `most_waiting` messages wait in their queue, so that pausing and cancelling take hold
    within minutes. `hands` chunks are handed over at once.
    """

    committer: Committer
    store: BroadcastStore
    counts: DeliveryFigureStore
    listing: Listing
    recipients: SegmentRecipients
    dispatch: Dispatch
    most_waiting: int
    hands: int = 1

    def draft(self, draft: Draft, rows: bytes, actor: Actor) -> Broadcast:
        """Check every row and keep the list; nothing is sent. Bad rows are named by line.

        Raises `InvalidRequest` for an unknown template, columns that do not fit, or too many rows.
        """
        made = self._made(draft, actor)
        words = self.listing.words(made)
        try:
            text = rows.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            raise InvalidRequest("The list is not UTF-8.", {"rows": "must be UTF-8"}) from error
        self.listing.check(made, words, io.StringIO(text, newline=""))
        made.digest = self.listing.keep(rows)
        return self._saved(made, actor, "broadcast_drafted")

    def draft_segment(self, draft: Draft, segment: Segment, actor: Actor) -> Broadcast:
        """Gather who belongs to the segment and consented to the purpose; nothing is sent.

        A large segment is still *preparing* when this returns; the schedule goes on, and its counts
        grow. Raises `InvalidRequest` for an unknown template, area, service or language, and for
        placeholders that are left without a value.
        """
        made = self._made(draft, actor)
        made.stage, made.segment = Stage.PREPARING, segment
        wrong = dict(faults_of(segment, self.committer.catalogs.load(), available_locales()))
        if draft.purpose not in CONSENTED:
            wrong["purpose"] = "Nobody consents to this one."
        lacking = set(made.columns) - set(made.values)
        wrong |= {f"values.{name}": "The template needs this value." for name in lacking}
        if wrong:
            raise InvalidRequest("The segment cannot be gathered.", wrong)
        self.listing.segments_of(self.listing.words(made), made.values)
        self._saved(made, actor, "broadcast_drafted")
        self.recipients.run(made, steps=AT_ONCE)
        return made

    def _made(self, draft: Draft, actor: Actor) -> Broadcast:
        now = self.committer.clock.now()
        made = Broadcast(
            broadcast_id=f"{now:%Y%m%dT%H%M%S}-{secrets.token_hex(4)}",
            name=draft.name,
            template=draft.template,
            locale=draft.locale,
            purpose=draft.purpose,
            digest="",
            author=actor.key,
            created_at=now,
            values=draft.values,
        )
        made.columns = tuple(self.listing.words(made).placeholders)
        if strange := set(draft.values) - set(made.columns):
            said = dict.fromkeys(
                (f"values.{name}" for name in strange), "The template has no such placeholder."
            )
            raise InvalidRequest("The values do not fit the template.", said)
        return made

    def approve(
        self, broadcast_id: str, actor: Actor, starts_at: datetime | None = None
    ) -> Broadcast:
        """Let it run, by somebody other than its author. Raises `AccessDenied` for the author."""

        def change(found: Broadcast) -> None:
            if actor.key == found.author:
                raise AccessDenied("A broadcast is approved by somebody other than who made it.")
            if found.stage is Stage.DRAFT and found.rows == found.bad:
                raise InvalidRequest("Nobody on the list can be sent to.", {"rows": "are all bad"})
            move(found, Stage.APPROVED)
            found.approved_by = actor.key
            found.starts_at = starts_at or self.committer.clock.now()

        return self._changed(broadcast_id, actor, "broadcast_approved", change)

    def pause(self, broadcast_id: str, actor: Actor) -> Broadcast:
        """Hand over no more for now; what left cannot be held back."""
        return self._changed(
            broadcast_id, actor, "broadcast_paused", lambda found: move(found, Stage.PAUSED)
        )

    def resume(self, broadcast_id: str, actor: Actor) -> Broadcast:
        """Go on where it was paused."""

        def change(found: Broadcast) -> None:
            if found.stage is not Stage.PAUSED:
                raise InvalidTransition("Only a paused broadcast can go on.")
            move(found, Stage.APPROVED)

        return self._changed(broadcast_id, actor, "broadcast_resumed", change)

    def cancel(self, broadcast_id: str, actor: Actor) -> Broadcast:
        """End it, and call off what waits. Raises `InvalidTransition` when all of it has left."""

        def change(found: Broadcast) -> None:
            if found.stage is Stage.DONE and not self.is_leaving(found):
                raise InvalidTransition("All of it has left.")
            move(found, Stage.CANCELLED)

        found = self._changed(broadcast_id, actor, "broadcast_cancelled", change)
        self.dispatch.call_off(found)
        return found

    def is_leaving(self, broadcast: Broadcast) -> bool:
        """Whether some of what was handed over has not left yet."""
        return self.tally(broadcast)[DeliveryStatus.QUEUED] > 0

    def tally(self, broadcast: Broadcast) -> Counter[str]:
        """How many messages stand where, as counted when they got there; the others wait.

        What was called off is not counted as it happens: that is looked up, once it is over.
        """
        found = self.counts.broadcast(broadcast.broadcast_id)
        waiting = min(broadcast.handed, broadcast.rows - broadcast.bad) - found.total()
        if waiting > 0 and broadcast.stage is Stage.CANCELLED:
            return self._looked_up(broadcast)
        return found + Counter({str(DeliveryStatus.QUEUED): waiting})

    def _looked_up(self, broadcast: Broadcast) -> Counter[str]:
        found: Counter[str] = Counter()
        for partition in partitions(broadcast):
            found.update(str(n.status) for n in self.committer.deliveries.under(partition))
        return found

    def _changed(
        self, broadcast_id: str, actor: Actor, action: str, change: Callable[[Broadcast], None]
    ) -> Broadcast:
        """Change it as it is now; again when the run, which writes often, was faster."""
        for attempt in range(1, TRIES + 1):
            found = self.store.get(broadcast_id)
            change(found)
            try:
                return self._saved(found, actor, action)
            except StaleTicket:
                if attempt == TRIES:
                    raise
        raise AssertionError("unreachable")

    def _saved(self, broadcast: Broadcast, actor: Actor, action: str) -> Broadcast:
        self.store.save(broadcast)
        record = AuditRecord(
            audit_id=secrets.token_hex(8),
            at=self.committer.clock.now(),
            actor=actor,
            action=action,
            subject=f"broadcast:{broadcast.broadcast_id}",
            data={"rows": broadcast.rows, "bad": broadcast.bad},
        )
        self.committer.store.save(Change(audit=[record]))
        return broadcast

    def run(self, remaining: Callable[[], int] = lambda: 60_000) -> int:
        """Go on collecting recipients, and hand over what is approved and due, while there is time and
        not too many wait to leave; how many rows were read."""
        now, read = self.committer.clock.now(), 0
        for found in self.store.all():
            if found.is_beyond_us:
                continue
            if found.stage is Stage.PREPARING:
                self.recipients.run(found, remaining)
            if found.stage is Stage.APPROVED and (found.starts_at or now) <= now:
                room = self.most_waiting - self.committer.queue.waiting(BROADCAST)
                read += self._run(found, room, remaining)
        return read

    def _run(self, broadcast: Broadcast, room: int, remaining: Callable[[], int]) -> int:
        words, began = self.listing.words(broadcast), broadcast.cursor
        rows = self.listing.rows(broadcast, words, began)
        is_over = False
        try:
            while not is_over and broadcast.cursor - began < room and remaining() > 15_000:
                left = -(-(room - broadcast.cursor + began) // CHUNK)
                is_over = self._hand_over(broadcast, rows, words, min(self.hands, left))
                self.store.save(broadcast)
        except StaleTicket:
            log.info("a broadcast was paused, ended or taken over by another run")
            self._mind_the_end(broadcast.broadcast_id)
        return broadcast.cursor - began

    def _hand_over(
        self, broadcast: Broadcast, rows: Iterator[Row], words: NoticeWords, hands: int
    ) -> bool:
        """Several chunks at once, for a hand mostly waits for the table; whether they were the last.

        How far it came is written when all are through: what a kill leaves is handed over again, once.
        """
        chunks = [list(islice(rows, CHUNK)) for _ in range(hands)]
        broadcast.handed += self.dispatch.together(broadcast, chunks, words)
        broadcast.cursor += sum(map(len, chunks))
        is_over = len(chunks[-1]) < CHUNK
        if is_over:
            move(broadcast, Stage.DONE)
            broadcast.finished_at = self.committer.clock.now()
        return is_over

    def _mind_the_end(self, broadcast_id: str) -> None:
        """What a run wrote while its broadcast was being cancelled is called off too."""
        found = self.store.get(broadcast_id)
        if found.stage is Stage.CANCELLED:
            self.dispatch.call_off(found)
