"""Watchdogs are rules: unread, unassigned, no update, bounced, reopened twice, many affected."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from chalicelib.tickets.model.ticket import Status, Ticket
from tests.city import City
from tests.tickets.escalation_town import HOUR, Town, a_rule, a_step, a_town


def a_watchdog(when: dict[str, Any], clock: str = "staff_silence") -> Town:
    step = a_step("bark", "notify_supervisor", minutes=60, is_working_time=False)
    return a_town([a_rule(step, rule_id="dog", when=when, clock=clock)])


def barks(town: Town, ticket: Ticket) -> bool:
    town.run(2 * HOUR)
    return bool(town.fired(ticket))


def test_a_report_that_nobody_opened_is_watched_until_somebody_does() -> None:
    town = a_watchdog({"status": ["new"]})
    unread, read = town.open(), town.open()
    town.move(read, Status.IN_PROGRESS)
    assert barks(town, unread) and not town.fired(read)


def test_a_report_that_is_nobodys_is_watched() -> None:
    town = a_watchdog({"assignee": ["nobody"]})
    nobodys, somebodys = town.open(), town.open(assignee="ada@city.example")
    assert barks(town, nobodys) and not town.fired(somebodys)


def test_a_report_of_many_people_is_watched() -> None:
    town = a_watchdog({"affected": ["3"]})
    few, many = town.open(linked_to=("A",)), town.open(linked_to=("A", "B", "C"))
    assert barks(town, many) and not town.fired(few)


def test_a_report_that_came_back_twice_is_watched() -> None:
    town = a_watchdog({"reopened": ["2"]})
    ticket = town.open()
    for times in range(2):
        town.move(ticket, Status.RESOLVED)
        town.move(ticket, Status.IN_PROGRESS)
        assert barks(town, ticket) is (times == 1)


def test_a_message_that_bounced_marks_the_report_for_a_watchdog() -> None:
    city = City()
    ticket = city.write()
    notification = city.store.read(ticket.ticket_id).notifications[0]
    for _ in range(2):
        city.desk.note_failure(notification, "bounced")
    marked = city.store.get(ticket.ticket_id)
    assert marked.tags == ("notice-failed",)
    town = a_watchdog({"tag": ["notice-failed"]})
    assert barks(town, town.open(tags=marked.tags)) and not barks(town, town.open())


def test_people_and_businesses_are_told_apart_by_what_they_answered() -> None:
    town = a_watchdog({"answer": ["who=business"]})
    shop = town.open(attributes={"who": "business"})
    person = town.open(attributes={"who": ["person", "tenant"]})
    assert barks(town, shop) and not town.fired(person)


@pytest.mark.parametrize("assignee", ["", "ada@city.example"])
def test_a_call_is_asked_of_whoever_holds_it(assignee: str) -> None:
    step = a_step("call", "ask_for_call", share=50)
    town = a_town([a_rule(step)])
    ticket = town.open(assignee=assignee)
    town.run(timedelta(hours=5))
    assert town.fired(ticket) == ["call: ask_for_call"]
