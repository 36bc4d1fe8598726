"""What a file's bytes are, whatever its name says, and a name that is safe to show."""

from __future__ import annotations

import re
from pathlib import PurePosixPath

from chalicelib.channels import bounds

# Imported where used: puremagic takes 15 ms, and most mails bring no file.

OPAQUE = "application/octet-stream"
_HEADS: tuple[tuple[bytes, str], ...] = (
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"GIF8", "image/gif"),
    (b"%PDF-", "application/pdf"),
    (b"BM", "image/bmp"),
    (b"II*\x00", "image/tiff"),
    (b"MM\x00*", "image/tiff"),
    (b"MZ", "application/x-msdownload"),
    (b"\x7fELF", "application/x-executable"),
    (b"ID3", "audio/mpeg"),
    (b"OggS", "audio/ogg"),
    (b"{\\rtf", "application/rtf"),
    (b"BEGIN:VCALENDAR", "text/calendar"),
    (b"BEGIN:VCARD", "text/vcard"),
    (b"\x78\x9f\x3e\x22", "application/ms-tnef"),
    (b"-----BEGIN PGP", "application/pgp-encrypted"),
)
_FTYP = {
    b"heic": "image/heic",
    b"heix": "image/heic",
    b"mif1": "image/heif",
    b"avif": "image/avif",
    b"M4A ": "audio/mp4",
    b"qt  ": "video/quicktime",
}
_RIFF = {b"WEBP": "image/webp", b"AVI ": "video/x-msvideo", b"WAVE": "audio/wav"}
_MARKUP = re.compile(
    rb"^\s*(?:<\?xml[^>]{0,200}>\s*)?(?:<!--.{0,500}?-->\s*)?<(!doctype\s+)?(svg|html|script|head|body|iframe|form)",
    re.IGNORECASE | re.DOTALL,
)
_EXTENSIONS = {
    "image/jpeg": ".jpg",
    "image/png": ".png",
    "image/gif": ".gif",
    "image/heic": ".heic",
    "image/webp": ".webp",
    "application/pdf": ".pdf",
    "text/plain": ".txt",
    "text/html": ".html",
    "text/calendar": ".ics",
    "message/rfc822": ".eml",
    "message/delivery-status": ".txt",
    "application/zip": ".zip",
    "video/mp4": ".mp4",
}
_OFFICE = {
    ".docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    ".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    ".pptx": "application/vnd.openxmlformats-officedocument.presentationml.presentation",
    ".odt": "application/vnd.oasis.opendocument.text",
    ".ods": "application/vnd.oasis.opendocument.spreadsheet",
}
_KEPT_CLAIMS = frozenset({"message/rfc822", "message/delivery-status", "text/calendar"})
_UNSEEN = re.compile("[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]")
_FORBIDDEN = re.compile(r'[<>:"/\\|?*;`$]')


def true_type(content: bytes, claimed: str, name: str = "") -> str:
    """The media type of `content`; opaque when the bytes do not tell."""
    start = content[:2_048]
    for head, kind in _HEADS:
        if start.startswith(head):
            return kind
    return _container_type(start, name) or _text_type(start, claimed) or _rare_type(content)


def _container_type(start: bytes, name: str) -> str:
    if start[:4] == b"RIFF" and start[8:12] in _RIFF:
        return _RIFF[start[8:12]]
    if start[4:8] == b"ftyp":
        return _FTYP.get(start[8:12], "video/mp4")
    if start[:4] == b"PK\x03\x04":
        return _OFFICE.get(PurePosixPath(name.lower()).suffix, "application/zip")
    return ""


def _text_type(start: bytes, claimed: str) -> str:
    markup = _MARKUP.match(start)
    if markup:
        return "image/svg+xml" if markup[2].lower() == b"svg" else "text/html"
    if claimed in _KEPT_CLAIMS:
        return claimed
    if is_text(start):
        return claimed if claimed in ("text/csv", "text/plain") else "text/plain"
    return ""


def _rare_type(content: bytes) -> str:
    import puremagic  # only for the rare kinds: it reads its tables when first used

    try:
        return puremagic.from_string(content[:8_192], mime=True) or OPAQUE
    except (puremagic.PureError, ValueError, IndexError, UnicodeError):
        return OPAQUE


def is_text(start: bytes) -> bool:
    """Whether the first bytes look like text in UTF-8 or an older charset."""
    if not start or b"\x00" in start:
        return False
    try:
        start.decode("utf-8")
    except UnicodeDecodeError as error:
        if error.start < len(start) - 3:
            return False
    return sum(byte < 32 and byte not in (9, 10, 12, 13, 27) for byte in start) == 0


def safe_name(name: str, content_type: str, number: int) -> str:
    """A file name without path, controls or tricks of direction, at most 120 characters.

    A nameless file is called by its number and true type.
    """
    name = _UNSEEN.sub("", name).replace("\\", "/").rpartition("/")[2]
    name = _FORBIDDEN.sub("_", name).strip(" .")
    name = " ".join(name.split())
    if not name or not any(letter.isalnum() for letter in name):
        return f"attachment-{number}{_EXTENSIONS.get(content_type, '.bin')}"
    if (
        len(name) <= bounds.FILE_NAME
        and len(name.encode("utf-8", "replace")) <= 2 * bounds.FILE_NAME
    ):
        return name
    stem, dot, extension = name.rpartition(".")
    if not dot or len(extension) > 10:
        return _shortened(name, bounds.FILE_NAME)
    return f"{_shortened(stem, bounds.FILE_NAME - len(extension) - 1)}.{extension}"


def _shortened(text: str, length: int) -> str:
    return (
        text[:length].encode("utf-8", "replace")[: 2 * length].decode("utf-8", "ignore").strip(" .")
    )
