"""Postal addresses within folded text, as four languages write them; pure."""

from __future__ import annotations

import re
from collections.abc import Iterator

from chalicelib.tickets.publishing.masking.rules import Rule, Span, rule, spans_of

# English: 12 Mill Lane, Apt 4, Springfield, IL 62701
_KINDS = (
    "street|st|avenue|ave|road|rd|lane|ln|drive|dr|court|ct|boulevard|blvd|way|terrace|square|sq"
    "|close|crescent|highway|hwy|parkway|pkwy|row|alley|gardens|grove|mews"
)
_UNIT_WORDS = "apt|apartment|flat|unit|suite|floor|room"
_UNIT = rf"(?:,?\s*(?:(?:{_UNIT_WORDS})\.?\s*#?|#)\s?\d{{1,4}}[A-Za-z]?\b)"
_TOWN = r"(?:,\s*[A-Z][a-z]+(?: [A-Z][a-z]+)?)?(?:,?\s*[A-Z]{2}\s+\d{5}(?:-\d{4})?\b)?"
_NO_STREET = (
    "a|an|and|are|at|away|between|by|cars?|feet|for|from|has|have|holes?|in|into|is|it|lights?"
    "|met(?:re|er)s?|near|of|off|on|or|out|over|people|right|since|so|that|the|there|this|times?"
    "|to|trees?|was|were|with|years?|days?|weeks?|months?|hours?|minutes?|am|pm|broken|lamps?|houses?"
)
_NAME = rf"(?!(?:{_NO_STREET})\b)[^\W\d_][\w'.-]*"
# Spanish: Calle Mayor 12, 3º izq.
_VIA = (
    r"\b(?:calle|c/|cl\.|avenida|avda\.?|av\.|plaza|pza\.?|paseo|camino|carretera|ctra\.?|ronda"
    r"|traves[ií]a|callej[oó]n|pasaje|glorieta|urbanizaci[oó]n|barrio)\s*"
)
_NO_VIA = "hay|est[aá]n?|desde|hace|con|tienen?|hubo|son|es|en|no|que|a|se|cada|por|para|sin|entre"
_VIA_NAME = rf"(?!(?:{_NO_VIA})\b)[^\W\d_][\w'.ªº-]*"
_PISO = (
    r"(?:\s*,?\s*(?:(?:piso|puerta|portal|escalera|bloque|planta|interior|depto\.?|apto\.?)\s*\w{1,3}"
    r"|\d{1,2}\s?[ºª°]\s*(?:[a-z]\b|izq\w*\.?|dcha\w*\.?)?))*"
)
# Persian: خیابان ولیعصر، کوچه نسترن، پلاک ۱۲، واحد ۳
_ROADS = "خیابان|خ\\.|کوچه|بلوار|میدان|بن\u200bبست|بن بست|شهرک|کوی|مجتمع|ساختمان"
_PELAK = r"(?:پلاک|شماره|پ\.)\s*:?\s*\d{1,5}(?![\d]| ?[آ-ی] ?\d)"
_VAHED_BARE = r"(?:واحد|طبقه|زنگ)\s*:?\s*(?:\d{1,4}|اول|دوم|سوم|چهارم|پنجم|همکف)"
_VAHED = rf"(?:\s*[،,]?\s*{_VAHED_BARE})"
# Chinese: 幸福路12号3单元501室
_SHI = r"(?:\s?[\dA-Za-z]{1,5}\s?(?:号楼|号院|栋|幢|座|单元|楼|层|室|房|户))"
_HAN = r"(?:(?!住在|位于|就在|地址)[\u4e00-\u9fff])"

