"""What SES, SNS and End User Messaging report about what they accepted, in their own shapes; pure.

Each reports as it does at AWS: SES and End User Messaging by events, SNS in a log; and nothing else.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from infra.local.outbox import Sent

Event = dict[str, Any]
UNREACHABLE = "666"  # numbers that end so are switched off, and their texts fail


ACCEPTED = "Message has been accepted by phone carrier"
SWITCHED_OFF = "Phone is currently unreachable/unavailable"


def reports(sent: Sent) -> list[Event]:
    """What becomes of a message: delivered, unless its address says otherwise; of a text by SNS the
    records of its log, of which most carriers tell no more than that they have it.

    As at SES's mailbox simulator the local part decides: `bounce@…`, `complaint@…`, `delay@…`.
    """
    is_reached = not sent.to.endswith(UNREACHABLE)
    if sent.via == "sns":
        return [log_record(sent) if is_reached else log_record(sent, SWITCHED_OFF, "FAILURE")]
    if sent.via == "end-user-messaging":
        kinds = ("TEXT_SUCCESSFUL", "TEXT_DELIVERED") if is_reached else ("TEXT_UNREACHABLE",)
        return [text_event(sent, kind) for kind in kinds if sent.configuration_set]
    match sent.to.partition("@")[0].partition("+")[0].lower():
        case "bounce" | "suppressionlist":
            return [mail_event(sent, "Bounce")]
        case "complaint":
            return [mail_event(sent, "Delivery"), mail_event(sent, "Complaint")]
        case "delay":
            return [mail_event(sent, "DeliveryDelay")]
    return [mail_event(sent, "Delivery")]


def mail_event(sent: Sent, kind: str, details: Mapping[str, Any] | None = None) -> Event:
    """An event as SES publishes it; `details` replaces what we make up for its kind."""
    at = stamp(sent.at + timedelta(seconds=1))
    made = {**_MAIL_DETAILS[kind](sent, at), **(details or {})}
    return {"eventType": kind, "mail": _mail(sent), _name(kind): made}


def _name(kind: str) -> str:
    return kind[0].lower() + kind[1:]


def _mail(sent: Sent) -> Event:
    tags = {name: [value] for name, value in sent.tags.items()}
    return {
        "timestamp": stamp(sent.at),
        "messageId": sent.message_id,
        "source": sent.sender,
        "sendingAccountId": "123456789012",
        "destination": [sent.to],
        "headersTruncated": False,
        "headers": [{"name": n, "value": v} for n, v in sent.headers.items()],
        "commonHeaders": {"to": [sent.to], "subject": sent.subject, "messageId": sent.message_id},
        "tags": {"ses:configuration-set": [sent.configuration_set], **tags},
    }


def _delivery(sent: Sent, at: str) -> Event:
    return {
        "timestamp": at,
        "processingTimeMillis": 1000,
        "recipients": [sent.to],
        "smtpResponse": "250 ok",
        "reportingMTA": "a1-23.smtp-out.amazonses.com",
    }


def _bounce(sent: Sent, at: str) -> Event:
    recipient = {"emailAddress": sent.to, "action": "failed", "status": "5.1.1"}
    return {
        "bounceType": "Permanent",
        "bounceSubType": "General",
        "bouncedRecipients": [{**recipient, "diagnosticCode": "smtp; 550 5.1.1 user unknown"}],
        "timestamp": at,
        "feedbackId": str(uuid.uuid4()),
        "reportingMTA": "dsn; a1-23.smtp-out.amazonses.com",
    }


def _complaint(sent: Sent, at: str) -> Event:
    return {
        "complainedRecipients": [{"emailAddress": sent.to}],
        "timestamp": at,
        "feedbackId": str(uuid.uuid4()),
        "complaintFeedbackType": "abuse",
    }


def _delay(sent: Sent, at: str) -> Event:
    return {
        "timestamp": at,
        "delayType": "MailboxFull",
        "expirationTime": at,
        "delayedRecipients": [{"emailAddress": sent.to, "status": "4.2.2"}],
    }


def _reject(_sent: Sent, _at: str) -> Event:
    return {"reason": "Bad content"}


_MAIL_DETAILS = {
    "Delivery": _delivery,
    "Bounce": _bounce,
    "Complaint": _complaint,
    "DeliveryDelay": _delay,
    "Reject": _reject,
}


def text_event(sent: Sent, kind: str) -> Event:
    """An event of AWS End User Messaging SMS, such as `TEXT_DELIVERED`."""
    status = kind.removeprefix("TEXT_")
    return {
        "eventType": kind,
        "eventVersion": "1.0",
        "eventTimestamp": int(sent.at.timestamp() * 1000) + 1000,
        "isFinal": True,
        "originationPhoneNumber": sent.sender,
        "destinationPhoneNumber": sent.to,
        "isoCountryCode": "US",
        "messageId": sent.message_id,
        "messageRequestTimestamp": int(sent.at.timestamp() * 1000),
        "messageEncoding": "GSM",
        "messageType": "TRANSACTIONAL",
        "messageStatus": status,
        "messageStatusDescription": f"Message is {status.lower()}",
        "totalMessageParts": 1,
        "totalMessagePrice": 0.00581,
        "totalCarrierFee": 0.0,
        "context": dict(sent.tags),
    }


def log_record(sent: Sent, words: str = ACCEPTED, status: str = "SUCCESS") -> Event:
    """A line of SNS's delivery log."""
    return {
        "notification": {
            "messageId": sent.message_id,
            "timestamp": stamp(sent.at + timedelta(seconds=1))[:-1].replace("T", " "),
        },
        "delivery": {
            "destination": sent.to,
            "mcc": 310,
            "mnc": 270,
            "phoneCarrier": "A Carrier",
            "priceInUSD": 0.00645,
            "smsType": "Transactional",
            "providerResponse": words,
            "dwellTimeMs": 599,
            "dwellTimeMsUntilDeviceAck": 1344,
        },
        "status": status,
    }


def stamp(moment: datetime) -> str:
    """A moment as AWS writes it: `2026-03-01T12:00:00.000Z`."""
    return moment.strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03}Z"
