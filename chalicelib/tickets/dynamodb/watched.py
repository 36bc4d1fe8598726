"""Something large that a process keeps, and reads again when a small version beside it has changed."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Generic, TypeVar

V = TypeVar("V")
T = TypeVar("T")

FRESH_FOR = 60.0  # seconds


class Watched(Generic[V, T]):
    """What `read` gives, kept while `version` says the same; it is asked once a minute.

    `version` is asked before what it is of is read, so what changes meanwhile is seen the next time.
    It is told whether to be consistent: at the first time and after a change of our own.
    """

    def __init__(
        self,
        version: Callable[[bool], V],
        read: Callable[[V], T],
        ticks: Callable[[], float] = time.monotonic,
    ) -> None:
        self._version = version
        self._read = read
        self._ticks = ticks
        self._kept: tuple[V, T] | None = None
        self._looked = 0.0

    def get(self) -> T:
        """What is kept, at most a minute after its version was looked at."""
        now, kept = self._ticks(), self._kept
        if kept and now - self._looked < FRESH_FOR:
            return kept[1]
        version = self._version(kept is None)
        if kept is None or version != kept[0]:
            kept = self._kept = (version, self._read(version))
        self._looked = now
        return kept[1]

    def forget(self) -> None:
        """We changed it ourselves: it is read anew the next time."""
        self._kept = None
