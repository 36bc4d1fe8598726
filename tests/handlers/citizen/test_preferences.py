"""The page of a person's own wishes: opened by a message's link, logged, and minded at once."""

from __future__ import annotations

import pytest

from chalicelib.errors import NotFound
from chalicelib.messages import Channel
from chalicelib.tickets.model.records import Change, Contact
from chalicelib.tickets.model.ticket import Actor
from chalicelib.tickets.ports import NotificationKey
from tests.handlers.desk_work import hidden
from tests.harness import Harness

ANNA = "email:anna@example.org"


def link(town: Harness) -> str:
    to = town.services.settings.intake_addresses[0]
    raw = f"From: anna@example.org\r\nTo: {to}\r\nSubject: Hole\r\n\r\nA hole in Elm Street."
    town.mail(raw.encode())
    town.drain()
    (sent,) = town.dump()["notifications"]
    key = NotificationKey(sent["ticket_id"], sent["notification_id"])
    return town.services.preferences.link(key)


def test_choices_are_kept_logged_and_minded(town: Harness) -> None:
    path = link(town)
    page = town.http("GET", path)
    assert page.status == 200
    assert "anna" not in path
    form = {"form_token": hidden(page, "form_token"), "cases": "none", "quiet_hours": "20:00-09:00"}
    assert town.http("POST", path, form={**form, "locale": "es"}).status == 303
    contact = town.services.store.contact(ANNA)
    assert (contact.purposes, contact.locale) == ({"cases": "none"}, "es")
    assert contact.quiet_hours == "20:00-09:00"
    assert contact.consents[-1]["what"] == "cases: none"
    assert "cases: none" in town.http("GET", path).text


def test_a_wrong_link_opens_nothing_and_wrong_hours_are_refused(town: Harness) -> None:
    path = link(town)
    assert town.http("GET", path[:-1] + "x").status == 404
    page = town.http("GET", path)
    form = {"form_token": hidden(page, "form_token"), "quiet_hours": "late"}
    assert town.http("POST", path, form=form).status == 422
    assert town.http("POST", path, form={"quiet_hours": ""}).status == 403


def test_one_click_in_a_mail_program_stops_the_purpose(town: Harness) -> None:
    path = link(town)
    answer = town.http("POST", path, form={"List-Unsubscribe": "One-Click"})
    assert answer.status == 200
    assert town.services.store.contact(ANNA).purposes == {"cases": "none"}


def test_staff_lift_a_bounce_and_never_a_persons_own_stop(town: Harness) -> None:
    staff = Actor("staff", "clerk@city.example")
    contact = Contact(key=ANNA, suppressed={Channel.EMAIL: "bounced"})
    town.services.store.save(Change(contacts=[contact]))
    released = town.services.preferences.release(ANNA, Channel.EMAIL, staff)
    assert released.suppressed == {}
    assert released.released_at == town.now
    other = Contact(key="tel:+12025550123", suppressed={Channel.SMS: "opted_out"})
    town.services.store.save(Change(contacts=[other]))
    with pytest.raises(NotFound):
        town.services.preferences.release("tel:+12025550123", Channel.SMS, staff)


def test_every_mail_to_a_citizen_leads_to_their_own_wishes(town: Harness) -> None:
    to = town.services.settings.intake_addresses[0]
    raw = f"From: wish@example.org\r\nTo: {to}\r\n\r\nA pothole in Elm Street 5."
    town.mail(raw.encode())
    town.drain()
    (mail,) = [sent for sent in town.outbox if sent.to == "wish@example.org"]
    base = town.services.settings.public_url
    (line,) = [line for line in mail.text.splitlines() if "/preferences/" in line]
    assert f'href="{line.strip()}"' in mail.html
    page = town.http("GET", line.strip().removeprefix(base))
    assert page.status == 200
    assert "quiet_hours" in page.text
    (ticket,) = [t for t in town.dump()["tickets"] if "wish@" in str(t["requester"])]
    wish = {"assignee": "agent@city.example", "version": ticket["version"]}
    path = f"/api/v1/tickets/{ticket['ticket_id']}/assign"
    assert town.http("POST", path, json=wish, user="supervisor").status == 200
    town.drain()
    staff = [sent for sent in town.outbox if sent.to == "agent@city.example"]
    assert staff and not any("/preferences/" in sent.html for sent in staff)
