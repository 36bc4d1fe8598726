"""Whose words these are, and when they were said: no spelling, sender's clock or queue decides that."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.harness import Harness

MAIL = (
    "From: {sender}\r\nTo: {to}\r\nSubject: {subject}\r\nMessage-ID: <{mark}@example.org>\r\n"
    "Content-Type: text/plain; charset=utf-8\r\n\r\n{words}\r\n"
)
PHONE = "+12125550142"


def write(town: Harness, sender: str, subject: str, words: str, mark: str = "one") -> None:
    to = town.services.settings.intake_addresses[0]
    said = MAIL.format(sender=sender, to=to, subject=subject, words=words, mark=mark)
    town.mail(said.encode())


def tickets(town: Harness) -> list[dict[str, object]]:
    found: list[dict[str, object]] = town.http(
        "GET", "/api/v1/tickets", user="administrator"
    ).json()["tickets"]
    return found


@pytest.mark.parametrize("again", ["a.smith@example.org", "A.SMITH@EXAMPLE.ORG"])
def test_an_address_is_the_same_in_any_case(town: Harness, again: str) -> None:
    write(town, "A.Smith@Example.org", "Lamp", "The lamp at 12 Elm Street is dark.")
    town.drain()
    (ticket,) = tickets(town)
    write(town, again, f"Re: {ticket['ticket_id']}", "It is the one by the school.", "two")
    town.drain()
    assert len(tickets(town)) == 1
    page = town.http("GET", f"/console/tickets/{ticket['ticket_id']}", user="administrator")
    assert "It is the one by the school." in page.text


def test_another_address_is_still_another_person(town: Harness) -> None:
    write(town, "a.smith@example.org", "Lamp", "The lamp at 12 Elm Street is dark.")
    town.drain()
    (ticket,) = tickets(town)
    write(town, "b.smith@example.org", f"Re: {ticket['ticket_id']}", "Mine, too.", "two")
    town.drain()
    page = town.http("GET", f"/t/{ticket['ticket_id']}", user=None)
    assert "Mine, too." not in page.text


@pytest.mark.parametrize("domain", ["münchen.example", "xn--mnchen-3ya.example"])
def test_a_domain_of_any_script_is_written_to_as_servers_know_it(
    town: Harness, domain: str
) -> None:
    write(town, f"bo@{domain}", "Lamp", "The lamp at 12 Elm Street is dark.")
    town.drain()
    assert [sent.to for sent in town.outbox][:1] == ["bo@xn--mnchen-3ya.example"]


def test_a_domain_that_is_none_is_nobodys(town: Harness) -> None:
    write(town, "bo@\u2488com.example", "Lamp", "The lamp at 12 Elm Street is dark.")
    town.drain()
    assert town.outbox == []


@pytest.mark.parametrize(("first", "then"), [("START", "STOP"), ("STOP", "START")])
def test_a_wish_that_is_stamped_ahead_of_time_does_not_outlast_the_next(
    town: Harness, first: str, then: str
) -> None:
    town.text("Pothole on Oak Avenue near number 5", sender=PHONE)
    town.drain()
    town.text(first, sender=PHONE, at=town.now + timedelta(days=2))
    town.drain()
    town.tick(town.now + timedelta(minutes=1))
    town.text(then, sender=PHONE, at=town.now)
    town.drain()
    contact = town.services.store.contact(f"tel:{PHONE}")
    assert contact is not None
    assert bool(contact.suppressed) == (then == "STOP")


def test_what_waited_in_a_queue_was_promised_when_it_came(town: Harness) -> None:
    write(town, "ada@example.org", "Lamp", "The lamp at 12 Elm Street is dark.")
    came = town.now
    town.tick(came + timedelta(days=2))
    write(town, "bo@example.org", "Lamp", "The lamp at 14 Elm Street is dark.", "two")
    town.drain()
    late, punctual = sorted(tickets(town), key=lambda each: str(each["requested_at"]))
    stored = [town.services.store.get(str(each["ticket_id"])) for each in (late, punctual)]
    first, second = (each.ledger[0].at for each in stored)
    assert (first, second) == (came, came + timedelta(days=2))
    assert late["due_at"] < punctual["due_at"]  # type: ignore[operator]
