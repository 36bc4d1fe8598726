"""What providers report about messages that left, and what follows for an address; sends nothing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from chalicelib import logs
from chalicelib.errors import ReceiptTooEarly, StaleTicket
from chalicelib.messages import DeliveryReceipt, ReceiptKind
from chalicelib.notifications.sending import watched
from chalicelib.notifications.sending.fallback import Fallback
from chalicelib.tickets.model.receipts import FINAL, reported
from chalicelib.tickets.model.records import Change, Contact, DeliveryStatus, Notification
from chalicelib.tickets.ports import Clock, NotificationKey, NotificationStore, TicketStore

log = logs.Log(__name__)

SOFT_LIMIT = 3
SOFT_WINDOW = timedelta(days=7)
EARLY = timedelta(minutes=5)
TRIES = 4

Edit = Callable[[Contact, Notification, DeliveryReceipt], bool]
_ENDS_BADLY = FINAL - {DeliveryStatus.DELIVERED}


@dataclass(frozen=True, slots=True, kw_only=True)
class Feedback:
    """Applies receipts: to the notification, and to the contact when its address is no good.

    `note_failure` puts a message that did not arrive where staff see it.
    """

    store: NotificationStore
    tickets: TicketStore
    clock: Clock
    note_failure: Callable[[Notification, str], None]
    fallback: Fallback
    on_status: Callable[[Notification], None]
    jurisdiction_id: str = ""

    def record(self, receipt: DeliveryReceipt) -> Notification | None:
        """Apply one receipt, in any order and any number of times; the notification after it.

        None when it speaks of nothing of ours, or names another city's. Raises `ReceiptTooEarly` for a
        provider's id that is unknown and younger than five minutes: our own record may be on its way.
        """
        if receipt.jurisdiction_id and receipt.jurisdiction_id != self.jurisdiction_id:
            log.warning("receipt for another city refused", kind=str(receipt.kind))
            return None
        now = self.clock.now()
        notification = self.store.record(receipt, now)
        if notification is None:
            self._unknown(receipt, now)
            return None
        log.info(
            "receipt",
            kind=str(receipt.kind),
            ticket_id=notification.ticket_id,
            notification_id=notification.notification_id,
        )
        self._mind(notification, receipt, now)
        self.on_status(notification)
        return notification

    def _unknown(self, receipt: DeliveryReceipt, now: datetime) -> None:
        # With our own tags there is nothing to wait for: what they name is written before it leaves.
        if not receipt.notification_id and now - receipt.at < EARLY:
            raise ReceiptTooEarly("This message is not known yet; offer the receipt again.")
        log.info("receipt for an unknown message", kind=str(receipt.kind))

    def _mind(self, notification: Notification, receipt: DeliveryReceipt, now: datetime) -> None:
        is_bounce = receipt.kind is ReceiptKind.BOUNCED
        is_hard = is_bounce and receipt.is_permanent
        if is_hard or receipt.kind in (ReceiptKind.COMPLAINED, ReceiptKind.SUPPRESSED):
            self._change_contact(notification, receipt, now, _suppress)
        elif is_bounce:
            self._change_contact(notification, receipt, now, _count_soft_bounce)
        if reported(receipt) in _ENDS_BADLY:
            watched.refused(notification)
            self.note_failure(notification, receipt.reason or str(receipt.kind))
            if receipt.kind is not ReceiptKind.COMPLAINED:
                self.fallback.try_next(notification, now)

    def _change_contact(
        self, notification: Notification, receipt: DeliveryReceipt, now: datetime, change: Edit
    ) -> None:
        """Edit the contact, again when somebody else was faster; then hold back what is queued."""
        for attempt in range(1, TRIES + 1):
            contact = self.tickets.contact(notification.recipient.key)
            if _is_outdated(receipt, contact):
                return
            if change(contact, notification, receipt):
                contact.updated_at = now
                try:
                    self.tickets.save(Change(contacts=[contact]))
                except StaleTicket:
                    if attempt == TRIES:
                        raise
                    continue
            break
        if reason := contact.suppressed.get(notification.channel):
            hold_back(self.store, contact.key, notification, reason, now)


def hold_back(
    store: NotificationStore, party_key: str, like: Notification, reason: str, now: datetime
) -> None:
    """Cancel all that is queued for a party on the channel of `like`."""
    for unsent in store.unsent_to(party_key):
        if unsent.channel is like.channel:
            key = NotificationKey(unsent.ticket_id, unsent.notification_id)
            store.cancel(key, now, reason)


def _is_outdated(receipt: DeliveryReceipt, contact: Contact) -> bool:
    return contact.released_at is not None and receipt.at <= contact.released_at


def _suppress(contact: Contact, notification: Notification, receipt: DeliveryReceipt) -> bool:
    if contact.suppressed.get(notification.channel):
        return False
    contact.suppressed[notification.channel] = str(receipt.kind)
    return True


def _count_soft_bounce(
    contact: Contact, notification: Notification, receipt: DeliveryReceipt
) -> bool:
    """One for each message, however often it is reported; the third within the window stops the address."""
    if notification.notification_id in contact.soft_bounces:
        return False
    contact.soft_bounces[notification.notification_id] = receipt.at.isoformat()
    latest = max(datetime.fromisoformat(at) for at in contact.soft_bounces.values())
    contact.soft_bounces = {
        name: at
        for name, at in contact.soft_bounces.items()
        if datetime.fromisoformat(at) > latest - SOFT_WINDOW
    }
    if len(contact.soft_bounces) >= SOFT_LIMIT:
        contact.suppressed.setdefault(notification.channel, "soft_bounces")
    return True
