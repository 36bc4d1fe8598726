"""What SES reports about sent mail, as neutral receipts: event publishing and older notifications."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

from chalicelib.channels import bounds
from chalicelib.channels.bounds import shortened
from chalicelib.channels.email.envelopes import Payload, mapping, moment, texts, unwrap
from chalicelib.errors import InvalidMessage
from chalicelib.messages import Channel, DeliveryReceipt, ReceiptKind

# (recipient, reason, is permanent) for each recipient of an event.
_Outcome = tuple[str, str, bool]


def parse_receipt(body: str) -> list[DeliveryReceipt]:
    """The receipts in an SQS message; none for what says nothing about delivery (Send, Open, Click).

    Raises `InvalidMessage` for a payload that is no SES event.
    """
    payload = unwrap(body)
    if payload is None:
        return []
    mail = mapping(payload.get("mail"))
    event = str(payload.get("eventType") or payload.get("notificationType") or "")
    if not event or not mail:
        raise InvalidMessage("This is no SES event; check which topic feeds the receipts queue.")
    if event not in _READERS:
        return []
    kind, part, read = _READERS[event]
    detail = mapping(payload.get(part))
    at = moment(detail.get("timestamp")) or moment(mail.get("timestamp"))
    if at is None:
        raise InvalidMessage("The SES event has no time; check which topic feeds the queue.")
    return [_receipt(kind, at, mail, outcome) for outcome in read(detail, mail)]


def _receipt(kind: ReceiptKind, at: datetime, mail: Payload, outcome: _Outcome) -> DeliveryReceipt:
    recipient, reason, is_permanent = outcome
    if kind is ReceiptKind.BOUNCED and "OnAccountSuppressionList" in reason:
        kind = ReceiptKind.SUPPRESSED  # SES never tried: the account's own list forbids it
    tags = mapping(mail.get("tags"))
    return DeliveryReceipt(
        kind=kind,
        channel=Channel.EMAIL,
        at=at,
        provider_message_id=str(mail.get("messageId") or ""),
        jurisdiction_id=_tag(tags, "jurisdiction_id"),
        ticket_id=_tag(tags, "ticket_id"),
        notification_id=_tag(tags, "notification_id"),
        recipient=recipient,
        reason=shortened(reason, bounds.REASON),
        is_permanent=is_permanent,
        correlation_id=_tag(tags, "correlation_id"),
    )


def _tag(tags: Payload, name: str) -> str:
    return next(iter(texts(tags.get(name))), "")


def _delivered(detail: Payload, mail: Payload) -> Sequence[_Outcome]:
    recipients = texts(detail.get("recipients")) or texts(mail.get("destination"))
    return [(recipient, "", False) for recipient in recipients or ("",)]


def _bounced(detail: Payload, _mail: Payload) -> Sequence[_Outcome]:
    is_permanent = str(detail.get("bounceType") or "").lower() == "permanent"
    subtype = str(detail.get("bounceSubType") or "")
    return [
        (address, reason or subtype, is_permanent)
        for address, reason in _recipients(detail, "bouncedRecipients", subtype)
    ]


def _complained(detail: Payload, _mail: Payload) -> Sequence[_Outcome]:
    reason = str(
        detail.get("complaintSubType") or detail.get("complaintFeedbackType") or "complaint"
    )
    return [
        (address, reason, True) for address, _ in _recipients(detail, "complainedRecipients", "")
    ]


def _delayed(detail: Payload, _mail: Payload) -> Sequence[_Outcome]:
    subtype = str(detail.get("delayType") or "")
    return [
        (address, reason, False)
        for address, reason in _recipients(detail, "delayedRecipients", subtype)
    ]


def _failed(detail: Payload, mail: Payload) -> Sequence[_Outcome]:
    reason = str(detail.get("reason") or detail.get("errorMessage") or "rejected")
    return [(recipient, reason, True) for recipient in texts(mail.get("destination")) or ("",)]


def _recipients(detail: Payload, name: str, subtype: str) -> list[tuple[str, str]]:
    """Each recipient with what its host said; a suppressed one says so first."""
    listed = detail.get(name)
    rows = [mapping(row) for row in listed] if isinstance(listed, list) else []
    return [
        (str(row.get("emailAddress") or ""), _reason(row, subtype)) for row in rows or [Payload()]
    ]


def _reason(row: Payload, subtype: str) -> str:
    said = str(row.get("diagnosticCode") or row.get("status") or "")
    return f"{subtype}: {said}".strip(": ") if "Suppress" in subtype or not said else said


_Reader = Callable[[Payload, Payload], Sequence[_Outcome]]
_READERS: dict[str, tuple[ReceiptKind, str, _Reader]] = {
    "Delivery": (ReceiptKind.DELIVERED, "delivery", _delivered),
    "Bounce": (ReceiptKind.BOUNCED, "bounce", _bounced),
    "Complaint": (ReceiptKind.COMPLAINED, "complaint", _complained),
    "DeliveryDelay": (ReceiptKind.DELAYED, "deliveryDelay", _delayed),
    "Reject": (ReceiptKind.FAILED, "reject", _failed),
    "Rendering Failure": (ReceiptKind.FAILED, "failure", _failed),
}
