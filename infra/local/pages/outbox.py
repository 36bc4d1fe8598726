"""Every email and text that left, as its receiver sees it."""

from __future__ import annotations

from urllib.parse import quote

from werkzeug.exceptions import NotFound
from werkzeug.utils import redirect
from werkzeug.wrappers import Request, Response

from infra.local.contents import as_json
from infra.local.outbox import Sent
from infra.local.pages.frame import Frame, View

MOST = 200
MAIL_POLICY = (
    "sandbox allow-popups allow-popups-to-escape-sandbox; "
    "default-src 'none'; img-src data:; style-src 'unsafe-inline'; frame-ancestors 'self'"
)


def listing(pages: Frame, request: Request) -> Response:
    """Newest first, all or one receiver's."""
    to = request.args.get("to", "").strip()
    found = _found(pages, to)
    receivers = sorted({sent.to for _, sent in _found(pages, "")})
    return pages.show("outbox.html", found=found[:MOST], to=to, receivers=receivers)


def data(pages: Frame, request: Request) -> Response:
    """The same as JSON."""
    found = [
        {"number": number, **sent.as_dict()}
        for number, sent in _found(pages, request.args.get("to", "").strip())
    ]
    return Response(as_json(found), mimetype="application/json")


def message(pages: Frame, _request: Request, number: int) -> Response:
    """One message with its headers, and how to answer it."""
    return pages.show("message.html", sent=_numbered(pages, number), number=number)


def html(pages: Frame, _request: Request, number: int) -> Response:
    """The HTML part alone, for the frame that shows it; no script runs and nothing is fetched."""
    shown = f'<!doctype html><base target="_blank">{_numbered(pages, number).html}'
    return Response(shown, mimetype="text/html", headers={"Content-Security-Policy": MAIL_POLICY})


def raw(pages: Frame, _request: Request, number: int) -> Response:
    """The bytes as SES got them."""
    return Response(_numbered(pages, number).raw, mimetype="text/plain")


def answer(pages: Frame, request: Request, number: int) -> Response:
    """Reply to a mail as its receiver's mail program would."""
    sent = _numbered(pages, number)
    pages.town.post.mail(_reply(sent, request.form.get("text", "")), source=sent.to)
    return redirect(f"/_town/outbox?to={quote(sent.to)}", 303)


def _reply(sent: Sent, words: str) -> bytes:
    from email.message import EmailMessage

    mail = EmailMessage()
    original = f"<{sent.message_id}@us-east-1.amazonses.com>"
    mail["From"], mail["To"] = sent.to, sent.reply_to
    mail["Subject"] = f"Re: {sent.subject.removeprefix('Re: ')}"
    mail["In-Reply-To"] = mail["References"] = original
    quoted = "\n".join(f"> {line}" for line in sent.text.splitlines())
    mail.set_content(
        f"{words}\n\nOn {sent.at:%a, %d %b %Y, %H:%M}, {sent.sender} wrote:\n{quoted}\n"
    )
    return bytes(mail)


def _found(pages: Frame, to: str) -> list[tuple[int, Sent]]:
    numbered = list(enumerate(pages.town.post.sent))[::-1]
    return [(number, sent) for number, sent in numbered if not to or sent.to == to]


def _numbered(pages: Frame, number: int) -> Sent:
    if number >= len(pages.town.post.sent):
        raise NotFound("No such message left the town.")
    return pages.town.post.sent[number]


VIEWS: dict[str, View] = {
    "outbox": listing,
    "outbox.json": data,
    "outbox/<int:number>": message,
    "outbox/<int:number>/html": html,
    "outbox/<int:number>/raw": raw,
    "outbox/<int:number>/answer": answer,
}
