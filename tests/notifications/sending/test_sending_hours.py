"""Texts at night, a person's share of a day, and the city's budget for texts."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from chalicelib.errors import TransientSendError
from chalicelib.tickets.model.quiet_hours import local_day, next_morning, opening
from chalicelib.tickets.model.records import Contact, DeliveryStatus, Notification
from chalicelib.tickets.model.ticket import Priority, Status, Ticket
from tests.city import CLERK, PHONE, City

ZONE = "America/New_York"
NIGHT = datetime(2026, 3, 3, 3, 30, tzinfo=UTC)  # 22:30 of the day before
MORNING = datetime(2026, 3, 3, 13, 0, tzinfo=UTC)  # 08:00
NOON = datetime(2026, 3, 3, 17, 0, tzinfo=UTC)


@pytest.fixture
def city() -> City:
    city = City()
    city.clock.move(to=NOON - timedelta(days=1))
    return city


@pytest.mark.parametrize(
    ("local", "zone", "expected"),
    [
        ("2026-03-02T21:00:00", ZONE, "2026-03-03T08:00:00"),
        ("2026-03-02T20:59:59", ZONE, None),
        ("2026-03-02T22:30:00", ZONE, "2026-03-03T08:00:00"),
        ("2026-03-03T00:00:00", ZONE, "2026-03-03T08:00:00"),
        ("2026-03-03T07:59:59", ZONE, "2026-03-03T08:00:00"),
        ("2026-03-03T08:00:00", ZONE, None),
        ("2026-03-02T22:30:00", "Asia/Tehran", "2026-03-03T08:00:00"),
        ("2026-03-07T23:00:00", ZONE, "2026-03-08T08:00:00"),
        ("2026-10-31T23:00:00", ZONE, "2026-11-01T08:00:00"),
    ],
)
def test_quiet_hours_end_at_eight_by_the_wall(local: str, zone: str, expected: str | None) -> None:
    from zoneinfo import ZoneInfo

    at = datetime.fromisoformat(local).replace(tzinfo=ZoneInfo(zone))
    opens = opening(at.astimezone(UTC), "21:00-08:00", zone)
    wall = opens.astimezone(ZoneInfo(zone)).replace(tzinfo=None).isoformat() if opens else None
    assert wall == expected


def test_eight_o_clock_stays_eight_through_both_changes_of_the_clock() -> None:
    spring, autumn = datetime(2026, 3, 8, 3, 0, tzinfo=UTC), datetime(2026, 11, 1, 3, 0, tzinfo=UTC)
    assert next_morning(spring, "21:00-08:00", ZONE) == datetime(2026, 3, 8, 12, 0, tzinfo=UTC)
    assert next_morning(autumn, "21:00-08:00", ZONE) == datetime(2026, 11, 1, 13, 0, tzinfo=UTC)
    assert local_day(spring, ZONE) == "2026-03-07"


def test_an_update_by_text_waits_for_the_morning_and_leaves_once(city: City) -> None:
    ticket = _texted(city)
    city.clock.move(to=NIGHT)
    city.desk.reply(ticket.ticket_id, CLERK, "We come tomorrow.", version=ticket.version)
    _sweep(city)
    assert len(city.texts.sent) == 1
    city.clock.move(to=MORNING - timedelta(seconds=1))
    _sweep(city)
    assert len(city.texts.sent) == 1
    city.clock.move(to=MORNING)
    _sweep(city)
    _sweep(city)
    assert len(city.texts.sent) == 2


def test_a_text_delayed_into_the_night_waits_too(city: City) -> None:
    ticket = _texted(city)
    city.clock.move(to=NIGHT - timedelta(minutes=91))
    city.desk.reply(ticket.ticket_id, CLERK, "We come tomorrow.", version=ticket.version)
    city.texts.fail_next = [TransientSendError("slow down")]
    _sweep(city)
    city.clock.move(to=NIGHT)
    _sweep(city)
    assert len(city.texts.sent) == 1
    city.clock.move(to=MORNING)
    city.texts.fail_next = [TransientSendError("slow down")]
    _sweep(city)
    city.clock.move(timedelta(minutes=5))
    _sweep(city)
    assert len(city.texts.sent) == 2, "the four hours of retries begin in the morning"


def test_an_urgent_text_leaves_at_night_with_a_line_in_the_audit_trail(city: City) -> None:
    ticket = _texted(city)
    ticket = city.desk.change_priority(
        ticket.ticket_id, CLERK, Priority.P1, "danger", version=ticket.version
    )
    city.clock.move(to=NIGHT)
    city.desk.reply(ticket.ticket_id, CLERK, "Keep away.", version=ticket.version)
    city.send_all()
    assert len(city.texts.sent) == 2
    assert [r.action for r in city.store.records if r.subject == ticket.ticket_id] == [
        "sent_in_quiet_hours"
    ]


def test_an_answer_to_a_text_sent_at_night_does_not_wait(city: City) -> None:
    city.clock.move(to=NIGHT)
    _texted(city)
    assert len(city.texts.sent) == 1


def test_somebodys_own_quiet_hours_go_before_the_citys(city: City) -> None:
    ticket = _texted(city)
    contact = city.store.contact(PHONE.key)
    contact.quiet_hours = "11:00-15:00"
    city.store.people[PHONE.key] = contact
    city.desk.reply(ticket.ticket_id, CLERK, "We come tomorrow.", version=ticket.version)
    city.send_all()
    assert len(city.texts.sent) == 1
    city.clock.move(timedelta(hours=3))
    _sweep(city)
    assert len(city.texts.sent) == 2


def test_a_mail_leaves_at_night(city: City) -> None:
    city.clock.move(to=NIGHT)
    ticket = city.write()
    city.desk.reply(ticket.ticket_id, CLERK, "We come tomorrow.", version=ticket.version)
    city.send_all()
    assert len(city.mail.sent) == 2


def test_what_is_over_the_days_share_is_joined_into_one_next_morning(city: City) -> None:
    _set_policy(city, messages_a_day=2)
    ticket = city.write()
    for number in range(5):
        city.clock.move(timedelta(minutes=1))
        ticket = city.desk.reply(
            ticket.ticket_id, CLERK, f"Update {number}.", version=ticket.version
        )
    _sweep(city)
    assert len(city.mail.sent) == 3, "the receipt and two updates"
    city.clock.move(to=MORNING + timedelta(minutes=1))
    _sweep(city)
    assert len(city.mail.sent) == 4
    for number in (2, 3, 4):
        assert f"Update {number}." in city.mail.sent[-1].text
    _sweep(city)
    assert len(city.mail.sent) == 4


def test_a_worker_that_dies_while_joining_loses_no_update(city: City) -> None:
    _set_policy(city, messages_a_day=1)
    ticket = city.write()
    for number in range(4):
        ticket = city.desk.reply(
            ticket.ticket_id, CLERK, f"Update {number}.", version=ticket.version
        )
    _sweep(city)
    city.clock.move(to=MORNING + timedelta(minutes=1))
    city.mail.fail_next = [KeyboardInterrupt()]  # type: ignore[list-item]
    with pytest.raises(KeyboardInterrupt):
        _sweep(city)
    city.queue.take()
    city.clock.move(timedelta(minutes=16))
    _sweep(city)
    joined = city.mail.sent[-1].text
    assert all(f"Update {number}." in joined for number in (1, 2, 3))


def test_the_purse_counts_segments_and_stops_texts_that_are_not_urgent(city: City) -> None:  # S12
    _set_policy(city, sms_segments_a_day=2)
    ticket = _texted(city)
    for number in range(3):
        city.clock.move(timedelta(minutes=2))
        ticket = city.desk.reply(ticket.ticket_id, CLERK, f"{number}", version=ticket.version)
        city.send_all()
        ticket = city.store.get(ticket.ticket_id)
    assert len(city.texts.sent) == 2
    assert city.store.segments_spent("2026-03-02") == (2, 2)
    assert _last(city, ticket).status is DeliveryStatus.SUPPRESSED
    assert "notice_failed" in city.kinds(ticket)


def test_a_month_has_its_own_cap_and_the_next_one_starts_anew(city: City) -> None:
    _set_policy(city, sms_segments_a_month=1)
    ticket = _texted(city)
    city.clock.move(timedelta(days=1))
    ticket = city.desk.reply(ticket.ticket_id, CLERK, "No more.", version=ticket.version)
    city.send_all()
    assert len(city.texts.sent) == 1
    city.clock.move(to=datetime(2026, 4, 2, 17, 0, tzinfo=UTC))
    ticket = city.store.get(ticket.ticket_id)
    city.desk.reply(ticket.ticket_id, CLERK, "Again.", version=ticket.version)
    city.send_all()
    assert len(city.texts.sent) == 2


def test_who_chose_mail_for_their_cases_gets_no_text(city: City) -> None:
    ticket = _texted(city)
    city.store.people[PHONE.key] = Contact(key=PHONE.key, purposes={"cases": "none"})
    city.desk.change_status(
        ticket.ticket_id, CLERK, Status.IN_PROGRESS, "soon", version=ticket.version
    )
    city.send_all()
    assert len(city.texts.sent) == 1
    assert _last(city, ticket).reason == "preference"


def _texted(city: City) -> Ticket:
    outcome = city.desk.receive(city.text("There is a pothole in Main Street 5"))
    city.send_all()
    assert outcome.ticket_id
    return city.store.get(outcome.ticket_id)


def _set_policy(city: City, **given: Any) -> None:
    (item,) = city.catalogs.versions["policy", "policy"]
    changed = replace(item, body={**item.body, **given})
    city.catalogs.versions["policy", "policy"] = [changed]


def _sweep(city: City) -> None:
    city.notifier.enqueue_due()
    city.send_all()


def _last(city: City, ticket: Ticket) -> Notification:
    return city.store.read(ticket.ticket_id).notifications[-1]
