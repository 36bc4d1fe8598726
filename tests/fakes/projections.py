"""What hears of changed tickets, in memory."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from chalicelib.bootstrap import Services


class FakeProjections:
    """Remembers what it was told; fails over the tickets in `hard`, after it heard of them."""

    def __init__(self) -> None:
        self.batches: list[list[str]] = []
        self.hard: set[str] = set()
        self.is_down = False

    def follow(self, ticket_ids: Sequence[str], remaining_ms: Callable[[], int]) -> None:
        """See `Projections.follow`."""
        assert remaining_ms() > 0
        self.batches.append(list(ticket_ids))
        if self.is_down or self.hard & set(ticket_ids):
            raise RuntimeError("cannot be followed")

    def keep_time(self, remaining_ms: Callable[[], int]) -> bool:
        """Nothing is counted here, so time changes nothing."""
        return remaining_ms() > 0

    walk = keep_time

    @property
    def heard(self) -> list[str]:
        """All tickets, as often as they were told."""
        return [ticket_id for batch in self.batches for ticket_id in batch]

    @classmethod
    def within(cls, services: Services) -> FakeProjections:
        """One in the place of a town's own, until the town is restarted."""
        made = vars(services)["projections"] = cls()
        return made
