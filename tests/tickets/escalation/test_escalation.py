"""What fires when: each step once, in order, never on a ticket that waits or is done."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from chalicelib.errors import StoreBusy
from chalicelib.tickets.clocks.deadlines import clocks_of, deadlines, due_steps, next_action_at
from chalicelib.tickets.model.ticket import Priority, Status, Ticket, Visibility
from tests.examples import CLERK
from tests.tickets.escalation_town import (
    HOUR,
    LADDER,
    MINUTE,
    MONDAY,
    Town,
    a_rule,
    a_step,
    a_town,
)

TUESDAY = MONDAY + timedelta(days=1)
ALL = [
    "half: remind_agency",
    "reached: notify_supervisor",
    "reached: tell_citizen",
    "after: raise_priority",
]


def test_a_ladder_fires_each_step_at_its_moment() -> None:
    town = a_town()
    ticket = town.open()
    town.tick(TUESDAY + 2 * HOUR)
    assert town.fired(ticket) == ALL
    moments = [e.at for e in town.entries(ticket)]
    assert moments == [MONDAY + 4 * HOUR, *[MONDAY + 8 * HOUR] * 2, TUESDAY + HOUR]
    assert town.get(ticket).priority is Priority.P2
    assert town.get(ticket).next_action_at is None
    assert town.get(ticket).escalation_level == 3


def test_the_timeline_says_which_rule_and_step_did_what_for_which_deadline() -> None:
    town = a_town()
    town.publish("rule", "ladder", LADDER | {"name": "Better ladder"})
    ticket = town.open()
    town.run(4 * HOUR + 3 * MINUTE)
    entry = town.entries(ticket)[0]
    assert entry.data == {
        "rule": "ladder",
        "rule_name": "Better ladder",
        "rule_version": 2,
        "clock": "resolution",
        "step": "half",
        "level": 1,
        "action": "remind_agency",
        "step_due_at": "2026-03-02T13:00:00+00:00",
        "deadline": "2026-03-02T17:00:00+00:00",
        "is_late": False,
        "late_minutes": 3,
    }
    assert entry.visibility is Visibility.STAFF


def test_only_what_the_citizen_is_told_is_visible_to_them() -> None:
    town = a_town()
    ticket = town.open()
    town.run(30 * HOUR)
    seen = {e.data["action"]: e.visibility for e in town.entries(ticket)}
    assert seen.pop("tell_citizen") is Visibility.REQUESTER
    assert set(seen.values()) == {Visibility.STAFF}


def test_the_same_tick_three_times_fires_each_step_once() -> None:
    town = a_town()
    ticket = town.open()
    for _ in range(3):
        town.run(to=MONDAY + 4 * HOUR)
    assert town.fired(ticket) == ALL[:1]  # T01


def test_two_runs_at_once_fire_each_step_once() -> None:
    town = a_town()
    ticket = town.open()
    rivals = [town]

    def a_rival_is_faster(_: Ticket) -> None:
        if rivals:
            rivals.pop()
            town.escalations.run()

    town.desk.before_save = a_rival_is_faster
    town.clock.move(4 * HOUR)
    report = town.escalations.run()
    assert (report.stale, report.failed) == (1, 0)
    assert town.fired(ticket) == ALL[:1]


def test_after_an_outage_each_missed_step_fires_once_oldest_first_and_late() -> None:
    town = a_town()
    ticket = town.open()
    town.run(to=TUESDAY + 4 * HOUR)
    town.run(MINUTE)
    assert town.fired(ticket) == ALL  # T02
    assert [e.data["is_late"] for e in town.entries(ticket)] == [True] * 4
    assert town.entries(ticket)[-1].data["late_minutes"] == 180


def test_steps_of_two_rules_fire_in_the_order_of_their_moments() -> None:
    other = a_rule(a_step("early", "notify_duty", share=25), rule_id="other", order=500)
    town = a_town([LADDER, other])
    ticket = town.open()
    town.run(to=MONDAY + 5 * HOUR)
    assert town.fired(ticket) == ["early: notify_duty", "half: remind_agency"]


def test_steps_of_the_same_moment_fire_in_the_order_of_the_rules() -> None:
    first = a_rule(a_step("b", "notify_duty", share=50), rule_id="zz", order=1)
    town = a_town([LADDER, first])
    ticket = town.open()
    town.run(to=MONDAY + 4 * HOUR)
    assert town.fired(ticket) == ["b: notify_duty", "half: remind_agency"]


def test_a_ticket_resolved_in_the_same_second_does_not_escalate() -> None:
    town = a_town()
    ticket = town.open()
    town.clock.move(4 * HOUR)
    clerks = [town]

    def the_clerk_is_faster(_: Ticket) -> None:
        if clerks:
            clerks.pop()
            town.move(ticket, Status.RESOLVED)

    town.desk.before_save = the_clerk_is_faster
    assert town.escalations.run().stale == 1
    town.run(30 * HOUR)
    assert town.fired(ticket) == []  # T06


@pytest.mark.parametrize("status", [Status.PENDING, Status.RESOLVED, Status.CANCELLED])
def test_a_ticket_that_waits_or_is_done_does_not_escalate(status: Status) -> None:
    town = a_town()
    ticket = town.open()
    town.move(ticket, status)
    town.run(100 * HOUR)
    assert town.fired(ticket) == []


def test_waiting_for_the_citizen_moves_every_later_step_by_the_time_waited() -> None:
    town = a_town()
    ticket = town.open()
    town.run(2 * HOUR)
    town.move(ticket, Status.PENDING)
    assert town.get(ticket).due_at is None
    assert town.get(ticket).next_action_at is None
    town.run(2 * HOUR)
    town.move(ticket, Status.IN_PROGRESS)
    resumed = town.get(ticket)
    resumed.assignee, resumed.agency_code = "ann", "parks"
    town.desk.commit(resumed)
    assert town.get(ticket).due_at == TUESDAY + 2 * HOUR  # T11
    assert town.get(ticket).next_action_at == MONDAY + 6 * HOUR
    town.tick(MONDAY + 7 * HOUR)
    assert town.fired(ticket) == ALL[:1]
    assert town.entries(ticket)[0].at == MONDAY + 6 * HOUR


def test_reopening_starts_the_ladder_anew_with_the_whole_target() -> None:
    town = a_town()
    ticket = town.open()
    town.run(4 * HOUR)
    town.move(ticket, Status.RESOLVED)
    town.clock.move(to=TUESDAY)
    town.move(ticket, Status.IN_PROGRESS)
    assert town.get(ticket).due_at == TUESDAY + 8 * HOUR
    town.run(to=TUESDAY + 4 * HOUR)
    assert town.fired(ticket) == ["half: remind_agency"] * 2
    assert set(town.get(ticket).fired) == {"ladder/half/1", "ladder/half/2"}


def test_a_raised_priority_shortens_the_deadline_and_later_steps_follow_it() -> None:
    rule = a_rule(
        a_step("raise", "raise_priority:p1", share=25), a_step("late", "notify_duty", share=100)
    )
    town = a_town([rule])
    target = {"target_id": "p1", "clock": "resolution", "minutes": 180, "priorities": ["p1"]}
    town.publish("target", "p1", target)
    ticket = town.open()
    town.run(2 * HOUR)
    assert town.get(ticket).due_at == MONDAY + 3 * HOUR
    town.run(HOUR)
    assert town.fired(ticket) == ["raise: raise_priority", "late: notify_duty"]


def test_a_step_that_resolves_the_ticket_ends_the_ladder() -> None:
    rule = a_rule(a_step("give-up", "close", share=50), a_step("late", "notify_duty", share=100))
    town = a_town([rule])
    ticket = town.open()
    town.run(20 * HOUR)
    assert town.fired(ticket) == ["give-up: close"]
    assert town.get(ticket).status is Status.RESOLVED


def test_a_resolved_ticket_is_closed_after_the_days_of_the_policy() -> None:
    town = a_town()
    ticket = town.open()
    town.move(ticket, Status.RESOLVED)
    assert town.get(ticket).next_action_at == MONDAY + timedelta(days=14)
    town.run(timedelta(days=14) - MINUTE)
    assert town.get(ticket).status is Status.RESOLVED
    town.run(MINUTE)
    assert town.get(ticket).status is Status.CLOSED
    assert town.fired(ticket) == ["close: close"]
    assert town.get(ticket).next_action_at is None


def test_silence_of_the_staff_is_counted_from_their_last_act() -> None:
    rule = a_rule(a_step("quiet", "remind_assignee", minutes=120), clock="staff_silence")
    town = a_town([rule])
    ticket = town.open(assignee="ann")
    town.run(2 * HOUR)
    town.run(HOUR)
    town.move(ticket, Status.IN_PROGRESS)
    town.run(2 * HOUR - MINUTE)
    assert town.fired(ticket) == ["quiet: remind_assignee"]
    town.run(MINUTE)
    assert town.fired(ticket) == ["quiet: remind_assignee"] * 2


def test_an_unassigned_tickets_reminder_goes_to_the_agency() -> None:
    rule = a_rule(a_step("late", "remind_assignee", share=50))
    town = a_town([rule])
    ticket = town.open()
    town.run(4 * HOUR)
    assert town.fired(ticket) == ["late: remind_agency"]


def test_who_stands_in_is_reminded_and_the_agency_where_nobody_does() -> None:
    rule = a_rule(
        a_step("half", "remind_assignee", share=25), a_step("late", "remind_assignee", share=50)
    )
    town, there = a_town([rule]), ["bea", ""]
    town.escalations = replace(
        town.escalations, stand_in=lambda who, _: there.pop(0) if who == "ann" else who
    )
    ticket = town.open(assignee="ann")
    town.run(4 * HOUR)
    assert town.fired(ticket) == ["half: remind_assignee", "late: remind_agency"]
    reminded = town.entries(ticket)[0].data
    assert (reminded["to"], reminded["instead_of"]) == ("bea", "ann")
    assert town.get(ticket).assignee == "ann"


def test_a_step_gives_the_ticket_to_who_stands_in() -> None:
    town = a_town([a_rule(a_step("late", "reassign:ann", share=50))])
    town.escalations = replace(
        town.escalations, stand_in=lambda who, _: {"ann": "bea"}.get(who, who)
    )
    ticket = town.open(assignee="joe")
    town.run(4 * HOUR)
    assert town.get(ticket).assignee == "bea"
    given = next(e for e in town.store.entries[ticket.ticket_id] if e.kind == "assigned")
    assert given.data["to"] == "bea"


def test_handing_over_keeps_the_clock_and_uses_the_new_agencys_hours() -> None:
    rule = a_rule(a_step("up", "hand_over:parks", share=50))
    town = a_town([rule])
    ticket = town.open(assignee="ann")
    town.run(4 * HOUR)
    moved = town.get(ticket)
    assert (moved.agency_code, moved.assignee, moved.due_at) == ("parks", "", MONDAY + 8 * HOUR)
    kinds = [e.kind for e in town.store.entries[ticket.ticket_id]]
    assert kinds == ["opened", "handed_over", "escalated"]


def test_reassigning_and_changing_status_are_on_the_timeline() -> None:
    rule = a_rule(a_step("late", "reassign:bob", "change_status:in_progress", share=50))
    town = a_town([rule])
    ticket = town.open(assignee="ann")
    town.run(4 * HOUR)
    assert (town.get(ticket).assignee, town.get(ticket).status) == ("bob", Status.IN_PROGRESS)
    kinds = [e.kind for e in town.store.entries[ticket.ticket_id]]
    assert kinds == ["opened", "assigned", "escalated", "status_changed", "escalated"]


def test_an_action_that_cannot_be_done_is_recorded_once_and_stops_no_other() -> None:
    rule = a_rule(a_step("late", "hand_over:gone", "shout", "remind_agency", share=50))
    town = a_town([rule])
    ticket = town.open()
    town.run(4 * HOUR)
    town.run(MINUTE)
    assert town.fired(ticket) == ["late: failed", "late: failed", "late: remind_agency"]
    reasons = [e.data.get("failure", "") for e in town.entries(ticket)]
    assert "There is no agency 'gone'" in reasons[0]
    assert "no action 'shout'" in reasons[1]


@pytest.mark.parametrize(
    ("minutes", "is_working_time", "expected"),
    [
        (-60, True, MONDAY + 7 * HOUR),
        (-60, False, MONDAY + 7 * HOUR),
        (-600, True, MONDAY),
        (60, True, TUESDAY + HOUR),
        (60, False, MONDAY + 9 * HOUR),
        (0, True, MONDAY + 8 * HOUR),
    ],
)
def test_steps_lie_before_and_after_the_deadline_in_either_kind_of_time(
    minutes: int, is_working_time: bool, expected: datetime
) -> None:
    step = a_step("s", "notify_duty", minutes=minutes, is_working_time=is_working_time)
    town = a_town([a_rule(step)])
    assert town.open().next_action_at == expected


def test_a_rule_that_is_switched_off_or_means_other_tickets_does_nothing() -> None:
    off = LADDER | {"is_enabled": False}
    other = LADDER | {"rule_id": "other", "when": {"service": ["tree"]}}
    town = a_town([off, other])
    assert town.open().next_action_at is None


def test_a_published_rule_takes_a_due_ticket_out_of_the_index_when_it_asks_no_more() -> None:
    town = a_town()
    ticket = town.open()
    town.publish("rule", "ladder", LADDER | {"is_enabled": False})
    town.run(4 * HOUR)
    assert town.fired(ticket) == []
    assert list(town.store.due_tickets(town.clock.now())) == []
    saves = town.desk.saves
    town.run(MINUTE)
    assert town.desk.saves == saves


def test_one_failing_ticket_is_logged_and_does_not_stop_the_run(
    caplog: pytest.LogCaptureFixture,
) -> None:
    town = a_town()
    poison, healthy = town.open(), town.open()
    town.clock.move(4 * HOUR)
    town.store.tickets[poison.ticket_id].ledger = ("nonsense",)  # type: ignore[assignment]
    report = town.escalations.run()
    assert (report.tickets, report.steps, report.failed) == (2, 1, 1)
    assert town.fired(healthy) == ALL[:1]
    assert [r.ticket_id for r in caplog.records] == [poison.ticket_id]  # type: ignore[attr-defined]


def test_a_busy_store_ends_the_run_and_nothing_is_lost() -> None:
    town = a_town()
    first, second = town.open(), town.open()
    town.clock.move(4 * HOUR)
    town.store.fail_next = [StoreBusy("throttled")]
    assert not town.escalations.run().is_complete
    town.run(MINUTE)
    assert town.fired(first) == town.fired(second) == ALL[:1]


def test_ten_thousand_due_at_once_are_done_over_several_runs() -> None:
    town = a_town()
    tickets = [town.open() for _ in range(300)]
    town.clock.move(4 * HOUR)
    runs = 0
    while not _run_for(town, tickets=70).is_complete:
        runs += 1
    assert runs == 300 // 70  # T10
    assert all(town.fired(ticket) == ALL[:1] for ticket in tickets)


def _run_for(town: Town, tickets: int):  # type: ignore[no-untyped-def]
    left = iter([60_000] * tickets)
    return town.escalations.run(lambda: next(left, 0))


def test_a_changed_target_moves_the_deadline_at_the_tickets_next_change() -> None:
    town = a_town()
    ticket = town.open()
    town.publish("target", "all", {"target_id": "all", "clock": "resolution", "minutes": 960})
    town.run(4 * HOUR)
    assert town.fired(ticket) == []  # T07: never by a promise that no longer stands
    assert town.get(ticket).due_at == TUESDAY + 8 * HOUR


@pytest.mark.parametrize(
    ("zone", "opened", "minutes", "due"),
    [
        ("Europe/London", "2026-03-29T00:30+00:00", 60, "2026-03-29T01:30+00:00"),  # T03
        ("America/New_York", "2026-03-08T06:30+00:00", 60, "2026-03-08T07:30+00:00"),
        ("Europe/London", "2026-10-24T23:30+00:00", 60, "2026-10-25T00:30+00:00"),  # T04
        ("Europe/London", "2026-10-24T12:00+00:00", 1440, "2026-10-25T12:00+00:00"),
        ("Asia/Tehran", "2026-03-20T20:00+00:00", 60, "2026-03-20T21:00+00:00"),
    ],
)
def test_a_clock_change_fires_a_step_once_and_never_early(
    zone: str, opened: str, minutes: int, due: str
) -> None:
    town = a_town([a_rule(a_step("late", "notify_duty", share=100))], minutes)
    always = {day: [["00:00", "24:00"]] for day in
              ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")}  # fmt: skip
    office = {"calendar_code": "default", "name": "A", "timezone": zone, "weekly": always}
    town.publish("calendar", "default", office)
    town.clock.at = datetime.fromisoformat(opened)
    ticket = town.open()
    town.tick(town.clock.now() + minutes * MINUTE + 3 * HOUR, every=5 * MINUTE)
    assert [e.at for e in town.entries(ticket)] == [datetime.fromisoformat(due).astimezone(UTC)]


def test_a_workers_clock_that_runs_behind_fires_nothing_twice() -> None:
    town = a_town()
    ticket = town.open()
    town.run(to=MONDAY + 4 * HOUR + 2 * MINUTE)
    town.run(to=MONDAY + 4 * HOUR - 3 * MINUTE)
    assert town.fired(ticket) == ALL[:1]  # T05
    assert town.entries(ticket)[0].number == 2


def test_the_first_response_is_due_until_somebody_answers() -> None:
    town = a_town()
    town.publish(
        "target", "answer", {"target_id": "answer", "clock": "first_response", "minutes": 60}
    )
    ticket, catalog = town.open(), town.catalogs.load()
    assert deadlines(ticket, catalog) == (MONDAY + HOUR, MONDAY + 8 * HOUR)
    entry = ticket.record("replied", MONDAY + MINUTE, CLERK, text="We are coming.")
    ticket.note_response(entry)
    clocks = {c.clock: c for c in clocks_of(ticket, catalog, MONDAY + 2 * HOUR)}
    assert clocks["first_response"].met is True
    assert clocks["resolution"].met is None


def test_the_engine_changes_nothing_by_looking() -> None:
    town = a_town()
    ticket, catalog = town.open(), town.catalogs.load()
    now = MONDAY + 30 * HOUR
    assert len(due_steps(ticket, catalog, now)) == 3
    assert next_action_at(ticket, catalog) == MONDAY + 4 * HOUR
    assert (ticket.fired, ticket.new_entries) == ({}, [])
