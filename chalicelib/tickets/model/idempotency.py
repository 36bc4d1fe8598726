"""Idempotency: the record that a message was handled, made from the message; pure."""

from __future__ import annotations

from datetime import datetime

from chalicelib.messages import Channel, InboundMessage, Nature, Proof
from chalicelib.tickets.model.records import HandledMessage

# Why a message became no ticket; the console has the words for it in its own languages.
COPY = "the same words came before, under another id"
CONFLICT = "another mail came under the same id"
DESK = "this mail domain sends the like again and again, as a system does that answers by itself"
NOBODY = "no single sender is named"
CUT = "the headers that say who wrote it are longer than is read"
CARRIES_VIRUS = "carries a virus"
HELD = {
    Nature.SPAM: "marked as spam",
    Nature.VIRUS: CARRIES_VIRUS,
    Nature.MISDIRECTED: "sent to an address that is not this city's",
    Nature.UNCLEAR: "may mean that no more texts are wanted",
}


def handled(
    message: InboundMessage, outcome: str, now: datetime, *, ticket_id: str = "", reason: str = ""
) -> HandledMessage:
    """The proof that `message` was handled; a held one keeps its words for the person who decides."""
    is_held = outcome == "quarantined"
    return HandledMessage(
        channel=message.channel,
        message_id=message.message_id,
        outcome=outcome,
        at=now,
        reason=reason,
        ticket_id=ticket_id,
        content_digest=message.content_digest,
        raw_key=message.raw_key,
        sender_key=message.sender.key,
        sender_name=message.sender.name if is_held else "",
        subject=message.subject if is_held else "",
        text=message.text if is_held else "",
        is_proven=message.proof is Proof.PROVEN,
        attachments=message.attachments if is_held else (),
    )


def nobodys(message: InboundMessage) -> str:
    """Why a mail that can be read says of nobody that they sent it; empty for every other message."""
    is_readable = message.nature is not Nature.UNREADABLE
    if message.channel is not Channel.EMAIL or not is_readable or message.sender.key:
        return ""
    return CUT if "sender" in message.cut else NOBODY
