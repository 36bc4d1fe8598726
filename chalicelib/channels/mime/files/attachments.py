"""The files of a mail: safe names, true types, inline images told apart, winmail.dat opened."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

from chalicelib.channels.mime.bodies import attached_parts
from chalicelib.channels.mime.files.file_types import safe_name, true_type
from chalicelib.channels.mime.files.tnef import SIGNATURE, unpack_tnef
from chalicelib.channels.mime.parts.headers import clean
from chalicelib.channels.mime.parts.structure import Part
from chalicelib.messages import Attachment

MAX_FILES = 50


def read_attachments(root: Part, used: set[int], html: str) -> tuple[Attachment, ...]:
    """The files, in the order of the mail, at most 50; the raw mail keeps whatever is beyond."""
    found: list[Attachment] = []
    seen: set[tuple[str, str]] = set()
    for part in attached_parts(root, used):
        for name, content in _files(part):
            attachment = _attachment(part, name, content, len(found) + 1, html)
            key = (attachment.digest, attachment.filename)
            if content and key not in seen:
                seen.add(key)
                found.append(attachment)
            if len(found) == MAX_FILES:
                return tuple(found)
    return tuple(found)


def _files(part: Part) -> Iterator[tuple[str, bytes]]:
    content = part.content()
    is_tnef = content.startswith(SIGNATURE)
    files, _ = unpack_tnef(content) if is_tnef else ([], "")
    for file in files:
        yield file.name, file.content
    if not files:
        yield part.filename, content


def _attachment(part: Part, name: str, content: bytes, number: int, html: str) -> Attachment:
    content_id = clean(part.headers.raw("content-id")).strip("<>")[:200]
    content_type = true_type(content, part.content_type, name)
    is_shown = bool(content_id) and f"cid:{content_id}" in html
    is_image = content_type.startswith("image/")
    return Attachment(
        filename=safe_name(name, content_type, number),
        content_type=content_type,
        size=len(content),
        digest=hashlib.sha256(content).hexdigest(),
        content_id=content_id,
        is_inline=is_image and (is_shown or (part.disposition == "inline" and bool(content_id))),
        content=content,
    )
