"""The files of a mail: safe names, true types, inline images told apart, winmail.dat opened."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

from chalicelib.channels import bounds
from chalicelib.channels.mime.bodies import attached_parts
from chalicelib.channels.mime.files.file_types import safe_name, true_type
from chalicelib.channels.mime.files.tnef import SIGNATURE, unpack_tnef
from chalicelib.channels.mime.parts.headers import clean
from chalicelib.channels.mime.parts.structure import Part
from chalicelib.messages import Attachment


def read_attachments(
    root: Part, used: set[int], html: str
) -> tuple[tuple[Attachment, ...], tuple[str, ...]]:
    """The files in the order of the mail, and the names of those for which there was no room.

    The raw mail keeps these too.
    """
    found: list[Attachment] = []
    left_out: list[str] = []
    seen: set[tuple[str, str]] = set()
    for part in attached_parts(root, used):
        for name, content in _files(part):
            number = len(found) + len(left_out) + 1
            attachment = _attachment(part, name, content, number, html)
            key = (attachment.digest, attachment.filename)
            if not content or key in seen:
                continue
            seen.add(key)
            if len(found) < bounds.FILES:
                found.append(attachment)
            else:
                left_out.append(attachment.filename)
    return tuple(found), tuple(left_out)


def _files(part: Part) -> Iterator[tuple[str, bytes]]:
    """The files in a part: those packed in a winmail.dat, and itself where that was not opened whole."""
    content = part.content()
    is_tnef = content.startswith(SIGNATURE)
    files, is_whole = unpack_tnef(content) if is_tnef else ([], True)
    for file in files:
        yield file.name, file.content
    if not files or not is_whole:
        yield part.filename, content


def _attachment(part: Part, name: str, content: bytes, number: int, html: str) -> Attachment:
    content_id = clean(part.headers.raw("content-id")).strip("<>")
    content_id = content_id if len(content_id) <= bounds.CONTENT_ID else ""
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
