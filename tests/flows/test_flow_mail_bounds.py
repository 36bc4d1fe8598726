"""A mail that is longer than is read: it is kept, shown as cut, and has no say."""

from __future__ import annotations

import pytest

from chalicelib.channels import bounds
from chalicelib.tickets.intake.opening import MAX_SUBJECT
from chalicelib.tickets.model.ticket import MAX_DESCRIPTION
from tests.citizens import (
    ANA,
    PNG,
    a_mail,
    act,
    answer_to,
    kinds,
    reported_by_mail,
    ticket_of,
    timeline_of,
    to,
)
from tests.harness import Harness

pytestmark = pytest.mark.parametrize("town", ["moto"], indirect=True)
EVIL = b"From: x@evil.example\n"
SECOND = {
    "behind commas": b"," * (bounds.HEADER_LETTERS - 10) + b"\n" + EVIL,
    "behind many names": b"\n" + b"".join(b"X-%d: a\n" % n for n in range(520)) + EVIL,
    "folded": b"," + b",\n " * bounds.HEADER_LETTERS + b"x@evil.example\n",
    "plain": b"\n" + EVIL,
    "empty": b"\nFrom: \n",
}


def _with(raw: bytes, second: bytes, author: str = ANA) -> bytes:
    head, _, rest = raw.partition(b"\n")
    assert head.startswith(b"From: ")
    return b"From: " + author.encode() + second + rest


@pytest.mark.parametrize("second", SECOND.values(), ids=SECOND)
def test_a_second_author_has_no_say_on_the_firsts_ticket(town: Harness, second: bytes) -> None:
    ticket_id = reported_by_mail(town)["ticket_id"]
    act(town, ticket_id, "status", status="resolved", reason="Filled.")
    town.drain()
    left = len(town.outbox)
    reply = a_mail("Open it again.", subject=f"Re: {ticket_id}")
    town.mail(_with(reply, second))
    town.mail(_with(answer_to(to(town, ANA)[0], "It is not."), second))
    town.drain()
    assert ticket_of(town, ticket_id)["status"] == "resolved"
    assert "Open it again." not in [e.get("text") for e in timeline_of(town, ticket_id)]
    assert not [e for e in timeline_of(town, ticket_id) if e["kind"] == "appended"]
    assert len(town.outbox) == left


@pytest.mark.parametrize("second", SECOND.values(), ids=SECOND)
def test_a_second_author_is_kept_for_a_person_and_nobody_is_answered(
    town: Harness, second: bytes
) -> None:
    town.mail(_with(a_mail(), second, "agent@city.example"))
    town.drain()
    assert [m["outcome"] for m in town.dump()["messages"]] == ["quarantined"]
    assert town.outbox == []
    page = town.http("GET", "/console/quarantine", user="supervisor").text
    told = "no single sender" if second in (SECOND["plain"], SECOND["empty"]) else "longer than is"
    assert told in page


def test_a_released_mail_says_why_it_was_held(town: Harness) -> None:
    town.mail(_with(a_mail(), SECOND["behind commas"]))
    town.drain()
    [held] = town.dump()["messages"]
    key = {"message_key": f"email:{held['message_id']}"}
    town.http("POST", "/api/v1/quarantine/release", user="supervisor", json=key)
    [ticket] = town.dump()["tickets"]
    page = town.http("GET", f"/console/tickets/{ticket['ticket_id']}", user="agent").text
    assert "longer than is read" in page


def test_staff_see_that_words_were_cut(town: Harness) -> None:
    town.mail(a_mail("a\n" * (bounds.LINES + 1)))
    town.drain()
    [ticket] = town.dump()["tickets"]
    page = town.http("GET", f"/console/tickets/{ticket['ticket_id']}", user="agent").text
    assert "This message was longer than is read: text." in page


@pytest.mark.parametrize("beyond", [-1, 0, 1])
def test_a_report_that_shows_only_the_beginning_of_its_words_says_so(
    town: Harness, beyond: int
) -> None:
    subject = "s" * (MAX_SUBJECT + beyond)
    town.mail(
        a_mail("lamp " * (MAX_DESCRIPTION // 5 - 1) + "lamp" + "." * (beyond + 1), subject=subject)
    )
    town.drain()
    [ticket] = town.dump()["tickets"]
    [opened] = [e for e in timeline_of(town, ticket["ticket_id"]) if e["kind"] == "opened"]
    assert "cut" not in opened["data"]
    assert len(opened["text"]) == MAX_DESCRIPTION + beyond, "all of it is on the timeline"
    page = town.http("GET", f"/console/tickets/{ticket['ticket_id']}", user="agent").text
    assert ("/entries/1" in page) == (beyond > 0)
    assert len(ticket["description"]) == MAX_DESCRIPTION + min(beyond, 0)
    assert [ticket[n].endswith("…") for n in ("description", "subject")] == [beyond > 0] * 2


def _files(many: int) -> dict[str, bytes]:
    return {f"f{number}.png": PNG + bytes([number]) for number in range(many)}


@pytest.mark.parametrize("beyond", [0, 1, 25])
def test_files_that_do_not_fit_are_named_to_staff_and_counted_to_the_citizen(
    town: Harness, beyond: int
) -> None:
    town.mail(a_mail(files=_files(bounds.FILES + beyond)))
    town.drain()
    [ticket] = town.dump()["tickets"]
    page = town.http("GET", f"/console/tickets/{ticket['ticket_id']}", user="agent").text
    assert ("Files that did not fit" in page) is (beyond > 0)
    assert (f"f{bounds.FILES}.png" in page) is (beyond > 0)
    assert ("… +5" in page) is (beyond == 25)
    [sent] = to(town, ANA)
    assert (f"{beyond} were left out" in sent.text) is (beyond > 0)
    assert f"f{bounds.FILES}" not in sent.text


@pytest.mark.parametrize("beyond", [0, 1])
def test_whoever_adds_more_files_than_fit_is_told(town: Harness, beyond: int) -> None:
    ticket_id = reported_by_mail(town)["ticket_id"]
    [sent] = to(town, ANA)
    reply = a_mail("More.", to=sent.reply_to, files=_files(bounds.FILES + beyond))
    town.mail(reply)
    town.drain()
    assert kinds(town, ticket_id) == ["opened", "appended"]
    told = [each.subject for each in to(town, ANA)[1:]]
    assert told == [f"Some of your files did not fit: {ticket_id}"] * beyond
