"""Delivery: once, honestly, and to nobody who should not get it."""

from __future__ import annotations

from datetime import timedelta

import pytest

from chalicelib.errors import PermanentSendError, TransientSendError, UnknownSendError
from chalicelib.messages import Channel, DeliveryReceipt, ReceiptKind
from chalicelib.tickets.model.records import DeliveryStatus, Notification
from chalicelib.tickets.model.ticket import Ticket
from chalicelib.tickets.ports import NotificationKey
from tests.city import CLERK, City

MINUTES = timedelta(minutes=1)


@pytest.fixture
def city() -> City:
    return City()


def test_a_notification_delivered_twice_is_sent_once(city: City) -> None:
    city.write()
    key = city.queue.take()[0]
    assert city.notifier.deliver(key) is DeliveryStatus.ACCEPTED
    assert city.notifier.deliver(key) is None
    assert len(city.mail.sent) == 1


def test_a_throttled_send_is_retried_and_then_sent_once(city: City) -> None:
    ticket = city.write()
    city.mail.fail_next = [TransientSendError("slow down")] * 3
    city.send_all()
    for _ in range(6):
        _sweep(city)
    assert len(city.mail.sent) == 1
    assert _first(city, ticket).status is DeliveryStatus.ACCEPTED


def test_after_four_hours_of_refusals_it_is_given_up_by_name(city: City) -> None:
    ticket = city.write()
    city.mail.fail_next = [TransientSendError("paused")] * 500
    city.send_all()
    for _ in range(60):
        _sweep(city)
    assert _first(city, ticket).status is DeliveryStatus.FAILED
    assert city.kinds(ticket)[-1] == "notice_failed"
    assert 40 <= 500 - len(city.mail.fail_next) <= 60


def test_a_refused_address_is_never_retried_and_staff_see_it(city: City) -> None:
    ticket = city.write()
    city.mail.fail_next = [PermanentSendError("no such mailbox")]
    city.send_all()
    _sweep(city)
    assert city.mail.sent == []
    assert _first(city, ticket).status is DeliveryStatus.FAILED
    assert city.desk.case(ticket.ticket_id).entries[-1].text == "no such mailbox"


def test_a_lost_answer_is_unknown_and_repeated_only_after_silence(city: City) -> None:
    ticket = city.write()
    city.mail.fail_next = [UnknownSendError("no answer")]
    city.send_all()
    assert _first(city, ticket).status is DeliveryStatus.UNKNOWN
    city.clock.move(14 * MINUTES)
    city.notifier.enqueue_due()
    city.send_all()
    assert city.mail.sent == []
    city.clock.move(2 * MINUTES)
    city.notifier.enqueue_due()
    city.send_all()
    assert len(city.mail.sent) == 1
    assert _first(city, ticket).is_repeat


def test_a_receipt_settles_an_unknown_send_without_a_repeat(city: City) -> None:
    ticket = city.write()
    city.mail.fail_next = [UnknownSendError("no answer")]
    city.send_all()
    city.notifier.record(_receipt(city, _first(city, ticket), ReceiptKind.DELIVERED))
    city.clock.move(30 * MINUTES)
    city.notifier.enqueue_due()
    city.send_all()
    assert city.mail.sent == []
    assert _first(city, ticket).status is DeliveryStatus.DELIVERED


@pytest.mark.parametrize(
    ("kind", "is_permanent"), [(ReceiptKind.BOUNCED, True), (ReceiptKind.COMPLAINED, False)]
)
def test_a_hard_bounce_or_complaint_stops_the_address_everywhere(
    city: City, kind: ReceiptKind, is_permanent: bool
) -> None:
    first, second = city.write(), city.write("Another pothole in Oak Street")
    key = city.queue.keys[0]
    city.notifier.deliver(key)
    receipt = _receipt(city, _first(city, first), kind, is_permanent=is_permanent)
    city.notifier.record(receipt)
    city.send_all()
    assert len(city.mail.sent) == 1
    assert _first(city, second).status is DeliveryStatus.CANCELLED
    city.desk.reply(second.ticket_id, CLERK, "Done.", version=second.version)
    city.send_all()
    assert len(city.mail.sent) == 1


def test_a_soft_bounce_stops_nothing(city: City) -> None:
    ticket = city.write()
    city.send_all()
    city.notifier.record(_receipt(city, _first(city, ticket), ReceiptKind.BOUNCED))
    assert city.store.contact(ticket.requester.key).suppressed == {}


def test_a_worker_that_died_holding_the_claim_is_taken_over_and_flagged(city: City) -> None:
    ticket = city.write()
    key = city.queue.take()[0]
    city.store.claim(key, city.now(), timedelta(minutes=2))
    assert city.notifier.deliver(key) is None
    city.clock.move(16 * MINUTES)
    city.notifier.enqueue_due()
    city.send_all()
    assert len(city.mail.sent) == 1
    assert _first(city, ticket).is_repeat


def test_words_of_staff_and_citizens_are_never_run_as_a_template(city: City) -> None:
    ticket = city.write()
    city.send_all()
    attack = "{{7*7}} {% for x in y %} ${7*7} %(x)s {0.__class__} <b>x</b>"
    city.desk.reply(ticket.ticket_id, CLERK, attack, version=ticket.version)
    city.send_all()
    assert attack in city.mail.sent[-1].text
    assert "<b>x</b>" not in city.mail.sent[-1].html


def _first(city: City, ticket: Ticket) -> Notification:
    return city.store.read(ticket.ticket_id).notifications[0]


def _sweep(city: City) -> None:
    city.clock.move(5 * MINUTES)
    city.notifier.enqueue_due()
    city.send_all()


def _receipt(
    city: City, notification: Notification, kind: ReceiptKind, *, is_permanent: bool = False
) -> DeliveryReceipt:
    return DeliveryReceipt(
        kind=kind,
        channel=Channel.EMAIL,
        at=city.now(),
        ticket_id=notification.ticket_id,
        notification_id=notification.notification_id,
        is_permanent=is_permanent,
    )


def test_keys_are_all_that_travels_in_the_queue(city: City) -> None:
    city.write()
    assert all(isinstance(key, NotificationKey) for key in city.queue.keys)
