"""Which shipped language a short text is written in, when its letters or small words tell; pure."""

from __future__ import annotations

import re

_PERSIAN = re.compile("[\u0600-\u06ff\ufb50-\ufdff\ufe70-\ufefc]")
_CHINESE = re.compile("[\u4e00-\u9fff\u3400-\u4dbf]")
_LETTERS = re.compile(r"[^\W\d_]")
_SPANISH = re.compile(
    r"\b(?:el|la|los|las|una?|unos|unas|del?|en|y|que|no|hay|esta|está|por|para|con|se|mi|su|es|calle|"
    r"esquina|luz|basura|bache|agua|frente|cerca|desde|muy|hola|favor|gracias|pero)\b|[ñ¿¡]"
)
_ENGLISH = re.compile(
    r"\b(?:the|an?|of|in|on|at|and|is|are|there|it|this|that|to|for|with|my|near|by|from|has|have|not|"
    r"no|please|street|light|water|trash|hello|thanks|but|was|out)\b"
)


def script_locale(text: str) -> str:
    """`fa`, `zh`, `es` or `en`, or empty when a text is too short or too mixed to tell."""
    letters = len(_LETTERS.findall(text))
    if not letters:
        return ""
    if len(_PERSIAN.findall(text)) * 2 > letters:
        return "fa"
    if len(_CHINESE.findall(text)) * 3 > letters:
        return "zh"
    words = text.lower()
    spanish, english = len(_SPANISH.findall(words)), len(_ENGLISH.findall(words))
    if abs(spanish - english) < 2:
        return ""
    return "es" if spanish > english else "en"
