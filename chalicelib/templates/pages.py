"""Pages for people: template, language and moment in, HTML out; knows no request and no ticket."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from chalicelib.templates.environment import make_environment
from chalicelib.templates.formats import (
    clock_time,
    digits,
    language_name,
    long_day,
    month_name,
    plural,
)
from chalicelib.templates.locales import available_locales, is_right_to_left, words

if TYPE_CHECKING:
    from jinja2 import Environment
    from markupsafe import Markup

# Imported where used: markupsafe takes 8 ms, and event functions read this module's words only.

_HERE = Path(__file__).parent
_PAGES = _HERE / "pages"
_STATIC = _HERE / "static"

# Those of the notices: a language is a folder there and its file among the pages' messages.
LANGUAGES: Mapping[str, str] = {locale: words(locale)["name"] for locale in available_locales()}

Messages = Mapping[str, Any]


def render_page(name: str, locale: str, context: Mapping[str, Any]) -> str:
    """The HTML of `pages/<name>.html` in a language; a name missing from `context` is an error.

    Templates have `t(key, **vars)` for words, `url(path)` and `static(name)` for addresses, `when(moment)`,
    `day(moment)` and `month(moment)` for time, `lang`, `dir`, `languages` and `language_name(code)`.
    `context` needs `base` and `timezone`.
    """
    locale = locale if locale in LANGUAGES else "en"
    zone = context.get("timezone", "UTC")
    base = context.get("base", "")
    surroundings: dict[str, Any] = {
        "city_name": "",
        "lang_urls": {},
        "canonical": "",
        "alternates": {},
        "lang": locale,
        "dir": words(locale)["direction"],
        "languages": LANGUAGES,
        "t": translator(locale, name.partition("/")[0]),
        "url": lambda path: f"{base}{path}",
        "static": lambda file: f"{base}/static/{file}?v={static_file(file).version}",
        "when": lambda moment: show_moment(moment, locale, zone),
        "day": lambda moment: long_day(moment, zone, locale),
        "month": lambda moment: month_name(moment, zone, locale),
        "language_name": lambda code: language_name(code, locale),
    }
    return _environment().get_template(f"{name}.html").render({**surroundings, **context})


@cache
def translator(locale: str, area: str = "") -> Callable[..., Markup]:
    """The function that templates know as `t`: words of one language, English where it lacks them."""
    from markupsafe import Markup

    known = {**messages("en", area), **messages(locale, area)}

    def translate(key: str, **values: Any) -> Markup:
        text = known.get(key)
        if text is None:
            return _as_stored(key)
        if isinstance(text, dict):
            text = plural(int(values["count"]), locale, text)
        shown = {name: _isolate(value, locale) for name, value in values.items()}
        return Markup(text).format(**shown) if shown else Markup(text)  # noqa: S704 (our own words)

    return translate


# Words that come from the table, where a later release may have written one that this one has no name for.
_STORED = (
    "status.",
    "channel.",
    "priority.",
    "delivery.",
    "actor.",
    "state.",
    "broadcasts.stage.",
    "keys.short.",
)
_EXPLAINED = "next."  # says what such a word means


def _as_stored(key: str) -> Markup:
    """A stored word that has no name here, as it is written. Raises `KeyError` for any other key."""
    from markupsafe import Markup, escape

    if key.startswith(_EXPLAINED):
        return Markup()
    group = next((group for group in _STORED if key.startswith(group)), "")
    if not group:
        raise KeyError(key)
    return escape(key.removeprefix(group).replace("_", " "))


def languages_of(area: str) -> tuple[str, ...]:
    """The languages that an area's own words are written in."""
    return tuple(
        code for code in LANGUAGES if (_PAGES / "messages" / f"{area}.{code}.json").exists()
    )


@cache
def messages(locale: str, area: str = "") -> Messages:
    """The words of a language: those of every page and, where there are any, those of one area."""
    found: dict[str, Any] = {}
    for file in (
        _PAGES / "messages" / f"{locale}.json",
        _PAGES / "messages" / f"{area}.{locale}.json",
    ):
        if file.exists():
            found |= json.loads(file.read_text("utf-8"))
    return found


def _isolate(value: Any, locale: str) -> Any:
    """In right-to-left text: its own digits, and foreign words that do not disturb their neighbours."""
    if not is_right_to_left(locale) or hasattr(value, "__html__"):
        return value
    if isinstance(value, int):
        return digits(str(value), locale)
    return f"\u2068{value}\u2069"


def show_moment(moment: datetime, locale: str, timezone: str) -> str:
    """A moment in the city's time, as readers of a language write it."""
    day, time = long_day(moment, timezone, locale), clock_time(moment, timezone, locale)
    return str(messages(locale)["time.moment"]).format(day=day, time=time)


@cache
def _environment() -> Environment:
    return make_environment([_PAGES])


class StaticFile:
    """A file of ours that browsers may keep: its bytes, what they are, and a tag of their content."""

    def __init__(self, path: Path, content_type: str) -> None:
        self.content = path.read_text("utf-8")
        self.content_type = content_type
        self.etag = hashlib.sha256(self.content.encode()).hexdigest()[:32]
        self.version = self.etag[
            :8
        ]  # by which pages name it, so that a new one has another address


_TYPES: Mapping[str, str] = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml; charset=utf-8",
}


@cache
def static_names() -> frozenset[str]:
    """The names of the files there are."""
    return frozenset(path.name for path in _STATIC.iterdir() if path.suffix in _TYPES)


@cache
def static_file(name: str) -> StaticFile:
    """One static file. Raises `KeyError` for a name that is not among `static_names`."""
    if name not in static_names():
        raise KeyError(name)
    path = _STATIC / name
    return StaticFile(path, _TYPES[path.suffix])
