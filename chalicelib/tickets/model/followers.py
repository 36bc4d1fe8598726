"""Who follows a ticket, and where its followers are to go; pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from chalicelib.tickets.model.ticket import Actor, Status


@dataclass(frozen=True, slots=True, kw_only=True)
class Follower:
    """That a ticket follows the ticket `main_id`, or, since `gone_at`, follows it no more.

    `author` is the mark of whose ticket it is, empty for nobody's.
    """

    main_id: str
    ticket_id: str
    author: str = ""
    gone_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """Where a ticket went that others follow, as the entry of this `number` says.

    `reason` is what others may read of it.
    """

    number: int
    to: Status
    at: datetime
    actor: Actor
    reason: str = ""
    is_reopening: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """That the followers of a ticket are to go where it went: at most its last two `steps`, oldest first.

    All before `position` have gone. `failures` are the runs in which some there could not.
    """

    main_id: str
    steps: tuple[Step, ...]
    position: str = ""
    failures: int = 0
