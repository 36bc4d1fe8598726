"""Delivery figures: what is counted as it happens, and what the counts say; pure."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from math import ceil
from typing import Protocol

from chalicelib.messages import Channel
from chalicelib.tickets.model.receipts import ENDS
from chalicelib.tickets.model.records import Contact, DeliveryStatus, Notification
from chalicelib.tickets.ports import NotificationKey, Page

# A message is counted under one of these at a time; before that it only waits.
COUNTED = frozenset({DeliveryStatus.ACCEPTED, *ENDS})
# Upper ends, in seconds, of the steps in which the time from intent to provider is counted.
STEPS = (
    1,
    2,
    3,
    5,
    7,
    10,
    15,
    20,
    30,
    45,
    60,
    90,
    120,
    180,
    300,
    600,
    900,
    1800,
    3600,
    7200,
    14400,
)
LONGER = "longer"
STUCK_AFTER = timedelta(minutes=15)


def step_of(seconds: float) -> str:
    """The step that a time falls into, by its upper end."""
    place = bisect_left(STEPS, seconds)
    return str(STEPS[place]) if place < len(STEPS) else LONGER


@dataclass(slots=True, kw_only=True)
class Tally:
    """The messages of one channel and template: how many stand where, and how long they took to leave."""

    channel: Channel
    template: str
    statuses: Counter[str] = field(default_factory=Counter)
    waits: Counter[str] = field(default_factory=Counter)

    @property
    def total(self) -> int:
        """All that were given to a provider, or ended without."""
        return sum(self.statuses.values())

    def rate(self, *statuses: DeliveryStatus) -> float:
        """The share, from 0 to 1, that stands in one of `statuses`."""
        found = sum(self.statuses[status] for status in statuses)
        return found / self.total if self.total else 0.0


def quantile(waits: Mapping[str, int], share: float) -> int | None:
    """The upper end, in seconds, of the step by which `share` of the messages had left.

    None when nothing left, or when it took longer than the last step.
    """
    wanted = ceil(sum(waits.values()) * share)
    if not wanted:
        return None
    for step in STEPS:
        wanted -= waits.get(str(step), 0)
        if wanted <= 0:
            return step
    return None


def merged(tallies: Iterable[Tally]) -> list[Tally]:
    """Those of the same channel and template as one, by name."""
    found: dict[tuple[Channel, str], Tally] = {}
    for tally in tallies:
        name = (tally.channel, tally.template)
        own = found.setdefault(name, Tally(channel=tally.channel, template=tally.template))
        own.statuses += tally.statuses
        own.waits += tally.waits
    return [found[name] for name in sorted(found)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Spending:
    """The text segments of a month, by civil day (ISO)."""

    month: str
    days: Mapping[str, int]
    total: int


class DeliveryFigureStore(Protocol):
    """What was counted, and the lists of what needs a person."""

    def tallies(self, days: Sequence[str]) -> list[Tally]:
        """What was meant to be sent on these civil days (ISO), merged."""
        ...

    def spending(self, month: str) -> Spending:
        """The text segments of a month such as `2026-03`."""
        ...

    def overdue(self, until: datetime, limit: int) -> list[tuple[NotificationKey, Notification]]:
        """Messages that should have left by `until` and have not, at most `limit`."""
        ...

    def suppressed(self, size: int, token: str) -> Page[Contact]:
        """Contacts that something is not sent to, latest change first."""
        ...

    def broadcast(self, broadcast_id: str) -> Counter[str]:
        """How many messages of a broadcast stand where, without those that wait."""
        ...
