"""Delivery reports that other hosts write (RFC 3464), tied to our notification by proof only."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime

from chalicelib.channels import bounds
from chalicelib.channels.bounds import shortened
from chalicelib.channels.mime.parts.addresses import bare_address
from chalicelib.channels.mime.parts.headers import Headers, clean, parse_headers
from chalicelib.channels.mime.parts.structure import Part, inner_mail
from chalicelib.channels.reply_address import read_reply_address
from chalicelib.messages import Channel, DeliveryReceipt, ReceiptKind
from chalicelib.signing import Signer

NOTIFICATION_HEADER = "x-civicline-notification"
PURPOSE = "notification"
_SES_ID = re.compile(r"([0-9a-z-]{16,100})@(?:email|[a-z0-9-]+)\.amazonses\.com", re.IGNORECASE)
_KINDS = {
    "failed": ReceiptKind.BOUNCED,
    "delayed": ReceiptKind.DELAYED,
    "delivered": ReceiptKind.DELIVERED,
    "relayed": ReceiptKind.DELIVERED,
    "expanded": ReceiptKind.DELIVERED,
}


@dataclass(frozen=True, slots=True)
class Report:
    """What a delivery report says, before anything is proven: the first recipient that matters."""

    action: str
    status: str
    recipient: str
    reason: str
    original: Headers | None


def sign_notification(
    signer: Signer, jurisdiction_id: str, ticket_id: str, notification_id: str
) -> str:
    """The header value that lets a delivery report prove which notification it is about."""
    signature = signer.sign(PURPOSE, jurisdiction_id, ticket_id, notification_id)
    return f"{ticket_id} {notification_id} {signature}"


def read_report(root: Part) -> Report | None:
    """The delivery report in a mail, or None when it holds none that can be read whole."""
    status = original = None
    for part in root.walk():
        if part.content_type in ("message/delivery-status", "message/global-delivery-status"):
            status = status or part
        elif part.content_type in ("message/rfc822", "message/global"):
            original = original or inner_mail(part).headers
        elif part.content_type in ("text/rfc822-headers", "message/global-headers"):
            original = original or parse_headers(part.content())
    return _report(_groups(status), original) if status else None


def _groups(status: Part) -> list[Headers]:
    """The blocks of a report; none when a bound cut any, for the worst may be what was cut."""
    content = status.content()
    if len(content) > bounds.REPORT_BYTES:
        return []
    blocks = re.split(rb"\r?\n[ \t]*\r?\n", content.strip())
    groups = [parse_headers(block) for block in blocks[: bounds.REPORT_BLOCKS]]
    is_cut = any(group.cut or not group.is_whole for group in groups)
    return [] if is_cut or len(blocks) > bounds.REPORT_BLOCKS else groups


def _report(groups: list[Headers], original: Headers | None) -> Report | None:
    recipients = [group for group in groups if group.raw("action")]
    if not recipients:
        return None
    worst = next(
        (g for g in recipients if g.raw("action").lower().startswith("failed")), recipients[0]
    )
    address = (worst.raw("original-recipient") or worst.raw("final-recipient")).partition(";")[2]
    return Report(
        action=worst.raw("action").split()[0].lower(),
        status=worst.raw("status").split(" ")[0],
        recipient=bare_address(address),
        reason=shortened(clean(worst.raw("diagnostic-code") or worst.raw("status")), bounds.REASON),
        original=original,
    )


def prove_report(
    report: Report, signer: Signer, jurisdiction_id: str, at: datetime
) -> DeliveryReceipt | None:
    """The report as a receipt, or None when nothing in it proves that we wrote the message.

    Proof is our signed header, or else the signed reply address of the original.
    """
    if report.original is None or report.action not in _KINDS:
        return None
    ticket_id, notification_id = _proven_ids(report.original, signer, jurisdiction_id)
    found = _SES_ID.search(report.original.raw("message-id"))
    if not ticket_id or not (notification_id or found):
        return None
    return DeliveryReceipt(
        kind=_KINDS[report.action],
        channel=Channel.EMAIL,
        at=at,
        provider_message_id=found[1] if found else "",
        jurisdiction_id=jurisdiction_id,
        ticket_id=ticket_id,
        notification_id=notification_id,
        recipient=report.recipient,
        reason=report.reason,
        is_permanent=report.status.startswith("5"),
    )


def _proven_ids(original: Headers, signer: Signer, jurisdiction_id: str) -> tuple[str, str]:
    words = original.raw(NOTIFICATION_HEADER).split()
    if len(words) == 3 and signer.verify(words[2], PURPOSE, jurisdiction_id, words[0], words[1]):
        return words[0], words[1]
    token = read_reply_address(signer, jurisdiction_id, original.raw("reply-to"))
    return (token.ticket_id, "") if token else ("", "")
