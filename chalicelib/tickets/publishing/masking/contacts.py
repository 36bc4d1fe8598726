"""Contacts within folded text: mail addresses, links, names in messengers; pure."""

from __future__ import annotations

from collections.abc import Iterator

from chalicelib.tickets.publishing.masking.rules import Span, rule, spans_of

_AT = r"(?:@|\s?[\[({]\s?at\s?[\])}]\s?|\s+\(?arroba\)?\s+)"
_DOT = r"(?:\.|\s?[\[({]\s?dot\s?[\])}]\s?|\s+punto\s+)"
_DOMAINS = "com|org|net|info|io|me|es|ir|cn|uk|de|fr|app"
_MESSENGERS = (
    r"(?:\b(?:telegram|whats\s?app|instagram|twitter|facebook|signal|skype|wechat|weixin|qq)\b"
    "|تلگرام|واتساپ|اینستاگرام|ایتا|微信|微博|钉钉)"
)
_RULES = (
    rule(
        "latin",
        rf"[\w.+%'-]{{1,64}}{_AT}[\w-]{{1,63}}(?:{_DOT}[\w-]{{1,63}}){{1,4}}",
        is_caseless=True,
    ),
    rule(
        "latin",
        r"\b[\w.+-]{2,64}\s+at\s+[\w-]{2,63}(?:\s+dot\s+[\w-]{2,24}|\.(?:com|org|net))\b",
        is_caseless=True,
    ),
    rule("latin", r"(?:https?://|www\.)[^\s\0\[]+", is_caseless=True),
    rule(
        "latin",
        rf"(?<![\w.-])[\w-]{{1,63}}(?:\.[\w-]{{1,63}}){{0,3}}\.(?:{_DOMAINS})(?:/[^\s\0\[]*)?(?![\w@])",
        is_caseless=True,
    ),
    rule("latin", r"(?<![\w@])@[A-Za-z]\w{2,31}"),
    rule(
        "latin",
        _MESSENGERS,
        r"(?:\s?(?:is|id|name|user|号|號|آیدی|es|:|-|#|=))*\s?"
        r"(?P<name>@?[A-Za-z0-9](?=[\w.-]*[\d_.@-])[\w.-]{3,31})",
        part="name",
        is_caseless=True,
    ),
)


def links_in(folded: str, kinds: frozenset[str]) -> Iterator[Span]:
    """Where somebody can be written to, or a page about them read."""
    return spans_of(_RULES, folded, kinds)
