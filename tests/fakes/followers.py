"""The followers of tickets in memory."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime

from chalicelib.tickets.model.followers import Move
from chalicelib.tickets.model.records import Change
from chalicelib.tickets.ports import Page


class FakeFollowers:
    """`FollowerStore` in memory; `follow` takes what a change says of it."""

    def __init__(self) -> None:
        super().__init__()
        self.following: set[tuple[str, str, str]] = set()
        self.moving: dict[str, Move] = {}

    def followers(self, main_id: str, size: int = 50, token: str = "") -> Page[str]:
        end = int(token or 0) + size
        ids = sorted(i for of, _, i in self.following if of == main_id)
        return Page(ids[int(token or 0) :][:size], str(end) if end < len(ids) else "")

    def follows(self, main_id: str, author: str, but: str) -> bool:
        theirs = (f for f in self.following if f[:2] == (main_id, author))
        return any(ticket_id != but for *_, ticket_id in theirs)

    def moves(self, now: datetime) -> Iterator[Move]:
        yield from list(self.moving.values())

    def move_on(self, move: Move, position: str) -> bool:
        if self.moving.get(move.main_id) != move:
            return False
        self.moving[move.main_id] = replace(move, position=position, failures=0)
        if not position:
            del self.moving[move.main_id]
        return True

    def note_failure(self, move: Move, until: datetime) -> None:
        self.moving[move.main_id] = replace(move, failures=move.failures + 1)

    def follow(self, change: Change) -> None:
        for each in change.followers:
            place = (each.main_id, each.author, each.ticket_id)
            (self.following.discard if each.gone_at else self.following.add)(place)
        for move in change.moves:
            before = self.moving.get(move.main_id)
            steps = (*(before.steps[-1:] if before else ()), *move.steps)
            self.moving[move.main_id] = replace(move, steps=steps)
