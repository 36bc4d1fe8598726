"""Notices into words: one call renders one message; knows no provider and no store."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from chalicelib.errors import InvalidRequest
from chalicelib.messages import Channel
from chalicelib.templates.environment import make_environment
from chalicelib.templates.locales import (
    NOTICES_FOLDER,
    SOURCE_LOCALE,
    locale_for_notice,
    notice_names,
    words,
)
from chalicelib.templates.placeholders import complete

if TYPE_CHECKING:
    from jinja2 import Environment

# Imported where used: filters bring jinja2, 40 ms, and most events render nothing.

_GAPS = re.compile(r"\n[ \t]*(?:\n[ \t]*)+\n")
_SMS_GAPS = re.compile(r"[ \t]*\n\s*")


@dataclass(frozen=True, slots=True, kw_only=True)
class Rendered:
    """One message in words. `locale` is the language it is really in, `asked_locale` the one wanted.

    A text message has only `text`. `direction` is `ltr` or `rtl`.
    """

    text: str
    subject: str = ""
    html: str = ""
    locale: str
    asked_locale: str
    direction: str = "ltr"

    @property
    def is_fallback(self) -> bool:
        """Whether the reader gets another language than the one asked for."""
        return self.asked_locale.split("-")[0].split("_")[0].lower() != self.locale


def render(
    notice: str,
    channel: Channel,
    locale: str,
    context: Mapping[str, Any],
    *,
    default_locale: str = SOURCE_LOCALE,
) -> Rendered:
    """`notice` as it leaves on `channel`, in the first language of the fallback chain that has it.

    Raises `InvalidRequest` for an unknown notice and for values that the notice cannot do without.
    """
    found = locale_for_notice(notice, locale, default_locale)
    if not found:
        known = ", ".join(notice_names())
        raise InvalidRequest(f"There is no notice {notice!r}; known are {known}.")
    values = complete(notice, context)
    return (_text_message if channel is Channel.SMS else _mail)(notice, found, locale, values)


def _text_message(notice: str, locale: str, asked: str, values: dict[str, Any]) -> Rendered:
    text = tidy_sms(_part(notice, "sms.txt", locale, values))
    return Rendered(
        text=text, locale=locale, asked_locale=asked, direction=words(locale)["direction"]
    )


def _mail(notice: str, locale: str, asked: str, values: dict[str, Any]) -> Rendered:
    subject = " ".join(_part(notice, "subject.txt", locale, values).split())
    text = tidy_mail(_part(notice, "body.txt", locale, values))
    html = _part(notice, "body.html", locale, values | {"subject": subject})
    return Rendered(
        text=text,
        subject=subject,
        html=html,
        locale=locale,
        asked_locale=asked,
        direction=words(locale)["direction"],
    )


def _part(notice: str, part: str, locale: str, values: dict[str, Any]) -> str:
    return notice_environment(locale).get_template(f"{notice}/{part}").render(values)


def tidy_mail(text: str) -> str:
    """A text part with one empty line between paragraphs, whatever its conditions left behind."""
    return _GAPS.sub("\n\n", text).strip() + "\n"


def tidy_sms(text: str) -> str:
    """A text message without empty lines."""
    return _SMS_GAPS.sub("\n", text).strip()


@cache
def notice_environment(locale: str) -> Environment:
    """The environment in which the notices of an available language are read."""
    from chalicelib.templates.fragments import make_filters

    about = words(locale)
    variables = {"lang": about["lang"], "direction": about["direction"], "notice_locale": locale}
    folders = (NOTICES_FOLDER / locale, NOTICES_FOLDER)
    return make_environment(folders, make_filters(locale), variables)
