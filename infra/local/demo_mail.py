"""`make demo-mail`: a citizen's mail with a photo, sent by SMTP to the running town."""

from __future__ import annotations

import argparse
import base64
import json
import smtplib
import sys
from email.message import EmailMessage
from email.utils import make_msgid
from typing import Any

from infra.local.stack import OPEN_AT, configured

# The smallest photo there is: one grey dot, as PNG.
PHOTO = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGNqAAAAggCBd81ytgAAAABJRU5ErkJggg=="
)


def compose(sender: str, to: str) -> EmailMessage:
    """A report as somebody would write it."""
    mail = EmailMessage()
    mail["From"], mail["To"] = f"Ana Ortiz <{sender}>", to
    mail["Subject"] = "Pothole on Elm Street"
    mail["Message-ID"] = make_msgid(domain="mail.example")
    mail.set_content(
        "Hello,\n\nthere is a deep pothole in front of 45 Elm Street. My bicycle's wheel is bent.\n"
        "A photo is attached.\n\nThank you,\nAna Ortiz\n"
    )
    mail.add_attachment(PHOTO, maintype="image", subtype="png", filename="pothole.png")
    return mail


def where() -> dict[str, Any]:
    """Where the town that runs listens; the usual ports when none says so."""
    usual = {"url": "http://localhost:8000", "smtp_port": 2525}
    return {**usual, **json.loads(OPEN_AT.read_text())} if OPEN_AT.exists() else usual


def main() -> int:
    """Send it and say where its answer will be."""
    town = where()
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--host", default="localhost")
    parser.add_argument("--port", type=int, default=town["smtp_port"])
    parser.add_argument("--from", dest="sender", default="ana.ortiz@example.org")
    wanted = parser.parse_args()
    to = configured()["INTAKE_ADDRESSES"].partition(",")[0]
    try:
        with smtplib.SMTP(wanted.host, wanted.port, timeout=10) as server:
            server.send_message(compose(wanted.sender, to))
    except OSError as error:
        print(f"No town listens at {wanted.host}:{wanted.port} ({error}). Start it: make run")
        return 1
    print(f"Sent to {to}. The answer comes to {town['url']}/_town/outbox")
    return 0


if __name__ == "__main__":
    sys.exit(main())
