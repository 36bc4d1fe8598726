"""When one way fails the next is tried, in order and once, until somebody is known to be reached."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from chalicelib.messages import Channel, DeliveryReceipt, Party, ReceiptKind
from chalicelib.tickets.model.records import DeliveryStatus, Notification
from chalicelib.tickets.model.ticket import Ticket
from tests.city import ANNA, PHONE, City

BOTH = Party(name="Anna Ek", email=ANNA.email, phone=PHONE.phone)
HOUR = timedelta(hours=1)


@pytest.fixture
def city() -> City:
    city = City()
    city.clock.move(to=datetime(2026, 3, 2, 17, 0, tzinfo=UTC))
    return city


def test_a_bounced_mail_is_followed_by_a_text_and_a_failed_text_by_a_task(city: City) -> None:
    ticket = city.write(sender=BOTH)
    city.send_all()
    mail = _last(city, ticket)
    for _ in range(2):
        _report(city, mail, ReceiptKind.BOUNCED)
    city.send_all()
    assert (len(city.mail.sent), len(city.texts.sent)) == (1, 1)
    for _ in range(2):
        _report(city, _by_text(city, ticket), ReceiptKind.BOUNCED)
    assert city.kinds(ticket).count("contact_unreachable") == 1
    city.send_all()
    assert len(city.texts.sent) == 1


def test_a_mail_that_nobody_saw_arrive_is_followed_by_a_text_after_its_delay(city: City) -> None:
    ticket = city.write(sender=BOTH)
    city.send_all()
    city.clock.move(23 * HOUR)
    _sweep(city)
    assert city.texts.sent == []
    city.clock.move(2 * HOUR)
    for _ in range(3):
        _sweep(city)
    assert len(city.texts.sent) == 1
    assert _by_text(city, ticket).tried == (Channel.EMAIL,)


def test_a_mail_that_arrived_is_followed_by_nothing(city: City) -> None:
    ticket = city.write(sender=BOTH)
    city.send_all()
    _report(city, _last(city, ticket), ReceiptKind.DELIVERED)
    city.clock.move(48 * HOUR)
    _sweep(city)
    assert city.texts.sent == []


def test_administrators_order_the_ladder(city: City) -> None:
    (item,) = city.catalogs.versions["policy", "policy"]
    changed = replace(item, body={**item.body, "ladder": ["email", "task"]})
    city.catalogs.versions["policy", "policy"] = [changed]
    ticket = city.write(sender=BOTH)
    city.send_all()
    _report(city, _last(city, ticket), ReceiptKind.BOUNCED)
    city.send_all()
    assert city.texts.sent == []
    assert city.kinds(ticket)[-1] == "contact_unreachable"


def test_a_complaint_is_followed_by_no_other_message(city: City) -> None:
    ticket = city.write(sender=BOTH)
    city.send_all()
    _report(city, _last(city, ticket), ReceiptKind.COMPLAINED)
    city.send_all()
    assert city.texts.sent == []


def test_texts_that_are_not_paid_for_go_by_mail(city: City) -> None:
    (item,) = city.catalogs.versions["policy", "policy"]
    city.catalogs.versions["policy", "policy"] = [
        replace(item, body={**item.body, "sms_segments_a_day": 1})
    ]
    city.store.spent["2026-03-02"] = 1
    ticket = city.write(sender=BOTH, preferred_channel=Channel.SMS, channel=Channel.WEB)
    city.send_all()
    city.send_all()
    assert (len(city.mail.sent), len(city.texts.sent)) == (1, 0)
    statuses = {n.channel: n.status for n in city.store.read(ticket.ticket_id).notifications}
    assert statuses[Channel.SMS] is DeliveryStatus.SUPPRESSED


def _report(city: City, notification: Notification, kind: ReceiptKind) -> None:
    receipt = DeliveryReceipt(
        kind=kind,
        channel=notification.channel,
        at=city.now(),
        ticket_id=notification.ticket_id,
        notification_id=notification.notification_id,
        is_permanent=True,
    )
    city.notifier.record(receipt)


def _last(city: City, ticket: Ticket) -> Notification:
    return city.store.read(ticket.ticket_id).notifications[-1]


def _by_text(city: City, ticket: Ticket) -> Notification:
    found = city.store.read(ticket.ticket_id).notifications
    return next(n for n in found if n.channel is Channel.SMS)


def _sweep(city: City) -> None:
    city.notifier.enqueue_due()
    city.send_all()
