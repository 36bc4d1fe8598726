"""Every message that the city can send, in every language, as its receiver sees it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Request, Response

from chalicelib.channels.sms.segments import Segments, fit, segments
from chalicelib.messages import Channel
from chalicelib.templates.locales import available_locales, notice_names, words
from chalicelib.templates.placeholders import example_context
from chalicelib.templates.rendering import Rendered, render
from infra.local.pages.frame import Frame, View
from infra.local.pages.outbox import MAIL_POLICY

# What a service, an agency, a colleague and a citizen say in each language.
SAID: Mapping[str, tuple[str, ...]] = {
    "en": (
        "Street light out",
        "Street Lighting",
        "The lamp needs a part that is ordered.",
        "Which side of the road is it on?",
        "The lamp by the school is out.",
        "No answer after two days",
        "Leave the house first, then call.",
        "Pothole",
        "North",
        "Centre",
    ),
    "es": (
        "Farola apagada",
        "Alumbrado Público",
        "La farola necesita una pieza que ya está pedida.",
        "¿De qué lado de la calle está?",
        "La farola de la escuela no funciona.",
        "Sin respuesta en dos días",
        "Salga primero de la casa y llame después.",
        "Bache",
        "Norte",
        "Centro",
    ),
    "fa": (
        "چراغ خاموش خیابان",
        "روشنایی معابر",
        "چراغ قطعه‌ای لازم دارد که سفارش داده‌ایم.",
        "کدام سمت خیابان است؟",
        "چراغ کنار مدرسه خاموش است.",
        "دو روز بی‌پاسخ",
        "نخست از خانه بیرون بروید، سپس زنگ بزنید.",
        "چاله",
        "شمال",
        "مرکز",
    ),
    "zh": (
        "路灯不亮",
        "路灯管理处",
        "路灯需要更换零件，零件已订购。",
        "在路的哪一侧？",
        "学校旁边的路灯不亮。",
        "两天未答复",
        "请先离开房屋，再拨打电话。",
        "路面坑洞",
        "北区",
        "中心区",
    ),
}
NAMES = (
    "service_name",
    "agency_name",
    "reason",
    "message",
    "description",
    "step_name",
    "emergency_text",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """One notice in one language: the mail, the text, and what the text takes."""

    notice: str
    locale: str
    language: str
    mail: Rendered
    text: str
    taken: Segments


def values_for(locale: str, city: str) -> dict[str, Any]:
    """Believable values in a language."""
    *said, another, north, centre = SAID.get(locale, SAID["en"])
    examples, own = example_context(), dict(zip(NAMES, said, strict=True))
    first, second = examples["tickets"]
    tickets = (
        {**first, "service_name": own["service_name"]},
        {**second, "service_name": another},
    )
    sides = ({"number": 1, "name": north}, {"number": 2, "name": centre})
    return {**examples, **own, "tickets": tickets, "sides": sides, "city_name": city}


def shown(notice: str, locale: str, city: str) -> Shown:
    """A notice as somebody who reads `locale` gets it."""
    values = values_for(locale, city)
    text = fit(render(notice, Channel.SMS, locale, values).text)
    return Shown(
        notice=notice,
        locale=locale,
        language=words(locale)["name"],
        mail=render(notice, Channel.EMAIL, locale, values),
        text=text,
        taken=segments(text),
    )


def listing(pages: Frame, _request: Request) -> Response:
    """All notices, each with its subject in every language."""
    rows = [(name, list(_every(pages, name))) for name in notice_names()]
    return pages.show("notices.html", rows=rows)


def notice(pages: Frame, _request: Request, name: str) -> Response:
    """One notice in every language: the mail, its text part, the text message."""
    names = _known(name)
    at = names.index(name)
    around = {"before": names[at - 1] if at else "", "after": "".join(names[at + 1 : at + 2])}
    return pages.show("notice.html", name=name, every=list(_every(pages, name)), **around)


def html(pages: Frame, _request: Request, name: str, locale: str) -> Response:
    """The mail alone; no script runs and nothing is fetched."""
    _known(name)
    if locale not in available_locales():
        raise NotFound("There is no such language.")
    mail = shown(name, locale, pages.city).mail.html
    headers = {"Content-Security-Policy": MAIL_POLICY}
    return Response(mail, mimetype="text/html", headers=headers)


def _every(pages: Frame, name: str) -> Iterator[Shown]:
    return (shown(name, locale, pages.city) for locale in available_locales())


def _known(name: str) -> list[str]:
    names = list(notice_names())
    if name not in names:
        raise NotFound("There is no such notice.")
    return names


VIEWS: dict[str, View] = {
    "notices": listing,
    "notices/<name>": notice,
    "notices/<name>/<locale>": html,
}
