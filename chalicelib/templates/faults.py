"""What was wrong, in the reader's language: errors are written in English where they are found; pure.

`pages/faults/<language>.json` has a line for each, with `{}` for what changes and `{0}`, `{1}` for where
it goes. What is missing there is said in general words, never in English.
"""

from __future__ import annotations

import json
import re
from functools import cache
from pathlib import Path

FOLDER = Path(__file__).parent / "pages" / "faults"
SOURCE = "en"
_SLOT = re.compile(r"\{(\d)\}")
Line = tuple[re.Pattern[str], str]


def fault(text: str, locale: str) -> str:
    """An error's words in a language that pages are written in; words of that language stay."""
    if not text or locale == SOURCE:
        return text
    lines, otherwise = _lines(locale)
    for pattern, words in lines:
        if found := pattern.fullmatch(text):
            return _filled(words, found.groups(), locale)
    return otherwise if text.isascii() else text


def _filled(words: str, values: tuple[str, ...], locale: str) -> str:
    lines, _ = _lines(locale)

    def value(slot: re.Match[str]) -> str:
        given = values[int(slot[1])]
        is_known = any(pattern.fullmatch(given) for pattern, _ in lines)
        return f"\u2068{fault(given, locale) if is_known else given}\u2069"

    return _SLOT.sub(value, words)


@cache
def known(locale: str) -> dict[str, str]:
    """The lines of a language, by their English."""
    read: dict[str, str] = json.loads((FOLDER / f"{locale}.json").read_text("utf-8"))
    return read


@cache
def _lines(locale: str) -> tuple[list[Line], str]:
    """The lines, those that say most first, and what is said where none fits."""
    table = known(locale)
    ranked = sorted(filter(None, table), key=lambda text: -len(text.replace("{}", "")))
    patterns = [
        (re.compile("(.+?)".join(map(re.escape, text.split("{}"))), re.DOTALL), table[text])
        for text in ranked
    ]
    return patterns, table[""]
