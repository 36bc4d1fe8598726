"""The project's own mails and a way to read them as the city of the tests would."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from chalicelib.channels.mime import Envelope, Mailbox, parse
from chalicelib.messages import InboundMessage
from chalicelib.signing import Signer
from chalicelib.tickets.model.references import find_ticket_id

FOLDER = Path(__file__).parents[1] / "data" / "emails"
CASES = sorted(path.stem for path in FOLDER.glob("*.eml"))
NOW = datetime(2026, 1, 6, 11, 2, tzinfo=UTC)
SIGNER = Signer({"k1": "0123456789abcdef"}, "k1")
DOMAIN = "reply.city.example"
MAILBOX = Mailbox(
    signer=SIGNER,
    jurisdiction_id="city.example",
    receiving_domain=DOMAIN,
    own_addresses=frozenset({"desk@city.example"}),
    find_reference=find_ticket_id,
)
PASSED = {"spam": "PASS", "virus": "PASS", "spf": "PASS", "dkim": "PASS", "dmarc": "PASS"}


def raw_mail(name: str) -> bytes:
    """The bytes of one of our mails."""
    return (FOLDER / f"{name}.eml").read_bytes()


def expected(name: str) -> dict[str, Any]:
    """What is expected of one of our mails."""
    path = FOLDER / f"{name}.json"
    wanted: dict[str, Any] = json.loads(path.read_text("utf-8")) if path.exists() else {}
    return wanted


def envelope(**changes: Any) -> Envelope:
    """What SES would say: everything passed, sent to the desk."""
    values: dict[str, Any] = {
        "message_id": "ses-1",
        "received_at": NOW,
        "recipients": ("desk@city.example",),
        "verdicts": PASSED,
        "raw_key": "mail/ses-1",
    }
    return Envelope(**{**values, **changes})


def read(raw: bytes, **changes: Any) -> InboundMessage:
    """A mail as the city of the tests reads it."""
    return parse(raw, envelope(**changes), MAILBOX)


def simple(headers: str = "", body: str = "The lamp is dark.") -> bytes:
    """A small plain mail with extra header lines."""
    lines = ["From: Anna Reed <anna.reed@mail.example>", "Subject: lamp"]
    lines += [line for line in headers.split("\n") if line]
    return ("\r\n".join(lines) + "\r\n\r\n" + body + "\r\n").encode()
