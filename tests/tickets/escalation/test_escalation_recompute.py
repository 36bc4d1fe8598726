"""Open tickets follow a changed catalogue, once, resumably, and the citizen hears of a later date."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from chalicelib.tickets.escalation.recompute import PAGE, Move, Recomputation
from chalicelib.tickets.model.ticket import SYSTEM
from chalicelib.tickets.ports import MARKER, CatalogItem
from tests.tickets.escalation_town import HOUR, LADDER, MONDAY, Town, a_rule, a_step, a_town

TUESDAY = MONDAY + timedelta(days=1)


def a_recomputation(town: Town) -> Recomputation:
    return Recomputation(town.store, town.catalogs, town.desk, town.clock)


def promise(town: Town, minutes: int) -> None:
    town.clock.move(timedelta(seconds=1))
    target: dict[str, Any] = {"target_id": "all", "clock": "resolution", "minutes": minutes}
    town.publish("target", "all", target)


def test_a_rule_published_later_holds_for_tickets_that_nobody_touches() -> None:
    town = a_town([])
    ticket = town.open()
    assert town.get(ticket).next_action_at is None
    town.publish("rule", "new", a_rule(a_step("half", "remind_agency", share=50)))
    assert a_recomputation(town).run()
    town.run(4 * HOUR)
    assert town.fired(ticket) == ["half: remind_agency"]


def test_a_later_deadline_is_told_to_the_citizen_and_an_earlier_one_only_noted() -> None:
    town = a_town()
    ticket = town.open()
    for minutes, kinds, due in (
        (960, ["rescheduled", "deadline_moved"], TUESDAY + 8 * HOUR),
        (240, ["rescheduled"], MONDAY + 4 * HOUR),
    ):
        promise(town, minutes)
        seen = len(town.store.entries[ticket.ticket_id])
        a_recomputation(town).run()
        entries = town.store.entries[ticket.ticket_id][seen:]
        assert [entry.kind for entry in entries] == kinds
        assert {entry.data["to"] for entry in entries} == {due.isoformat()}
        assert town.get(ticket).due_at == due


def test_a_process_that_knows_an_older_catalogue_undoes_nothing() -> None:
    town = a_town()
    ticket = town.open()
    old = town.catalogs.load()
    promise(town, 960)
    assert a_recomputation(town).run()
    town.catalogs.kept = old
    assert a_recomputation(town).run()
    assert town.get(ticket).due_at == TUESDAY + 8 * HOUR


def test_one_change_is_worked_through_once() -> None:
    town = a_town()
    town.open()
    promise(town, 960)
    assert a_recomputation(town).run()
    saves, versions = town.desk.saves, len(town.catalogs.history("recompute", "recompute"))
    assert a_recomputation(town).run()
    assert town.desk.saves == saves
    assert len(town.catalogs.history("recompute", "recompute")) == versions


def test_a_run_that_ends_early_is_continued_by_the_next() -> None:
    town = a_town()
    tickets = [town.open() for _ in range(2 * PAGE + 5)]
    promise(town, 960)
    left = iter([60_000])
    assert not a_recomputation(town).run(lambda: next(left, 0))
    moved = sum(town.get(t).due_at == TUESDAY + 8 * HOUR for t in tickets)
    assert moved == PAGE
    assert a_recomputation(town).run()
    assert all(town.get(t).due_at == TUESDAY + 8 * HOUR for t in tickets)
    entries = [e for t in tickets for e in town.store.entries[t.ticket_id]]
    assert sum(e.kind == "deadline_moved" for e in entries) == len(tickets)


def test_a_change_in_the_middle_of_a_run_begins_it_anew() -> None:
    town = a_town()
    tickets = [town.open() for _ in range(PAGE + 5)]
    promise(town, 960)
    left = iter([60_000])
    a_recomputation(town).run(lambda: next(left, 0))
    promise(town, 1440)
    assert a_recomputation(town).run()
    assert {town.get(t).due_at for t in tickets} == {TUESDAY + 32 * HOUR}


def test_progress_is_no_part_of_the_catalogue() -> None:
    town = a_town()
    before = town.catalogs.fresh().changed_at
    town.clock.move(HOUR)
    a_recomputation(town).run()
    assert town.catalogs.fresh().changed_at == before


def test_what_the_release_before_noted_as_done_is_looked_at_again_by_place() -> None:
    """Neither release takes the other's work for done; 0.1.0 compares notes by their change alone."""
    town = a_town([LADDER])
    ticket = town.open()
    promise(town, 960)
    change = town.catalogs.fresh().changed_at.isoformat()
    done = {"change": change, "token": "", "is_dirty": False, "is_complete": True}
    note = CatalogItem(kind=MARKER, code=MARKER, version=0, body=done)
    town.catalogs.put(note, SYSTEM, town.clock.now())
    a_recomputation(town).run()
    assert town.get(ticket).due_at == TUESDAY + 8 * HOUR
    [ours] = town.catalogs.items(MARKER)
    assert ours.body["change"] != change and not ours.body["change"] > change


def test_a_preview_says_what_would_move_and_moves_nothing() -> None:
    town = a_town([LADDER])
    ticket = town.open()
    promise(town, 960)
    moves, is_cut = a_recomputation(town).preview(town.catalogs.fresh())
    assert not is_cut
    assert moves == [Move(ticket.ticket_id, MONDAY + 8 * HOUR, TUESDAY + 8 * HOUR)]
    assert town.get(ticket).due_at == MONDAY + 8 * HOUR


def test_hundreds_of_open_tickets_follow_a_changed_promise_once_over_several_runs() -> None:  # T07
    town = a_town([])
    tickets = [town.open() for _ in range(300)]
    promise(town, 960)
    for _ in range(8):
        left = iter([60_000] * 4)
        if a_recomputation(town).run(lambda left=left: next(left, 0)):  # type: ignore[misc]
            break
    assert {town.get(t).due_at for t in tickets} == {TUESDAY + 8 * HOUR}
    told = [e.kind for t in tickets for e in town.store.entries[t.ticket_id]]
    assert (told.count("rescheduled"), told.count("deadline_moved")) == (300, 300)
