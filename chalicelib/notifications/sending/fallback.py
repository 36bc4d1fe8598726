"""Fallback channels: a message that did not arrive goes the next way, in the administrators' order."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from chalicelib import logs
from chalicelib.errors import AllowanceUsedUp, DuplicateMessage, StaleTicket, TicketNotFound
from chalicelib.messages import Audience, Channel
from chalicelib.notifications.planning import strangers
from chalicelib.tickets.catalog import Policy
from chalicelib.tickets.commit.reachability import narrowed, refusal
from chalicelib.tickets.model.records import Change, DeliveryStatus, HandledMessage, Notification
from chalicelib.tickets.model.ticket import SYSTEM, Ticket, Visibility
from chalicelib.tickets.ports import DeliveryQueue, NotificationKey, TicketStore

log = logs.Log(__name__)

UNREPORTED = timedelta(hours=72)  # after which no report is expected any more
TASK = "task"
TRIES = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Fallback:
    """Email, text, and at last a task for staff to call or write; each rung at most once a message.

    Without `has_text_receipts` nothing ever follows from silence about a text.
    """

    tickets: TicketStore
    queue: DeliveryQueue
    policy: Callable[[], Policy]
    has_text_receipts: bool = True

    def patience(self, notification: Notification) -> timedelta | None:
        """How long an accepted message is left alone before somebody asks whether it arrived; None
        when nobody will."""
        last = self.silence(notification.channel)
        is_text = notification.channel is Channel.SMS  # carriers may tell as late as that
        if is_text or last is None or not self._has_next(notification):
            return last
        return min(timedelta(hours=self.policy().ladder_hours), last)

    def silence(self, channel: Channel) -> timedelta | None:
        """How long silence says nothing yet; None where it never says anything."""
        is_reported = self.has_text_receipts or channel is not Channel.SMS
        return UNREPORTED if is_reported else None

    def _has_next(self, notification: Notification) -> bool:
        return _is_climbable(notification) and bool(self._left(notification))

    def try_next(self, notification: Notification, now: datetime) -> str:
        """Try the next way for a message that is not known to have arrived; which one, or empty.

        Safe to repeat: the next message's id follows from this one's.
        """
        if not _is_climbable(notification):
            return ""
        try:
            ticket = self.tickets.get(notification.ticket_id)
        except TicketNotFound:
            return ""
        for rung in self._left(notification):
            if rung == TASK:
                self._ask_staff(ticket.ticket_id, notification, now)
                return TASK
            channel = Channel(rung)
            party = narrowed(ticket.requester, channel)
            contact = self.tickets.contact(party.key) if party.key else None
            is_wanted = contact and not refusal(contact, channel, notification.purpose)
            if is_wanted and self._again(notification, channel, ticket, now):
                return rung
        return ""

    def _left(self, notification: Notification) -> list[str]:
        tried = {*notification.tried, str(notification.channel)}
        return [rung for rung in self.policy().ladder if rung not in tried]

    def _again(
        self, notification: Notification, channel: Channel, ticket: Ticket, now: datetime
    ) -> bool:
        """Whether it goes that way; not to an unproven number when the strangers' purse is empty."""
        again = replace(
            notification,
            notification_id=f"{notification.notification_id}-{channel}",
            channel=channel,
            recipient=narrowed(ticket.requester, channel),
            tried=(*notification.tried, str(notification.channel)),
            quiet_hours="" if notification.urgency == "urgent" else self.policy().quiet_hours,
            status=DeliveryStatus.QUEUED,
            created_at=now,
            due_at=now,
            attempts=0,
            lease=0,
            reason="",
            provider_message_id="",
            sent_at=None,
            settled_at=None,
            is_held=False,
            is_repeat=False,
        )
        purse = strangers.takes(again, self.policy()) if again.is_unproven else ()
        try:
            self.tickets.save(Change(notifications=[again], allowances=[*purse]))
        except StaleTicket:
            return True  # an earlier try wrote it
        except AllowanceUsedUp:
            return False
        try:
            key = NotificationKey(again.ticket_id, again.notification_id, again.urgency)
            self.queue.enqueue([key])
        except Exception as error:
            log.failure("enqueue failed, the sweep will send", error)
        return True

    def _ask_staff(self, ticket_id: str, notification: Notification, now: datetime) -> None:
        for attempt in range(1, TRIES + 1):
            ticket = self.tickets.get(ticket_id)
            ticket.record(
                "contact_unreachable",
                now,
                SYSTEM,
                visibility=Visibility.STAFF,
                text="Nothing we sent is known to have arrived: please call or write a letter.",
                data={"notice": notification.notice, "task": "call_or_write"},
            )
            try:
                self.tickets.save(Change(ticket=ticket, message=_once(notification, now)))
            except DuplicateMessage:
                return
            except StaleTicket:
                if attempt == TRIES:
                    raise
                continue
            return


def _once(notification: Notification, now: datetime) -> HandledMessage:
    """What keeps a receipt that comes again from making a second task."""
    return HandledMessage(
        channel=notification.channel,
        message_id=f"task:{notification.notification_id}",
        outcome="answered",
        at=now,
        reason="staff are asked to call or write",
        ticket_id=notification.ticket_id,
    )


def _is_climbable(notification: Notification) -> bool:
    is_about_a_ticket = not notification.ticket_id.startswith(
        ("CONTACT-", "SERVICE-", "BROADCAST-")
    )
    return is_about_a_ticket and notification.audience is Audience.REQUESTER
