"""What saving and reading a ticket promises, for the fake and for every engine."""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import replace
from typing import Any

import pytest

from chalicelib.errors import (
    AllowanceUsedUp,
    DuplicateMessage,
    MessageConflict,
    StaleTicket,
    TicketNotFound,
)
from chalicelib.messages import Channel
from chalicelib.tickets.model.records import (
    Allowance,
    Change,
    Contact,
    DeliveryStatus,
    Notification,
)
from chalicelib.tickets.model.ticket import Status
from chalicelib.tickets.ports import NotificationKey, TicketStore
from tests.examples import (
    ANNA,
    CLERK,
    DAY,
    NOW,
    a_message,
    a_notification,
    a_ticket,
    an_audit_record,
)


def test_a_saved_ticket_reads_back_with_its_timeline_and_notifications(store: TicketStore) -> None:
    ticket = a_ticket()
    opened = list(ticket.new_entries)
    notification = a_notification(ticket.ticket_id)
    store.save(Change(ticket=ticket, notifications=[notification]))
    casefile = store.read(ticket.ticket_id)
    assert casefile.entries == opened
    assert [n.notification_id for n in casefile.notifications] == [notification.notification_id]
    assert casefile.ticket == store.get(ticket.ticket_id)
    assert casefile.ticket.description == ticket.description
    assert casefile.ticket.new_entries == []


def test_saving_raises_the_version_of_what_was_given(store: TicketStore) -> None:
    ticket, contact = a_ticket(), Contact(key="tel:+15550100")
    store.save(Change(ticket=ticket, contacts=[contact]))
    assert (ticket.version, contact.version) == (1, 1)
    ticket.new_entries = []
    store.save(Change(ticket=ticket, contacts=[contact]))
    assert store.get(ticket.ticket_id).version == 2
    assert store.contact("tel:+15550100").version == 2


def test_an_absent_ticket_is_not_found(store: TicketStore) -> None:
    with pytest.raises(TicketNotFound):
        store.get("SR-NONE-NONE-0")
    with pytest.raises(TicketNotFound):
        store.read("SR-NONE-NONE-0")


def test_the_second_of_two_who_read_the_same_version_is_told(store: TicketStore) -> None:
    ticket = a_ticket()
    store.save(Change(ticket=ticket))
    mine, theirs = store.get(ticket.ticket_id), store.get(ticket.ticket_id)
    theirs.change_status(Status.ACKNOWLEDGED, NOW, CLERK)
    store.save(Change(ticket=theirs))
    mine.change_status(Status.CANCELLED, NOW, CLERK)
    with pytest.raises(StaleTicket) as refusal:
        store.save(Change(ticket=mine, audit=[an_audit_record()]))
    assert refusal.value.version == 2
    assert store.get(ticket.ticket_id).status is Status.ACKNOWLEDGED
    assert len(store.read(ticket.ticket_id).entries) == 2
    assert not store.audit().items


def test_a_taken_ticket_id_is_stale_not_a_duplicate(store: TicketStore) -> None:
    store.save(Change(ticket=a_ticket(ticket_id="SR-SAME-SAME-0")))
    with pytest.raises(StaleTicket):
        store.save(Change(ticket=a_ticket(ticket_id="SR-SAME-SAME-0"), message=a_message()))


def test_a_message_is_handled_once_and_names_where_it_went(store: TicketStore) -> None:
    first = a_ticket()
    message = a_message(ticket_id=first.ticket_id)
    store.save(Change(ticket=first, message=message))
    second = a_ticket()
    with pytest.raises(DuplicateMessage) as refusal:
        store.save(Change(ticket=second, message=replace(message, ticket_id=second.ticket_id)))
    assert (refusal.value.ticket_id, refusal.value.outcome) == (first.ticket_id, "opened")
    assert second.version == 0
    with pytest.raises(TicketNotFound):
        store.get(second.ticket_id)
    assert store.handled(Channel.EMAIL, message.message_id) == message
    assert store.handled(Channel.EMAIL, "another") is None


