"""All words of one entry, in parts that a function can answer with; knows no route."""

from __future__ import annotations

from dataclasses import dataclass

from chalicelib.errors import NotFound
from chalicelib.handlers.http import Call

LETTERS = 100_000  # of one part: half a megabyte at most, however its letters are written


@dataclass(frozen=True, slots=True)
class Part:
    """Some of an entry's words; both numbers count from 1."""

    text: str
    number: int
    parts: int

    @property
    def is_last(self) -> bool:
        """Whether nothing comes behind it."""
        return self.number == self.parts


def part_of(call: Call, text: str) -> Part:
    """The part of `text` that is asked for, the first by itself. Raises `NotFound` for none of them."""
    parts = max(-(-len(text) // LETTERS), 1)
    number = counted(call, "part", 1)
    if not 1 <= number <= parts:
        raise NotFound("There is no such part of this text.")
    return Part(text[(number - 1) * LETTERS : number * LETTERS], number, parts)


def counted(call: Call, name: str, default: int = 0) -> int:
    """A small number in the query. Raises `NotFound` for what is none."""
    return number_in(call.arg(name) or str(default))


def number_in(given: str) -> int:
    """The number of an entry or a part. Raises `NotFound` for what is none."""
    if not (given.isascii() and given.isdigit() and len(given) < 8):
        raise NotFound("There is nothing under this number.")
    return int(given)
