"""Followers are moved along: in the background, page by page, each once, whatever dies; knows no table."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextvars import copy_context
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from chalicelib import logs
from chalicelib.errors import StaleTicket, StoreBusy
from chalicelib.tickets.commit.merged_reports import advance
from chalicelib.tickets.commit.writing import Committer
from chalicelib.tickets.model.followers import Move
from chalicelib.tickets.model.ticket import SYSTEM, Ticket, Visibility
from chalicelib.tickets.ports import FollowerStore, Page

# Imported where used: a pool takes 10 ms, and most runs move nobody.

log = logs.Log(__name__)

PAGE = 50
HANDS = 8  # at once: a hand mostly waits for the table
TRIES = 4  # for one that others change at the same moment
MOST_MS = 20_000  # of a minute that other jobs need as well
FOR_OTHERS_MS = 10_000
MOST_FAILURES = 3  # runs in which a page could not go; then it is passed over, and staff are told
MOST_PUT_OFF = 60
AGAIN = timedelta(minutes=1)
# Where a page begins: among the followers that the release before kept in the ticket itself, then ours.
OLD, OURS = "=", ">"


def followers_of(main: Ticket, store: FollowerStore, size: int, place: str = "") -> Page[str]:
    """Ids of those that follow a ticket, from a place on: first those that stand in the ticket itself,
    where the release before put them. Raises `InvalidRequest` for a place that is not ours."""
    old = main.linked_to if main.me_too else ()
    if not old or place.startswith(OURS):
        token = place.removeprefix(OURS) if place.startswith(OURS) else ""
        found = store.followers(main.ticket_id, size, token)
        return Page(found.items, found.next_token and f"{OURS}{found.next_token}")
    last = place.removeprefix(OLD)
    start = old.index(last) + 1 if last in old else 0
    page = old[start : start + size]
    return Page(page, f"{OLD}{page[-1]}" if start + size < len(old) else OURS)


@dataclass(frozen=True, slots=True)
class Following:
    """Takes followers where the ticket went that they follow. Several runs at once are safe.

    What is written of a follower says how far it has gone, in the same write that tells its author.
    """

    committer: Committer
    hands: int = HANDS

    def run(self, remaining_ms: Callable[[], int] = lambda: 60_000) -> int:
        """Go on where the last run stopped, until all have gone or the time of this run is up; how many
        moved. Costs one read when nothing waits."""
        least, moved = max(FOR_OTHERS_MS, remaining_ms() - MOST_MS), 0
        for move in self.committer.store.moves(self.committer.clock.now()):
            if remaining_ms() <= least:
                break
            try:
                moved += self._move(move, lambda: remaining_ms() > least)
            except StoreBusy:
                raise
            except Exception as error:
                self._put_off(move, error)
        return moved

    def _put_off(self, move: Move, error: Exception) -> None:
        """What nobody foresaw of a whole move is tried for an hour; then it ends, by name."""
        log.failure("followers could not be moved along", error, ticket_id=move.main_id)
        store = self.committer.store
        if move.failures < MOST_PUT_OFF:
            store.note_failure(move, self.committer.clock.now() + AGAIN)
        else:
            log.error("followers stay behind", ticket_id=move.main_id)
            store.move_on(move, "")

    def _move(self, move: Move, has_time: Callable[[], bool]) -> int:
        """Page after page of one ticket's followers; who cannot go holds the page up for some runs."""
        store, now, moved = self.committer.store, self.committer.clock.now(), 0
        main = store.get(move.main_id)
        while has_time():
            page = followers_of(main, store, PAGE, move.position)
            gone, left = self._go_all(store.several(page.items), move, now)
            moved += gone
            if left and move.failures < MOST_FAILURES:
                store.note_failure(move, now + AGAIN)
                return moved
            if left:
                self._tell(main, left, now)
            if not store.move_on(move, page.next_token) or not page.next_token:
                return moved
            move = replace(move, position=page.next_token, failures=0)
        return moved

    def _go_all(
        self, tickets: Sequence[Ticket], move: Move, now: datetime
    ) -> tuple[int, list[str]]:
        """How many of a page moved, and who could not."""
        from concurrent.futures import ThreadPoolExecutor

        with ThreadPoolExecutor(self.hands) as pool:
            going = [pool.submit(copy_context().run, self._tried, t, move, now) for t in tickets]
        went = [each.result() for each in going]
        left = [ticket.ticket_id for ticket, has in zip(tickets, went, strict=True) if has is None]
        return sum(map(bool, went)), left

    def _tried(self, follower: Ticket, move: Move, now: datetime) -> bool | None:
        """Whether it moved, None where it could not; one stops no other."""
        try:
            return self._go(follower, move, now)
        except StoreBusy:
            raise
        except Exception as error:
            log.failure("a follower could not go", error, ticket_id=follower.ticket_id)
            return None

    def _go(self, follower: Ticket, move: Move, now: datetime) -> bool:
        """One of them, unless it has gone already or may not; whether it moved."""
        tries = TRIES
        while advance(follower, move, now):
            try:
                self.committer.commit(follower)
                return True
            except StaleTicket:
                tries -= 1
                if not tries:
                    raise
                follower = self.committer.store.get(follower.ticket_id)
        return False

    def _tell(self, main: Ticket, left: Sequence[str], now: datetime) -> None:
        """Say on the ticket who did not go with it, so that staff look after them."""
        main = self.committer.store.get(main.ticket_id)
        data = {"reports": ", ".join(left)}
        main.record("left_behind", now, SYSTEM, visibility=Visibility.STAFF, data=data)
        self.committer.commit(main)
