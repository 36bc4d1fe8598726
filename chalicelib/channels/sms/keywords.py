"""What the one or two words of a text message want from us, in every shipped language; pure.

Everything is matched whole: a keyword inside a longer text is a report, never an opt-out.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache

from chalicelib.channels import bounds
from chalicelib.channels.sms.phrases import (
    AROUND_STOP,
    NEW_REPORT,
    PHRASES,
    ROBOTS,
    SIGNATURES,
    STOP_SIGNS,
    STOPS,
)

_FOLDED = str.maketrans(
    {"ي": "ی", "ى": "ی", "ك": "ک", "ة": "ه", "أ": "ا", "إ": "ا", "\u200c": " ", "\u200d": ""}
)
_NOT_WORDS = re.compile(r"[\W_]+")
_ROUND_A_NUMBER = re.compile(r"[\s.:)(#،。]")
DOUBTED_WORDS = 8  # words
_CHINESE_NUMBERS = {digit: str(value) for value, digit in enumerate("零一二三四五六七八九")}


class Wish(StrEnum):
    """What a keyword asks for."""

    STOP = "stop"
    START = "start"
    HELP = "help"
    STATUS = "status"
    NEW = "new"


@dataclass(frozen=True, slots=True)
class Intent:
    """A wish, or None for a report; the language it was said in; and the words that follow `NEW`."""

    wish: Wish | None = None
    locale: str = ""
    rest: str = ""


def intent(text: str) -> Intent:
    """What `text` asks for. Only a text that says nothing else is taken for a keyword."""
    if fresh := _new_report(text):
        return fresh
    if text.strip() and STOP_SIGNS.issuperset(text.strip()):
        return Intent(Wish.STOP)
    words = normalised(_signature().sub("", text))
    if not words:
        return Intent(Wish.HELP) if "?" in text or "؟" in text or "？" in text else Intent()
    if len(words) > bounds.KEYWORD:
        return Intent()
    return next(_matches(words), Intent())


def may_say_stop(text: str) -> bool:
    """Whether a text of few words may be a wish to get no more that nobody foresaw; it names no matter."""
    words = normalised(_signature().sub("", text)).split()
    return (
        0 < len(words) <= DOUBTED_WORDS
        and not STOPS.isdisjoint(words)
        and (STOPS | AROUND_STOP).issuperset(words)
    )


def is_robot(text: str) -> bool:
    """Whether a telephone wrote this by itself, for example while its owner drives."""
    words = normalised(text)
    return any(pattern.match(words) for pattern in _robots())


def choice(text: str) -> str:
    """The plain number that is all of `text`, in digits of any script; empty for anything else."""
    bare = _ROUND_A_NUMBER.sub("", text)
    if bare in _CHINESE_NUMBERS:
        return _CHINESE_NUMBERS[bare]
    return str(int(bare)) if bare.isdecimal() and len(bare) <= 2 else ""


def normalised(text: str) -> str:
    """Small letters without marks, one spelling per letter, single spaces, no punctuation."""
    folded = unicodedata.normalize("NFKD", text.replace("\u2019", "'").casefold())
    letters = "".join(char for char in folded if not unicodedata.combining(char))
    letters = letters.replace("'", "").translate(_FOLDED)
    return _NOT_WORDS.sub(" ", letters).strip()


def _matches(words: str) -> Iterator[Intent]:
    for locale, wishes in _patterns().items():
        for wish, pattern in wishes.items():
            if pattern.fullmatch(words):
                yield Intent(wish, locale)


def _new_report(text: str) -> Intent | None:
    for locale, pattern in _new_patterns().items():
        if match := pattern.match(text.strip()):
            return Intent(Wish.NEW, locale, match["rest"].strip())
    return None


@cache
def _patterns() -> Mapping[str, Mapping[Wish, re.Pattern[str]]]:
    return {
        locale: {Wish(name): re.compile(phrase, re.VERBOSE) for name, phrase in wishes.items()}
        for locale, wishes in PHRASES.items()
    }


@cache
def _new_patterns() -> Mapping[str, re.Pattern[str]]:
    return {locale: re.compile(phrase, re.DOTALL) for locale, phrase in NEW_REPORT.items()}


@cache
def _signature() -> re.Pattern[str]:
    return re.compile(rf"\n\s*(?:{'|'.join(SIGNATURES)})\s*\Z", re.IGNORECASE)


@cache
def _robots() -> tuple[re.Pattern[str], ...]:
    return tuple(re.compile(phrase) for phrase in ROBOTS)
