"""A mail program: write to the city as a citizen, or hand in a mail saved as a file."""

from __future__ import annotations

import mimetypes
from email.message import EmailMessage
from email.utils import formataddr, make_msgid, parseaddr
from urllib.parse import quote

from werkzeug.datastructures import FileStorage
from werkzeug.utils import redirect
from werkzeug.wrappers import Request, Response

from infra.local.pages.frame import Frame, View
from infra.local.reception import read_headers


def mail(pages: Frame, request: Request) -> Response:
    """The form, and what is sent from it."""
    if request.method != "POST":
        to = pages.town.environment["INTAKE_ADDRESSES"].partition(",")[0]
        return pages.show("mail.html", to=to)
    verdicts = {"dmarc": "FAIL", "spf": "FAIL"} if request.form.get("is_forged") else {}
    uploaded = request.files.get("eml")
    content = uploaded.read() if uploaded and uploaded.filename else _compose(request)
    pages.town.post.mail(content, verdicts=verdicts)
    return redirect(f"/_town/outbox?to={quote(_sender(content))}", 303)


def _compose(request: Request) -> bytes:
    form = request.form
    written = EmailMessage()
    written["From"] = formataddr((form.get("name", ""), form.get("from", "")))
    written["To"] = form.get("to", "")
    written["Subject"] = " ".join(form.get("subject", "").split())
    written["Message-ID"] = make_msgid(domain="mail.example")
    written.set_content(form.get("text", "").replace("\r\n", "\n"))
    for file in request.files.getlist("files"):
        if file.filename:
            _attach(written, file)
    return bytes(written)


def _attach(written: EmailMessage, file: FileStorage) -> None:
    guessed = mimetypes.guess_type(file.filename or "")[0] or "application/octet-stream"
    kind, _, subtype = guessed.partition("/")
    written.add_attachment(file.read(), maintype=kind, subtype=subtype, filename=file.filename)


def _sender(content: bytes) -> str:
    named = (value for name, value in read_headers(content) if name.lower() == "from")
    return parseaddr(next(named, ""))[1]


VIEWS: dict[str, View] = {"mail": mail}
