"""What every list of the stores comes in, and how a walk goes from place to place; pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

T = TypeVar("T")
LAST = "~"  # behind every place


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """Some of a list, and the signed token that continues it (empty at the end)."""

    items: Sequence[T]
    next_token: str = ""


def reached(places: Sequence[str], place: str, after: str) -> tuple[str, str]:
    """Where a walk over sorted places goes on that stopped in `place` behind `after`: there, or at the
    beginning of the next one, if that place is gone. An empty place at the end."""
    here = next((each for each in places if each >= place), "")
    return here, after if here == place else ""


def beyond(places: Sequence[str], place: str) -> str:
    """The place behind one that was seen to its end."""
    return next((each for each in places if each > place), LAST)
