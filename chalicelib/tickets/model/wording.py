"""Words in several languages: chosen for a reader, folded for comparison; knows no ticket."""

from __future__ import annotations

import re
from collections.abc import Mapping

_ALIKE = str.maketrans(
    {
        "ي": "ی",
        "ى": "ی",
        "ك": "ک",
        "ة": "ه",
        "ۀ": "ه",
        "أ": "ا",
        "إ": "ا",
        "آ": "ا",
        "ؤ": "و",
        "\u200c": " ",
        "\u0640": None,
        **{chr(mark): None for mark in range(0x64B, 0x653)},
    }
)
_DIGITS = str.maketrans("۰۱۲۳۴۵۶۷۸۹٠١٢٣٤٥٦٧٨٩", "01234567890123456789")
_ACCENTS = str.maketrans("áàâãäéèêëíìîïóòôõöúùûüñç", "aaaaaeeeeiiiiooooouuuunc")


def words(texts: Mapping[str, str], locale: str) -> str:
    """The text in `locale`, else in its base language, else English, else the first there is."""
    for candidate in (locale, locale.partition("-")[0], "en"):
        if texts.get(candidate):
            return texts[candidate]
    return next((text for text in texts.values() if text), "")


def fold(text: str) -> str:
    """Text as it is compared: case, accents, Arabic letter forms and punctuation do not matter."""
    folded = text.casefold().translate(_ALIKE).translate(_DIGITS).translate(_ACCENTS)
    return " ".join(re.findall(r"\w+", folded))


def is_spaced(text: str) -> bool:
    """Whether words of this text are set apart by spaces; Chinese and Japanese ones are not."""
    return not any("\u3040" <= letter <= "\u9fff" for letter in text)


def mentions(folded_text: str, folded_word: str) -> bool:
    """Whether a folded word or phrase stands in a folded text: as whole words where words are spaced."""
    if not folded_word:
        return False
    if is_spaced(folded_word):
        return f" {folded_word} " in f" {folded_text} "
    return folded_word.replace(" ", "") in folded_text.replace(" ", "")
