"""How a text is counted, and made to fit, in segments of the air; knows no provider and no ticket."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

_BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡"
    "ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_EXTENSION = frozenset("^{}\\[~]|€\f")
_TWINS = str.maketrans(
    dict.fromkeys("\u2018\u2019\u201a\u201b\u2032", "'")
    | dict.fromkeys("\u201c\u201d\u201e\u201f\u2033\u00ab\u00bb", '"')
    | dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2015\u2212", "-")
    | dict.fromkeys("\u00a0\u2002\u2003\u2007\u2008\u2009\u200a\u202f\u3000", " ")
    | {"\u2026": "...", "\u2022": "-", "\u00ad": "", "\u200b": "", "\ufeff": ""}
)
_LAST_LINK = re.compile(r"\s*[\u2066-\u2068]?https?://\S+\s*\u2069?\s*\Z")
_OPENING, _CLOSING = "\u2066\u2067\u2068", "\u2069"
_WIDE = "[\u2e80-\u9fff\uf900-\ufaff\uff00-\uffef]"
_CUT = re.compile(rf"(?=\s)|(?<={_WIDE})")


class Encoding(StrEnum):
    """The two alphabets of the air."""

    GSM_7 = "GSM-7"
    UCS_2 = "UCS-2"


@dataclass(frozen=True, slots=True)
class Segments:
    """What a text costs: `units` are septets (GSM-7) or UTF-16 units, `count` the segments billed."""

    encoding: Encoding
    units: int
    count: int


@lru_cache(maxsize=64)  # one text is counted when it is fitted, sent and paid for
def segments(text: str) -> Segments:
    """The encoding, the units and the segments that `text` takes as it stands.

    One segment holds 160 septets or 70 UTF-16 units; of several, each holds 153 or 67, and none
    ends inside an escape sequence or a surrogate pair.
    """
    sizes = _septets(text)
    if sizes is not None:
        return _counted(Encoding.GSM_7, sizes, 160, 153)
    return _counted(Encoding.UCS_2, [2 if char > "\uffff" else 1 for char in text], 70, 67)


def plain_twins(text: str) -> str:
    """`text` with typographic quotes, dashes and spaces made plain, if that saves a segment."""
    plain = text.translate(_TWINS)
    if plain == text:
        return text
    return plain if segments(plain).count < segments(text).count else text


def fit(text: str, limit: int = 2) -> str:
    """`text` in at most `limit` segments: shortened at a word, its closing link kept whole.

    In UCS-2, whose segments hold less than half, it is one segment more. A link that alone is
    longer than that stays.
    """
    text = plain_twins(text)
    if _fits(text, limit):
        return text
    link = _LAST_LINK.search(text)
    tail = link.group() if link else ""
    head = text[: link.start()] if link else text
    return _longest(head, tail, limit) or tail.strip()


def _fits(text: str, limit: int) -> bool:
    taken = segments(text)
    return taken.count <= limit + (taken.encoding is Encoding.UCS_2)


def _longest(head: str, tail: str, limit: int) -> str:
    for cuts in (_word_cuts(head), _safe_cuts(head)):
        low, high = 0, len(cuts)
        while low < high:
            middle = (low + high) // 2
            fits = _fits(_joined(head[: cuts[middle]], tail), limit)
            low, high = (middle + 1, high) if fits else (low, middle)
        if low:
            return _joined(head[: cuts[low - 1]], tail)
    return ""


def _word_cuts(text: str) -> list[int]:
    return [match.start() for match in _CUT.finditer(text) if match.start()]


def _safe_cuts(text: str) -> list[int]:
    return [
        at
        for at in range(1, len(text))
        if not 0xFE00 <= ord(text[at]) <= 0xFE0F and text[at] not in "\u200c\u200d"
    ]


def _joined(head: str, tail: str) -> str:
    head = head.rstrip(" \t\r\n,;:.،؛。，")
    still_open = sum(map(head.count, _OPENING)) - head.count(_CLOSING)
    dots = "..." if segments(head + tail).encoding is Encoding.GSM_7 else "\u2026"
    # Dots that touch a link are read as a part of it.
    gap = "" if not tail or tail[0].isspace() else "\n"
    return f"{head}{_CLOSING * still_open}{dots}{gap}{tail}".rstrip()


def _septets(text: str) -> list[int] | None:
    sizes = [1 if char in _BASIC else 2 if char in _EXTENSION else 0 for char in text]
    return None if 0 in sizes else sizes


def _counted(encoding: Encoding, sizes: list[int], alone: int, joined: int) -> Segments:
    units = sum(sizes)
    if units <= alone:
        return Segments(encoding, units, 1 if units else 0)
    return Segments(encoding, units, _packed(sizes, joined))


def _packed(sizes: Iterable[int], room: int) -> int:
    count, used = 1, 0
    for size in sizes:
        if used + size > room:
            count, used = count + 1, 0
        used += size
    return count
