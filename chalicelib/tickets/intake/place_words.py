"""Whether words say where something is; a guess that only decides what is asked; pure."""

from __future__ import annotations

import re

_NUMBER_AND_NAME = re.compile(r"\b\d{1,5}\w?\s+[^\W\d]{2,}|[^\W\d]{3,}\s+\d{1,5}\b")
_AT_A_NAME = re.compile(
    r"\b(?:at|on|near|by|in|behind|opposite|beside|outside|en|cerca de|junto a)\s+"
    r"(?:the\s+|el\s+|la\s+)?[A-ZÁÉÍÓÚÑ]\w+"
)
_WORDS = re.compile(
    r"\b(?:street|st|road|rd|avenue|ave|lane|drive|square|park|bridge|corner|crossing|junction|school"
    r"|station|church|hospital|highway|block|boulevard|calle|avenida|plaza|parque|puente|esquina"
    r"|carretera|escuela|barrio|estación|iglesia|خیابان|کوچه|میدان|بلوار|پارک|تقاطع|چهارراه|پل|مدرسه"
    r"|جنب|روبروی|روبه‌روی|نزدیک|ایستگاه)\b",
    re.IGNORECASE,
)
_CHINESE = re.compile(r"[路街巷号桥区院园]|路口|附近|旁边|对面|门口|学校|车站|小区")


def mentions_place(text: str) -> bool:
    """Whether `text` names a street, a number, a landmark or something near one."""
    return any(pattern.search(text) for pattern in (_NUMBER_AND_NAME, _AT_A_NAME, _WORDS, _CHINESE))
