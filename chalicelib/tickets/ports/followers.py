"""The followers of a ticket, as the rules need them kept; a protocol."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Protocol

from chalicelib.tickets.model.followers import Move
from chalicelib.tickets.ports.pages import Page


class FollowerStore(Protocol):
    """Who follows which ticket, and which of them are to be moved along. `TicketStore.save` writes both
    with the change that they come from."""

    def followers(self, main_id: str, size: int = 50, token: str = "") -> Page[str]:
        """Ids of the tickets that follow a ticket, read consistently, in an order that stays.

        Raises `InvalidRequest` for a token that is not ours.
        """
        ...

    def follows(self, main_id: str, author: str, but: str) -> bool:
        """Whether the author of this mark has a ticket among the followers, other than `but`."""
        ...

    def moves(self, now: datetime) -> Iterator[Move]:
        """The moves that wait, the one that waits longest first, each as it is when it is asked for."""
        ...

    def move_on(self, move: Move, position: str) -> bool:
        """Note that all before `position` have gone, or, where it is empty, that all have.

        False, and nothing is noted, when the ticket went on meanwhile, or another run was faster.
        """
        ...

    def note_failure(self, move: Move, until: datetime) -> None:
        """Note that some could not go; the move waits `until` then and begins at its position again."""
        ...
