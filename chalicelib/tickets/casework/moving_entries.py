"""Moving entries: a message on the wrong ticket goes to the right one; both timelines say so and why."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from chalicelib.errors import InvalidRequest, InvalidTransition, NotFound, StaleTicket
from chalicelib.tickets.casework.settling import settled
from chalicelib.tickets.commit.writing import Committer
from chalicelib.tickets.model.records import Change
from chalicelib.tickets.model.ticket import FINAL_STATUSES, Actor, Entry, Status, Ticket, Visibility

MOVABLE = frozenset({"opened", "appended", "filed"})
MAX_REASON = 1_000


@dataclass(frozen=True, slots=True)
class MovingEntries:
    """MovingEntries messages between tickets. Entries are never changed: one is written on each side."""

    committer: Committer

    def move_entry(
        self,
        ticket_id: str,
        actor: Actor,
        entry_number: int,
        to_ticket_id: str,
        reason: str,
        *,
        version: int,
    ) -> Ticket:
        """Put a message on another ticket; the one it came from, which keeps it for staff only.

        There it speaks with its sender's voice: verified only when that is the other ticket's own
        requester, whose words then reopen and resume as always. Raises `InvalidRequest`,
        `InvalidTransition`, `NotFound`, `StaleTicket`, `TicketNotFound`.
        """
        why = _checked(reason, ticket_id, to_ticket_id)
        store = self.committer.store
        source = store.get(ticket_id)
        if version != source.version:
            raise StaleTicket(
                f"Ticket {ticket_id} was changed meanwhile; read it again and repeat your change.",
                source.version,
            )
        entry = store.entry(ticket_id, entry_number)
        if entry.kind not in MOVABLE or entry_number in settled(source, store).moved:
            raise NotFound(
                f"Entry {entry_number} of this ticket is no message, or was moved already."
            )
        target = store.get(to_ticket_id)
        if target.status in FINAL_STATUSES or target.merged_into:
            raise InvalidTransition(f"{to_ticket_id} is closed; choose one that still takes words.")
        now = self.committer.clock.now()
        _arrive(entry, source, target, actor, why, now)
        data = {"entry": entry_number, "to": to_ticket_id}
        source.record("moved", now, actor, visibility=Visibility.STAFF, text=why, data=data)
        source.last_staff_action_at = now
        self.committer.commit(target, Change(linked=[source]))
        return source


def _checked(reason: str, ticket_id: str, to_ticket_id: str) -> str:
    words = reason.strip()
    if not words or len(words) > MAX_REASON:
        text = f"Write why, in at most {MAX_REASON} characters."
        raise InvalidRequest("The reason is missing or too long.", {"reason": text})
    if ticket_id == to_ticket_id:
        raise InvalidRequest("It is there already.", {"to_ticket_id": "Name another ticket."})
    return words


def _arrive(
    entry: Entry, source: Ticket, target: Ticket, actor: Actor, why: str, now: datetime
) -> None:
    is_own = entry.is_verified and bool(entry.actor.key) and entry.actor.key == target.requester.key
    speaker = Actor("requester" if is_own else "stranger", entry.actor.key, entry.actor.name)
    target.record(
        "appended",
        now,
        speaker,
        visibility=Visibility.REQUESTER if is_own else Visibility.STAFF,
        text=entry.text,
        attachments=entry.attachments,
        channel=entry.channel,
        message_key=entry.message_key,
        is_verified=is_own,
        data={
            "moved_from": source.ticket_id,
            "moved_by": actor.name or actor.key,
            "reason": why,
            "raw_key": entry.data.get("raw_key", ""),
        },
    )
    if is_own and target.status in (Status.PENDING, Status.RESOLVED):
        target.change_status(Status.IN_PROGRESS, now, speaker)
