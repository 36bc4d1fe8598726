"""Floods and loops: what very many messages cause, and whom (row 17 and H7 of what force found)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest

from infra.local.outbox import Sent
from tests.citizens import ANA, a_mail, answer_to, kinds, reported_by_mail, to
from tests.faults import Died, dying
from tests.harness import Harness

OFFICE = "public-works@city.example"
QUARTER = timedelta(minutes=15)
MANY = 30


@pytest.fixture
def town() -> Iterator[Harness]:
    with Harness.boot() as booted:
        yield booted


def later(town: Harness, span: timedelta = QUARTER) -> None:
    end = town.now + span
    while town.now < end:
        town.tick(town.now + timedelta(minutes=5))
        town.drain(1_000)


def heard(town: Harness) -> list[Sent]:
    return [sent for sent in to(town, OFFICE) if "New information" in sent.subject]


def replies(town: Harness, many: int, dmarc: str = "PASS") -> str:
    """A ticket that its requester answers very often within seconds."""
    ticket_id: str = reported_by_mail(town)["ticket_id"]
    (first,) = to(town, ANA)
    for number in range(many):
        town.mail(answer_to(first, f"And hole number {number}."), verdicts={"dmarc": dmarc})
    town.drain(2_000)
    return ticket_id


@pytest.mark.parametrize("dmarc", ["PASS", "GRAY"], ids=["proven", "unproven"])
def test_staff_get_one_message_per_ticket_and_quarter_of_an_hour_with_what_came_in(
    town: Harness, dmarc: str
) -> None:
    ticket_id = replies(town, MANY, dmarc)
    assert len(heard(town)) == 1, "the first leaves at once"
    assert "hole number 0" in heard(town)[0].text
    later(town)
    assert len(heard(town)) == 2
    together = heard(town)[1].text
    assert all(f"hole number {number}" in together for number in range(1, 20))
    assert f"+{MANY - 1 - 20}" in together, "and how many more there are"
    later(town, 3 * QUARTER)
    assert len(heard(town)) == 2, "nothing came in since"
    assert kinds(town, ticket_id).count("appended") == MANY, "and all of it is on the ticket"


def test_what_came_in_on_another_ticket_is_another_message(town: Harness) -> None:
    replies(town, 3)
    other = reported_by_mail(town, text="A pothole in Oak Street 9.", subject="Another")
    answer = next(s for s in to(town, ANA) if other["ticket_id"] in s.subject + s.text)
    for number in range(3):
        town.mail(answer_to(answer, f"Oak number {number}."))
    town.drain()
    assert len(heard(town)) == 2, "the first of each ticket leaves at once"
    later(town)
    told = [sent.text for sent in heard(town)[2:]]
    assert len(told) == 2
    assert sorted("Oak number 2" in text for text in told) == [False, True]
    assert sorted("hole number 2" in text for text in told) == [False, True]


@pytest.mark.parametrize("is_after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("at", range(1, 10))
def test_one_that_dies_as_it_tells_loses_nothing_of_what_came_in(
    town: Harness, at: int, is_after: bool
) -> None:
    replies(town, 4)
    town._town.clock.move_to(town.now + QUARTER)
    town.services.notifier.enqueue_due()
    event = town._town.pump.event_of_last(town._variable("DELIVERY_QUEUE"))
    try:
        with dying(at, is_after=is_after):
            town.deliver(event)
    except Died:
        town.restart()
    later(town, 3 * QUARTER)
    told = heard(town)[1:]
    assert 1 <= len(told) <= 2, "at most one extra: what it had in hand comes by itself"
    for number in range(1, 4):
        assert any(f"hole number {number}" in sent.text for sent in told)


def test_a_domain_gets_three_automatic_answers_an_hour_from_however_many_addresses(
    town: Harness,
) -> None:
    """H7: robots that write to the bare address, each from another of its own."""
    for number in range(6):
        robot = f"robot{number}@desk.shelbyville.example"
        town.mail(a_mail(f"Hole {number}.", subject=f"Hole {number}", sender=robot))
        town.mail(a_mail(f"Hole {number}.", sender=f"citizen{number}@gmail.com"))
    town.drain(1_000)
    answered = [sent.to.rpartition("@")[2] for sent in town.outbox]
    assert answered.count("desk.shelbyville.example") == 3
    assert answered.count("gmail.com") == 6, "a large provider's people are strangers to each other"
    assert len(town.dump()["tickets"]) == 12, "and each report is kept"
    town.tick(town.now + timedelta(hours=1))
    town.mail(a_mail("Hole 9.", subject="Hole 9", sender="robot9@desk.shelbyville.example"))
    town.drain(1_000)
    assert len(to(town, "robot9@desk.shelbyville.example")) == 1, "the next hour has its own"


def test_whom_to_call_in_danger_is_told_to_a_domain_that_has_had_its_share(town: Harness) -> None:
    for number in range(4):
        robot = f"robot{number}@desk.shelbyville.example"
        town.mail(a_mail(f"Hole {number}.", subject=f"Hole {number}", sender=robot))
    town.mail(a_mail("There is a gas leak!", subject="Help", sender="bo@desk.shelbyville.example"))
    town.drain(1_000)
    assert len(to(town, "bo@desk.shelbyville.example")) == 1


@pytest.mark.parametrize("how", ["thread", "subject"])
def test_three_senders_of_one_foreign_desk_are_dead_within_five_messages_and_two_tickets(
    town: Harness, how: str
) -> None:
    """Each automatic answer of ours is answered by another of theirs, to the bare address."""
    desk = [f"desk{number}@shelbyville.example" for number in range(3)]
    town.mail(a_mail("A hole.", subject="Hole", sender=desk[0]))
    town.drain(1_000)
    messages, seen = 1, 0
    for number in range(1, 9):
        ours = [sent for sent in town.outbox if sent.to in desk]
        if len(ours) == seen:
            break
        messages, seen = messages + len(ours) - seen + 1, len(ours)
        marks = {"In_Reply_To": f"<{ours[-1].message_id}@us-east-1.amazonses.com>"}
        town.mail(
            a_mail(
                f"Thank you, we have registered number {number}.",
                subject=f"Re: {ours[-1].subject}" if how == "subject" else f"Request {number}",
                sender=desk[number % 3],
                **(marks if how == "thread" else {}),
            )
        )
        town.drain(1_000)
        town.tick(town.now + timedelta(minutes=20))
        town.drain(1_000)
    assert messages <= 5
    (ticket,) = town.dump()["tickets"]
    assert kinds(town, ticket["ticket_id"]).count("appended") == 1, "their words are kept for staff"


def test_neighbours_at_a_large_provider_are_no_desk(town: Harness) -> None:
    town.mail(a_mail("A hole.", subject="Hole", sender="cy@gmail.com"))
    town.drain()
    (ours,) = to(town, "cy@gmail.com")
    town.mail(a_mail("Mine too.", subject=f"Re: {ours.subject}", sender="di@gmail.com"))
    town.drain()
    assert len(town.dump()["tickets"]) == 2
