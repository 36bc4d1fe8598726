"""Header lines to clean text, addresses and parameters, never failing; knows no bodies.

The standard library raises on some headers and takes long on others, so none of it is used here.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import unquote_to_bytes

from chalicelib.channels import bounds
from chalicelib.channels.mime.parts.charsets import decode

_ENCODED = re.compile(r"=\?([^?\s]{1,80})\?([bBqQ])\?([^?]*)\?=")
_BETWEEN = re.compile(r"(=\?[^?\s]{1,80}\?[bBqQ]\?[^?]*\?=)[ \t\r\n]+(?==\?[^?\s]{1,80}\?[bBqQ]\?)")
_PARAMETER = re.compile(r';\s*([^\s=;]{1,60})\s*=\s*(?:"((?:[^"\\]|\\.)*)"?|([^;]*))')
_CONTROLS = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029]+")
_UNSEEN = re.compile("[\u200b\u200e\u200f\u202a-\u202e\u2060\u2066-\u2069\ufeff\ufffe\uffff]")
_TRICKS = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\u202d\u202e]|[\r\n](?![ \t])")
_ID = re.compile(r"<([^<>\s]{1,300})>")


@dataclass(slots=True)
class Headers:
    """The headers of one part; names in lower case, values unfolded but not decoded.

    `cut` names those of which a bound cut something off; without `is_whole` there were more of any name.
    """

    fields: dict[str, list[str]] = field(default_factory=dict)
    cut: set[str] = field(default_factory=set)
    is_whole: bool = True

    def is_cut(self, names: frozenset[str]) -> bool:
        """Whether more may stand under any of these names than was read."""
        return not self.is_whole or not self.cut.isdisjoint(names)

    def raw(self, name: str) -> str:
        """The first value as it stands, or nothing."""
        return self.fields.get(name, [""])[0]

    def all(self, name: str) -> list[str]:
        """Every value of a header, in order."""
        return self.fields.get(name, [])

    def text(self, name: str) -> str:
        """The first value, decoded and on one line without controls."""
        return clean(decode_words(self.raw(name)))

    def ids(self, *names: str) -> tuple[str, ...]:
        """Message ids in angle brackets, without them, each once, the oldest first.

        Some programs write long ids as encoded words, against the rules.
        """
        values = (decode_words(value) for name in names for value in self.all(name))
        found = (one for value in values for one in _ID.findall(value))
        return tuple(dict.fromkeys(found))

    def begin(self, name: str) -> list[str]:
        """The values of a header with an empty one at their end; where there is no room, a list that
        belongs to nobody."""
        values = self.fields.get(name)
        if values is None and len(self.fields) >= bounds.HEADER_NAMES:
            self.is_whole = False
            return [""]
        values = self.fields.setdefault(name, [])
        if len(values) >= bounds.HEADER_VALUES:
            self.cut.add(name)
            return [""]
        values.append("")
        return values

    def extend(self, name: str, values: list[str], words: str) -> None:
        """Put words behind the last of the values, as far as there is room."""
        held = values[-1]
        if not held and len(words) <= bounds.HEADER_LETTERS:
            values[-1] = words
            return
        if len(held) < bounds.HEADER_LETTERS:
            values[-1] = f"{held} {words}" if held and words else held or words
        if len(values[-1]) > bounds.HEADER_LETTERS or (words and values[-1] is held):
            values[-1] = values[-1][: bounds.HEADER_LETTERS]
            self.cut.add(name)


def parse_headers(block: bytes, *, is_whole: bool = True) -> Headers:
    """The headers in `block`, which may be all of them or not; lines that are none are skipped."""
    headers = Headers(is_whole=is_whole)
    name, values = "", [""]
    for line in _lines(block):
        words = line
        if not name or line[:1] not in " \t":
            label, colon, words = line.partition(":")
            label = label.strip().lower()
            name = label if colon and " " not in label else ""
            values = headers.begin(name) if name else values
        if name:
            headers.extend(name, values, words.strip())
    return headers


def _lines(block: bytes) -> list[str]:
    text = block.decode("ascii") if block.isascii() else decode(block)
    return text.replace("\r\n", "\n").replace("\r", "\n").split("\n")


def decode_words(value: str) -> str:
    """RFC 2047 words decoded; neighbours of one charset are joined first, as many clients split."""
    if "=?" not in value:
        return value
    value = _BETWEEN.sub(r"\1", value)
    out: list[str] = []
    pending, charset, end = b"", "", 0
    for match in _ENCODED.finditer(value):
        label = match[1].partition("*")[0]
        data = _word_bytes(match[2], match[3])
        if match.start() != end or label.lower() != charset.lower():
            out.append(decode(pending, charset) + value[end : match.start()])
            pending = b""
        pending, charset, end = pending + data, label, match.end()
    return "".join(out) + decode(pending, charset) + value[end:]


def _word_bytes(encoding: str, text: str) -> bytes:
    if encoding in "bB":
        return unbase64(text.encode("utf-8", "replace"))
    data = text.replace("_", " ").encode("utf-8", "replace")
    return binascii.a2b_qp(data)


def unbase64(data: bytes) -> bytes:
    """As many bytes as can be had from damaged base 64."""
    try:
        return binascii.a2b_base64(data)
    except binascii.Error:
        letters = re.sub(rb"[^A-Za-z0-9+/]", b"", data)
        letters = letters[: len(letters) - (len(letters) % 4 == 1)]
        return base64.b64decode(letters + b"=" * (-len(letters) % 4))


def clean(text: str) -> str:
    """One line: controls become a space, marks that turn or hide letters disappear."""
    return " ".join(_UNSEEN.sub("", _CONTROLS.sub(" ", text)).split())


def is_disguised(value: str) -> bool:
    """Whether a header holds what no keyboard writes: controls, or marks that turn letters round."""
    return bool(_TRICKS.search(decode_words(value)))


def parameters(value: str) -> tuple[str, Mapping[str, str]]:
    """`text/plain; charset="x"` as its first word and its parameters, RFC 2231 pieces joined."""
    main, semicolon, rest = value.partition(";")
    plain: dict[str, str] = {}
    pieces: dict[str, dict[int, tuple[str, bool]]] = {}
    for match in _PARAMETER.finditer(semicolon + rest):
        text = re.sub(r"\\(.)", r"\1", match[2]) if match[2] is not None else match[3].strip()
        name, number, is_coded = _split_name(match[1].lower())
        if number is None and not is_coded:
            plain.setdefault(name, decode_words(text))
        else:
            pieces.setdefault(name, {}).setdefault(number or 0, (text, is_coded))
    for name, parts in pieces.items():
        plain[name] = _join_pieces(parts)
    return main.strip().strip('"').lower(), plain


def _split_name(name: str) -> tuple[str, int | None, bool]:
    is_coded = name.endswith("*")
    name, star, number = name.rstrip("*").partition("*")
    is_numbered = bool(star) and number.isascii() and number.isdigit() and len(number) < 4
    return name, int(number) if is_numbered else None, is_coded


def _join_pieces(parts: Mapping[int, tuple[str, bool]]) -> str:
    charset, data = "", b""
    for place, number in enumerate(sorted(parts)):
        text, is_coded = parts[number]
        if is_coded and place == 0 and text.count("'") >= 2:
            charset, _, text = text.split("'", 2)
        data += unquote_to_bytes(text) if is_coded else text.encode("utf-8", "replace")
    return decode(data, charset)
