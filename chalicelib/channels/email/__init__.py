"""Mail through Amazon SES, both ways: fetch a received mail, send one, read delivery events."""

from __future__ import annotations

from chalicelib.channels.email.composing import compose
from chalicelib.channels.email.door import MailDoor
from chalicelib.channels.email.receipts import parse_receipt
from chalicelib.channels.email.sender import SesSender

__all__ = ["MailDoor", "SesSender", "compose", "parse_receipt"]
