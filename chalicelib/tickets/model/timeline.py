"""What stands on a ticket's timeline, and what moves its clocks; knows no clock and no ticket."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import Any

from chalicelib.messages import Attachment


class ClockEvent(StrEnum):
    """What an entry does to the clocks of a ticket."""

    STARTED = "started"
    RESPONDED = "responded"
    PAUSED = "paused"
    RESUMED = "resumed"
    STOPPED = "stopped"
    REOPENED = "reopened"
    HANDED_OVER = "handed_over"
    ACCEPTED = "accepted"
    INFORMED = "informed"
    APPEALED = "appealed"


@dataclass(frozen=True, slots=True)
class ClockMark:
    """One line of a ticket's clock ledger: the extract of the timeline that deadlines depend on."""

    event: ClockEvent
    at: datetime
    entry: int


class Visibility(StrEnum):
    """Who may read an entry: everybody, the holder of the tracking link, or staff."""

    PUBLIC = "public"
    REQUESTER = "requester"
    STAFF = "staff"


@dataclass(frozen=True, slots=True)
class Actor:
    """Who did something. `kind` is requester, participant, stranger, agency, staff or system.

    `key` is a party key or a user name; `name` is for people.
    """

    kind: str
    key: str = ""
    name: str = ""


SYSTEM = Actor("system", "civicline", "Civicline")


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One thing that happened, never changed afterwards. `number` orders a ticket's timeline from 1.

    `kind` is a past participle: opened, appended, replied, noted, status_changed, reopened, assigned,
    priority_changed, handed_over, reclassified, escalated, preferences_changed, notice_failed,
    notice_unknown, linked, filed, moved, accepted, contact_unreachable, deadline_moved, rescheduled,
    hand_over_accepted, hand_over_refused, informed, appealed, reply_address_revoked,
    emergency_withdrawn, confirmation_asked, confirmed, claimed, call_failed, placed,
    joined, me_too, split, left_behind, link_renewed, code_asked.
    `data` holds codes and ids (`from`, `to`, `reason`, `step`, …); `text` is what a person wrote.
    `is_verified` is False for words of a sender who did not prove who they are. Where `is_cut`, `text` is
    only the beginning of what was written; the store has the whole.
    """

    number: int
    kind: str
    at: datetime
    actor: Actor
    visibility: Visibility = Visibility.REQUESTER
    text: str = ""
    data: Mapping[str, Any] = field(default_factory=dict)
    attachments: tuple[Attachment, ...] = ()
    channel: str = ""
    message_key: str = ""
    is_verified: bool = True
    is_cut: bool = False


@dataclass(frozen=True, slots=True)
class Settled:
    """What later entries say of earlier ones, so that one page of a timeline can be read alone.

    `moved` are the numbers of messages that are on another ticket now, `accepted` those that staff took as
    the requester's own; true of the entries up to `upto`, for an earlier release wrote none of it.
    """

    moved: tuple[int, ...] = ()
    accepted: tuple[int, ...] = ()
    upto: int = 0

    def after(self, entry: Entry) -> Settled:
        """The same with what `entry` says."""
        upto = max(self.upto, entry.number) if entry.number <= self.upto + 1 else self.upto
        number = entry.data.get("entry")
        if entry.kind not in ("moved", "accepted") or not isinstance(number, int):
            return replace(self, upto=upto)
        known = (*getattr(self, entry.kind), number)
        return replace(self, upto=upto, **{entry.kind: tuple(dict.fromkeys(known))})


NOTHING_SETTLED = Settled()
