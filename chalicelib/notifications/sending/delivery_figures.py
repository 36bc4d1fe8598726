"""Delivery figures: shares, times, what is stuck, what it cost; sends nothing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta

from chalicelib.errors import InvalidRequest
from chalicelib.tickets.catalog import Policy
from chalicelib.tickets.delivery_figures import (
    STUCK_AFTER,
    DeliveryFigureStore,
    Spending,
    Tally,
    quantile,
)
from chalicelib.tickets.model.quiet_hours import local_day
from chalicelib.tickets.model.records import Contact, Notification
from chalicelib.tickets.ports import Clock, NotificationKey, Page

MOST_DAYS = 31
STUCK_SHOWN = 50
SHARES = (0.5, 0.95, 0.99)


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """What a city page shows of `first_day` to `last_day` (civil days, ISO), both included.

    `times` are upper bounds in seconds, from intent to provider, of the median, the 95th and the 99th
    of a hundred; None where nothing left, or more slowly than four hours. `spending` is of the month of
    the last day, `price_micros` a segment's price in millionths.
    """

    first_day: str
    last_day: str
    tallies: list[Tally]
    times: tuple[int | None, ...]
    stuck: list[tuple[NotificationKey, Notification]]
    spending: Spending
    price_micros: int


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryFigures:
    """Reads what was counted as it happened."""

    store: DeliveryFigureStore
    policy: Callable[[], Policy]
    clock: Clock
    timezone: str

    def recent(self, days: int = 7) -> Figures:
        """The last `days` days with today. Raises `InvalidRequest` outside 1 to 31."""
        if not 1 <= days <= MOST_DAYS:
            raise InvalidRequest("Ask for fewer days.", {"days": f"from 1 to {MOST_DAYS}"})
        now = self.clock.now()
        today = date.fromisoformat(local_day(now, self.timezone))
        wanted = [(today - timedelta(days=back)).isoformat() for back in reversed(range(days))]
        tallies = self.store.tallies(wanted)
        return Figures(
            first_day=wanted[0],
            last_day=wanted[-1],
            tallies=tallies,
            times=times_of(tallies),
            stuck=self.store.overdue(now - STUCK_AFTER, STUCK_SHOWN),
            spending=self.store.spending(wanted[-1][:7]),
            price_micros=self.policy().sms_price_micros,
        )

    def suppressed(self, size: int = 50, token: str = "") -> Page[Contact]:
        """Contacts that something is not sent to, latest change first, with why by channel."""
        return self.store.suppressed(size, token)


def times_of(tallies: list[Tally]) -> tuple[int | None, ...]:
    """The median, the 95th and the 99th of a hundred, over all of these."""
    waits: Counter[str] = Counter()
    for tally in tallies:
        waits += tally.waits
    return tuple(quantile(waits, share) for share in SHARES)
