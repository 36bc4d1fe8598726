"""The town's time: stands still for a test, runs for a person, and can be moved forward."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta


class TownClock:
    """`Clock` that stands at `at`, or runs from there when `is_running`; without `at`, from now."""

    def __init__(self, at: datetime | None = None, *, is_running: bool = False) -> None:
        self._lock = threading.Lock()
        self._is_running = is_running
        self._started = self._machine()
        self._at = (at or self._started).astimezone(UTC)

    def now(self) -> datetime:
        """The present moment of the town, aware, UTC."""
        with self._lock:
            return self._now()

    def move_to(self, moment: datetime) -> None:
        """Let it be `moment`. Moving back is allowed, for a test that wants to see what happens."""
        with self._lock:
            self._at, self._started = moment.astimezone(UTC), self._machine()

    def move_by(self, span: timedelta) -> datetime:
        """Let `span` pass at once; the moment it is then."""
        self.move_to(self.now() + span)
        return self.now()

    @property
    def is_ahead_by(self) -> timedelta:
        """How far the town is ahead of the machine it runs on."""
        return self.now() - self._machine()

    def _now(self) -> datetime:
        return self._at + (self._machine() - self._started) if self._is_running else self._at

    @staticmethod
    def _machine() -> datetime:
        return datetime.now(UTC)
