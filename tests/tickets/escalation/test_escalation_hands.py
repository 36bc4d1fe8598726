"""Several hands of one run: they work at once, share what is due, and stop when the time is up."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from itertools import count
from threading import Barrier, Lock

import pytest

from chalicelib import logs
from chalicelib.errors import StoreBusy
from chalicelib.tickets.escalation import HANDS
from chalicelib.tickets.escalation.runs import RESERVE_MS
from chalicelib.tickets.model.ticket import Ticket
from tests.tickets.escalation_town import HOUR, Town, a_town

FIRED = ["half: remind_agency"]


def overdue(tickets: int) -> tuple[Town, list[Ticket]]:
    """A town in which so many are due at once, for as many hands as on AWS."""
    town = a_town()
    opened = [town.open() for _ in range(tickets)]
    town.clock.move(4 * HOUR)
    town.escalations = replace(town.escalations, hands=HANDS)
    return town, opened


def test_hands_work_at_once_and_each_ticket_is_taken_by_one() -> None:
    town, tickets = overdue(5 * HANDS)
    taken, lock, together = Counter[str](), Lock(), Barrier(HANDS, timeout=20)

    def meet(ticket: Ticket) -> None:
        together.wait()  # breaks unless all hands are here
        with lock:
            taken[ticket.ticket_id] += 1

    town.desk.before_save = meet
    report = town.escalations.run()
    assert (report.tickets, report.steps, report.failed) == (5 * HANDS, 5 * HANDS, 0)
    assert report.is_complete and taken == Counter(ticket.ticket_id for ticket in tickets)
    assert all(town.fired(ticket) == FIRED for ticket in tickets)


def test_more_than_a_thousand_are_done_in_one_run() -> None:
    town, tickets = overdue(1_200)
    assert town.escalations.run().is_complete
    assert all(town.fired(ticket) == FIRED for ticket in tickets)


def test_what_there_is_no_time_for_is_due_at_the_next_run() -> None:
    town, tickets = overdue(60)
    left, lock = count(RESERVE_MS + 40, -1), Lock()

    def remaining() -> int:
        with lock:
            return next(left)

    first = town.escalations.run(remaining)
    assert (first.tickets, first.is_complete) == (41, False)
    second = town.escalations.run()
    assert (second.tickets, second.is_complete) == (19, True)
    assert all(town.fired(ticket) == FIRED for ticket in tickets)


def test_a_hand_that_finds_the_store_busy_leaves_the_run_unfinished_and_nothing_is_lost() -> None:
    town, tickets = overdue(40)
    town.store.fail_next = [StoreBusy("throttled")]
    assert not town.escalations.run().is_complete
    assert town.escalations.run().is_complete
    assert all(town.fired(ticket) == FIRED for ticket in tickets)


def test_a_hand_that_dies_is_told_by_the_run() -> None:
    town, _ = overdue(4)

    class Gone(BaseException):
        pass

    def die(_: Ticket) -> None:
        raise Gone

    town.desk.before_save = die
    with pytest.raises(Gone):
        town.escalations.run()


def test_what_hands_log_bears_the_mark_of_their_run() -> None:
    town, _ = overdue(4)
    marks = list[str]()
    town.desk.before_save = lambda _: marks.append(logs.correlation_id())
    with logs.bound(correlation_id="run-1"):
        town.escalations.run()
    assert marks == ["run-1"] * 4
