"""Every message ends: in doubt at most twice, unforeseen for four hours at most, old news never."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from chalicelib.errors import UnknownSendError
from chalicelib.messages import OutboundMessage, ReceiptKind
from chalicelib.notifications.planning.ages import AGE, ANSWER_AGE, REMINDERS
from chalicelib.notifications.planning.notices import NOTICES
from chalicelib.notifications.sending.sms_budget import SmsBudget
from chalicelib.notifications.sending.wording import Wording
from chalicelib.tickets.model.records import Change, DeliveryStatus, Notification
from chalicelib.tickets.model.ticket import Status, Ticket
from tests.city import CLERK, PHONE, City
from tests.notifications.sending.test_fallback import BOTH, _last, _report, _sweep

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)


@pytest.fixture
def city() -> City:
    return City()


class Speechless(Wording):
    """A template that nobody can word."""

    def compose(self, notification: Notification) -> OutboundMessage:
        raise KeyError("a bug")


class NoBudget(SmsBudget):
    """What is asked before a text, failing."""

    def has_room(self, *_: object) -> bool:
        raise KeyError("a bug")


def sweep_for(city: City, span: timedelta) -> None:
    end = city.now() + span
    while city.now() < end:
        city.clock.move(5 * MINUTE)
        _sweep(city)


def unanswered(times: int) -> list[Exception]:
    return [UnknownSendError("no answer")] * times


def ended(city: City, ticket: Ticket) -> tuple[str, object, str]:
    message = _last(city, ticket)
    return message.status, message.due_at, message.reason


@pytest.mark.parametrize("error", [UnknownSendError("no answer"), RuntimeError("a bug")])
def test_what_is_perhaps_sent_is_tried_twice_then_unknown_and_staff_are_told_once(
    city: City, error: Exception
) -> None:
    city.mail.fail_next = [error] * 9
    ticket = city.write(sender=BOTH)
    city.send_all()
    sweep_for(city, 4 * HOUR)
    assert len(city.mail.fail_next) == 7, "two tries"
    assert ended(city, ticket) == ("unknown", None, "perhaps_sent")
    assert city.kinds(ticket).count("notice_unknown") == 1
    assert "notice_failed" not in city.kinds(ticket), "unknown is no failure"
    assert city.texts.sent == [], "and no other way is tried"


def test_what_certainly_sent_nothing_takes_its_doubt_back(city: City) -> None:
    ticket = city.write()
    for _ in range(5):
        (key,) = city.store.due_notifications(city.now() + HOUR)
        claimed = city.store.claim(key, city.now(), MINUTE)
        assert claimed
        assert claimed.doubts == 1
        city.store.settle(claimed, DeliveryStatus.QUEUED, city.now())
    city.send_all()
    assert _last(city, ticket).status is DeliveryStatus.ACCEPTED


def test_a_receipt_still_settles_what_ended_as_unknown(city: City) -> None:
    city.mail.fail_next = unanswered(9)
    ticket = city.write(sender=BOTH)
    city.send_all()
    sweep_for(city, HOUR)
    _report(city, _last(city, ticket), ReceiptKind.DELIVERED)
    assert _last(city, ticket).status is DeliveryStatus.DELIVERED


@pytest.mark.parametrize("is_text", [False, True], ids=["worded", "asked before"])
def test_what_nobody_foresaw_fails_by_name_within_four_hours(city: City, is_text: bool) -> None:
    broken = Speechless(**{n: getattr(city.notifier.wording, n) for n in Wording.__slots__})
    budget = NoBudget(city.store, city.policy)
    city.notifier = replace(city.notifier, wording=broken, sms_budget=budget)
    ticket = city.write(sender=PHONE) if is_text else city.write()
    city.send_all()
    sweep_for(city, 4 * HOUR)
    assert ended(city, ticket) == ("failed", None, "unforeseen")
    assert city.kinds(ticket).count("notice_failed") == 1
    assert city.mail.sent == city.texts.sent == []


def test_an_end_that_cannot_be_noted_is_an_end_all_the_same(city: City) -> None:
    def unwritable(*_: object) -> None:
        raise KeyError("a bug")

    city.notifier = replace(city.notifier, note_unknown=unwritable)
    city.mail.fail_next = unanswered(9)
    ticket = city.write()
    city.send_all()
    sweep_for(city, HOUR)
    assert ended(city, ticket)[0] == "unknown"


@pytest.mark.parametrize("seconds", [-1, 0, 1])
@pytest.mark.parametrize("is_answer", [True, False], ids=["acknowledgement", "reply"])
def test_each_message_has_an_age_after_which_it_expires(
    city: City, seconds: int, is_answer: bool
) -> None:
    ticket = city.write()
    if not is_answer:
        city.send_all()
        city.desk.reply(ticket.ticket_id, CLERK, "On our way.", version=ticket.version)
    before = len(city.mail.sent)
    city.clock.move((ANSWER_AGE if is_answer else AGE) + timedelta(seconds=seconds))
    city.send_all()
    is_over = seconds > 0
    assert len(city.mail.sent) - before == (not is_over)
    if is_over:
        assert ended(city, ticket) == ("expired", None, "too_old")
        assert city.kinds(ticket).count("notice_failed") == 1


def test_a_message_that_waited_is_not_sent_once_its_ticket_has_moved_on(city: City) -> None:
    """It was being sent when the ticket was closed, so nobody called it off."""
    city.mail.fail_next = unanswered(1)
    ticket = city.write()
    city.queue.take()
    ticket = city.desk.change_status(
        ticket.ticket_id, CLERK, Status.ACKNOWLEDGED, "", version=ticket.version
    )
    news = _last(city, ticket)
    city.send_all()
    assert _last(city, ticket).status is DeliveryStatus.UNKNOWN
    city.desk.change_status(
        ticket.ticket_id, CLERK, Status.CANCELLED, "Twice.", version=ticket.version
    )
    city.clock.move(16 * MINUTE)
    city.notifier.enqueue_due()
    city.send_all()
    (found,) = [
        n
        for n in city.store.read(ticket.ticket_id).notifications
        if n.notification_id == news.notification_id
    ]
    assert (found.status, found.reason) == ("expired", "moot")


def test_of_two_reminders_to_the_same_person_that_waited_the_later_is_sent(city: City) -> None:
    ticket = city.write()
    city.send_all()
    for hours in (0, 1):
        reminder = replace(
            _last(city, ticket),
            notification_id=f"reminder{hours}",
            notice="escalation_reminder",
            status=DeliveryStatus.QUEUED,
            created_at=city.now() + hours * HOUR,
            due_at=city.now() + hours * HOUR,
            attempts=0,
            doubts=0,
            lease=0,
        )
        city.store.save(Change(notifications=[reminder]))
    city.clock.move(2 * HOUR)
    _sweep(city)
    found = {n.notification_id: n for n in city.store.read(ticket.ticket_id).notifications}
    assert (found["reminder0"].status, found["reminder0"].reason) == ("expired", "moot")
    assert found["reminder1"].status is DeliveryStatus.ACCEPTED


def test_every_notice_of_the_ladders_is_a_reminder() -> None:
    assert {n.name for n in NOTICES if n.kind == "escalated"} == REMINDERS
