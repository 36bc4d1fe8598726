"""The catalogue's cases of messages that take days (N06, L11, T12, P5), from outside."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest

from chalicelib.tickets.model.records import Change, Contact
from infra.local.receipts import mail_event
from tests.flows.test_flow_sending_cases import (
    COUNT,
    SETTINGS,
    bounced,
    got,
    later,
    report,
    somebody,
    told,
)
from tests.handlers.api.test_broadcasts import act, draft, look
from tests.harness import Harness

AWAY = 25  # of the catalogue's 2,000: each costs the same


@pytest.fixture(scope="module")
def city() -> Iterator[Harness]:
    with Harness.boot() as town:
        saved = town.http(
            "PUT", "/api/v1/notices/water_off.en", json=SETTINGS, user="administrator"
        )
        assert saved.status == 200, saved.text
        promise = {"target_id": "informed", "clock": "informed", "minutes": 60}
        wish = {"body": promise, "version": 0}
        saved = town.http("PUT", "/api/v1/targets/informed", json=wish, user="administrator")
        assert saved.status == 200, saved.text
        yield town


def test_the_citizen_is_informed_by_a_delivery_and_by_nothing_less(city: Harness) -> None:
    who = report(city, somebody())
    city.drain()
    ticket_id = told(city, who)[0]["ticket_id"]

    def is_informed() -> bool:
        kinds = [e["kind"] for e in city.dump()["entries"] if e["ticket_id"] == ticket_id]
        return "informed" in kinds

    assert not is_informed(), "accepted is not delivered"
    for kind in ("DeliveryDelay", "Delivery"):
        city.receipt(mail_event(got(city, who)[0], kind))
        city.drain()
        assert is_informed() == (kind == "Delivery")


def test_l11_out_of_office_answers_to_a_broadcast_open_nothing_and_are_counted(
    city: Harness,
) -> None:
    rows = "email,street\n" + "".join(f"a{n}@example.org,Elm\n" for n in range(AWAY))
    name = draft(city, rows).json()["id"]
    act(city, name, "approve")
    city.services.broadcasts.run()
    city.drain()
    sent = [sent for sent in city.outbox if sent.to.startswith("a")][-AWAY:]
    before = city.dump()
    left = len(city.outbox)
    for each in sent:
        to = city.services.settings.intake_addresses[0]
        raw = (
            f"From: {each.to}\r\nTo: {to}\r\nSubject: Automatic reply: {each.subject}\r\n"
            "Auto-Submitted: auto-replied\r\n\r\nI am away."
        )
        city.mail(raw.encode())
    city.drain(500)
    after = city.dump()
    assert (len(after["tickets"]), len(city.outbox)) == (len(before["tickets"]), left)
    assert len(after["messages"]) - len(before["messages"]) == AWAY
    assert look(city, name)["statuses"] == {"accepted": AWAY}


def test_n06_three_soft_bounces_in_seven_days_stop_an_address_and_one_does_not(
    city: Harness,
) -> None:
    who = somebody()
    for number in range(1, 4):
        report(city, who, f"A hole in Elm Street {number}.")
        city.drain()
        bounced(city, who, bounceType="Transient", bounceSubType="MailboxFull")
        is_stopped = bool(city.services.store.contact(f"email:{who}").suppressed)
        assert is_stopped == (number == 3)
        later(city, timedelta(days=1))
    assert city.services.store.contact(f"email:{who}").suppressed == {"email": "soft_bounces"}


def test_n06_soft_bounces_that_are_more_than_seven_days_apart_do_not_add_up(
    city: Harness,
) -> None:
    who = somebody()
    for days in (5, 5, 1):
        report(city, who, f"A hole in Oak Street {next(COUNT)}.")
        city.drain(2_000)
        bounced(city, who, bounceType="Transient", bounceSubType="MailboxFull")
        later(city, timedelta(days=days), rounds=2_000)
    assert len(got(city, who)) >= 3, "three reports were answered, and each answer bounced"
    assert city.services.store.contact(f"email:{who}").suppressed == {}


def test_a_message_that_nobody_reports_about_ends_by_name_after_three_days(city: Harness) -> None:
    """P5."""
    who = report(city, somebody())
    city.drain()
    later(city, timedelta(hours=71), rounds=2_000)
    assert told(city, who)[0]["status"] == "accepted"
    later(city, timedelta(hours=2), 2, rounds=2_000)
    message = told(city, who)[0]
    assert (message["status"], message["reason"]) == ("expired", "no_receipt")
    city.receipt(mail_event(got(city, who)[0], "Delivery"))
    city.drain(2_000)
    assert told(city, who)[0]["status"] == "delivered", "late news is still news"


def test_t12_nine_o_clock_is_nine_by_the_persons_wall_on_both_sides_of_a_change(
    city: Harness,
) -> None:
    """New York changes its clock in the night to the 8th of March, Berlin to the 29th."""
    people = {"+12025550173": "", "+12025550174": "Europe/Berlin"}
    for number, zone in people.items():
        hours = Contact(key=f"tel:{number}", quiet_hours="21:00-09:00", timezone=zone)
        city.services.store.save(Change(contacts=[hours]))
        city.text("A pothole in Elm Street 5", sender=number)
    city.drain(2_000)
    expected = {
        "2026-03-07": ["14:00", "08:00"],
        "2026-03-08": ["13:00", "08:00"],
        "2026-03-28": ["13:00", "08:00"],
        "2026-03-29": ["13:00", "07:00"],
    }
    for day, ends in expected.items():
        city._town.clock.move_to(datetime.fromisoformat(f"{day}T06:30+00:00"))
        due = [_answered(city, number) for number in people]
        assert [f"{moment:%H:%M}" for moment in due] == ends, day
    city.tick(due[-1])
    city.drain(2_000)
    texts = [sent.text for sent in got(city, "+12025550174")]
    assert any("We are on it" in text for text in texts), "it left at nine"


def _answered(town: Harness, number: str) -> datetime:
    """When an answer of staff to somebody's report is due."""
    ticket_id = told(town, number)[0]["ticket_id"]
    path = f"/api/v1/tickets/{ticket_id}"
    version = town.http("GET", path, user="agent").json()["ticket"]["version"]
    wish = {"text": "We are on it.", "version": version}
    answer = town.http("POST", f"{path}/reply", json=wish, user="agent")
    assert answer.status == 200, answer.text
    stored = town.services.store.queued(ticket_id)
    return max(n.due_at for n in stored if n.due_at)
