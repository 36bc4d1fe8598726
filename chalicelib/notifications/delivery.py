"""Sends what was written down, once, and tells the truth about what happened to it."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from chalicelib.errors import PermanentSendError, TransientSendError, UnknownSendError
from chalicelib.messages import Channel, DeliveryReceipt, OutboundMessage
from chalicelib.notifications.feedback import Feedback
from chalicelib.templates import render
from chalicelib.tickets.ports import (
    Clock,
    DeliveryQueue,
    NotificationKey,
    NotificationStore,
    Sender,
    TicketStore,
)
from chalicelib.tickets.records import DeliveryStatus, Notification

logger = logging.getLogger(__name__)

RETRY_STEP = timedelta(minutes=5)
RETRY_HORIZON = timedelta(hours=4)
SILENCE = timedelta(minutes=15)
# A worker that died may have sent already: its claim is left alone as long as a lost answer is.
LEASE = SILENCE

ReplyAddress = Callable[[Notification], str]
NoteFailure = Callable[[Notification, str], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Notifier:
    """Delivers notifications and follows what becomes of them.

    `reply_address` makes the address that answers to a notification come back to; `note_failure`
    puts a final failure where staff see it.
    """

    store: NotificationStore
    tickets: TicketStore
    senders: Mapping[Channel, Sender]
    queue: DeliveryQueue
    clock: Clock
    reply_address: ReplyAddress
    note_failure: NoteFailure
    default_locale: str = "en"
    jurisdiction_id: str = ""

    def deliver(self, key: NotificationKey) -> DeliveryStatus | None:
        """Send one notification if it is due and nobody else is at it; its status afterwards, or None.

        Safe to repeat: the claim is one conditional write. What the provider did not certainly take
        is retried in steps of at most five minutes for four hours, then given up by name.
        """
        now = self.clock.now()
        notification = self.store.claim(key, now, LEASE)
        if notification is None:
            return None
        try:
            provider_message_id = self.senders[notification.channel].send(
                self.compose(notification)
            )
        except TransientSendError as error:
            return self._retry(notification, now, str(error))
        except UnknownSendError as error:
            self._settle(notification, DeliveryStatus.UNKNOWN, now, str(error), now + SILENCE)
            return DeliveryStatus.UNKNOWN
        except PermanentSendError as error:
            status = DeliveryStatus.SUPPRESSED if error.suppressed else DeliveryStatus.FAILED
            return self._give_up(notification, status, now, str(error))
        self.store.settle(
            notification, DeliveryStatus.ACCEPTED, now, provider_message_id=provider_message_id
        )
        return DeliveryStatus.ACCEPTED

    def compose(self, notification: Notification) -> OutboundMessage:
        """The message as its recipient will see it."""
        rendered = render(
            notification.notice,
            notification.channel,
            notification.locale,
            notification.context,
            default_locale=self.default_locale,
        )
        return OutboundMessage(
            notification_id=notification.notification_id,
            channel=notification.channel,
            recipient=notification.recipient,
            text=rendered.text,
            subject=rendered.subject,
            html=rendered.html,
            locale=rendered.locale,
            reply_to=self.reply_address(notification),
            in_reply_to=notification.in_reply_to,
            is_automatic=notification.notice != "ticket_replied",
            tags={
                "notification_id": notification.notification_id,
                "ticket_id": notification.ticket_id,
                "jurisdiction_id": notification.jurisdiction_id,
            },
        )

    def _retry(self, notification: Notification, now: datetime, reason: str) -> DeliveryStatus:
        if now + RETRY_STEP > notification.created_at + RETRY_HORIZON:
            return self._give_up(notification, DeliveryStatus.FAILED, now, reason)
        step = min(RETRY_STEP, timedelta(minutes=notification.attempts + 1))
        self._settle(notification, DeliveryStatus.QUEUED, now, reason, now + step)
        return DeliveryStatus.QUEUED

    def _give_up(
        self, notification: Notification, status: DeliveryStatus, now: datetime, reason: str
    ) -> DeliveryStatus:
        if self._settle(notification, status, now, reason, None):
            self.note_failure(notification, reason)
        return status

    def _settle(
        self,
        notification: Notification,
        status: DeliveryStatus,
        now: datetime,
        reason: str,
        due_at: datetime | None,
    ) -> bool:
        logger.warning(
            "not accepted",
            extra={"notification_id": notification.notification_id, "status": str(status)},
        )
        return self.store.settle(notification, status, now, reason=reason, due_at=due_at)

    def enqueue_due(self) -> int:
        """Hand over everything that should have left by now; how many that was."""
        count, batch = 0, []
        for key in self.store.due_notifications(self.clock.now()):
            batch.append(key)
            count += 1
            if len(batch) == 10:
                self.queue.enqueue(batch)
                batch = []
        if batch:
            self.queue.enqueue(batch)
        return count

    def record(self, receipt: DeliveryReceipt) -> Notification | None:
        """Apply a provider's receipt; see `Feedback.record`."""
        feedback = Feedback(
            store=self.store,
            tickets=self.tickets,
            clock=self.clock,
            note_failure=self.note_failure,
            jurisdiction_id=self.jurisdiction_id,
        )
        return feedback.record(receipt)
