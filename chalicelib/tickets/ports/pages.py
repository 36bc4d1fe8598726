"""What every list of the stores comes in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """Some of a list, and the signed token that continues it (empty at the end)."""

    items: Sequence[T]
    next_token: str = ""
