"""The marks that move a ticket's clocks; knows no clock and no ticket."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


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
