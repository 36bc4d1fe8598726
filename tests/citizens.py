"""People who write to the city, for tests that drive the whole service."""

from __future__ import annotations

import re
from email.message import EmailMessage
from html import unescape
from typing import Any

from infra.local.outbox import Sent
from tests.harness import Harness, Response

DESK = "help@report.springfield.example"
ANA = "ana@example.org"
REFERENCE = re.compile(r"SR-[0-9A-Z]{4}-[0-9A-Z]{4}-[0-9A-Z]")
PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c489"
    "0000000d49444154789c6360f8cf500f0003820180dd8db61d0000000049454e44ae426082"
)


def a_mail(
    text: str = "There is a deep pothole in front of 45 Elm Street.",
    *,
    sender: str = f"Ana Ortiz <{ANA}>",
    to: str = DESK,
    subject: str = "Pothole on Elm Street",
    files: dict[str, bytes] | None = None,
    **headers: str,
) -> bytes:
    """A mail as a mail program writes it; `headers` with underscores for hyphens."""
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = sender, to, subject
    mail["Message-ID"] = f"<{abs(hash((text, subject, sender, to)))}@mail.example>"
    for name, value in headers.items():
        mail[name.replace("_", "-")] = value
    mail.set_content(text)
    for filename, content in (files or {}).items():
        mail.add_attachment(content, maintype="image", subtype="png", filename=filename)
    return bytes(mail)


def answer_to(sent: Sent, text: str, *, sender: str = "", **headers: str) -> bytes:
    """A reply to something in the outbox, as its receiver's mail program writes it."""
    quoted = "\n".join(f"> {line}" for line in sent.text.splitlines())
    return a_mail(
        f"{text}\n\nOn Mon, 2 Mar 2026 at 10:00, Springfield wrote:\n{quoted}\n",
        sender=sender or sent.to,
        to=sent.reply_to,
        subject=f"Re: {sent.subject}",
        In_Reply_To=f"<{sent.message_id}@us-east-1.amazonses.com>",
        **headers,
    )


def reported_by_mail(town: Harness, **given: Any) -> dict[str, Any]:
    """A ticket that a mail opened, as stored; its acknowledgement is in the outbox."""
    known = {ticket["ticket_id"] for ticket in town.dump()["tickets"]}
    town.mail(a_mail(**given))
    town.drain()
    [opened] = [t for t in town.dump()["tickets"] if t["ticket_id"] not in known]
    return opened


def newest_ticket(town: Harness) -> dict[str, Any]:
    """The ticket that was asked for last; two of one moment have no order, so that is an error."""
    tickets = town.dump()["tickets"]
    latest = max(ticket["requested_at"] for ticket in tickets)
    [newest] = [ticket for ticket in tickets if ticket["requested_at"] == latest]
    return newest


def ticket_of(town: Harness, ticket_id: str) -> dict[str, Any]:
    """The ticket as stored."""
    return next(t for t in town.dump()["tickets"] if t["ticket_id"] == ticket_id)


def timeline_of(town: Harness, ticket_id: str) -> list[dict[str, Any]]:
    """Its entries, oldest first."""
    return [e for e in town.dump()["entries"] if e["ticket_id"] == ticket_id]


def kinds(town: Harness, ticket_id: str) -> list[str]:
    """What happened to it, in words."""
    return [entry["kind"] for entry in timeline_of(town, ticket_id)]


def to(town: Harness, address: str) -> list[Sent]:
    """What left for one receiver, oldest first."""
    return [sent for sent in town.outbox if sent.to == address]


def tracking_path(text: str) -> str:
    """The path of the tracking link in a message or page."""
    found = re.search(r"/t/SR-[0-9A-Z-]+/[0-9a-z.]+", text)
    assert found, text
    return found[0]


def reference_in(text: str) -> str:
    """The first reference that a message names."""
    found = REFERENCE.search(text)
    assert found, text
    return found[0]


def form_token(page: Response) -> str:
    """The token that a form of ours must send back."""
    found = re.search(r'name="form_token"\s+value="([^"]+)"', page.text)
    assert found, page.text[:2000]
    return unescape(found[1])


def submit_report(town: Harness, service: str = "pothole", **given: str) -> Response:
    """Fill in the web form as a browser without scripts does."""
    page = town.http("GET", f"/report?service={service}")
    form = {
        "form_token": form_token(page),
        "service_code": service,
        "submission": _hidden(page, "submission"),
        "description": "A deep hole in the road.",
        "address": "45 Elm Street",
        "email": ANA,
        "follow": "none",  # of the reports nearby
        **given,
    }
    return town.http("POST", f"/report?service={service}", form=form)


def _hidden(page: Response, name: str) -> str:
    found = re.search(rf'name="{name}"\s+value="([^"]*)"', page.text)
    return unescape(found[1]) if found else ""


def act(town: Harness, ticket_id: str, what: str, user: str = "agent", **body: Any) -> Response:
    """A change through the staff API, based on the version that is stored now."""
    body.setdefault("version", ticket_of(town, ticket_id)["version"])
    return town.http("POST", f"/api/v1/tickets/{ticket_id}/{what}", user=user, json=body)
