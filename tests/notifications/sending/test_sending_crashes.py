"""A process that dies at any AWS call of sending, of a receipt, an opt-out or a broadcast (N13).

Afterwards the queue offers everything again, and the end is that of a run without a death: at most one
extra message, and then it is flagged.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from chalicelib.notifications.broadcasts.lifecycle import Draft
from chalicelib.tickets.model.ticket import Actor
from infra.local.receipts import mail_event
from tests.faults import Died, dying
from tests.handlers.api.test_broadcasts import TEMPLATE
from tests.harness import Harness

LAST = 9  # more calls than any of these functions makes


@pytest.fixture(scope="module")
def town() -> Iterator[Harness]:
    with Harness.boot() as booted:
        yield booted


def deliver_until_death(town: Harness, event: Any, at: int, *, is_after: bool) -> None:
    try:
        with dying(at, is_after=is_after):
            town.deliver(event)
    except Died:
        town.restart()


def recover(town: Harness) -> None:
    """What AWS does: offers the records again; and the clock goes on."""
    for _ in range(3):
        town.drain()
        town.tick(town.now + timedelta(minutes=8))
    town.drain()


@pytest.mark.parametrize("is_after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("at", range(1, LAST))
def test_a_sender_that_dies_sends_all_the_same_and_flags_a_second(
    town: Harness, at: int, is_after: bool
) -> None:
    to = town.services.settings.intake_addresses[0]
    sender = f"p{at}{'after' if is_after else 'before'}@example.org"
    raw = f"From: {sender}\r\nTo: {to}\r\nSubject: Hole\r\n\r\nA hole in Elm Street {at}."
    town.deliver(town.mail(raw.encode()))
    event = _delivery_event(town)
    deliver_until_death(town, event, at, is_after=is_after)
    recover(town)
    sent = [message for message in town.outbox if message.to == sender]
    mine = [n for n in town.dump()["notifications"] if sender in str(n)]
    assert len(mine) == 1
    assert mine[0]["status"] == "accepted"
    assert 1 <= len(sent) <= 2
    if len(sent) == 2:
        assert mine[0]["is_repeat"]


@pytest.mark.parametrize("is_after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("at", range(1, LAST))
def test_an_opt_out_that_dies_holds_all_the_same(town: Harness, at: int, is_after: bool) -> None:
    number = f"+1202555{2000 + at * 2 + is_after:04d}"
    town.text("A pothole in Elm Street 5", sender=number)
    town.drain()
    event = town.text("STOP", sender=number)
    deliver_until_death(town, event, at, is_after=is_after)
    recover(town)
    town.deliver(event)
    recover(town)
    (contact,) = [c for c in town.dump()["contacts"] if c["key"] == f"tel:{number}"]
    assert contact["suppressed"] == {"sms": "opted_out"}
    assert len([m for m in town.outbox if m.to == number]) <= 3


@pytest.mark.parametrize("is_after", [False, True], ids=["before", "after"])
def test_a_receipt_that_dies_is_recorded_and_counted_once_all_the_same(
    town: Harness, is_after: bool
) -> None:
    """A hard bounce: the message, the contact, the timeline and the counts, as without a death."""
    to = town.services.settings.intake_addresses[0]
    people = [f"r{at}{is_after}@example.org".lower() for at in range(1, 13)]
    for sender in people:
        town.mail(f"From: {sender}\r\nTo: {to}\r\nSubject: Hole\r\n\r\nIn Elm Street 5.".encode())
    town.drain(500)
    before = _counted(town)
    for at, sender in enumerate(people, start=1):
        (sent,) = [message for message in town.outbox if message.to == sender]
        event = town.receipt(mail_event(sent, "Bounce"))
        deliver_until_death(town, event, at, is_after=is_after)
        town.deliver(event)
    town.drain(500)
    stored = town.dump()
    mine = [n for n in stored["notifications"] if n["recipient"]["email"] in people]
    assert Counter(n["status"] for n in mine) == {"bounced": len(people)}
    about = {n["ticket_id"] for n in mine}
    kinds = Counter(e["kind"] for e in stored["entries"] if e["ticket_id"] in about)
    assert (kinds["notice_failed"], kinds["contact_unreachable"]) == (len(people), len(people))
    stopped = [c for c in stored["contacts"] if c["key"].removeprefix("email:") in people]
    assert [c["suppressed"] for c in stopped] == [{"email": "bounced"}] * len(people)
    assert _counted(town) - before == {"bounced": len(people)}
    assert (before - _counted(town)) == {"accepted": len(people)}


def _counted(town: Harness) -> Counter[str]:
    """Where the town's messages stand, as the city's page tells it."""
    found: Counter[str] = Counter()
    for tally in town.services.delivery_figures.recent(31).tallies:
        found += tally.statuses
    return found


@pytest.mark.parametrize("is_after", [False, True], ids=["before", "after"])
def test_a_broadcast_that_dies_reaches_each_person_once_all_the_same(
    city: Harness, is_after: bool
) -> None:
    made = {at: _approved(city, f"{at}{is_after}".lower()) for at in range(1, 13)}
    wanted = {at: city.services.broadcasts.store.get(name) for at, name in made.items()}
    for at, broadcast in wanted.items():
        city.services.broadcasts.resume(broadcast.broadcast_id, Actor("staff", "b@city.example"))
        try:
            with dying(at, is_after=is_after):
                city.services.broadcasts.run()
        except Died:
            city.restart()
        city.services.broadcasts.run()
    recover(city)
    ending = f"{is_after}@example.org".lower()
    reached = [m.to for m in city.outbox if m.to.startswith("b") and m.to.endswith(ending)]
    sent = Counter(reached)
    assert (len(sent), set(sent.values())) == (3 * len(made), {1})
    for name in made.values():
        found = city.services.broadcasts.store.get(name)
        assert (found.stage, city.services.broadcasts.tally(found)) == ("done", {"accepted": 3})


def _approved(town: Harness, mark: str) -> str:
    """A broadcast to three people, approved and paused until its turn."""
    desk, second = town.services.broadcasts, Actor("staff", "b@city.example")
    wish = Draft(name="W", template="water_off", locale="en", purpose="alerts", values={})
    rows = "email,street\n" + "".join(f"b{n}x{mark}@example.org,Elm\n" for n in range(3))
    made = desk.draft(wish, rows.encode(), Actor("staff", "a@city.example"))
    desk.approve(made.broadcast_id, second)
    desk.pause(made.broadcast_id, second)
    return made.broadcast_id


@pytest.fixture(scope="module")
def city(town: Harness) -> Harness:
    """The town with a template."""
    wish = {"body": TEMPLATE, "version": 0}
    saved = town.http("PUT", "/api/v1/notices/water_off.en", json=wish, user="administrator")
    assert saved.status == 200, saved.text
    return town


def _delivery_event(town: Harness) -> Any:
    return town._town.pump.event_of_last(town._variable("DELIVERY_QUEUE"))
