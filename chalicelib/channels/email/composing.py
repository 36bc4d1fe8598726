"""An outgoing message as the bytes of a mail; no word of a citizen can become a header.

Built by hand because the standard library takes longer for one mail than the whole delivery may.
"""

from __future__ import annotations

import base64
import binascii
import re
import secrets
from collections.abc import Iterator

from chalicelib.messages import OutboundMessage

MAX_LINE = 900
_CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+")
_ADDRESS = re.compile(
    r"[^\s<>,;:\"()\[\]\\\x00-\x1f\x7f]{1,64}@[^\s<>,;:\"()\[\]\\@\x00-\x1f\x7f]{1,255}"
)
_HEADER_NAME = re.compile(r"[A-Za-z][A-Za-z0-9-]{0,60}")
_SES_ID = re.compile(r"[A-Za-z0-9.-]{1,100}")
_ASCII = bytes(range(128))
_OURS = frozenset(
    {
        "from",
        "to",
        "cc",
        "bcc",
        "subject",
        "reply-to",
        "content-type",
        "mime-version",
        "date",
        "sender",
    }
)


def compose(
    message: OutboundMessage, *, sender_name: str, sender_address: str, id_domain: str
) -> bytes:
    """The mail for one recipient, text and HTML, lines ended by CR LF.

    `id_domain` is where SES puts its message ids, so that `in_reply_to` names what the recipient has.
    Raises `ValueError` for a recipient, reply address or header that could become two.
    """
    boundary = f"=_{secrets.token_hex(12)}"
    head = "\r\n".join(
        f"{name}: {value}"
        for name, value in _headers(message, sender_name, sender_address, id_domain)
    )
    if not message.html:
        return f"{head}\r\n".encode() + _part("plain", message.text)
    opening = f'{head}\r\nContent-Type: multipart/alternative; boundary="{boundary}"\r\n\r\n'
    parts = (_part("plain", message.text), _part("html", message.html))
    body = b"".join(b"--" + boundary.encode() + b"\r\n" + part + b"\r\n" for part in parts)
    return opening.encode() + body + f"--{boundary}--\r\n".encode()


def _headers(
    message: OutboundMessage, sender_name: str, sender_address: str, id_domain: str
) -> Iterator[tuple[str, str]]:
    yield "From", mailbox(sender_name, sender_address)
    # Without the name: whoever filled in a form chose it, and may have chosen somebody else's address.
    yield "To", mailbox("", message.recipient.email or "")
    yield "Subject", encoded(message.subject, used=9)
    if message.reply_to:
        yield "Reply-To", mailbox(sender_name, message.reply_to)
    ids = [f"<{one}@{id_domain}>" for one in message.in_reply_to[-10:] if _SES_ID.fullmatch(one)]
    ids = [*_thread(message), *ids]
    if ids:
        yield "In-Reply-To", ids[-1]
        yield "References", "\r\n ".join(ids)
    if message.is_automatic:
        yield "Auto-Submitted", "auto-generated"
        yield "X-Auto-Response-Suppress", "All"
    if message.locale:
        yield "Content-Language", re.sub(r"[^A-Za-z0-9-]", "", message.locale) or "en"
    yield from _own_headers(message)
    yield "MIME-Version", "1.0"


def _thread(message: OutboundMessage) -> list[str]:
    """The id that all mails about one ticket name first, so that programs show them as one thread."""
    ticket_id, domain = message.tags.get("ticket_id", ""), message.reply_to.rpartition("@")[2]
    if not ticket_id.startswith("SR-") or not _SES_ID.fullmatch(ticket_id + domain):
        return []
    return [f"<{ticket_id.lower()}@{domain}>"] if domain else []


def _own_headers(message: OutboundMessage) -> Iterator[tuple[str, str]]:
    for name, value in message.headers.items():
        if not _HEADER_NAME.fullmatch(name) or name.lower() in _OURS:
            raise ValueError(f"The header {name!r} may not be set; use another name.")
        yield name, encoded(value, used=len(name) + 2)


def mailbox(name: str, address: str) -> str:
    """`Name <address>`, quoted or encoded as needed. Raises `ValueError` for what is no one address."""
    if not _ADDRESS.fullmatch(address):
        raise ValueError("The recipient or reply address is not one mail address; correct it.")
    name = one_line(name)[:100].replace("\\", "").replace('"', "'")
    if not name:
        return address
    shown = f'"{name}"' if name.isascii() else encoded(name, used=10)
    return f"{shown} <{address}>" if len(shown) + len(address) < 70 else f"{shown}\r\n <{address}>"


def one_line(text: str) -> str:
    """Text without controls, so that nothing in it can end a header."""
    return " ".join(_CONTROLS.sub(" ", text).split())


def encoded(text: str, used: int = 0) -> str:
    """A header value: as it is when it is short ASCII, else RFC 2047 words of at most 75 characters."""
    text = one_line(text)
    if text.isascii() and "=?" not in text:
        return _folded(text, used)
    return "\r\n ".join(
        f"=?utf-8?b?{base64.b64encode(piece).decode()}?=" for piece in _pieces(text)
    )


def _folded(text: str, used: int) -> str:
    lines, line = [], ""
    room = 76 - used
    for word in text.split(" "):
        if line and len(line) + 1 + len(word) > room:
            lines.append(line)
            line, room = word, 75
        else:
            line = f"{line} {word}" if line else word
    return "\r\n ".join([*lines, line])[: MAX_LINE * 4]


def _pieces(text: str) -> Iterator[bytes]:
    """Runs of whole characters whose encoded word stays within its bound."""
    piece = b""
    for letter in text:
        data = letter.encode("utf-8", "replace")
        if len(piece) + len(data) > 42:
            yield piece
            piece = b""
        piece += data
    yield piece


def _part(subtype: str, text: str) -> bytes:
    text = text.replace("\r\n", "\n").replace("\r", "\n").replace("\x00", "")
    encoding, body = _transfer(text.encode("utf-8", "replace"))
    head = f"Content-Type: text/{subtype}; charset=utf-8\r\nContent-Transfer-Encoding: {encoding}"
    return f"{head}\r\n\r\n".encode() + body.replace(b"\n", b"\r\n")


def _transfer(data: bytes) -> tuple[str, bytes]:
    """Readable where most of it is ASCII, base 64 elsewhere; lines end with a line feed."""
    is_short = max(map(len, data.split(b"\n"))) <= MAX_LINE
    if data.isascii() and is_short:
        return "7bit", data
    if len(data.translate(None, _ASCII)) * 5 < len(data):
        return "quoted-printable", binascii.b2a_qp(data, istext=True)
    return "base64", base64.encodebytes(data)
