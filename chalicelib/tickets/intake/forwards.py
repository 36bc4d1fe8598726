"""Forwarded mail: a colleague's opens the ticket of the citizen who wrote, anybody else's is their own."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from chalicelib.messages import InboundMessage, Proof


def nobody(_address: str) -> bool:
    """No address is staff's."""
    return False


def on_behalf(message: InboundMessage, is_staff: Callable[[str], bool]) -> InboundMessage:
    """The message as the original sender's, when proven staff forwarded it; else as it is.

    What the forward says about its author is the colleague's word, not proof: the citizen is
    unconfirmed, as with any address that somebody else wrote down.
    """
    author, sender = message.forwarded_from, message.sender.email
    if author is None or not author.email or not sender or message.proof is not Proof.PROVEN:
        return message
    is_own = author.email.lower() == sender.lower() or is_staff(author.email.lower())
    if is_own or not is_staff(sender.lower()):
        return message
    return replace(
        message,
        sender=author,
        proof=Proof.UNPROVEN,
        text=message.full_text or message.text,
        source=f"forwarded by {sender}",
    )
