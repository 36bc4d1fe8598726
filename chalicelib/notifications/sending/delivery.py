"""Delivery: each written notification is sent once, and what became of it is recorded."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from chalicelib import logs
from chalicelib.errors import (
    PermanentSendError,
    SendError,
    TransientSendError,
    UnknownSendError,
)
from chalicelib.messages import Channel, DeliveryReceipt, OutboundMessage
from chalicelib.notifications.planning import ages
from chalicelib.notifications.planning.digests import join_held
from chalicelib.notifications.sending import patience, watched
from chalicelib.notifications.sending.fallback import Fallback
from chalicelib.notifications.sending.feedback import Feedback
from chalicelib.notifications.sending.patience import began, opens_at, retry_at
from chalicelib.notifications.sending.simulated import SIMULATED, simulated_receipt
from chalicelib.notifications.sending.sms_budget import SPENT, SmsBudget
from chalicelib.notifications.sending.wording import Wording
from chalicelib.tickets.model.quiet_hours import local_day
from chalicelib.tickets.model.records import UNREADABLE, DeliveryStatus, Notification
from chalicelib.tickets.ports import (
    Clock,
    DeliveryQueue,
    NotificationKey,
    NotificationStore,
    Sender,
    TicketStore,
)

log = logs.Log(__name__)

SILENCE = timedelta(minutes=15)
# A worker that died may have sent already: its claim is left alone as long as a lost answer is.
LEASE = SILENCE

NoteFailure = Callable[[Notification, str], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Notifier:
    """Delivers notifications and follows what becomes of them.

    `note_failure` puts a final failure where staff see it, `note_unknown` what was perhaps sent.
    """

    store: NotificationStore
    tickets: TicketStore
    senders: Mapping[Channel, Sender]
    queue: DeliveryQueue
    clock: Clock
    wording: Wording
    note_failure: NoteFailure
    note_unknown: NoteFailure
    sms_budget: SmsBudget
    fallback: Fallback
    jurisdiction_id: str = ""
    on_status: Callable[[Notification], None] = lambda _: None

    def deliver(self, key: NotificationKey) -> DeliveryStatus | None:
        """Send one notification if it is due and nobody else is at it; its status afterwards, or None.

        Safe to repeat: the claim is one conditional write. What the provider did not certainly take
        is retried in steps of at most five minutes for four hours, then given up by name; so is what
        fails in a way that nobody foresaw. What was perhaps sent is tried once more, then ends as
        unknown. What is not news any more expires.
        """
        now = self.clock.now()
        notification = self.store.claim(key, now, LEASE)
        if notification is None:
            self._look_after(key, now)
            return None
        if notification.doubts > patience.MOST_DOUBTS:
            return self._end(notification, DeliveryStatus.UNKNOWN, now, patience.PERHAPS_SENT)
        try:
            spoken = self._prepared(notification, now)
        except Exception as error:
            log.failure("could not be prepared", error)
            return self._retry(notification, now, patience.UNFORESEEN)
        if isinstance(spoken, Notification):
            return self._send(notification, spoken, now)
        return spoken

    def _prepared(
        self, notification: Notification, now: datetime
    ) -> Notification | DeliveryStatus | None:
        """The claimed message as it is to be worded; or what became of it instead, or None when its
        claim is lost."""
        if patience.is_for_a_later_release(notification):
            return self._leave(notification, now)
        if ended := self._overtaken(notification, now):
            return ended
        if morning := opens_at(notification, now):
            self.store.settle(notification, DeliveryStatus.QUEUED, now, due_at=morning)
            return DeliveryStatus.QUEUED
        if not self._may_cost(notification, now):
            return self._fail_over(notification, DeliveryStatus.SUPPRESSED, now, SPENT)
        return join_held(self.store, notification, now) if notification.is_held else notification

    def _overtaken(self, notification: Notification, now: datetime) -> DeliveryStatus | None:
        """How it ended without being sent; None for what may leave."""
        if notification.notice == UNREADABLE:
            return self._end(notification, DeliveryStatus.FAILED, now, patience.PARKED)
        if notification.notice in patience.FOR_KNOWN_ONLY and self._is_unknown(notification):
            self.store.settle(notification, DeliveryStatus.CANCELLED, now, reason="not known here")
            return DeliveryStatus.CANCELLED
        if stale := self._stale(notification, now):
            return self._end(notification, DeliveryStatus.EXPIRED, now, stale)
        return None

    def _stale(self, notification: Notification, now: datetime) -> str:
        """Why a message that waited is not sent any more; empty for what is still news."""
        if ages.is_too_old(notification, now):
            return patience.TOO_OLD
        if not ages.may_be_moot(notification, now):
            return ""
        ticket = self.tickets.get(notification.ticket_id)
        later = self.tickets.notices(notification.ticket_id, notification.notification_id)
        is_moot = ages.has_left(notification, ticket) or ages.is_followed(notification, later)
        return patience.MOOT if is_moot else ""

    def _leave(self, notification: Notification, now: datetime) -> DeliveryStatus:
        """Let the release send it that wrote it; given up by name when none came by for a week."""
        if notification.attempts > patience.MOST_LEFT:
            return self._end(notification, DeliveryStatus.FAILED, now, patience.NOBODYS)
        self._settle(notification, DeliveryStatus.QUEUED, now, patience.LEFT, now + patience.LEAVE)
        return DeliveryStatus.QUEUED

    def _is_unknown(self, notification: Notification) -> bool:
        """Whether this address has no report; asked here, so that nobody learns it who asks for it."""
        return not self.tickets.tickets_of(notification.recipient.key, 1)

    def _send(
        self, notification: Notification, spoken: Notification, now: datetime
    ) -> DeliveryStatus:
        """Send the claimed `notification` in the words of `spoken`."""
        sender = SIMULATED if notification.is_simulated else self.senders[notification.channel]
        try:
            message = self._composed(spoken)
            provider_message_id = _sent_by(sender, message)
        except TransientSendError as error:
            return self._retry(notification, now, str(error))
        except UnknownSendError as error:
            self._settle(notification, DeliveryStatus.UNKNOWN, now, str(error), now + SILENCE)
            return DeliveryStatus.UNKNOWN
        except PermanentSendError as error:
            watched.refused(notification)
            status = DeliveryStatus.SUPPRESSED if error.suppressed else DeliveryStatus.FAILED
            return self._fail_over(notification, status, now, str(error))
        return self._accepted(notification, now, provider_message_id, sender.cost(message))

    def _composed(self, notification: Notification) -> OutboundMessage:
        """What nobody foresaw of words that were not sent yet is worth another try."""
        try:
            return self.wording.compose(notification)
        except Exception as error:
            log.failure("could not be worded", error)
            raise TransientSendError(patience.UNFORESEEN) from error

    def _accepted(
        self, notification: Notification, now: datetime, provider_message_id: str, segments: int
    ) -> DeliveryStatus:
        left_at = self.clock.now()
        waited = (left_at - began(notification, now)).total_seconds()
        left_alone = self.fallback.patience(notification)
        self.store.settle(
            notification,
            DeliveryStatus.ACCEPTED,
            left_at,
            provider_message_id=provider_message_id,
            due_at=None if left_alone is None else now + left_alone,
            segments=segments,
            day=local_day(now, notification.context.get("timezone", "UTC")),
            waited=waited,
        )
        watched.sent(notification, waited, segments, self.fallback.policy())
        log.info("accepted", provider_message_id=provider_message_id)
        self.on_status(replace(notification, status=DeliveryStatus.ACCEPTED))
        if notification.is_simulated:
            self._simulate(notification, now)
        return DeliveryStatus.ACCEPTED

    def _simulate(self, notification: Notification, now: datetime) -> None:
        """What a provider would report; no address is ever stopped by it."""
        receipt = simulated_receipt(notification, now)
        if after := self.store.record(receipt, now):
            self.on_status(after)

    def _look_after(self, key: NotificationKey, now: datetime) -> None:
        """An accepted message that nobody saw arrive in time makes room for the next way, and ends by
        name when no report ever came."""
        lapsed = self.store.lapse(key, now, self.fallback.silence)
        if lapsed is None:
            return
        is_over = lapsed.status is DeliveryStatus.EXPIRED
        if lapsed.channel is Channel.SMS and not is_over:
            return
        if not self.fallback.try_next(lapsed, now) and is_over:
            self.note_failure(lapsed, lapsed.reason)
        if is_over:
            self.on_status(lapsed)

    def _may_cost(self, notification: Notification, now: datetime) -> bool:
        """Whether the city's budget lets a text go; urgent ones and answers to STOP always may."""
        is_free = notification.channel is not Channel.SMS or notification.is_simulated
        if is_free or notification.urgency == "urgent" or notification.notice == "sms_stopped":
            return True
        zone = notification.context.get("timezone", "UTC")
        return self.sms_budget.has_room(now, zone, notification.is_unproven)

    def _retry(self, notification: Notification, now: datetime, reason: str) -> DeliveryStatus:
        again = retry_at(notification, now)
        if again is None:
            return self._fail_over(notification, DeliveryStatus.FAILED, now, reason)
        self._settle(notification, DeliveryStatus.QUEUED, now, reason, again)
        return DeliveryStatus.QUEUED

    def _fail_over(
        self, notification: Notification, status: DeliveryStatus, now: datetime, reason: str
    ) -> DeliveryStatus:
        """Try the next way to reach this person, and give this one up by name."""
        self.fallback.try_next(notification, now)
        return self._end(notification, status, now, reason)

    def _end(
        self, notification: Notification, status: DeliveryStatus, now: datetime, reason: str
    ) -> DeliveryStatus:
        """Tell staff, then end it: a worker that dies in between is made up for by the next claim."""
        self._tell(notification, status, reason)
        if self._settle(notification, status, now, reason, None):
            watched.ended(notification, status)
            self.on_status(replace(notification, status=status, reason=reason))
        return status

    def _tell(self, notification: Notification, status: DeliveryStatus, reason: str) -> None:
        """A ticket that cannot be written keeps no message from ending."""
        if reason == patience.MOOT:
            return  # the ticket itself says better how it stands
        tell = self.note_unknown if status is DeliveryStatus.UNKNOWN else self.note_failure
        try:
            tell(notification, reason)
        except Exception as error:
            log.failure("an end could not be noted", error)

    def _settle(
        self,
        notification: Notification,
        status: DeliveryStatus,
        now: datetime,
        reason: str,
        due_at: datetime | None,
    ) -> bool:
        log.warning("not accepted", status=str(status))
        return self.store.settle(notification, status, now, reason=reason, due_at=due_at)

    def enqueue_due(self) -> int:
        """Hand over everything that should have left by now; how many that was."""
        now, count, batch = self.clock.now(), 0, []
        for key in watched.overdue(self.store.due_notifications(now), now):
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
            fallback=self.fallback,
            on_status=self.on_status,
            jurisdiction_id=self.jurisdiction_id,
        )
        return feedback.record(receipt)


def _sent_by(sender: Sender, message: OutboundMessage) -> str:
    """The provider's id; after what nobody foresaw, it was perhaps sent."""
    try:
        return sender.send(message)
    except SendError:
        raise
    except Exception as error:
        log.failure("sending failed", error)
        raise UnknownSendError(patience.UNFORESEEN) from error
