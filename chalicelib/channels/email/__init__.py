"""Mail through Amazon SES, both ways: fetch a received mail, send one, read delivery events.

Names are loaded when they are first asked for, because a function that only sends need not pay for
the reading of mail.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from chalicelib.channels.email.composing import compose
    from chalicelib.channels.email.door import MailDoor
    from chalicelib.channels.email.receipts import parse_receipt
    from chalicelib.channels.email.sender import SesSender

__all__ = ["MailDoor", "SesSender", "compose", "parse_receipt"]

_HOMES = {
    "MailDoor": "door",
    "SesSender": "sender",
    "compose": "composing",
    "parse_receipt": "receipts",
}


def __getattr__(name: str) -> object:
    """Load a public name from the module that owns it."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
