"""Numbers to call, of cars, of papers and of accounts within folded text; pure."""

from __future__ import annotations

from collections.abc import Iterator

from chalicelib.tickets.publishing.masking.folding import JOINER
from chalicelib.tickets.publishing.masking.rules import Span, rule, spans_of

_GAP = rf"[ \-.()/·{JOINER}]"
_YEAR, _MONTH, _DAY = "(?:1[34]|19|20)[0-9]{2}", "(?:0?[1-9]|1[0-2])", "(?:0?[1-9]|[12][0-9]|3[01])"

# What looks like a number of somebody and is none: dates, places, our references, sums.
_HARMLESS = (
    rule("digits latin", r"\bSR-?[0-9A-Z]{4}-?[0-9A-Z]{4}-?[0-9A-Z*~$=]\b", is_caseless=True),
    rule("digits", rf"(?<![\d.-]){_YEAR}([-/.]){_MONTH}\1{_DAY}(?![\d-])"),
    rule("digits", rf"(?<![\d.-]){_DAY}([-/.]){_MONTH}\1(?:{_YEAR}|\d\d)(?![\d-])"),
    rule("digits chinese", r"(?:19|20)\d\d\s?年(?:\s?\d{1,2}\s?月)?(?:\s?\d{1,2}\s?日)?"),
    rule("digits", r"(?<![\d:])(?:[01]?\d|2[0-4])[:.h][0-5]\d(?::[0-5]\d)?(?![\d:])"),
    rule("digits", r"(?<![\d.])-?\d{1,3}\.\d{3,8}\s?[,;،/ ]\s?-?\d{1,3}\.\d{3,8}(?!\d|\.\d)"),
    rule("digits", r"[$€£¥﷼]\s?\d[\d.,]*|\b\d{1,3}(?:,\d{3})+(?![\d,])"),
)
_CALL_CUES = (
    r"(?:\b(?:tel(?:ephone|éfono|efono)?|phone|mobile|cell|m[oó]vil|celular|ext(?:ension)?"
    r"|extensión|fax|(?:call|text|ring) me (?:on|at)|ll[aá]m(?:ame|enme|eme) al|my number is"
    r"|mi n[uú]mero es|dni|nie|nif|passport|pasaporte|ssn|id card|iban|account)\b"
    "|تلفن|موبایل|همراه|تماس|شماره من|کد ملی|کدملی|شبا|حساب|کارت"
    "|电话|手机|联系方式|身份证|护照|银行卡|账号|邮编)"
)
_IS = r"[\s.:#=\-]{0,3}"
_PLATE_CUES = (
    r"(?:\b(?:licen[cs]e plate|number plate|plates?|registration|reg|vehicle tag|matr[ií]cula"
    r"|placas?|patente)\b|车牌号?|牌照|شماره پلاک|پلاک (?:خودرو|ماشین))"
)
_NO_PLATES = (
    "BUS|APT|LED|ATM|ROW|LOT|BOX|GPS|USB|FIG|MAY|JUN|JUL|AUG|SEP|OCT|NOV|DEC|JAN|FEB|MAR|APR"
    "|USD|EUR|THE|AND"
)
_PROVINCES = "京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼"
_RULES = (
    # to call; also cards and accounts
    rule("digits", rf"(?<!\w)(?:\+\s?)?\(?\d(?:{_GAP}{{0,3}}\d){{6,23}}[xX]?(?!\w)"),
    rule("digits", rf"(?<=[\u0600-\u9fff])\+?\d(?:{_GAP}{{0,3}}\d){{6,23}}[xX]?(?![\da-z])"),
    rule(
        "digits",
        rf"{_CALL_CUES}{_IS}(?:number|no|nr|num|número|is|es|شماره|号码|号|是)?{_IS}",
        rf"(?P<number>[A-Z]{{0,2}}\+?\(?\d(?:{_GAP}{{0,2}}\d|[A-Z]){{1,30}})",
        part="number",
        is_caseless=True,
    ),
    # of papers: DNI, NIE, IBAN
    rule("digits latin", r"\b(?:\d{8}-?[A-Z]|[XYZ]-?\d{7}-?[A-Z])\b"),
    rule("digits latin", r"\b[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){3,7}(?: ?[A-Z0-9]{1,3})?\b"),
    # of cars: Spain now and before, Britain, America, Iran, China
    rule(
        "digits latin", r"\b\d{4}[ -]?[BCDFGHJKLMNPRSTVWXYZ]{3}\b|\b[A-Z]{1,2}-\d{4}-[A-Z]{1,2}\b"
    ),
    rule("digits latin", r"\b[A-Z]{2}\d{2} ?[A-Z]{3}\b|\b\d[A-Z]{3}\d{3}\b"),
    rule("digits latin", rf"\b(?!(?:{_NO_PLATES})\b)[A-Z]{{3}}[ -]?\d{{3,4}}\b"),
    rule(
        "digits persian",
        r"(?<!\d)\d{2} ?[آ-ی](?:لف)? ?\d{3}(?!\d)",
        r"(?:[ \-]*(?:ایران)? ?\d{2}(?!\d))?",
    ),
    rule("digits chinese", rf"[{_PROVINCES}][A-Z][ ·・-]?[A-Z0-9]{{5,6}}"),
    rule(
        "digits",
        rf"{_PLATE_CUES}{_IS}(?:number|no|número|is|es|was|reads|号码|是|为)?{_IS}",
        r"(?P<plate>(?=\S{0,7}[ -]?\S{0,7}\d)[A-Z0-9]{1,8}(?:[ ·-][A-Z0-9]{1,5}){0,2})",
        part="plate",
        is_caseless=True,
    ),
)


def harmless_in(folded: str, kinds: frozenset[str]) -> Iterator[Span]:
    """Dates, times, positions, references and sums."""
    return spans_of(_HARMLESS, folded, kinds)


def numbers_in(folded: str, kinds: frozenset[str]) -> Iterator[Span]:
    """What calls somebody, or names a person, a car or an account by number."""
    return spans_of(_RULES, folded, kinds)