def test_the_same_content_under_two_ids_is_one_ticket(store: TicketStore) -> None:
    first = a_ticket()
    message = a_message(ticket_id=first.ticket_id, content_digest="same words")
    store.save(Change(ticket=first, message=message))
    with pytest.raises(DuplicateMessage) as refusal:
        alias = a_message(content_digest="same words")
        store.save(Change(ticket=a_ticket(), message=alias))
    assert refusal.value.ticket_id == first.ticket_id


def test_messages_without_a_digest_are_never_the_same(store: TicketStore) -> None:
    store.save(Change(ticket=a_ticket(), message=a_message(content_digest="")))
    store.save(Change(ticket=a_ticket(), message=a_message(content_digest="")))


def test_other_words_under_a_handled_id_are_not_a_duplicate(store: TicketStore) -> None:
    message = a_message(content_digest="some words")
    store.save(Change(ticket=a_ticket(), message=message))
    with pytest.raises(MessageConflict):
        store.save(Change(ticket=a_ticket(), message=replace(message, content_digest="others")))


def test_a_message_is_told_before_a_stale_ticket(store: TicketStore) -> None:
    ticket = a_ticket()
    message = a_message(ticket_id=ticket.ticket_id)
    store.save(Change(ticket=ticket, message=message))
    stale = a_ticket(ticket_id=ticket.ticket_id)
    with pytest.raises(DuplicateMessage):
        store.save(Change(ticket=stale, message=message))


def test_a_held_message_is_released_once(store: TicketStore) -> None:
    held = a_message(outcome="quarantined", ticket_id="", content_digest="words", reason="spam")
    store.save(Change(message=held))
    ticket = a_ticket()
    released = replace(held, outcome="opened", ticket_id=ticket.ticket_id)
    store.save(Change(ticket=ticket, message=released, message_was="quarantined"))
    assert store.handled(Channel.EMAIL, held.message_id) == released
    assert not store.quarantine().items
    with pytest.raises(StaleTicket):
        store.save(Change(ticket=a_ticket(), message=released, message_was="quarantined"))
    with pytest.raises(DuplicateMessage) as refusal:
        store.save(Change(message=held))
    assert refusal.value.ticket_id == ticket.ticket_id


def test_cancelled_notifications_do_not_leave_and_late_ones_do_not_hinder(store: Any) -> None:
    ticket = a_ticket()
    waiting, gone = a_notification(ticket.ticket_id), a_notification(ticket.ticket_id)
    store.save(Change(ticket=ticket, notifications=[waiting, gone]))
    store.claim(_key(gone), NOW, DAY)
    ticket.new_entries = []
    names = [waiting.notification_id, gone.notification_id]
    store.save(Change(ticket=ticket, cancelled=names))
    found = {n.notification_id: n.status for n in store.read(ticket.ticket_id).notifications}
    assert found[waiting.notification_id] is DeliveryStatus.CANCELLED
    assert found[gone.notification_id] is DeliveryStatus.CLAIMED
    assert ticket.version == store.get(ticket.ticket_id).version == 2
    assert store.claim(_key(waiting), NOW, DAY) is None


def test_queued_are_those_that_have_not_left(store: Any) -> None:
    ticket = a_ticket()
    waiting, gone = a_notification(ticket.ticket_id), a_notification(ticket.ticket_id)
    store.save(Change(ticket=ticket, notifications=[waiting, gone]))
    store.claim(_key(gone), NOW, DAY)
    queued = store.queued(ticket.ticket_id)
    assert [n.notification_id for n in queued] == [waiting.notification_id]


def test_linked_tickets_are_saved_with_the_first_or_not_at_all(store: TicketStore) -> None:
    one, other = a_ticket(), a_ticket()
    store.save(Change(ticket=one, linked=[other]))
    assert store.get(other.ticket_id).version == other.version == 1
    one.new_entries = []
    stale = a_ticket(ticket_id=other.ticket_id)
    with pytest.raises(StaleTicket):
        store.save(Change(ticket=one, linked=[stale]))
    assert store.get(one.ticket_id).version == 1


