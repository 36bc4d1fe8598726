"""Desks that answer each other end, and people of a small domain are each answered (H7)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from infra.local.outbox import Sent
from tests.citizens import a_mail, kinds, to
from tests.harness import Harness

DESK = [f"desk{number}@shelbyville.example" for number in range(3)]
MATTERS = [
    *(
        "pothole",
        "lamp",
        "graffiti",
        "bench",
        "tree",
        "hydrant",
        "bridge",
        "sewer",
        "noise",
        "rubbish",
    ),
    *(
        "fence",
        "sign",
        "crossing",
        "bus",
        "fountain",
        "playground",
        "toilet",
        "parking",
        "ice",
        "rats",
    ),
]


@pytest.fixture
def town() -> Iterator[Harness]:
    with Harness.boot() as booted:
        yield booted


def later(town: Harness, span: timedelta) -> None:
    end = town.now + span
    while town.now < end:
        town.tick(town.now + timedelta(minutes=5))
        town.drain(2_000)


def write(town: Harness, sender: str, text: str, subject: str = "Report", **more: str) -> None:
    town.mail(a_mail(text, subject=subject, sender=sender, **more))
    town.drain(2_000)


def theirs(town: Harness) -> list[Sent]:
    return [sent for sent in town.outbox if str(sent.to).endswith("@shelbyville.example")]


WAYS: dict[str, Any] = {
    "thread": lambda ours, n: (
        f"Thank you, this is being looked at, number {n}.",
        f"Request {n}",
        {"In_Reply_To": f"<{ours.message_id}@us-east-1.amazonses.com>"},
    ),
    "subject": lambda ours, n: (f"Noted under {n}.", f"[#{n}] AW: {ours.subject}", {}),
    "words": lambda ours, n: (f"Thank you, we have registered number {n}.", f"Request {n}", {}),
    "the same": lambda ours, n: ("We look into what you wrote to us.", f"Request {n}", {}),
}


@pytest.mark.parametrize("minutes", [0, 20])
@pytest.mark.parametrize("way", WAYS)
def test_three_senders_of_one_foreign_desk_are_dead_within_five_messages_and_two_tickets(
    town: Harness, way: str, minutes: int
) -> None:
    """`alike_mails_a_day`: each automatic answer of ours is answered by another of theirs."""
    write(town, DESK[0], "A hole in Elm Street.", "Hole")
    messages, seen = 1, 0
    for number in range(1, 9):
        if len(theirs(town)) == seen:
            break
        messages, seen = messages + len(theirs(town)) - seen + 1, len(theirs(town))
        later(town, timedelta(minutes=minutes))
        text, subject, marks = WAYS[way](theirs(town)[-1], number)
        write(town, DESK[number % 3], text, subject, **marks)
    later(town, timedelta(hours=2))
    assert len(theirs(town)) == seen, "and nothing of it wakes later"
    assert messages <= 5
    assert len(town.dump()["tickets"]) <= 2
    kept = town.dump()["quarantine"]
    assert sum(kinds(town, t["ticket_id"]).count("appended") for t in town.dump()["tickets"]) or [
        m for m in kept if "again and again" in m["reason"]
    ], "their words are kept for staff, with the reason"


@pytest.mark.parametrize("dmarc", ["PASS", "GRAY"], ids=["proven", "unproven"])
def test_twenty_citizens_of_one_small_domain_are_each_answered_within_the_hour(
    town: Harness, dmarc: str
) -> None:
    """`answers_per_domain_an_hour`."""
    people = [f"citizen{number}@resident.example" for number in range(len(MATTERS))]
    for person, matter in zip(people, MATTERS, strict=True):
        text = f"The {matter} at number {len(matter)} needs somebody to look at it."
        mail = a_mail(text, subject=matter, sender=person)
        town.mail(mail, verdicts={"dmarc": dmarc})
        town.drain(2_000)
    assert len(town.dump()["tickets"]) == len(people), "each is a report of its own"
    answered = Counter(str(sent.to) for sent in town.outbox if sent.to in people)
    assert len(answered) == 3, "three leave at once"
    later(town, timedelta(hours=1))
    answered = Counter(str(sent.to) for sent in town.outbox if sent.to in people)
    assert answered == dict.fromkeys(people, 1), "and the rest with the next hour, each once"


def test_staff_see_why_an_answer_waits(town: Harness) -> None:
    for number in range(4):
        write(town, f"c{number}@resident.example", f"The {MATTERS[number]} is broken.")
    (held,) = [n for n in town.dump()["notifications"] if n["reason"] == "domain_share"]
    assert held["status"] == "queued"
    page = town.http("GET", f"/console/tickets/{held['ticket_id']}", user="administrator")
    assert "this mail domain has had its automatic answers" in page.text


def test_a_large_provider_and_a_form_know_no_share(town: Harness) -> None:
    for number in range(5):
        write(town, f"citizen{number}@gmail.com", f"The {MATTERS[number]} is broken.")
    assert len([sent for sent in town.outbox if str(sent.to).endswith("@gmail.com")]) == 5


def test_danger_is_answered_at_once_and_held_up_by_nothing(town: Harness) -> None:
    for number in range(4):
        write(town, f"c{number}@resident.example", f"The {MATTERS[number]} is broken.")
    for number in range(3):
        write(town, f"d{number}@resident.example", "There is a gas leak here!")
        assert len(to(town, f"d{number}@resident.example")) == 1


def test_what_a_colleague_writes_about_a_report_changes_nothing_and_is_seen_by_staff(
    town: Harness,
) -> None:
    write(town, "a@resident.example", "The lamp is broken.")
    (ours,) = to(town, "a@resident.example")
    write(town, "b@resident.example", "I saw that as well.", f"Re: {ours.subject}")
    (ticket,) = town.dump()["tickets"]
    (entry,) = [e for e in town.dump()["entries"] if e["kind"] == "appended"]
    assert entry["ticket_id"] == ticket["ticket_id"] and not entry["is_verified"]
    assert entry["visibility"] == "staff"


def test_neighbours_at_a_large_provider_are_no_desk(town: Harness) -> None:
    write(town, "cy@gmail.com", "A hole.")
    (ours,) = to(town, "cy@gmail.com")
    write(town, "di@gmail.com", "Mine too.", f"Re: {ours.subject}")
    assert len(town.dump()["tickets"]) == 2
