"""The filters that notices are written with, for one language; knows no single notice."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from chalicelib.templates import formats
from chalicelib.templates.locales import is_right_to_left
from chalicelib.templates.locales import words as words_of

if TYPE_CHECKING:
    from jinja2.nodes import EvalContext
    from jinja2.runtime import Context
    from markupsafe import Markup

# Imported where used: jinja2 takes 40 ms, and most events render nothing.

FSI, PDI = "\u2068", "\u2069"
# Overrides and isolates in somebody's words could turn round what stands beside them.
_BIDI_CONTROLS = dict.fromkeys([*range(0x202A, 0x202F), *range(0x2066, 0x206A)])
_RIGHT_TO_LEFT = re.compile("[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufeff]")
_LATIN = re.compile("[A-Za-z\u00c0-\u024f]")
# A table, because Outlook gives no padding to a link; the cell carries the colour there.
_BUTTON = (
    '<table role="presentation" cellpadding="0" cellspacing="0" border="0" style="margin:24px 0">'
    '<tr><td bgcolor="{colour}" style="background:{colour};border-radius:4px;padding:12px 20px">'
    '<a class="button" href="{url}" style="color:#ffffff;font-weight:bold;text-decoration:none">'
    "{label}</a></td></tr></table>"
)
# A cell again: Outlook gives a quotation neither padding nor colour, and runs its lines together.
_QUOTE = (
    '<table role="presentation" width="100%" cellpadding="0" cellspacing="0" border="0"'
    ' style="margin:16px 0"><tr><td class="quote" bgcolor="#f4f6f8"'
    ' style="padding:8px 16px;border:1px solid #c8ccd0;background:#f4f6f8">'
    '<blockquote dir="auto" style="margin:0">{words}</blockquote></td></tr></table>'
)
_WHOLE = '<bdi style="white-space:nowrap">{value}</bdi>'
_UNBROKEN = 24  # characters of a reference or number that stay on one line; Chinese may break


def make_filters(locale: str) -> dict[str, Callable[..., Any]]:
    """The filters by their names in templates, bound to one available language."""
    from jinja2 import pass_context, pass_eval_context

    return {
        "day": pass_context(_bound(_day, locale)),
        "short_day": pass_context(_bound(_short_day, locale)),
        "moment": pass_context(_bound(_moment, locale)),
        "iso": pass_eval_context(_bound(_isolated, locale)),
        "words": pass_eval_context(_bound(_words, locale)),
        "link": pass_context(_bound(_link, locale)),
        "quote": pass_context(_bound(_quote, locale)),
        "lines": pass_eval_context(_bound(_lines, locale)),
        "number": lambda value: formats.number(value, locale),
        "digits": lambda value: formats.digits(str(value), locale),
        "duration": lambda hours: formats.duration(hours, locale),
        "status_name": lambda status: words_of(locale)["statuses"].get(status or "open", status),
        "plural": lambda value, **forms: formats.plural(value, locale, forms),
    }


def _bound(function: Callable[..., Any], locale: str) -> Callable[..., Any]:
    return lambda *arguments: function(locale, *arguments)


def _day(locale: str, context: Context, value: str) -> str:
    return formats.long_day(value, context["timezone"], locale)


def _short_day(locale: str, context: Context, value: str) -> str:
    return formats.short_day(value, context["timezone"], locale)


def _moment(locale: str, context: Context, value: str) -> str:
    day = formats.long_day(value, context["timezone"], locale)
    time = formats.clock_time(value, context["timezone"], locale)
    return words_of(locale)["date_time"].format(date=day, time=time)


def _isolated(locale: str, evaluation: EvalContext, value: str) -> str:
    """A reference, number or name that must not be reordered by its surroundings."""
    value = str(value).translate(_BIDI_CONTROLS)
    if evaluation.autoescape:
        is_short = len(value) <= _UNBROKEN and value.isascii() and " " not in value
        return _markup(_WHOLE if is_short else "<bdi>{value}</bdi>", value=value)
    turns = is_right_to_left(locale) or _RIGHT_TO_LEFT.search(value)
    return f"{FSI}{value}{PDI}" if turns and value else value


def _words(locale: str, evaluation: EvalContext, value: str) -> str:
    """Somebody's own words within a sentence or as lines of their own."""
    clean = str(value).translate(_BIDI_CONTROLS)
    if evaluation.autoescape:
        return _markup('<bdi dir="auto">{value}</bdi>', value=clean)
    other_way = _LATIN if is_right_to_left(locale) else _RIGHT_TO_LEFT
    lines = (f"{FSI}{line}{PDI}" if other_way.search(line) else line for line in clean.split("\n"))
    return "\n".join(lines)


def _link(locale: str, context: Context, url: str, label: str = "") -> str:
    """A button in HTML; in text the label and the address on a line of its own; nothing without one."""
    if not url:
        return ""
    if context.eval_ctx.autoescape:
        return _markup(_BUTTON, url=url, label=label, colour=context["brand_colour"])
    # The space keeps the isolate out of what telephones take for the address.
    address = f"{FSI}{url} {PDI}" if is_right_to_left(locale) else url
    return f"{label}\n{address}" if label else address


def _quote(locale: str, context: Context, value: str) -> str:
    """Somebody's words set apart, and below them that there is more; nothing when there are none."""
    clean = str(value).translate(_BIDI_CONTROLS).strip()
    if not clean:
        return ""
    more = words_of(locale)["more"] if context.get("is_cut") and clean.endswith("…") else ""
    if context.eval_ctx.autoescape:
        marked = _markup(_QUOTE, words=_markup("<br>").join(clean.split("\n")))
        return marked + _markup("<p>{more}</p>", more=more) if more else marked
    lines = _words(locale, context.eval_ctx, clean).split("\n")
    quoted = "\n".join(f"  {line}".rstrip() for line in lines)
    return f"{quoted}\n\n{more}" if more else quoted


def _lines(locale: str, evaluation: EvalContext, items: Sequence[Mapping[str, Any]]) -> str:
    """A numbered list, a line each: what it is, its reference, how it stands; then words about it."""
    said = (
        part
        for item in items
        for part in (
            _line(locale, evaluation, item),
            item.get("words") and _words(locale, evaluation, item["words"]),
        )
    )
    end = _markup("<br>") if evaluation.autoescape else "\n"
    return end.join(part for part in said if part)


def _line(locale: str, evaluation: EvalContext, item: Mapping[str, Any]) -> str:
    names = (item.get("service_name") or item.get("name", ""), item.get("reference", ""))
    parts = [_isolated(locale, evaluation, name) for name in names if name]
    space = _markup(" ") if evaluation.autoescape else " "
    line = space.join([formats.digits(str(item["number"]), locale), *parts])
    about = words_of(locale)
    status = about["statuses"].get(item.get("status", ""), "")
    return line + about["colon"] + status if status else line


def _markup(pattern: str, **values: str) -> Markup:
    from markupsafe import Markup

    # The pattern is one of our own constants; `format` escapes every value.
    return Markup(pattern).format(**values)  # noqa: S704
