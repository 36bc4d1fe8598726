"""How hard a text is to read, for the people who write notices; a hint, never a gate."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

LONG_SENTENCE = 25
_SENTENCE_ENDS = re.compile(r"[.!?؟۔。！？]+(?:\s|$|(?<=[。！？]))|\n\s*\n")
_WORD = re.compile(r"[^\W\d_]+(?:[\u200c'’-][^\W\d_]+)*")
_CHINESE = re.compile("[\u4e00-\u9fff]")
_VOWELS = {"en": re.compile("[aeiouy]+"), "es": re.compile("[aeiouáéíóúü]+")}
# Office words, and what to write instead.
JARGON: Mapping[str, Mapping[str, str]] = {
    "en": {
        "utilise": "use",
        "utilize": "use",
        "commence": "begin",
        "terminate": "end",
        "prior to": "before",
        "in order to": "to",
        "in the event of": "if",
        "pursuant to": "under",
        "with regard to": "about",
        "remediate": "repair",
        "facilitate": "help",
        "stakeholder": "the people concerned",
        "ticket": "report",
        "escalated": "passed on",
        "endeavour": "try",
        "expedite": "speed up",
    },
    "es": {
        "con el fin de": "para",
        "a la brevedad": "pronto",
        "en caso de que": "si",
        "dar inicio": "empezar",
        "subsanar": "arreglar",
        "incidencia": "problema",
        "previo a": "antes de",
        "efectuar": "hacer",
        "ticket": "reporte",
    },
    "fa": {
        "مقتضی است": "لطفاً",
        "به استحضار می‌رساند": "به شما می‌گوییم",
        "مبذول فرمایید": "بکنید",
        "جهت": "برای",
        "تیکت": "گزارش",
    },
    "zh": {
        "予以": "",
        "届时": "到时",
        "贵方": "您",
        "兹": "",
        "工单": "报告",
        "敬请知悉": "请注意",
    },
}


@dataclass(frozen=True, slots=True)
class Readability:
    """What an editor shows beside a text.

    `ease` runs from 0 (hard) to 100 (easy) and is None where no formula fits the language. Lengths
    are words, in Chinese characters. `jargon` pairs each office word with a plainer one.
    """

    sentences: int
    words: int
    longest_sentence: int
    ease: int | None
    jargon: tuple[tuple[str, str], ...]

    @property
    def has_long_sentence(self) -> bool:
        """Whether a sentence should be cut in two."""
        return self.longest_sentence > LONG_SENTENCE


def readability(text: str, locale: str) -> Readability:
    """Sentence length, reading ease and jargon of a rendered text."""
    unit = _CHINESE if locale == "zh" else _WORD
    sentences = [unit.findall(part) for part in _SENTENCE_ENDS.split(text) if part]
    lengths = [len(words) for words in sentences if words]
    return Readability(
        sentences=len(lengths),
        words=sum(lengths),
        longest_sentence=max(lengths, default=0),
        ease=_ease([word for words in sentences for word in words], len(lengths), locale),
        jargon=tuple(_jargon(text.lower(), locale)),
    )


def _ease(words: list[str], sentences: int, locale: str) -> int | None:
    """Flesch's formula for English, Fernández Huerta's for Spanish."""
    vowels = _VOWELS.get(locale)
    if not vowels or not words:
        return None
    per_sentence = len(words) / sentences
    per_word = sum(_syllables(word.lower(), vowels) for word in words) / len(words)
    if locale == "es":
        score = 206.84 - 60 * per_word - 1.02 * per_sentence
    else:
        score = 206.835 - 84.6 * per_word - 1.015 * per_sentence
    return round(min(max(score, 0), 100))


def _syllables(word: str, vowels: re.Pattern[str]) -> int:
    # A closing e is silent in English, but no word is without a syllable.
    spoken = word[:-1] if word.endswith("e") and "á" not in vowels.pattern else word
    return max(len(vowels.findall(spoken)), 1)


def _jargon(text: str, locale: str) -> list[tuple[str, str]]:
    return [
        (office, plain)
        for office, plain in JARGON.get(locale, {}).items()
        if re.search(rf"(?<!\w){re.escape(office)}" if locale != "zh" else office, text)
    ]
