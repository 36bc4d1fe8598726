"""What claiming, settling, receipts and cancelling promise, for the fake and for every engine."""

from __future__ import annotations

from itertools import permutations
from typing import Any

import pytest

from chalicelib.messages import ReceiptKind
from chalicelib.tickets.model.receipts import GRACES, ORDINARY
from chalicelib.tickets.model.records import Change, DeliveryStatus, Notification
from chalicelib.tickets.ports import NotificationKey
from tests.examples import ANNA, DAY, MINUTE, NOW, a_notification, a_receipt, a_ticket

LEASE = 2 * MINUTE


def given(store: Any, **facts: Any) -> tuple[Notification, NotificationKey]:
    """A stored notification of a stored ticket."""
    ticket = a_ticket()
    notification = a_notification(ticket.ticket_id, **facts)
    store.save(Change(ticket=ticket, notifications=[notification]))
    return notification, key_of(notification)


def key_of(notification: Notification) -> NotificationKey:
    return NotificationKey(notification.ticket_id, notification.notification_id)


def stored(store: Any, key: NotificationKey) -> Notification:
    found = store.read(key.ticket_id).notifications
    return next(n for n in found if n.notification_id == key.notification_id)


def test_a_claim_returns_all_that_sending_needs(store: Any) -> None:
    notification, key = given(store, context={"reference": "SR-1", "hours": 3}, locale="fa")
    claimed = store.claim(key, NOW, LEASE)
    assert claimed.status is DeliveryStatus.CLAIMED
    assert (claimed.context, claimed.locale) == (notification.context, "fa")
    assert (claimed.recipient, claimed.lease, claimed.attempts) == (ANNA, 1, 1)
    assert not claimed.is_repeat


def test_one_of_two_workers_gets_it(store: Any) -> None:
    _, key = given(store)
    assert store.claim(key, NOW, LEASE)
    assert store.claim(key, NOW, LEASE) is None


def test_nothing_is_claimed_before_it_is_due_or_when_it_is_not_there(store: Any) -> None:
    _, key = given(store, due_at=NOW + DAY)
    assert store.claim(key, NOW, LEASE) is None
    assert store.claim(NotificationKey(key.ticket_id, "none"), NOW, LEASE) is None
    assert store.claim(key, NOW + DAY, LEASE)


def test_a_lost_lease_is_claimed_again_as_a_repetition(store: Any) -> None:
    _, key = given(store)
    first = store.claim(key, NOW, LEASE)
    second = store.claim(key, NOW + LEASE, LEASE)
    assert (second.is_repeat, second.lease) == (True, 2)
    assert not store.settle(first, DeliveryStatus.ACCEPTED, NOW + LEASE, provider_message_id="p1")
    assert stored(store, key).status is DeliveryStatus.CLAIMED


def test_a_retry_is_no_repetition(store: Any) -> None:
    _, key = given(store)
    claimed = store.claim(key, NOW, LEASE)
    later = NOW + 5 * MINUTE
    assert store.settle(claimed, DeliveryStatus.QUEUED, NOW, due_at=later, reason="throttled")
    assert store.claim(key, NOW + MINUTE, LEASE) is None
    again = store.claim(key, later, LEASE)
    assert (again.is_repeat, again.attempts, again.reason) == (False, 2, "throttled")


def test_what_is_in_doubt_comes_back_as_a_repetition(store: Any) -> None:
    _, key = given(store)
    claimed = store.claim(key, NOW, LEASE)
    later = NOW + 15 * MINUTE
    assert store.settle(claimed, DeliveryStatus.UNKNOWN, NOW, due_at=later)
    assert store.claim(key, later, LEASE).is_repeat


def test_settling_twice_says_that_the_claim_is_over(store: Any) -> None:
    _, key = given(store)
    claimed = store.claim(key, NOW, LEASE)
    assert store.settle(claimed, DeliveryStatus.FAILED, NOW, reason="refused")
    assert not store.settle(claimed, DeliveryStatus.ACCEPTED, NOW, provider_message_id="p1")
    assert stored(store, key).status is DeliveryStatus.FAILED


def test_an_accepted_message_leads_back_to_its_ticket(store: Any, city: str) -> None:
    _, key = given(store)
    claimed = store.claim(key, NOW, LEASE)
    store.settle(claimed, DeliveryStatus.ACCEPTED, NOW, provider_message_id=f"p-{city}")
    found = stored(store, key)
    assert (found.status, found.sent_at, found.due_at) == (DeliveryStatus.ACCEPTED, NOW, None)
    assert store.ticket_of_provider_message(["else", f"p-{city}"]) == key.ticket_id
    assert store.ticket_of_provider_message(["else"]) is None
    assert store.ticket_of_provider_message([]) is None


def test_a_receipt_by_our_own_tags_ends_it(store: Any) -> None:
    notification, key = given(store)
    claimed = store.claim(key, NOW, LEASE)
    store.settle(claimed, DeliveryStatus.ACCEPTED, NOW, provider_message_id="p1")
    receipt = a_receipt(ReceiptKind.DELIVERED, notification, provider_message_id="p1")
    assert store.record(receipt, NOW).status is DeliveryStatus.DELIVERED
    assert stored(store, key).settled_at == NOW


def test_a_receipt_without_tags_is_found_by_the_providers_id(store: Any, city: str) -> None:
    notification, key = given(store)
    claimed = store.claim(key, NOW, LEASE)
    store.settle(claimed, DeliveryStatus.ACCEPTED, NOW, provider_message_id=f"p-{city}")
    receipt = a_receipt(
        ReceiptKind.BOUNCED,
        notification,
        provider_message_id=f"p-{city}",
        ticket_id="",
        notification_id="",
        is_permanent=True,
        reason="no such mailbox",
    )
    recorded = store.record(receipt, NOW)
    assert (recorded.status, recorded.reason) == (DeliveryStatus.BOUNCED, "no such mailbox")