def test_a_contact_nobody_knows_is_fresh(store: TicketStore) -> None:
    assert store.contact("email:nobody@example.org") == Contact(key="email:nobody@example.org")


def test_a_contact_saved_meanwhile_is_stale(store: TicketStore) -> None:
    store.save(Change(contacts=[Contact(key=ANNA.key, locale="fa")]))
    with pytest.raises(StaleTicket):
        store.save(Change(contacts=[Contact(key=ANNA.key, locale="es")]))
    assert store.contact(ANNA.key).locale == "fa"


def test_an_allowance_holds_and_writes_nothing_beyond(store: TicketStore) -> None:
    allowance = _allowance(limit=2)
    for _ in range(2):
        store.save(Change(ticket=a_ticket(), allowances=[allowance]))
    third = a_ticket()
    with pytest.raises(AllowanceUsedUp):
        store.save(Change(ticket=third, allowances=[allowance]))
    with pytest.raises(TicketNotFound):
        store.get(third.ticket_id)
    store.save(Change(ticket=third, allowances=[replace(allowance, bucket="2026-03-03")]))


def test_two_answers_in_one_change_count_twice(store: TicketStore) -> None:
    allowance = _allowance(limit=3)
    store.save(Change(ticket=a_ticket(), allowances=[allowance, allowance]))
    with pytest.raises(AllowanceUsedUp):
        store.save(Change(ticket=a_ticket(), allowances=[allowance, allowance]))
    store.save(Change(ticket=a_ticket(), allowances=[allowance]))
    with pytest.raises(AllowanceUsedUp):
        store.save(Change(allowances=[replace(allowance, bucket="new")] * 4))


def test_who_wants_nothing_gets_no_automatic_answer(store: TicketStore) -> None:
    store.save(Change(contacts=[Contact(key=ANNA.key, suppressed={"email": "bounced"})]))
    with pytest.raises(AllowanceUsedUp):
        store.save(Change(ticket=a_ticket(), allowances=[_allowance()]))
    store.save(Change(ticket=a_ticket(), allowances=[_allowance(channel=Channel.SMS)]))


def test_a_contact_in_the_same_change_decides_about_its_own_answers(store: TicketStore) -> None:
    unwilling = Contact(key=ANNA.key, suppressed={"email": "opted_out"})
    with pytest.raises(AllowanceUsedUp):
        store.save(Change(contacts=[unwilling], allowances=[_allowance()]))
    store.save(Change(contacts=[Contact(key=ANNA.key)], allowances=[_allowance()]))


def test_a_repeated_message_is_told_before_a_used_up_allowance(store: TicketStore) -> None:
    message = a_message()
    store.save(Change(ticket=a_ticket(), message=message, allowances=[_allowance(limit=1)]))
    with pytest.raises(DuplicateMessage):
        store.save(Change(ticket=a_ticket(), message=message, allowances=[_allowance(limit=1)]))


def _allowance(**given: Any) -> Allowance:
    facts: dict[str, Any] = {
        "key": ANNA.key,
        "channel": Channel.EMAIL,
        "bucket": "2026-03-02",
        "limit": 5,
        "expires_at": NOW + 2 * DAY,
    }
    return Allowance(**facts | given)


def _key(notification: Notification) -> NotificationKey:
    return NotificationKey(notification.ticket_id, notification.notification_id)


@pytest.mark.parametrize(("channel", "is_asked"), [(Channel.EMAIL, False), (Channel.SMS, True)])
def test_of_a_share_whose_planner_read_the_contact_only_a_text_asks_again(
    store: Any, channel: Channel, is_asked: bool
) -> None:
    stopped = dict.fromkeys((Channel.EMAIL, Channel.SMS), "opted_out")
    store.save(Change(contacts=[Contact(key="email:else@example.org", suppressed=stopped)]))
    share = Allowance(
        key="email:else@example.org",
        channel=channel,
        bucket="day:2026-03-02",
        limit=3,
        expires_at=NOW + DAY,
        holds=True,
    )
    with pytest.raises(AllowanceUsedUp) if is_asked else nullcontext():
        store.save(Change(allowances=[share]))
