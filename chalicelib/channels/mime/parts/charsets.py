"""Bytes of any label to text, never failing; knows nothing of mail structure."""

from __future__ import annotations

import codecs
import re
from collections.abc import Mapping
from functools import cache

# Imported where used: most mails name a charset that Python knows without webencodings.

# Labels that no browser knows, and those that it reads otherwise in a page.
_OF_MAIL = {"utf8mb4": "utf-8", "unicode11utf7": "utf-7", "xunicode20utf7": "utf-7"}
_ONLY_IN_PAGES = frozenset({"replacement", "x-user-defined", "utf-16be", "utf-16le"})
_UNKNOWN = frozenset(
    {"", "unknown", "xunknown", "unknown8bit", "default", "binary", "8bit", "none"}
)
# Codecs that are no charsets, or that take far longer than their input is long.
_REFUSED = frozenset(
    {"idna", "punycode", "unicode_escape", "raw_unicode_escape", "undefined", "mbcs"}
)
_SINGLE_BYTE = frozenset({"cp1252", "iso8859-15", "iso8859-2", "cp1250"})
_JAPANESE = frozenset(
    {"iso2022jp", "iso2022jpms", "cp50220", "cp50221", "csiso2022jp", "iso2022jp1"}
)
_ESCAPES = re.compile(rb"\x1b(\$[@B]|\$\(D|\([BJI])")


def decode(data: bytes, label: str = "") -> str:
    """The text of `data`, whatever its label says; what cannot be read becomes U+FFFD."""
    if data.isascii() and b"\x1b" not in data and not _is_wide(label):
        return data.decode("ascii") if b"~{" not in data else _decode_labelled(data, label)
    if data[:3] == b"\xef\xbb\xbf":
        return data[3:].decode("utf-8", "replace")
    return _decode_labelled(data, label)


def is_known(label: str) -> bool:
    """Whether `label` names a charset that we can read."""
    return _normal(label) in _JAPANESE or _codec(label) is not None


def _decode_labelled(data: bytes, label: str) -> str:
    if _normal(label) in _JAPANESE:
        return _decode_japanese(data)
    codec = _codec(label)
    if codec is None:
        return _guess(data, is_labelled=_normal(label) not in _UNKNOWN)
    if codec in _SINGLE_BYTE:
        text = _strict(data, "utf-8")
        return text if text is not None else data.decode(codec, "replace")
    text = _strict(data, codec)
    return text if text is not None else _mend(data, codec)


def _mend(data: bytes, codec: str) -> str:
    """Text whose label is wrong, or whose bytes are damaged: the reading with the fewest gaps."""
    labelled = data.decode(codec, "replace")
    if labelled.count("�") * 20 <= len(labelled):
        return labelled
    for other in ("utf-8", "gb18030" if codec == "utf-8" else "cp1252"):
        text = _strict(data, other)
        if text is not None and (other != "gb18030" or _is_mostly_han(text)):
            return text
    return data.decode("cp1252", "replace") if codec == "utf-8" else labelled


def _guess(data: bytes, *, is_labelled: bool) -> str:
    text = _strict(data, "utf-8")
    if text is not None:
        return text
    if b"\x1b$" in data:
        return _decode_japanese(data)
    if is_labelled:  # somebody meant a charset that we do not know: better gaps than wrong letters
        return data.decode("utf-8", "replace")
    text = _strict(data, "gb18030")
    if text is not None and _is_mostly_han(text):
        return text
    return data.decode("cp1252", "replace")


def _is_mostly_han(text: str) -> bool:
    wide = [c for c in text[:4_000] if ord(c) > 127]
    common = sum("一" <= c <= "鿿" or "　" <= c <= "〿" or "＀" <= c <= "￯" for c in wide)
    return len(wide) >= 4 and common * 10 >= len(wide) * 9


def _strict(data: bytes, codec: str) -> str | None:
    try:
        return data.decode(codec)
    except (UnicodeError, ValueError):
        return None


def _normal(label: str) -> str:
    label = label.strip().strip("'\"").lower().partition("$")[0]
    return "".join(c for c in label[:40] if c.isalnum())


def _is_wide(label: str) -> bool:
    return "16" in label or "32" in label or "7" in label[-2:] or "hz" in label.lower()


@cache
def _of_pages() -> Mapping[str, str]:
    """What the labels in use really mean, as browsers agreed: a superset of what they say."""
    import webencodings
    from webencodings.labels import LABELS

    found = {_normal(label): webencodings.lookup(label) for label in LABELS}
    named = {
        label: it.codec_info.name for label, it in found.items() if it.name not in _ONLY_IN_PAGES
    }
    return {label: "gb18030" if codec == "gbk" else codec for label, codec in named.items()}


def _codec(label: str) -> str | None:
    name = _normal(label)
    if name in _UNKNOWN:
        return None
    known = _OF_MAIL.get(name) or _of_pages().get(name)
    try:
        info = codecs.lookup(known or label.strip().strip("'\"").lower()[:40])
    except (LookupError, ValueError, UnicodeError):
        return None
    is_text = getattr(info, "_is_text_encoding", True)  # excludes zlib, base64, rot13
    return info.name if is_text and info.name not in _REFUSED else None


def _decode_japanese(data: bytes) -> str:
    """ISO-2022-JP as Microsoft writes it: with circled digits, which Python's codec refuses."""
    pieces = _ESCAPES.split(data)
    text = [pieces[0].decode("cp932", "replace")]
    for escape, piece in zip(pieces[1::2], pieces[2::2], strict=True):
        text.append(_decode_segment(escape, piece))
    return "".join(text)


def _decode_segment(escape: bytes, piece: bytes) -> str:
    if escape in (b"$@", b"$B"):
        return _shifted(piece).decode("cp932", "replace")
    if escape == b"(I":
        return bytes(byte | 0x80 if 0x21 <= byte <= 0x5F else byte for byte in piece).decode(
            "cp932", "replace"
        )
    if escape == b"$(D":
        return (b"\x1b$(D" + piece + b"\x1b(B").decode("iso2022_jp_ext", "replace")
    return piece.decode("cp932", "replace")


def _shifted(piece: bytes) -> bytes:
    """JIS rows and cells as Shift-JIS bytes; what is no pair (a line break) stays."""
    out = bytearray()
    place = 0
    while place < len(piece):
        high = piece[place]
        if not 0x21 <= high <= 0x7E or place + 1 >= len(piece):
            out.append(high)
            place += 1
            continue
        low = piece[place + 1]
        row = (high - 0x21) // 2 + (0x81 if high < 0x5F else 0xC1)
        cell = low + 0x7E if high % 2 == 0 else low + 0x1F + (low >= 0x60)
        out += bytes((row, min(cell, 0xFC)))
        place += 2
    return bytes(out)
