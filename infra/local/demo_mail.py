"""`make demo-mail`: a citizen's mail with a photo, sent by SMTP to the running town."""

from __future__ import annotations

import argparse
import base64
import json
import os
import smtplib
import sys
from email.message import EmailMessage
from email.utils import make_msgid
from pathlib import Path
from typing import Any

from infra.local.ports import SMTP, USUAL, WEB, port_number
from infra.local.stack import OPEN_TOWNS, configured

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


def where(towns: Path, port: int | None) -> dict[str, Any]:
    """How to reach the open town with that SMTP port, or the latest; the usual ports if none is open."""
    known = sorted(towns.glob(f"{port or '*'}.json"), key=lambda file: file.stat().st_mtime)
    return (
        json.loads(known[-1].read_text())
        if known
        else {
            "url": f"http://localhost:{USUAL[WEB]}",
            "smtp_port": port or USUAL[SMTP],
            "intake": configured()["INTAKE_ADDRESSES"].partition(",")[0],
        }
    )


def main() -> int:
    """Send it and say where its answer will be."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--host", default="localhost")
    parser.add_argument("--port", type=port_number, default=os.environ.get(SMTP) or None)
    parser.add_argument("--from", dest="sender", default="ana.ortiz@example.org")
    wanted = parser.parse_args()
    town = where(OPEN_TOWNS, wanted.port)
    port, to = town["smtp_port"], town["intake"]
    try:
        with smtplib.SMTP(wanted.host, port, timeout=10) as server:
            server.send_message(compose(wanted.sender, to))
    except OSError as error:
        print(f"No town listens at {wanted.host}:{port} ({error}). Start it: make run")
        return 1
    print(f"Sent to {to}. The answer comes to {town['url']}/_town/outbox")
    return 0


if __name__ == "__main__":
    sys.exit(main())