def test_a_receipt_for_nothing_of_ours_is_nothing(store: Any) -> None:
    receipt = a_receipt(ReceiptKind.DELIVERED, a_notification("SR-NONE"))
    assert store.record(receipt, NOW) is None
    tagless = a_receipt(
        ReceiptKind.DELIVERED, a_notification(), ticket_id="", provider_message_id="never seen"
    )
    assert store.record(tagless, NOW) is None


def test_a_receipt_that_is_faster_than_our_own_note_wins_and_its_claim_is_settled(
    store: Any,
) -> None:
    notification, key = given(store)
    claimed = store.claim(key, NOW, LEASE)
    bounce = a_receipt(
        ReceiptKind.BOUNCED, notification, is_permanent=True, provider_message_id="p9"
    )
    store.record(bounce, NOW)
    assert store.settle(claimed, DeliveryStatus.ACCEPTED, NOW, provider_message_id="p9")
    found = stored(store, key)
    assert (found.status, found.provider_message_id) == (DeliveryStatus.BOUNCED, "p9")
    assert store.ticket_of_provider_message(["p9"]) == key.ticket_id


def test_a_receipt_settles_what_was_in_doubt_and_it_is_not_sent_again(store: Any) -> None:
    notification, key = given(store)
    claimed = store.claim(key, NOW, LEASE)
    later = NOW + 15 * MINUTE
    store.settle(claimed, DeliveryStatus.UNKNOWN, NOW, due_at=later)
    store.record(a_receipt(ReceiptKind.DELAYED, notification), NOW)
    assert stored(store, key).status is DeliveryStatus.ACCEPTED
    assert store.claim(key, later, LEASE) is None
    assert key not in list(store.due_notifications(later))


@pytest.mark.parametrize(
    "order", list(permutations(["send", ReceiptKind.DELIVERED, ReceiptKind.BOUNCED])), ids=str
)
def test_sending_delivery_and_bounce_end_the_same_in_every_order(store: Any, order: Any) -> None:
    notification, key = given(store)
    claimed = store.claim(key, NOW, LEASE)
    for step in [*order, *order]:
        if step == "send":
            store.settle(claimed, DeliveryStatus.ACCEPTED, NOW, provider_message_id="ses-out-1")
        else:
            store.record(a_receipt(step, notification, is_permanent=True), NOW)
    found = stored(store, key)
    assert (found.status, found.provider_message_id) == (DeliveryStatus.BOUNCED, "ses-out-1")


def test_the_sweep_finds_what_should_have_left(store: Any) -> None:
    _, queued = given(store)
    _, later = given(store, due_at=NOW + DAY)
    _, claimed = given(store)
    store.claim(claimed, NOW, LEASE)
    _, sent = given(store)
    store.settle(store.claim(sent, NOW, LEASE), DeliveryStatus.ACCEPTED, NOW)
    _, one_of_many = given(store, urgency="broadcast")
    assert list(store.due_notifications(NOW)) == [], "what was just enqueued is not enqueued again"
    assert queued in set(store.due_notifications(NOW + GRACES[ORDINARY])) <= {queued, claimed}
    assert set(store.due_notifications(NOW + LEASE)) == {queued, claimed}
    assert set(store.due_notifications(NOW + DAY)) == {queued, claimed, later, one_of_many}


def test_a_suppressed_notification_is_kept_and_never_leaves(store: Any) -> None:
    _, key = given(store, status=DeliveryStatus.SUPPRESSED, reason="share used up")
    found = stored(store, key)
    assert (found.status, found.reason) == (DeliveryStatus.SUPPRESSED, "share used up")
    assert store.claim(key, NOW + DAY, LEASE) is None
    assert list(store.due_notifications(NOW + DAY)) == []


def test_unsent_notifications_of_one_recipient_are_found_and_cancelled(store: Any) -> None:
    _, waiting = given(store)
    _, sent = given(store)
    store.settle(store.claim(sent, NOW, LEASE), DeliveryStatus.ACCEPTED, NOW)
    assert [key_of(n) for n in store.unsent_to(ANNA.key)] == [waiting]
    assert list(store.unsent_to("email:else@example.org")) == []
    assert store.cancel(waiting, NOW, "bounced")
    assert not store.cancel(sent, NOW, "bounced")
    assert not store.cancel(NotificationKey("SR-NONE", "none"), NOW, "bounced")
    assert list(store.unsent_to(ANNA.key)) == []
    found = stored(store, waiting)
    assert (found.status, found.reason) == (DeliveryStatus.CANCELLED, "bounced")
    assert store.claim(waiting, NOW + DAY, LEASE) is None


def test_a_notice_about_no_ticket_is_delivered_all_the_same(store: Any) -> None:
    notification = a_notification("CONTACT-0123456789abcdef01234567")
    store.save(Change(notifications=[notification]))
    assert store.claim(key_of(notification), NOW, LEASE)


def test_a_claim_lasts_though_the_place_in_the_index_stands_still(store: Any) -> None:
    _, key = given(store)
    grace, lease = GRACES[ORDINARY], 3 * GRACES[ORDINARY]
    assert store.claim(key, NOW, lease).due_at == NOW + lease
    assert store.claim(key, NOW + grace, lease) is None, "the sweep has it, and it is being sent"
    assert store.claim(key, NOW + lease, lease).is_repeat
