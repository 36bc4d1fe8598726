"""Which languages there are, what each lacks, and which one a reader gets; renders nothing."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import TypedDict

from chalicelib.templates.environment import HERE

NOTICES_FOLDER = HERE / "notices"
PARTS = ("subject.txt", "body.txt", "body.html", "sms.txt")
LAYOUTS = ("_layout.txt", "_layout.html", "_staff.txt", "_staff.html", "_words.json")
SOURCE_LOCALE = "en"
_NO_HINT = "{% block reply_hint %}{% endblock %}"


class Words(TypedDict):
    """What a language folder says about itself in `_words.json`."""

    name: str
    lang: str
    direction: str
    date_time: str
    elsewhere: str
    more: str
    colon: str
    statuses: dict[str, str]


@cache
def available_locales() -> tuple[str, ...]:
    """The languages that have a folder, sorted."""
    return tuple(sorted(path.parent.name for path in NOTICES_FOLDER.glob("*/_words.json")))


@cache
def notice_names(locale: str = SOURCE_LOCALE) -> tuple[str, ...]:
    """The notices that a language has, sorted."""
    folders = (path for path in (NOTICES_FOLDER / locale).glob("[!_]*") if path.is_dir())
    return tuple(sorted(path.name for path in folders))


@cache
def words(locale: str) -> Words:
    """What the folder of an available language says about itself."""
    read: Words = json.loads((NOTICES_FOLDER / locale / "_words.json").read_text(encoding="utf-8"))
    return read


def is_right_to_left(locale: str) -> bool:
    """Whether an available language is written from right to left."""
    return words(locale)["direction"] == "rtl"


def missing(locale: str) -> list[str]:
    """The files that a language lacks beside English, as paths in its folder."""
    wanted = [*LAYOUTS, *(f"{name}/{part}" for name in notice_names() for part in PARTS)]
    folder = NOTICES_FOLDER / locale
    return [path for path in wanted if not _has_text(folder / path)]


@cache
def invites_reply(notice: str) -> bool:
    """Whether a notice tells its reader that a reply is read; only shipped ones ever do."""
    body = NOTICES_FOLDER / SOURCE_LOCALE / notice / "body.txt"
    return notice in notice_names() and _NO_HINT not in body.read_text(encoding="utf-8")


def fallback_chain(locale: str, default_locale: str = SOURCE_LOCALE) -> list[str]:
    """The languages to try for a reader of `locale`, in order and each once; English is the last.

    >>> fallback_chain("es-MX", "fa")
    ['es-MX', 'es', 'fa', 'en']
    """
    language = re.split(r"[-_]", locale, maxsplit=1)[0].lower()
    chain = (locale, language, default_locale, SOURCE_LOCALE)
    return list(dict.fromkeys(name for name in chain if name))


def usable_locale(locale: str, default_locale: str = SOURCE_LOCALE) -> str:
    """The first language of the fallback chain that has a folder."""
    return next(name for name in fallback_chain(locale, default_locale) if _is_known(name))


@cache
def locale_for_notice(notice: str, locale: str, default_locale: str) -> str | None:
    """The first language of the fallback chain in which the notice is whole, or None."""
    return next(_whole(notice, fallback_chain(locale, default_locale)), None)


def _whole(notice: str, chain: list[str]) -> Iterator[str]:
    for name in filter(_is_known, chain):
        if all((NOTICES_FOLDER / name / notice / part).is_file() for part in PARTS):
            yield name


def _is_known(locale: str) -> bool:
    return locale in available_locales()


def _has_text(path: Path) -> bool:
    return path.is_file() and bool(path.read_text(encoding="utf-8").strip())
