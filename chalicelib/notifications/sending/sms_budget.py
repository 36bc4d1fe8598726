"""The budget of texts: what they may cost in a day and in a month; knows no provider."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from chalicelib import logs, metrics
from chalicelib.metrics import Metric
from chalicelib.tickets.catalog import Policy
from chalicelib.tickets.model.quiet_hours import local_day
from chalicelib.tickets.ports import NotificationStore

log = logs.Log(__name__)

FRESH_FOR = 60.0  # seconds that a count is believed
SPENT = "The city's texts for this period are used up."


@dataclass(slots=True)
class SmsBudget:
    """The city's text segments; a count is a minute old at most, and so far a cap may be passed."""

    store: NotificationStore
    policy: Callable[[], Policy]
    ticks: Callable[[], float] = time.monotonic
    _read_at: float = field(default=float("-inf"), init=False)
    _day: str = field(default="", init=False)
    _spent: tuple[int, int] = field(default=(0, 0), init=False)

    def has_room(self, now: datetime, timezone: str, is_unproven: bool = False) -> bool:
        """Whether another text may leave; told loudly, once for each reading, when none may.

        One to a number that nobody has confirmed may only while its share of the caps is not spent,
        whoever spent it: so strangers' texts end first.
        """
        policy, day = self.policy(), local_day(now, timezone)
        if day != self._day or self.ticks() - self._read_at >= FRESH_FOR:
            self._spent = self.store.segments_spent(day)
            self._day, self._read_at = day, self.ticks()
            if not self._is_within(policy, 100):
                log.error("text spending cap reached", day=day)
                metrics.put(Metric.TEXT_CAP_REACHED)
        return self._is_within(policy, policy.unproven_share_percent if is_unproven else 100)

    def _is_within(self, policy: Policy, percent: int) -> bool:
        limits = (policy.sms_segments_a_day, policy.sms_segments_a_month)
        pairs = zip(self._spent, limits, strict=True)
        return all(not cap or 100 * spent < cap * percent for spent, cap in pairs)
