"""The simulated provider: takes everything, sends nothing; for keys that systems are tested with."""

from __future__ import annotations

from datetime import datetime

from chalicelib.messages import DeliveryReceipt, OutboundMessage, ReceiptKind
from chalicelib.tickets.model.records import Notification


class SimulatedSender:
    """Takes everything and sends nothing; for the keys that systems are tested with."""

    def cost(self, _message: OutboundMessage) -> int:
        """Nothing."""
        return 0

    def send(self, message: OutboundMessage) -> str:
        """An id that no provider gives."""
        return f"simulated-{message.notification_id}"


SIMULATED = SimulatedSender()


def simulated_receipt(notification: Notification, now: datetime) -> DeliveryReceipt:
    """What a provider would report: `bounce…` and `…666` come back, the others arrive."""
    address = notification.recipient.address(notification.channel) or ""
    is_bad = address.startswith("bounce") or address.endswith("666")
    return DeliveryReceipt(
        kind=ReceiptKind.BOUNCED if is_bad else ReceiptKind.DELIVERED,
        channel=notification.channel,
        at=now,
        ticket_id=notification.ticket_id,
        notification_id=notification.notification_id,
        reason="simulated",
        is_permanent=is_bad,
    )
