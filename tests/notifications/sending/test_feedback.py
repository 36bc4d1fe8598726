"""Receipts: any order, any number of times, before our own record, and never another city's."""

from __future__ import annotations

from datetime import timedelta
from itertools import permutations
from typing import Any

import pytest

from chalicelib.errors import ReceiptTooEarly
from chalicelib.messages import Channel, DeliveryReceipt, ReceiptKind
from chalicelib.tickets.model.records import DeliveryStatus, Notification
from chalicelib.tickets.model.ticket import Ticket
from tests.city import City

DAY = timedelta(days=1)


@pytest.fixture
def city() -> City:
    return City()


def test_three_soft_bounces_in_a_week_stop_an_address(city: City) -> None:
    for _ in range(2):
        _bounce_softly(city)
        assert _suppressed(city) == {}
        city.clock.move(2 * DAY)
    _bounce_softly(city)
    assert _suppressed(city) == {Channel.EMAIL: "soft_bounces"}


def test_three_soft_bounces_over_more_than_a_week_stop_nothing(city: City) -> None:
    for _ in range(3):
        _bounce_softly(city)
        city.clock.move(4 * DAY)
    assert _suppressed(city) == {}


def test_one_soft_bounce_reported_often_counts_once(city: City) -> None:
    notification = _bounce_softly(city)
    for _ in range(5):
        city.notifier.record(_receipt(notification, ReceiptKind.BOUNCED, at=city.now()))
    assert _suppressed(city) == {}


def test_the_third_soft_bounce_holds_back_what_is_queued(city: City) -> None:
    for _ in range(2):
        _bounce_softly(city)
    waiting = city.write("Another pothole in Oak Street")
    sent = _sent(city, city.write("A third one"))
    city.notifier.record(_receipt(sent, ReceiptKind.BOUNCED, at=city.now()))
    assert _last(city, waiting).status is DeliveryStatus.CANCELLED


STORY = (
    (ReceiptKind.DELIVERED, False),
    (ReceiptKind.BOUNCED, True),
    (ReceiptKind.DELAYED, False),
    (ReceiptKind.COMPLAINED, False),
    (ReceiptKind.BOUNCED, False),
)


@pytest.mark.parametrize("size", [2, 3, 4, 5])
def test_receipts_end_the_same_in_every_order_and_each_twice(size: int) -> None:
    for story in [STORY[start : start + size] for start in range(len(STORY) - size + 1)]:
        endings = {_ending([*order, *order]) for order in permutations(story)}
        assert len(endings) == 1, (story, endings)


def _ending(order: list[tuple[ReceiptKind, bool]]) -> tuple[str, tuple[str, ...]]:
    city = City()
    notification = _sent(city, city.write())
    seen = [notification.status]
    for kind, is_permanent in order:
        receipt = _receipt(notification, kind, at=city.now(), is_permanent=is_permanent)
        after = city.notifier.record(receipt)
        assert after is not None
        seen.append(after.status)
    from chalicelib.tickets.model.receipts import RANKS

    ranks = [RANKS[status] for status in seen]
    assert ranks == sorted(ranks), "a status only rises"
    return seen[-1], tuple(sorted(_suppressed(city)))


def test_a_receipt_before_our_own_record_comes_again_and_is_matched(city: City) -> None:
    ticket = city.write()
    early = _unnamed(city, "email-1")
    with pytest.raises(ReceiptTooEarly):
        city.notifier.record(early)
    city.send_all()
    after = city.notifier.record(early)
    assert after
    assert after.status is DeliveryStatus.DELIVERED
    assert after.ticket_id == ticket.ticket_id


def test_an_unknown_id_is_dropped_after_five_minutes(city: City) -> None:
    receipt = _unnamed(city, "unheard-of")
    city.clock.move(timedelta(minutes=5))
    assert city.notifier.record(receipt) is None


def test_a_receipt_with_tags_that_name_nothing_is_dropped_at_once(city: City) -> None:
    notification = _sent(city, city.write())
    notification.notification_id = "unheard-of"
    receipt = _receipt(notification, ReceiptKind.DELIVERED, at=city.now())
    assert city.notifier.record(receipt) is None


def test_a_receipt_that_names_another_city_changes_nothing(city: City) -> None:
    ticket = city.write()
    notification = _sent(city, ticket)
    receipt = _receipt(
        notification,
        ReceiptKind.BOUNCED,
        at=city.now(),
        is_permanent=True,
        jurisdiction_id="elsewhere.example",
    )
    assert city.notifier.record(receipt) is None
    assert _last(city, ticket).status is DeliveryStatus.ACCEPTED
    assert _suppressed(city) == {}


def test_what_the_accounts_own_list_stopped_is_suppressed_not_delivered(city: City) -> None:
    ticket = city.write()
    notification = _sent(city, ticket)
    city.notifier.record(_receipt(notification, ReceiptKind.SUPPRESSED, at=city.now()))
    assert _last(city, ticket).status is DeliveryStatus.SUPPRESSED
    assert _suppressed(city) == {Channel.EMAIL: "suppressed"}
    assert city.kinds(ticket)[-2:] == ["notice_failed", "contact_unreachable"]


def test_an_old_bounce_does_not_undo_a_release_by_staff(city: City) -> None:
    notification = _sent(city, city.write())
    old = _receipt(notification, ReceiptKind.BOUNCED, at=city.now(), is_permanent=True)
    city.clock.move(timedelta(hours=1))
    contact = city.store.contact(notification.recipient.key)
    contact.released_at = city.now()
    city.store.people[contact.key] = contact
    city.notifier.record(old)
    assert _suppressed(city) == {}


def _bounce_softly(city: City) -> Notification:
    notification = _sent(city, city.write())
    city.notifier.record(_receipt(notification, ReceiptKind.BOUNCED, at=city.now()))
    return notification


def _sent(city: City, ticket: Ticket) -> Notification:
    found = _last(city, ticket)
    key = next(k for k in city.queue.keys if k.notification_id == found.notification_id)
    city.notifier.deliver(key)
    return _last(city, ticket)


def _last(city: City, ticket: Ticket) -> Notification:
    return city.store.read(ticket.ticket_id).notifications[-1]


def _suppressed(city: City) -> dict[str, str]:
    return city.store.contact("email:anna@example.org").suppressed


def _unnamed(city: City, provider_message_id: str) -> DeliveryReceipt:
    return DeliveryReceipt(
        kind=ReceiptKind.DELIVERED,
        channel=Channel.EMAIL,
        at=city.now(),
        provider_message_id=provider_message_id,
    )


def _receipt(notification: Notification, kind: ReceiptKind, **given: Any) -> DeliveryReceipt:
    facts: dict[str, Any] = {
        "kind": kind,
        "channel": notification.channel,
        "ticket_id": notification.ticket_id,
        "notification_id": notification.notification_id,
        "jurisdiction_id": "city.example",
    }
    return DeliveryReceipt(**facts | given)
