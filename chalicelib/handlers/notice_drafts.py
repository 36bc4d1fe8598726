"""A draft of a notice as people would receive it, and what is wrong with it; saves nothing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from chalicelib.channels.sms.segments import fit, segments
from chalicelib.handlers.http import Services
from chalicelib.messages import Channel
from chalicelib.templates.checked import names_used, problems
from chalicelib.templates.locales import usable_locale, words
from chalicelib.templates.placeholders import example_context, required_names
from chalicelib.templates.readability import readability
from chalicelib.templates.written import render_written
from chalicelib.tickets.catalog import NoticeWords
from chalicelib.tickets.catalog.notice_checks import as_written

PARTS = ("subject", "body", "sms")
MICROS = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """What an editor shows beside the words; `problems` are (part, line, message)."""

    locale: str
    direction: str
    problems: tuple[tuple[str, int, str], ...] = ()
    subject: str = ""
    text: str = ""
    html: str = ""
    sms: Mapping[str, Any] | None = None
    ease: int | None = None
    longest_sentence: int = 0
    has_long_sentence: bool = False
    jargon: tuple[tuple[str, str], ...] = ()
    unused: tuple[str, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """Plain data, as `NoticePreview` has it."""
        problems = [
            {"part": part, "line": line, "message": said} for part, line, said in self.problems
        ]
        jargon = [list(pair) for pair in self.jargon]
        return {
            **asdict(self),
            "problems": problems,
            "jargon": jargon,
            "unused": list(self.unused),
        }


def try_draft(services: Services, draft: NoticeWords) -> Preview:
    """`draft` with example values, in this city's name and colour and at its price."""
    settings, policy = services.settings, services.catalog.load().policy
    city = {
        "city_name": settings.city_name,
        "timezone": settings.timezone,
        "brand_colour": policy.brand_colour,
    }
    return make_preview(draft, city, policy.sms_price_micros)


def make_preview(draft: NoticeWords, city: Mapping[str, str], price_micros: int) -> Preview:
    """`draft` with example values, but for the true ones that `city` gives; a segment costs
    `price_micros`."""
    locale = usable_locale(draft.locale)
    direction = words(locale)["direction"]
    problems = tuple(_problems(draft))
    if problems:
        return Preview(locale=draft.locale, direction=direction, problems=problems)
    mail, text = _rendered(draft, city)
    return Preview(
        locale=draft.locale,
        direction=direction,
        subject=mail.subject,
        text=mail.text,
        html=mail.html,
        sms=_sms(text.text, price_micros),
        unused=tuple(_unused(draft)),
        **_reading(mail.text, locale),
    )


def _problems(draft: NoticeWords) -> Iterator[tuple[str, int, str]]:
    for part in PARTS:
        source = getattr(draft, part)
        if not source.strip():
            yield part, 1, "Write something here."
        for found in problems(source, tuple(draft.placeholders)):
            yield part, found.line, found.message


def _rendered(draft: NoticeWords, city: Mapping[str, str]) -> tuple[Any, Any]:
    values = {**example_context(), **draft.placeholders, **city}
    written = as_written(draft)
    return (
        render_written(draft.name, written, Channel.EMAIL, values),
        render_written(draft.name, written, Channel.SMS, values),
    )


def _sms(text: str, price_micros: int) -> dict[str, Any]:
    fitted = fit(text)
    counted = segments(fitted)
    return {
        "text": fitted,
        "encoding": str(counted.encoding),
        "units": counted.units,
        "segments": counted.count,
        "price": f"{counted.count * price_micros / MICROS:.4f}",
    }


def _reading(text: str, locale: str) -> dict[str, Any]:
    found = readability(text, locale)
    return {
        "ease": found.ease,
        "longest_sentence": found.longest_sentence,
        "has_long_sentence": found.has_long_sentence,
        "jargon": found.jargon,
    }


def _unused(draft: NoticeWords) -> list[str]:
    """Placeholders without which the message would say less than it should."""
    used = {name for part in PARTS for name in names_used(getattr(draft, part))}
    wanted = [name for name in required_names(draft.name) if name not in ("timezone", "city_name")]
    return [name for name in [*wanted, *draft.placeholders] if name not in used]
