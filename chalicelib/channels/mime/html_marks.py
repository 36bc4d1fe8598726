"""By which marks a tag of HTML says that it holds the history of a conversation."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator

from chalicelib.channels import bounds

_ATTRIBUTE = re.compile(
    r"""(?<![\w-])(class|id|name|data-marker|alt)\s*=\s*("[^"]*"|'[^']*'|[^\s"'>]+)""",
    re.IGNORECASE,
)
MARKED = frozenset({"div", "span", "hr", "table", "p", "section"})
_QUOTE_MARKS = (
    "yahoo_quoted",
    "protonmail_quote",
    "tutanota_quote",
    "moz-cite-prefix",
    "moz-forward-container",
    "gmail_attr",
    "zmail_extra",
    "ms-outlook-mobile-reference-message",
    "mail-editor-reference-message-container",
    "isreplycontent",
    "ntes-mailmaster-quote",
    "includetail",
    "origbody",
    "wrappedmessage_quote",
    "bloop_original_html",
    "zm_quote",
)
_REST_MARKS = (
    "appendonsend",
    "divrplyfwdmsg",
    "stopspelling",
    "zwchr",
    "__divider__",
    "outlookmessageheader",
    "lineseparator-original",
    "ms-outlook-original",
)
_OUTLOOK_RULE = re.compile(r"border-top:\s*solid\s*#[0-9a-f]{3,6}\s*1\.0pt", re.IGNORECASE)
_INDENT = re.compile(r"border(?:-left)?:\s*(?:none|0|medium none)|webkit-indent", re.IGNORECASE)


def history(name: str, attributes: str) -> tuple[bool, bool]:
    """Whether an element holds history, and whether history begins here and never ends."""
    if name == "blockquote":
        return not _INDENT.search(attributes), False
    if name == "includetail":
        return True, False
    if not attributes or name not in MARKED:
        return False, False
    marks = [value.lower() for key, value in attributes_of(attributes) if key != "alt"]
    is_quote = any(mark in value for mark in _QUOTE_MARKS for value in marks)
    is_rest = any(mark in value for mark in _REST_MARKS for value in marks)
    if name == "div" and "border-top" in attributes and _OUTLOOK_RULE.search(attributes):
        is_rest = "3.0pt 0" in attributes
    return is_quote, is_rest


def attributes_of(text: str) -> Iterator[tuple[str, str]]:
    """The attributes that can tell something, with their values."""
    for match in _ATTRIBUTE.finditer(text[: bounds.TAG_LETTERS]):
        yield match[1].lower(), html.unescape(match[2].strip("\"'"))
