"""Finds where a signature, a device's advertisement, a list's footer or a disclaimer begins."""

from __future__ import annotations

import re
from collections.abc import Sequence

from chalicelib.channels.mime.quoting import words
from chalicelib.channels.mime.quoting.marks import is_rule, visible


def _any_of(listed: str) -> str:
    return "|".join(sorted(map(re.escape, set(listed.split("|"))), key=len, reverse=True))


MAX_SIGNATURE_LINES = 15
_DELIMITER = re.compile(r"^(?:--|––|—)\s*$")
_NAME = r"[A-Z\u00c0-\u024f\u0400-\u04ff][\w.'’-]{0,20}"
_DASH_NAME = re.compile(rf"^[-–—~]\s?{_NAME}(?:\s{_NAME}){{0,3}}$")
_SENT_BY = re.compile(_any_of(words.SENT_BY), re.IGNORECASE)
_DEVICE = re.compile(rf"(?:^|[^a-z])(?:{_any_of(words.DEVICES)})", re.IGNORECASE)
_SENT_FROM_MY = re.compile(r"^sent from my(?:\s[\w'’-]+){1,4}$", re.IGNORECASE)
_OPENING = re.compile(rf"^[\s*_>#]*(?:{_any_of(words.LEGAL_OPENINGS)})", re.IGNORECASE)
_LEGAL = re.compile(_any_of(words.LEGAL), re.IGNORECASE)
_LINK = re.compile(r"\s*(?:<https?://[^>]*>|\(?https?://\S+\)?|\[cid:[^\]]*\])")
_FOOTER = re.compile(
    r"mailing list|unsubscribe|listinfo|mailman|abbestellen|désabonner|groups\.google|"
    r"sie erhalten diese|you received this message because",
    re.IGNORECASE,
)


def strip_signature(lines: Sequence[str]) -> list[str]:
    """The lines without what stands below the words: signature, device, disclaimer, list footer."""
    kept = _without_blank_end(lines)
    while True:
        end = min(
            _delimiter(kept), _disclaimer(kept), _device(kept), _footer(kept), _dash_name(kept)
        )
        if end >= len(kept):
            return kept
        kept = _without_blank_end(kept[:end])


def _without_blank_end(lines: Sequence[str]) -> list[str]:
    kept = list(lines)
    while kept and (not kept[-1].strip() or is_rule(kept[-1])):
        kept.pop()
    return kept


def _delimiter(lines: Sequence[str]) -> int:
    for place, line in enumerate(lines):
        is_short = len(lines) - place <= MAX_SIGNATURE_LINES or not _has_prose(lines[place + 1 :])
        if _DELIMITER.match(line) and is_short:
            return place
    return len(lines)


def _has_prose(lines: Sequence[str]) -> bool:
    return sum(len(line) > 60 for line in lines) > 3


def _dash_name(lines: Sequence[str]) -> int:
    last = len(lines) - 1
    return (
        last
        if last > 0 and not lines[last - 1].strip() and _DASH_NAME.match(lines[last])
        else last + 1
    )


def _device(lines: Sequence[str]) -> int:
    """One or two last lines such as "Sent from my iPhone" and "Get Outlook for iOS"."""
    if not lines:
        return 0
    line = _LINK.sub("", visible(lines[-1])).strip(" *_[]|")
    if not line and len(lines) > 1:
        return len(lines) - 1 if _is_device(visible(lines[-2])) else len(lines)
    return len(lines) - 1 if _is_device(line) else len(lines)


def _is_device(line: str) -> bool:
    line = _LINK.sub("", line).strip(" *_[]|.")
    if not line or len(line) > 70 or line.endswith(("?", "!", "؟", "？", ",")):
        return False
    if _SENT_FROM_MY.match(line):
        return True
    return bool(_SENT_BY.search(line) and _DEVICE.search(line)) and ", " not in line


def _disclaimer(lines: Sequence[str]) -> int:
    for start in _paragraphs(lines):
        if _OPENING.match(lines[start]) or is_rule(lines[start]):
            rest = " ".join(lines[start : start + 40])
            if len(set(map(str.lower, _LEGAL.findall(rest)))) >= 2 or _is_printing_advice(rest):
                return start
    return len(lines)


def _is_printing_advice(text: str) -> bool:
    return len(text) < 300 and bool(
        re.search(r"print|druck|imprim|stampa|avast|avg\.com|virus", text, re.IGNORECASE)
    )


def _paragraphs(lines: Sequence[str]) -> list[int]:
    """First lines of paragraphs, except of the very first, which is the message itself."""
    return [
        place
        for place in range(1, len(lines))
        if lines[place].strip() and (not lines[place - 1].strip() or is_rule(lines[place - 1]))
    ]


def _footer(lines: Sequence[str]) -> int:
    for place in range(max(1, len(lines) - 12), len(lines)):
        if is_rule(lines[place]) and _FOOTER.search(" ".join(lines[place:])):
            return place
    return len(lines)
