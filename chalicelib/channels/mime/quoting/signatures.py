"""Finds where a signature, a device's advertisement, a list's footer or a disclaimer begins."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from chalicelib.channels.mime.quoting import words
from chalicelib.channels.mime.quoting.marks import is_rule, visible


def _any_of(listed: str) -> str:
    return "|".join(sorted(map(re.escape, set(listed.split("|"))), key=len, reverse=True))


MAX_SIGNATURE_LINES = 15
MAX_LINES = 100
MAX_LENGTH = 500
MAX_ROUNDS = 8
_PRINTING = re.compile(r"print|druck|imprim|stampa|avast|avg\.com|virus", re.IGNORECASE)
_DELIMITER = re.compile(r"^(?:--|––|—)\s*$")
_NAME = r"[A-Z\u00c0-\u024f\u0400-\u04ff][\w.'’-]{0,20}"
_DASH_NAME = re.compile(rf"^[-–—~]\s?{_NAME}(?:\s{_NAME}){{0,3}}$")
_SENT_BY = re.compile(_any_of(words.SENT_BY), re.IGNORECASE)
_DEVICE = re.compile(rf"(?:^|[^a-z])(?:{_any_of(words.DEVICES)})", re.IGNORECASE)
_SENT_FROM_MY = re.compile(
    r"^sent from my(?:\s[\w'’-]+){1,4}(?:\son\sthe\s.{1,60})?$", re.IGNORECASE
)
_ADVERTISEMENT = re.compile(
    r"outlook\b.{0,30}\b(?:ios|android)\b|\b(?:ios|android)\b.{0,30}outlook", re.IGNORECASE
)
_OPENING = re.compile(rf"^[\s*_>#]{{0,12}}(?:{_any_of(words.LEGAL_OPENINGS)})", re.IGNORECASE)
_LEGAL = re.compile(_any_of(words.LEGAL), re.IGNORECASE)
_LINK = re.compile(r"\s*(?:<https?://[^>]*>|\(?https?://\S+\)?|\[cid:[^\]]*\])")
_FOOTER = re.compile(
    r"mailing list|unsubscribe|listinfo|mailman|abbestellen|désabonner|groups\.google|"
    r"sie erhalten diese|you received this message because",
    re.IGNORECASE,
)


def strip_signature(lines: Sequence[str]) -> list[str]:
    """The lines without what stands below: signature, device, disclaimer, list footer."""
    kept = _without_blank_end(lines)
    for _ in range(MAX_ROUNDS):
        start = max(0, len(kept) - MAX_LINES)
        tail = kept[start:]
        end = start + min(find(tail, start == 0) for find in _FINDERS)
        if end >= len(kept):
            break
        kept = _without_blank_end(kept[:end])
    return kept


def _without_blank_end(lines: Sequence[str]) -> list[str]:
    end = len(lines)
    while end and (not lines[end - 1].strip() or is_rule(lines[end - 1])):
        end -= 1
    return list(lines[:end])


def _delimiter(lines: Sequence[str], _is_all: bool) -> int:
    for place, line in enumerate(lines):
        if _DELIMITER.match(line):
            is_short = len(lines) - place <= MAX_SIGNATURE_LINES
            if is_short or not _has_prose(lines[place + 1 :]):
                return place
    return len(lines)


def _has_prose(lines: Sequence[str]) -> bool:
    return sum(len(line) > 60 for line in lines) > 3


def _dash_name(lines: Sequence[str], _is_all: bool) -> int:
    last = len(lines) - 1
    is_alone = last > 0 and not lines[last - 1].strip()
    return last if is_alone and _DASH_NAME.match(lines[last]) else last + 1


def _device(lines: Sequence[str], _is_all: bool) -> int:
    """One or two last lines such as "Sent from my iPhone" and "Get Outlook for iOS"."""
    if not lines:
        return 0
    last = len(lines) - 1
    if len(lines[last]) <= MAX_LENGTH and not _LINK.sub("", visible(lines[last])).strip(" *_[]|"):
        last -= 1  # a bare link below the advertisement
    return last if last >= 0 and _is_device(visible(lines[last])) else len(lines)


def _is_device(line: str) -> bool:
    if len(line) > MAX_LENGTH:
        return False
    line = _LINK.sub("", line).strip(" *_[]|.")
    if not line or len(line) > 110 or line.endswith(("?", "!", "؟", "？", ",")):
        return False
    if _SENT_FROM_MY.match(line) or _ADVERTISEMENT.search(line):
        return True
    is_short = len(line) <= 70 and ", " not in line
    return is_short and bool(_SENT_BY.search(line) and _DEVICE.search(line))


def _disclaimer(lines: Sequence[str], is_all: bool) -> int:
    for start in _paragraphs(lines, is_all):
        if _OPENING.match(lines[start]) or is_rule(lines[start]):
            rest = " ".join(line[:500] for line in lines[start : start + 40])
            if len(set(map(str.lower, _LEGAL.findall(rest)))) >= 2 or _is_printing_advice(rest):
                return start
    return len(lines)


def _is_printing_advice(text: str) -> bool:
    return len(text) < 300 and bool(_PRINTING.search(text))


def _paragraphs(lines: Sequence[str], is_all: bool) -> list[int]:
    """First lines of paragraphs, except of the very first, which is the message itself."""
    return [
        place
        for place in range(1, len(lines))
        if lines[place].strip() and (not lines[place - 1].strip() or is_rule(lines[place - 1]))
    ]


def _footer(lines: Sequence[str], _is_all: bool) -> int:
    for place in range(max(1, len(lines) - 12), len(lines)):
        if is_rule(lines[place]) and _FOOTER.search(" ".join(line[:300] for line in lines[place:])):
            return place
    return len(lines)


_FINDERS: Sequence[Callable[[Sequence[str], bool], int]] = (
    _delimiter,
    _disclaimer,
    _device,
    _footer,
    _dash_name,
)
