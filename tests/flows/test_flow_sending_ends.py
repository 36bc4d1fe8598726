"""Every send ends: in the town, with a clock, and with a process that dies at every AWS call."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from tests.citizens import timeline_of
from tests.faults import Died, cancelled, dying, fault
from tests.flows.test_flow_crashes import run
from tests.flows.test_flow_escalation import QUICK, _publish, _without_other_rules
from tests.flows.test_flow_sending_cases import MINUTE, got, later, report, somebody, told
from tests.harness import Harness

SES = "sesv2.SendEmail"
CALLS = 14  # more than the end of a message makes


@pytest.fixture(scope="module")
def city() -> Iterator[Harness]:
    with Harness.boot() as town:
        _without_other_rules(town)
        assert _publish(town, QUICK).status in (200, 201)
        yield town


def ends_of(town: Harness, message: dict[str, Any]) -> list[str]:
    """What the timeline says of messages that did not arrive, or perhaps did."""
    kinds = (e["kind"] for e in timeline_of(town, message["ticket_id"]))
    return [kind for kind in kinds if kind.startswith("notice_")]


def test_a_table_that_takes_no_settling_for_two_hours_costs_one_extra_mail(city: Harness) -> None:
    """H3: claims are updates and work; what settles them is a transaction and is refused."""
    who = report(city, somebody())
    with fault("dynamodb.TransactWriteItems", times=9_999, reply=cancelled("ThrottlingError")):
        city.drain()
        for _ in range(24):
            city._town.clock.move_to(city.now + 5 * MINUTE)
            city.services.notifier.enqueue_due()
            city.drain()
    assert len(got(city, who)) == 2, "one, and the one extra that a lost answer may cost"
    later(city, 16 * MINUTE, 2)
    message = told(city, who)[0]
    assert (message["status"], message["reason"]) == ("unknown", "perhaps_sent")
    assert ends_of(city, message) == ["notice_unknown"]
    again = [sent for sent in got(city, who) if sent.subject == got(city, who)[0].subject]
    assert len(again) == 2
    page = city.http("GET", f"/console/tickets/{message['ticket_id']}", user="agent").text
    assert "A message was perhaps sent" in page
    assert "It is not sent again." in page
    figures = city.http("GET", "/console/sending?days=7", user="supervisor").text
    assert "Perhaps sent" in figures
    assert [d for d in city.dump()["dead_letters"] if "delivery" in d["queue"]] == []


@pytest.mark.parametrize("is_after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("at", range(1, CALLS))
def test_an_end_in_doubt_that_dies_is_told_once_all_the_same(
    city: Harness, at: int, is_after: bool
) -> None:
    who = report(city, somebody())
    with fault(SES, times=99, is_lost=True):
        city.drain()
        later(city, 16 * MINUTE, 1)
    (message,) = told(city, who)
    assert (message["status"], len(got(city, who))) == ("unknown", 2)
    city._town.clock.move_to(city.now + 16 * MINUTE)
    city.services.notifier.enqueue_due()
    event = city._town.pump.event_of_last(city._variable("DELIVERY_QUEUE"))
    try:
        with dying(at, is_after=is_after):
            city.deliver(event)
    except Died:
        city.restart()
    later(city, 8 * MINUTE, 3)
    (message,) = told(city, who)
    assert (message["status"], message.get("due_at")) == ("unknown", None)
    assert ends_of(city, message) == ["notice_unknown"]
    assert len(got(city, who)) == 2


def test_a_delivery_that_slept_a_week_wakes_to_no_flood(city: Harness) -> None:
    """Rules fired all the while; nothing of it is news any more, and the tickets say so."""
    city.drain()
    people = [report(city, somebody(), f"A pothole in Elm Street {n}.") for n in range(4)]
    left = len(city.outbox)
    for _ in range(7 * 24):
        city._town.clock.move_to(city.now + timedelta(hours=1))
        run(city)
    later(city, 5 * MINUTE, 3, rounds=3_000)
    assert len(city.outbox) == left
    for who in people:
        ticket_id = told(city, who)[0]["ticket_id"]
        mine = [n for n in city.dump()["notifications"] if n["ticket_id"] == ticket_id]
        assert {n["status"] for n in mine} == {"expired"}
        reasons = Counter(n["reason"] for n in mine)
        assert reasons["too_old"] >= 2, "the acknowledgement, and the last of each reminder"
        assert set(reasons) <= {"too_old", "moot"}
        assert "notice_failed" in ends_of(city, mine[0])
    late = report(city, somebody())
    city.drain()
    assert len(got(city, late)) == 1, "what is new leaves as ever"
