"""What AWS reports about text messages it took, in our words; pure, knows no client."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from chalicelib.messages import Channel, DeliveryReceipt, ReceiptKind

# End User Messaging's final words: (what it is to us, for good).
_EVENTS: Mapping[str, tuple[ReceiptKind, bool]] = {
    "TEXT_DELIVERED": (ReceiptKind.DELIVERED, True),
    "TEXT_SUCCESSFUL": (ReceiptKind.DELIVERED, True),
    "TEXT_INVALID": (ReceiptKind.BOUNCED, True),
    "TEXT_INVALID_MESSAGE": (ReceiptKind.FAILED, True),
    "TEXT_UNREACHABLE": (ReceiptKind.BOUNCED, False),
    "TEXT_CARRIER_UNREACHABLE": (ReceiptKind.BOUNCED, False),
    "TEXT_CARRIER_BLOCKED": (ReceiptKind.FAILED, False),
    "TEXT_BLOCKED": (ReceiptKind.FAILED, False),
    "TEXT_PROTECT_BLOCKED": (ReceiptKind.FAILED, False),
    "TEXT_SPAM": (ReceiptKind.FAILED, False),
    "TEXT_TTL_EXPIRED": (ReceiptKind.FAILED, False),
    "TEXT_UNKNOWN": (ReceiptKind.FAILED, False),
}
_UNDER_WAY = frozenset({"TEXT_QUEUED", "TEXT_PENDING", "TEXT_SENT"})
_DEAD_NUMBER = ("opted out", "invalid phone number", "permanently unreachable")


def is_receipt(event: Mapping[str, Any]) -> bool:
    """Whether this is a report about a text that left, of either kind."""
    is_logged = isinstance(event.get("notification"), Mapping) and "status" in event
    return is_logged or str(event.get("eventType", "")).startswith("TEXT_")


def read_receipts(event: Mapping[str, Any], at: datetime) -> list[DeliveryReceipt]:
    """The receipt that an event is; none for what is still under way or not about a text.

    `at` stands in for an event without a time of its own.
    """
    if isinstance(event.get("notification"), Mapping):
        return _logged(event, at)
    name = str(event.get("eventType", ""))
    if not name.startswith("TEXT_") or name in _UNDER_WAY:
        return []
    kind, is_permanent = _EVENTS.get(name, (ReceiptKind.FAILED, False))
    if event.get("isFinal") is False:
        if kind is ReceiptKind.DELIVERED:
            return []
        kind, is_permanent = ReceiptKind.DELAYED, False
    return [_event_receipt(event, kind, at, is_permanent=is_permanent)]


def _event_receipt(
    event: Mapping[str, Any], kind: ReceiptKind, at: datetime, *, is_permanent: bool
) -> DeliveryReceipt:
    tags = event.get("context")
    tags = tags if isinstance(tags, Mapping) else {}
    has_failed = kind not in (ReceiptKind.DELIVERED, ReceiptKind.DELAYED)
    return DeliveryReceipt(
        kind=kind,
        channel=Channel.SMS,
        at=_milliseconds(event.get("eventTimestamp"), at),
        provider_message_id=_text(event.get("messageId")),
        jurisdiction_id=_text(tags.get("jurisdiction_id")),
        ticket_id=_text(tags.get("ticket_id")),
        notification_id=_text(tags.get("notification_id")),
        recipient=_text(event.get("destinationPhoneNumber")),
        reason=_text(event.get("messageStatusDescription") or event.get("eventType")),
        is_permanent=has_failed and is_permanent,
        correlation_id=_text(tags.get("correlation_id")),
    )


def _logged(event: Mapping[str, Any], at: datetime) -> list[DeliveryReceipt]:
    """The shape of SNS's delivery status log."""
    notification = event["notification"]
    delivery = event.get("delivery")
    delivery = delivery if isinstance(delivery, Mapping) else {}
    reason = _text(delivery.get("providerResponse"))
    kind, is_permanent = ReceiptKind.DELIVERED, False
    if event.get("status") != "SUCCESS":
        is_permanent = any(words in reason.lower() for words in _DEAD_NUMBER)
        is_soft = "unreachable" in reason.lower() or "unavailable" in reason.lower()
        kind = ReceiptKind.BOUNCED if is_permanent or is_soft else ReceiptKind.FAILED
    return [
        DeliveryReceipt(
            kind=kind,
            channel=Channel.SMS,
            at=_moment(notification.get("timestamp"), at),
            provider_message_id=_text(notification.get("messageId")),
            recipient=_text(delivery.get("destination")),
            reason=reason,
            is_permanent=is_permanent,
        )
    ]


def _text(value: object) -> str:
    return str(value) if isinstance(value, str | int) else ""


def _milliseconds(value: object, otherwise: datetime) -> datetime:
    if not isinstance(value, int | float):
        return otherwise
    try:
        return datetime.fromtimestamp(value / 1000, UTC)
    except (OverflowError, OSError, ValueError):
        return otherwise


def _moment(value: object, otherwise: datetime) -> datetime:
    try:
        moment = datetime.fromisoformat(str(value).strip())
    except ValueError:
        return otherwise
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
