"""A ticket's mail to look at: its words, its files, its layout in a frame that may do nothing."""

from __future__ import annotations

from chalice.app import Response

from chalicelib.errors import NotFound
from chalicelib.handlers.api.tickets import entry_of, small_answer
from chalicelib.handlers.console.door.visit import room, show
from chalicelib.handlers.downloads import check_scanned, deliver_raw, note_access, refuse_infected
from chalicelib.handlers.http import Call, Services
from chalicelib.handlers.http.answers import HTML, POLICY, answer
from chalicelib.handlers.looking import looked
from chalicelib.identity.accounts import Act
from chalicelib.messages import InboundMessage, Nature
from chalicelib.tickets.model.ticket import Entry

# Imported where used: the mail reader takes 60 ms, for the one page that shows a mail.

ONE = "/console/tickets/{ticket_id}"
FRAMED_POLICY = (
    "default-src 'none'; sandbox; base-uri 'none'; form-action 'none'; frame-ancestors 'self'"
)
FRAMING_POLICY = f"{POLICY}; frame-src 'self'"


@room(ONE + "/files/{digest}/small", Act.READ_TICKETS)
def show_thumbnail(call: Call, ticket_id: str, digest: str) -> Response:
    """The small picture of a photo of this ticket."""
    return small_answer(call, call.person.staff, ticket_id, digest)


@room(ONE + "/mail/{number}", Act.READ_TICKETS)
def show_mail(call: Call, ticket_id: str, number: str) -> Response:
    """Everything that stood in the mail behind an entry, quoted parts included."""
    message = read_mail(call.services, raw_mail(call, ticket_id, number))
    context = {
        "ticket_id": ticket_id,
        "number": number,
        "subject": message.subject,
        "text": message.full_text or message.text,
        "has_html": bool(message.html),
    }
    return framing(show(call, "mail", context, here="queue"))


@room(ONE + "/mail/{number}/raw", Act.READ_TICKETS)
def download_mail(call: Call, ticket_id: str, number: str) -> Response:
    """The mail's bytes as they came, as a download that no browser opens; its files must be clean."""

    entry, actor = _mail_entry(call, ticket_id, number), call.person.staff.actor
    if entry.data.get("nature") == Nature.VIRUS:
        refuse_infected(call.services, actor, ticket_id, entry=number)
    for file in entry.attachments:
        check_scanned(call.services, file.digest, ticket_id, actor)
    found = deliver_raw(call.services, str(entry.data["raw_key"]), f"{ticket_id}-{number}.eml")
    note_access(call.services, actor, "raw_mail_downloaded", ticket_id, entry=number)
    looked(call.person.staff.sub, call.services.clock.now())
    return found


def raw_mail(call: Call, ticket_id: str, number: str) -> bytes:
    """The kept mail behind an entry of a ticket that is this person's business. Raises `NotFound`."""
    return call.services.files.raw(str(_mail_entry(call, ticket_id, number).data["raw_key"]))


def _mail_entry(call: Call, ticket_id: str, number: str) -> Entry:
    entry = entry_of(call.services, call.person.staff, ticket_id, number)
    if not entry.data.get("raw_key"):
        raise NotFound("No mail is kept for this entry.")
    return entry


@room(ONE + "/mail/{number}/html", Act.READ_TICKETS)
def show_mail_html(call: Call, ticket_id: str, number: str) -> Response:
    """The HTML of the mail behind an entry."""
    return _framed(call.services, raw_mail(call, ticket_id, number))


@room("/console/quarantine/html", Act.READ_QUARANTINE)
def show_held_html(call: Call) -> Response:
    """The HTML of a held mail."""
    found = call.services.narrowing.held_one(call.person.staff, call.arg("message"))
    return _framed(call.services, call.services.files.raw(found.raw_key))


def _framed(services: Services, raw: bytes) -> Response:
    from chalicelib.channels.mime.safe_html import safe_html

    content = safe_html(read_mail(services, raw).html)
    if not content:
        raise NotFound("This mail has no HTML that can be shown safely.")
    body = f'<!doctype html><html><head><meta charset="utf-8"></head><body>{content}</body></html>'
    headers: dict[str, str | list[str]] = {
        "Content-Security-Policy": FRAMED_POLICY,
        "X-Frame-Options": "SAMEORIGIN",
    }
    return answer(body, HTML, headers=headers)


def read_mail(services: Services, raw: bytes) -> InboundMessage:
    """A kept mail, read again to be looked at; proves nothing about anybody."""
    from chalicelib.channels.mime import Envelope, Mailbox, parse

    mailbox = Mailbox(signer=services.signer, jurisdiction_id=services.settings.jurisdiction_id)
    return parse(raw, Envelope(message_id="shown", received_at=services.clock.now()), mailbox)


def framing(response: Response) -> Response:
    """The same page, allowed to hold a frame of our own."""
    headers = {**response.headers, "Content-Security-Policy": FRAMING_POLICY}
    return Response(response.body, headers, response.status_code)
