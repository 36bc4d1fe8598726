"""Every email and text that left the town, as its receiver sees it."""

from __future__ import annotations

import email
import email.policy
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from email.message import EmailMessage
from functools import cached_property
from typing import Any


@dataclass(frozen=True)
class Sent:
    """One message that was accepted. `raw` is the whole mail, or the text's bytes.

    `via` is who took it: `ses`, `sns`, `end-user-messaging`, or `cognito`, which mails by
    itself. `tags` are what the sender gave the provider to bring back in receipts.
    """

    channel: str
    to: str
    at: datetime
    raw: bytes
    message_id: str
    sender: str = ""
    tags: dict[str, str] = field(default_factory=dict)
    configuration_set: str = ""
    via: str = "ses"

    @cached_property
    def _mail(self) -> EmailMessage:
        parsed = email.message_from_bytes(self.raw, policy=email.policy.default)
        assert isinstance(parsed, EmailMessage)
        return parsed

    @property
    def subject(self) -> str:
        """The mail's subject; a text has none."""
        return str(self._mail.get("Subject", "")) if self.channel == "email" else ""

    @property
    def headers(self) -> dict[str, str]:
        """The mail's headers by name, repeated ones joined by line breaks."""
        headers: dict[str, str] = {}
        for name, value in self._mail.items() if self.channel == "email" else ():
            headers[name] = f"{headers[name]}\n{value}" if name in headers else str(value)
        return headers

    @property
    def text(self) -> str:
        """What a plain reader shows."""
        return self._part("plain") if self.channel == "email" else self.raw.decode()

    @property
    def html(self) -> str:
        """What a mail program shows; empty for a text."""
        return self._part("html") if self.channel == "email" else ""

    @property
    def reply_to(self) -> str:
        """Where an answer goes."""
        if self.channel != "email":
            return self.sender
        return str(self._mail.get("Reply-To") or self._mail.get("From", ""))

    def _part(self, kind: str) -> str:
        part = self._mail.get_body((kind,))  # type: ignore[arg-type]
        return str(part.get_content()) if part is not None else ""

    def __getitem__(self, name: str) -> Any:
        """The same by name, for tests that treat it as data."""
        return self.as_dict()[name]

    def get(self, name: str, default: Any = None) -> Any:
        """The value by name, or `default`."""
        return self.as_dict().get(name, default)

    def keys(self) -> Iterator[str]:
        """The names of what a message has."""
        return iter(self.as_dict())

    def as_dict(self) -> dict[str, Any]:
        """Plain data; `raw` stays bytes and `at` a moment."""
        names = ("channel", "to", "subject", "text", "html", "headers", "raw", "at")
        more = ("message_id", "sender", "reply_to", "tags")
        return {name: getattr(self, name) for name in (*names, *more)}