_UNITS = (
    rule(
        "digits latin",
        rf"\b(?:{_UNIT_WORDS})\.?\s*#?\s?\d{{1,4}}[a-z]?\b|\bp\.?\s?o\.?\s?box\s*\d+",
        is_caseless=True,
    ),
    rule("persian", rf"(?<![آ-ی]){_VAHED_BARE}"),
    rule("chinese digits", rf"(?<=号){_SHI}+"),
)
_RULES = (
    rule(
        "digits latin",
        rf"(?<![\w-])\d{{1,5}}[a-z]?(?:[-/]\d{{1,4}})?,?\s+(?:{_NAME}\s+){{1,3}}(?:{_KINDS})\b\.?",
        rf"{_UNIT}?(?-i:{_TOWN})",
        is_caseless=True,
    ),
    rule(
        "digits latin",
        rf"\b(?:[A-Z][\w'.-]*\s+){{1,3}}(?i:{_KINDS})\.?,?\s+(?:(?i:no|number)\.?\s*)?\d{{1,5}}[a-z]?\b",
        rf"(?i:{_UNIT})?(?!\s*(?:%|metres|meters|feet|am|pm))",
    ),
    *_UNITS,
    rule("digits latin", r"\b[A-Z]{1,2}\d[A-Z\d]? ?\d[A-Z]{2}\b"),  # British post codes
    rule(
        "digits latin",
        r"\b(?:zip|zip code|post ?code|c[oó]digo postal|cp)\b[\s.:]{0,3}\d{4,6}\b",
        is_caseless=True,
    ),
    rule(
        "digits latin",
        rf"{_VIA}(?:{_VIA_NAME}\s+){{0,4}}{_VIA_NAME}\s*,?\s*",
        rf"(?:n[º°o]?\.?|n[uú]m\.?|n[uú]mero|#)?\s*\d{{1,4}}\b(?:\s?(?:bis|[a-z])\b)?{_PISO}",
        r"(?:\s*,?\s*\d{5}\b)?",
        is_caseless=True,
    ),
    rule(
        "digits latin",
        rf"\bn(?:[º°]|[uú]m\.?|[uú]mero)\s*\d{{1,4}}\s+de(?:\s+la|l)?\s+{_VIA[2:]}{_VIA_NAME}(?:\s[A-Z]\w+)?",
        is_caseless=True,
    ),
    rule("digits persian", rf"(?:{_ROADS})\s+[^\n\0.؛!؟?]{{1,90}}?{_PELAK}{_VAHED}*"),
    rule("persian", rf"{_PELAK}{_VAHED}*|(?<![آ-ی]){_VAHED_BARE}"),
    rule("digits persian", r"کد\s?پستی\s*:?\s*\d{5}[ -]?\d{5}"),
    rule(
        "digits chinese",
        rf"{_HAN}{{1,5}}(?:路|街|大道|道|巷|弄|胡同|里|村)\s?\d{{1,5}}\s?(?:号|弄)(?:院|楼)?{_SHI}*",
    ),
    rule("digits chinese", rf"[\u4e00-\u9fff]{{2,6}}(?:小区|花园|公寓|家园|苑|大厦){_SHI}+"),
    rule("digits chinese", rf"\d{{1,3}}\s?(?:号楼|栋|幢){_SHI}+"),
)
_HOME = Rule(
    frozenset(),
    r"(?:\b(?:liv(?:e|es|ing)|resides?|my (?:home|house|flat|address)|home address|viv[oe]n?"
    r"|mi (?:casa|domicilio|direcci[oó]n))\b"
    "|منزل|خانه|زندگی|ساکن|آدرس|نشانی|我住|住在|我家|家住|地址)[^.!?؟。\n]{0,24}$",
    is_caseless=True,
)
_LEAD = re.compile(r"^(?:我家|家住|我|他|她|在|是|到|从|住)+")


def addresses_in(folded: str, kinds: frozenset[str]) -> Iterator[Span]:
    """Where somebody can be found: streets with a number, flats, boxes, post codes."""
    for start, end in spans_of(_RULES, folded, kinds):
        lead = _LEAD.match(folded[start:end])
        yield start + (lead.end() if lead else 0), end


def units_in(folded: str, kinds: frozenset[str]) -> Iterator[Span]:
    """Which flat, floor or room of a house."""
    return spans_of(_UNITS, folded, kinds)


def is_place(folded: str, span: Span, place: str) -> bool:
    """Whether the address is the place that the report is about, and not said to be a home."""
    words, wanted = _plain(folded[slice(*span)]), _plain(place)
    if not wanted or not (words in wanted or (len(wanted) > 5 and wanted in words)):
        return False
    return not any(_HOME.spans(folded[max(0, span[0] - 40) : span[0]]))


def _plain(text: str) -> str:
    return re.sub(r"\W+", " ", text.casefold()).strip()
