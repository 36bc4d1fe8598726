"""Recognises the lines that introduce history: attributions, header blocks, separators."""

from __future__ import annotations

import re
from collections.abc import Sequence

from chalicelib.channels.mime.quoting import words

MAX_ATTRIBUTION = 400
_HIDDEN = re.compile("[\u200b-\u200f\u202a-\u202e\u2060\u2066-\u2069\ufeff]")
_EMAIL = re.compile(r"[\w.+=%'-]{1,64}@[\w-]{1,63}\.[\w.-]{2,}")
_TIME = re.compile(
    r"(?<!\d)\d{1,2}\s?[:.hH時点시:]\s?\d{2}(?!\d)|\d{1,2}\s?(?:am|pm)\b", re.IGNORECASE
)
_DATE = re.compile(
    r"(?<!\d)(?:\d{4}|\d{1,2})\s?[./\-年년]\s?\d{1,2}\s?[./\-月월]\s?(?:\d{4}|\d{1,2})|(?<!\d)(?:19|20|13|14)\d{2}(?!\d)"
    r"|(?<!\d)(?:۱۳|۱۴|۲۰|٢٠|१)[۰-۹٠-٩]{2}"
)


def _any_of(listed: str) -> str:
    return "|".join(sorted(map(re.escape, set(listed.split("|"))), key=len, reverse=True))


_WROTE = re.compile(
    rf"(?:^|[\s>\)\]\"”»,،]|(?<=[^\x00-\x7f]))(?:{_any_of(words.WROTE)})(?:$|[\s:：,(\[<\"“])",
    re.IGNORECASE,
)
_OPENER = re.compile(rf"(?:{_any_of(words.OPENERS)})(?:\s|$)|\d|\w{{2,3}}[.,]", re.IGNORECASE)
_LABELS = {
    "from": words.FROM,
    "date": words.DATE,
    "to": words.TO,
    "cc": words.CC,
    "subject": words.SUBJECT,
}
_LABEL = re.compile(
    r"(?:"
    + "|".join(f"(?P<{kind}>{_any_of(listed)})" for kind, listed in _LABELS.items())
    + r")[\s*_]*[:：][\s*_]*",
    re.IGNORECASE,
)
_DASHES = "-–—_=~*"
_STARTS = _DASHES + "#>:："
_AROUND = " \t>:：" + _DASHES
_ORIGINAL = re.compile(rf"^(?:{_any_of(words.ORIGINAL)})$", re.IGNORECASE)
_FORWARDED = re.compile(rf"^(?:{_any_of(words.FORWARDED)})\b.{{0,40}}$", re.IGNORECASE)
_ABOVE = re.compile(rf"{_any_of(words.REPLY_ABOVE)}", re.IGNORECASE)


def visible(text: str) -> str:
    """A line without the marks that only turn or hide letters."""
    return (
        _HIDDEN.sub("", text).replace("\xa0", " ").replace("\u202f", " ").strip() if text else text
    )


def is_rule(text: str) -> bool:
    """A line of dashes, underscores or the like."""
    bare = text.replace(" ", "")
    return len(bare) >= 5 and not bare.strip(_DASHES)


def separator(text: str) -> str:
    """`original`, `forwarded`, `above`, `dashed` (words between dashes), or nothing."""
    if not text or len(text) > 120 or (text[0] not in _STARTS and text[-1] not in _STARTS):
        return ""
    inner = text.strip(_AROUND)
    if not inner:
        return ""
    before, _, after = text.partition(inner)
    is_dashed = min(map(_count_dashes, (before, after))) >= 2
    if _FORWARDED.match(inner) and (is_dashed or after.strip(" *").startswith((":", "："))):
        return "forwarded"
    if is_dashed and _ORIGINAL.match(inner):
        return "original"
    if _ABOVE.search(text):
        return "above"
    return "dashed" if is_dashed else ""


def _count_dashes(text: str) -> int:
    return sum(letter in _DASHES for letter in text)


def header_block(lines: Sequence[str]) -> int:
    """How many of the first lines are a pasted mail header (`From: … Sent: …`); 0 when they are none."""
    if not lines or not (":" in lines[0] or "：" in lines[0]):
        return 0
    kinds: dict[str, str] = {}
    length = misses = 0
    for number, line in enumerate(lines[:16]):
        match = _LABEL.match(line.lstrip(" *_|\t")[:2_000])
        if match is not None and match.lastgroup:
            kinds.setdefault(match.lastgroup, match.string[match.end() :])
            length, misses = number + 1, 0
        elif not kinds:
            return 0
        else:
            misses += 1
            if misses > (1 if not line else 3):
                break
    return length if _is_header(kinds) else 0


def _is_header(kinds: dict[str, str]) -> bool:
    if "from" not in kinds:
        return "subject" in kinds and "date" in kinds and "to" in kinds
    is_mail = any(_EMAIL.search(value) for value in kinds.values())
    has_moment = bool(_TIME.search(kinds.get("date", "")) or _DATE.search(kinds.get("date", "")))
    return (
        len(kinds) >= 4
        or (len(kinds) == 3 and (is_mail or has_moment))
        or (
            len(kinds) == 2
            and bool(_EMAIL.search(kinds["from"]))
            and ("subject" in kinds or has_moment)
        )
    )


def attribution(lines: Sequence[str], last: int, *, has_quote: bool) -> int:
    """Where the attribution that ends in line `last` begins ("On …, somebody wrote:"), or -1.

    `has_quote` says that quoted lines follow, so that less is asked of the words.
    """
    text = visible(lines[last])
    if not text or len(text) > MAX_ATTRIBUTION or not _ends_one(text, has_quote=has_quote):
        return -1
    joined = text
    for first in range(last, max(-1, last - 5), -1):
        if first < last:
            above = visible(lines[first])
            if not above or len(above) + len(joined) > MAX_ATTRIBUTION:
                break
            joined = f"{above} {joined}"
        if _is_attribution(joined, has_quote=has_quote):
            return _reach_up(lines, first, joined)
    return last if has_quote and _WROTE.search(text) and len(text) < 120 else -1


def _ends_one(text: str, *, has_quote: bool) -> bool:
    if text[0] in _DASHES and text[-1] in _DASHES:  # Zoho writes it between dashes
        return True
    text = text.rstrip(" *_>")
    if text.endswith((":", "：")):
        return True
    return has_quote and bool(_WROTE.search(text) or _EMAIL.search(text))


def _is_attribution(text: str, *, has_quote: bool) -> bool:
    has_time, has_date = bool(_TIME.search(text)), bool(_DATE.search(text))
    has_email = bool(_EMAIL.search(text))
    has_verb = bool(_WROTE.search(text))
    if has_quote:
        return has_time or (has_date and (has_email or has_verb))
    return has_date and (has_verb or (has_email and has_time))


def _reach_up(lines: Sequence[str], first: int, joined: str) -> int:
    """An attribution broken over lines may begin above the line in which it became recognisable."""
    for number in range(first - 1, max(-1, first - 3), -1):
        above = visible(lines[number])
        if not above or len(above) + len(joined) > MAX_ATTRIBUTION or above[-1] in ".!?。:：":
            return number + 1 if not _is_broken_start(above) else number
        if not _is_broken_start(above):
            return number + 1
        joined, first = f"{above} {joined}", number
    return first


def _is_broken_start(text: str) -> bool:
    if not text or len(text) > 120:
        return False
    has_digit = any(letter.isdigit() for letter in text)
    return (bool(_OPENER.match(text)) and has_digit) or bool(
        re.match(r"[^.!?]{0,60}<[^<>\s]+@", text)
    )
