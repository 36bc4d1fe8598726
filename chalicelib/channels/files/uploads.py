"""Files that people send with a form: named safely, typed by their bytes, within limits; pure."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Mapping, Sequence
from typing import Protocol

from chalicelib.channels import bounds
from chalicelib.messages import Attachment

TYPES: Mapping[str, str] = {
    "image/jpeg": ".jpg",
    "image/png": ".png",
    "image/gif": ".gif",
    "image/webp": ".webp",
    "image/heic": ".heic",
    "application/pdf": ".pdf",
}


class SentFile(Protocol):
    """A file of a form, with its sender's claims."""

    @property
    def filename(self) -> str:
        """As the sender calls it."""
        ...

    @property
    def content(self) -> bytes:
        """The bytes."""
        ...


def read_uploads(files: Sequence[SentFile]) -> tuple[tuple[Attachment, ...], str]:
    """The files as attachments with their content, and what is wrong with them (empty: nothing)."""
    sent = [file for file in files if file.content]
    if len(sent) > bounds.PHOTOS:
        return (), f"too_many_files:{bounds.PHOTOS}"
    read = [_attachment(file) for file in sent]
    if any(attachment is None for attachment in read):
        return (), "not_a_photo"
    return tuple(attachment for attachment in read if attachment), ""


def _attachment(file: SentFile) -> Attachment | None:
    kind = sniff(file.content)
    if not kind:
        return None
    return Attachment(
        filename=safe_filename(file.filename, TYPES[kind]),
        content_type=kind,
        size=len(file.content),
        digest=hashlib.sha256(file.content).hexdigest(),
        content=file.content,
    )


def sniff(content: bytes) -> str:
    """The content type that the bytes themselves say, or empty when it is none of `TYPES`."""
    if content[:4] == b"RIFF" and content[8:12] == b"WEBP":
        return "image/webp"
    if content[4:8] == b"ftyp" and content[8:12] in (b"heic", b"heix", b"mif1", b"heif"):
        return "image/heic"
    return next((kind for start, kind in _STARTS if content.startswith(start)), "")


_STARTS = (
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
    (b"%PDF-", "application/pdf"),
)


def safe_filename(name: str, suffix: str) -> str:
    """A name that is safe to show and to save, ending as its content wants."""
    stem = unicodedata.normalize("NFC", re.split(r"[/\\]", name)[-1])
    stem = "".join(c for c in stem if unicodedata.category(c)[0] not in "CZ" or c == " ")
    stem = re.sub(r'[<>:"|?*;%]', "_", stem).rpartition(".")[0] or stem
    return f"{stem.strip('. ')[:80] or 'file'}{suffix}"
