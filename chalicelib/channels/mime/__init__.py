"""Bytes of a mail to a neutral message, whatever they are; knows no AWS and no table.

`python -m chalicelib.channels.mime FILE.eml` prints how a mail is read.
"""

from __future__ import annotations

from chalicelib.channels.mime.reading import Envelope, Mailbox, parse

__all__ = ["Envelope", "Mailbox", "parse"]
