"""One spelling for letters and digits that look or mean the same, length kept; pure.

Every rule reads the folded text, and what it finds is cut from the original at the same places.
"""

from __future__ import annotations

import unicodedata

_JOINERS = (
    "\u200b\u200c\u200d\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2060"
    "\u2066\u2067\u2068\u2069\ufeff\u00ad"
)
_SPACES = (
    "\u00a0\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f\u205f\u3000\t"
)
_DASHES = "\u2010\u2011\u2012\u2013\u2014\u2015\u2212\uff0d\ufe63"
JOINER = "\u200b"  # stands for all that is not seen

_TABLE: dict[int, str] = (
    dict.fromkeys(map(ord, _JOINERS), JOINER)
    | dict.fromkeys(map(ord, _SPACES), " ")
    | dict.fromkeys(map(ord, _DASHES), "-")
    | {ord("ي"): "ی", ord("ى"): "ی", ord("ك"): "ک", ord("’"): "'"}
    | {code: chr(code - 0xFEE0) for code in range(0xFF01, 0xFF5F)}  # full-width
)


def fold(text: str) -> str:
    """`text` with plain digits, spaces, hyphens and letters; each character stays where it is."""
    plain = text.translate(_TABLE)
    if plain.isascii():
        return plain
    return "".join(map(_digit, plain))


def _digit(letter: str) -> str:
    if letter.isascii() or not letter.isdecimal():
        return letter
    return str(unicodedata.decimal(letter))
