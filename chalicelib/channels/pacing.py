"""Messages leave no faster than the account may send; knows a quota and no message."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from chalicelib import logs, metrics
from chalicelib.errors import TransientSendError
from chalicelib.metrics import Metric

log = logs.Log(__name__)

FRESH_FOR = 300.0  # seconds that a quota is believed
FREE = 5  # messages after a rest that are not worth a question
SHARE = (
    0.98  # of the account's rate that we use; what it refuses all the same is sent a moment later
)
DAY_SHARE = 0.9  # of what it may send in a day
AHEAD = 5  # turns taken at once, at most a second's
LONGEST = 8.0  # seconds that a message waits for its turn; then it is sent later

Turns = Callable[[float, float], float | None]


@dataclass(frozen=True, slots=True)
class Quota:
    """What the provider allows: so many a second, a day (negative: no limit), sent in 24 hours."""

    rate: float
    a_day: float = -1
    sent: float = 0

    @property
    def is_used_up(self) -> bool:
        """Whether a day's share is gone."""
        return 0 <= self.a_day * DAY_SHARE <= self.sent


@dataclass(slots=True)
class Pace:
    """Spaces messages out, all workers of all queues together under the account's rate.

    The first `free` of them after a rest cost no question, a broadcast's excepted; when more follow
    within a second the quota is asked for, and again every five minutes. `ask` gives it; None when the
    provider does not say, and then its own throttling is our limit. `turns` takes so many seconds of
    sending, from now on, and says when they begin: whoever comes later gets later ones. When it cannot
    tell, `workers` share the rate by themselves.
    """

    ask: Callable[[], Quota | None]
    turns: Turns = lambda _span, _now: None
    workers: int = 1
    ticks: Callable[[], float] = time.time
    sleep: Callable[[float], None] = time.sleep
    free: int = FREE
    _quota: Quota | None = field(default=None, init=False)
    _asked_at: float = field(default=float("-inf"), init=False)
    _last: float = field(default=float("-inf"), init=False)
    _taken: list[float] = field(default_factory=list, init=False)
    _own: float = field(default=float("-inf"), init=False)
    _run: int = field(default=0, init=False)

    def wait(self, count: int = 1, *, is_broadcast: bool = False) -> None:
        """Return when the next message may leave, which counts as `count` of them. Raises
        `TransientSendError` when the day is used up, or the queue before it is too long."""
        now = self.ticks()
        self._run = self._run + 1 if now - self._last < 1.0 else 1
        self._last = now
        if self._run <= self.free and not is_broadcast:
            return
        quota = self._known(now)
        if quota is None:
            return
        if quota.is_used_up:
            log.error("the account may not send", code="quota")
            metrics.put(Metric.SENDING_HELD)
            raise TransientSendError("The day's quota is used up; it is sent later.")
        rate = max(quota.rate * SHARE, 0.1)
        self._last = max(now, *(self._turn(now, rate) for _ in range(max(count, 1))))
        if self._last - now > LONGEST:
            raise TransientSendError("The account's rate is used up; it is sent later.")
        if self._last > now:
            self.sleep(self._last - now)

    def _turn(self, now: float, rate: float) -> float:
        self._taken = [turn for turn in self._taken if turn > now - 1.0]  # older ones have lapsed
        if not self._taken:
            self._taken = self._take(now, rate)
        return self._taken.pop(0)

    def _take(self, now: float, rate: float) -> list[float]:
        count = max(1, min(AHEAD, int(rate)))
        begins = self.turns(count / rate, now)
        if begins is not None:
            return [begins + place / rate for place in range(count)]
        begins = max(self._own, now)
        self._own = begins + self.workers / rate
        return [begins]

    def _known(self, now: float) -> Quota | None:
        if now - self._asked_at >= FRESH_FOR:
            self._asked_at = now
            self._quota = self.ask() or self._quota
        return self._quota
