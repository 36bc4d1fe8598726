"""What AWS reports about text messages it took, in our words; pure, knows no client.

A text that was published by SNS is reported in SNS's delivery log, one that left by End User Messaging
in an event; each in a shape of its own.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from chalicelib.messages import Channel, DeliveryReceipt, ReceiptKind

Outcome = tuple[ReceiptKind, bool]  # what it is to us, and whether for good

_NOBODY_KNOWS: Outcome = (ReceiptKind.UNKNOWN, False)
EVENTS: Mapping[str, Outcome] = {
    "TEXT_DELIVERED": (ReceiptKind.DELIVERED, False),
    "TEXT_SUCCESSFUL": (ReceiptKind.SENT_ON, False),
    "TEXT_INVALID": (ReceiptKind.BOUNCED, True),
    "TEXT_INVALID_MESSAGE": (ReceiptKind.FAILED, True),
    "TEXT_UNREACHABLE": (ReceiptKind.BOUNCED, False),
    "TEXT_CARRIER_UNREACHABLE": (ReceiptKind.BOUNCED, False),
    "TEXT_CARRIER_BLOCKED": (ReceiptKind.FAILED, False),
    "TEXT_BLOCKED": (ReceiptKind.FAILED, False),
    "TEXT_PROTECT_BLOCKED": (ReceiptKind.FAILED, False),
    "TEXT_SPAM": (ReceiptKind.FAILED, False),
    "TEXT_TTL_EXPIRED": (ReceiptKind.FAILED, False),
    "TEXT_UNKNOWN": _NOBODY_KNOWS,
}
_UNDER_WAY = frozenset({"TEXT_QUEUED", "TEXT_PENDING", "TEXT_SENT"})
# Sentences of SNS's log; the first that fits. A time until the handset's acknowledgement stands in
# records of failures, too, so it proves nothing.
_SUCCESSES: tuple[tuple[re.Pattern[str], Outcome], ...] = (
    (re.compile(r"handset|delivered to (the )?(phone|device)"), (ReceiptKind.DELIVERED, False)),
    (re.compile(r""), (ReceiptKind.SENT_ON, False)),
)
_FAILURES: tuple[tuple[re.Pattern[str], Outcome], ...] = (
    (
        re.compile(r"opted out|invalid phone number|permanently unreachable"),
        (ReceiptKind.BOUNCED, True),
    ),
    (re.compile(r"unreachable|unavailable|switched off"), (ReceiptKind.BOUNCED, False)),
    (re.compile(r"body.*invalid|invalid.*body"), (ReceiptKind.FAILED, True)),
    (re.compile(r"spam|block|max price|quota|spend"), (ReceiptKind.FAILED, False)),
    (re.compile(r""), _NOBODY_KNOWS),
)
_STATUSES = {"SUCCESS": _SUCCESSES, "FAILURE": _FAILURES}


def is_receipt(event: Mapping[str, Any]) -> bool:
    """Whether this is a report about a text that left, of either kind."""
    is_logged = isinstance(event.get("notification"), Mapping) and "status" in event
    return is_logged or str(event.get("eventType", "")).startswith("TEXT_")


def is_whole(record: Mapping[str, Any]) -> bool:
    """Whether a record of SNS's log says of which text it speaks, and what became of it."""
    notification = record.get("notification")
    names = isinstance(notification, Mapping) and _text(notification.get("messageId"))
    return bool(names) and record.get("status") in list(_STATUSES)


def read_receipts(event: Mapping[str, Any], at: datetime) -> list[DeliveryReceipt]:
    """The receipt that an event is; none for what is still under way, half there or not about a text.

    `at` stands in for an event without a time of its own.
    """
    if isinstance(event.get("notification"), Mapping):
        return [_logged(event, at)] if is_whole(event) else []
    name = str(event.get("eventType", ""))
    if not name.startswith("TEXT_") or name in _UNDER_WAY or not _names_a_text(event):
        return []
    kind, is_permanent = EVENTS.get(name, _NOBODY_KNOWS)
    if event.get("isFinal") is False:
        if kind in (ReceiptKind.DELIVERED, ReceiptKind.SENT_ON):
            return []
        kind, is_permanent = ReceiptKind.DELAYED, False
    return [_event_receipt(event, kind, at, is_permanent=is_permanent)]


def _names_a_text(event: Mapping[str, Any]) -> bool:
    return bool(_text(event.get("messageId")) or _mapping(event.get("context")))


def _event_receipt(
    event: Mapping[str, Any], kind: ReceiptKind, at: datetime, *, is_permanent: bool
) -> DeliveryReceipt:
    tags = _mapping(event.get("context"))
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
        is_permanent=is_permanent,
        correlation_id=_text(tags.get("correlation_id")),
    )


def _logged(record: Mapping[str, Any], at: datetime) -> DeliveryReceipt:
    """The shape of SNS's delivery log."""
    notification, delivery = record["notification"], _mapping(record.get("delivery"))
    reason = _text(delivery.get("providerResponse"))
    sentences = _STATUSES[record["status"]]
    kind, is_permanent = next(end for words, end in sentences if words.search(reason.lower()))
    return DeliveryReceipt(
        kind=kind,
        channel=Channel.SMS,
        at=_moment(notification.get("timestamp"), at),
        provider_message_id=_text(notification.get("messageId")),
        recipient=_text(delivery.get("destination")),
        reason=reason,
        is_permanent=is_permanent,
    )


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


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
