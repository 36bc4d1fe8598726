"""Every notice in every language, as its reader gets it."""

from __future__ import annotations

import re
from datetime import date
from html.parser import HTMLParser

import pytest

from chalicelib.channels.sms.segments import fit, segments
from chalicelib.errors import InvalidRequest
from chalicelib.messages import Channel
from chalicelib.templates import (
    PLACEHOLDERS,
    available_locales,
    fallback_chain,
    missing,
    missing_values,
    notice_names,
    render,
)
from chalicelib.templates.formats import duration, long_day, number, plural, short_day
from chalicelib.templates.jalali import jalali
from chalicelib.templates.locales import words
from chalicelib.templates.placeholders import example_context, required_names
from chalicelib.tickets.intake.conversation import MOST_CHOICES

LOCALES = ("en", "es", "fa", "zh")
NOTICES = notice_names()
FSI, PDI = "\u2068", "\u2069"
ATTACKS = ("{{7*7}}", "{% for x in y %}", "((name))", "${7*7}", "%(x)s", "{0.__class__}")
STAFF_NOTICES = {
    "emergency_duty",
    "information_added",
    "escalation_reminder",
    "escalation_supervisor",
    "ticket_assigned",
}
# What a service, an agency and a colleague say in each language.
LOCAL_WORDS = {
    "en": ("Street light out", "Street Lighting", "The part is ordered.", "Which side is it on?"),
    "es": ("Farola apagada", "Alumbrado", "La pieza ya fue pedida.", "¿De qué lado está?"),
    "fa": ("چراغ خاموش خیابان", "روشنایی معابر", "قطعه سفارش داده شد.", "کدام سمت خیابان؟"),
    "zh": ("路灯不亮", "路灯管理处", "零件已订购。", "在路的哪一侧？"),
}
every_notice = pytest.mark.parametrize("notice", NOTICES)
every_locale = pytest.mark.parametrize("locale", LOCALES)


def typical(locale: str) -> dict[str, object]:
    names = ("service_name", "agency_name", "reason", "message")
    return example_context() | dict(zip(names, LOCAL_WORDS[locale], strict=True))


def least(notice: str) -> dict[str, object]:
    return {name: PLACEHOLDERS[name].example for name in required_names(notice)}


def test_the_four_languages_are_there_and_whole() -> None:
    assert set(LOCALES) <= set(available_locales())
    assert {locale: missing(locale) for locale in available_locales()} == {
        locale: [] for locale in available_locales()
    }


@every_locale
def test_a_language_knows_every_status(locale: str) -> None:
    assert set(words(locale)["statuses"]) == set(words("en")["statuses"])


@every_locale
@every_notice
def test_a_notice_needs_nothing_but_its_required_names(notice: str, locale: str) -> None:
    mail = render(notice, Channel.EMAIL, locale, least(notice))
    text = render(notice, Channel.SMS, locale, least(notice))
    assert mail.subject and mail.text.strip() and "<html" in mail.html and text.text
    assert (mail.locale, text.locale) == (locale, locale)


@every_locale
@every_notice
def test_a_notice_says_its_reference_and_its_link(notice: str, locale: str) -> None:
    context = typical(locale)
    mail = render(notice, Channel.EMAIL, locale, context)
    text = render(notice, Channel.SMS, locale, context)
    link = context["console_url" if notice in STAFF_NOTICES else "tracking_url"]
    if notice not in ("sms_choose", "sms_stopped"):
        assert all(str(link) in part for part in (mail.text, mail.html, text.text))
    assert str(context["reference"]) in mail.text
    assert str(context["reference"]) in mail.html


# As long as a city's name and the address of its pages are likely to be.
LONG = {
    "city_name": "San Juan de la Frontera",
    "tracking_url": PLACEHOLDERS["tracking_url"].example.replace(
        "maplewood", "report.sanjuan-city"
    ),
    "console_url": PLACEHOLDERS["console_url"].example.replace("maplewood", "report.sanjuan-city"),
}


@every_locale
@every_notice
def test_nothing_that_the_city_says_by_text_is_cut_off(notice: str, locale: str) -> None:
    """Staff's own words are last before the link, so that only they are."""
    said = {**typical(locale), **LONG}
    without = render(notice, Channel.SMS, locale, said | {"message": "", "reason": ""}).text
    assert fit(without) == without
    if "message" in notice or "replied" in notice:
        return
    many = render(
        notice, Channel.SMS, locale, said | dict.fromkeys(("message", "reason"), "ab " * 300)
    )
    begins = without.rpartition("\n")[0].rstrip(" .。")
    assert fit(many.text).startswith(begins) or "ab ab" not in many.text


@every_locale
def test_five_reports_to_choose_from_are_all_listed(locale: str) -> None:
    ticket = {"service_name": "Árboles caídos en la calle", "reference": "SR-7K3M-9QX2-H"}
    if locale in ("fa", "zh"):
        ticket["service_name"] = {"fa": "چراغ خاموش خیابان", "zh": "路灯不亮或损坏需要维修"}[locale]
    tickets = [{"number": number, **ticket} for number in range(1, MOST_CHOICES + 1)]
    text = render(
        "sms_choose", Channel.SMS, locale, {**typical(locale), **LONG, "tickets": tickets}
    )
    assert fit(text.text) == text.text
    assert text.text.count("SR-7K3M-9QX2-H") == MOST_CHOICES


@every_notice
def test_spanish_texts_stay_in_the_small_alphabet(notice: str) -> None:
    context = {name: value for name, value in typical("es").items() if name != "message"}
    assert segments(render(notice, Channel.SMS, "es", context).text).encoding == "GSM-7"


@every_locale
@every_notice
def test_no_text_is_left_in_another_language(notice: str, locale: str) -> None:
    if locale == "en":
        return
    english = render(notice, Channel.EMAIL, "en", least(notice))
    other = render(notice, Channel.EMAIL, locale, least(notice))
    shared = set(english.text.splitlines()) & set(other.text.splitlines())
    names = ("SR-", "Maplewood", "North", "Centre")  # an example's own, the same in every language
    assert not {line for line in shared if line and not any(name in line for name in names)}


@every_locale
@every_notice
@pytest.mark.parametrize("attack", ATTACKS)
def test_words_of_citizens_are_never_code(attack: str, notice: str, locale: str) -> None:
    context = typical(locale) | {"message": attack, "description": attack, "reason": attack}
    mail = render(notice, Channel.EMAIL, locale, context)
    assert attack not in mail.subject
    for part in (mail.text, mail.html):
        assert "49" not in part.replace(attack, "")
    if notice in ("ticket_replied", "ticket_received", "information_added"):
        assert attack in mail.text
        assert attack in mail.html


@every_locale
def test_words_of_citizens_are_never_markup(locale: str) -> None:
    evil = '<script>alert(1)</script><a href="x">y</a>'
    html = render("ticket_replied", Channel.EMAIL, locale, typical(locale) | {"message": evil}).html
    assert "<script" not in html
    assert "&lt;script&gt;" in html


@every_locale
@every_notice
def test_subjects_carry_no_words_of_citizens_and_one_line(notice: str, locale: str) -> None:
    hostile = "Bcc: all@example.com\r\nX: secret-words"
    context = typical(locale) | dict.fromkeys(("message", "description", "reason"), hostile)
    subject = render(notice, Channel.EMAIL, locale, context).subject
    assert "secret-words" not in subject
    assert "\n" not in subject and "\r" not in subject


@every_locale
def test_an_unproven_sender_gets_none_of_the_words(locale: str) -> None:
    spoken = dict.fromkeys(("message", "description", "reason", "service_name"), "secret-words")
    for channel in (Channel.EMAIL, Channel.SMS):
        rendered = render("unproven_received", channel, locale, typical(locale) | spoken)
        assert "secret-words" not in rendered.text + rendered.html + rendered.subject


def foreign(script: str) -> dict[str, object]:
    """A context in which every name and everybody's words are in another script."""
    names = ("city_name", "service_name", "agency_name", "step_name", "reason", "message")
    said = dict.fromkeys((*names, "description", "files", "emergency_text"), script)
    tickets = [{**ticket, "service_name": script} for ticket in PLACEHOLDERS["tickets"].example]
    sides = [{**side, "name": script} for side in PLACEHOLDERS["sides"].example]
    return {**example_context(), **said, "tickets": tickets, "sides": sides}


@every_notice
def test_persian_isolates_what_runs_the_other_way(notice: str) -> None:
    mail = render(notice, Channel.EMAIL, "fa", foreign("Elm"))
    text = render(notice, Channel.SMS, "fa", foreign("Elm"))
    assert (mail.direction, text.direction) == ("rtl", "rtl")
    for part in (mail.subject, mail.text, text.text):
        assert part.count(FSI) == part.count(PDI)
        # Whatever is outside reads from the right, so that a telephone lays the line out so too.
        assert not re.search("[A-Za-z]", re.sub(f"{FSI}[^{PDI}]*{PDI}", "", part))


@pytest.mark.parametrize("locale", ["en", "es", "zh"])
@every_notice
def test_other_languages_isolate_persian_words(notice: str, locale: str) -> None:
    mail = render(notice, Channel.EMAIL, locale, foreign("چاله"))
    text = render(notice, Channel.SMS, locale, foreign("چاله"))
    for part in (mail.subject, mail.text, text.text):
        assert "چاله" not in re.sub(f"{FSI}[^{PDI}]*{PDI}", "", part)
    plain = render(notice, Channel.SMS, locale, typical(locale))
    assert FSI not in plain.text, "nothing is isolated without need: it would cost segments"


@every_notice
def test_a_link_is_followed_by_a_space_before_the_isolate_ends(notice: str) -> None:
    for channel in (Channel.EMAIL, Channel.SMS):
        assert not re.search(
            rf"https?://\S*{PDI}", render(notice, channel, "fa", typical("fa")).text
        )


@every_locale
def test_the_layout_takes_language_and_direction(locale: str) -> None:
    html = render("ticket_received", Channel.EMAIL, locale, typical(locale)).html
    about = words(locale)
    assert f'<html lang="{about["lang"]}" dir="{about["direction"]}">' in html
    assert 'dir="auto"' in html


@every_locale
def test_a_long_message_stays_under_a_hundred_kilobytes(locale: str) -> None:
    context = typical(locale) | {"message": "م" * 4000, "description": "<" * 4000}
    for notice in NOTICES:
        assert len(render(notice, Channel.EMAIL, locale, context).html.encode()) < 100_000


@every_locale
@every_notice
def test_a_mail_is_laid_out_for_outlook_too(notice: str, locale: str) -> None:
    html = render(notice, Channel.EMAIL, locale, typical(locale) | {"message": "One\nTwo"}).html
    assert "<div" not in html and "<!--[if mso]>" in html
    cells = re.findall(r"<t[ad][^>]*background:[^>]*>", html)
    assert cells and all("bgcolor=" in cell for cell in cells)
    assert "One\nTwo" not in html


@every_locale
@every_notice
def test_html_closes_what_it_opens(notice: str, locale: str) -> None:
    class Balance(HTMLParser):
        open_tags: list[str]

        def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
            if tag not in ("meta", "br", "img"):
                self.open_tags.append(tag)

        def handle_endtag(self, tag: str) -> None:
            assert self.open_tags.pop() == tag

    parser = Balance()
    parser.open_tags = []
    parser.feed(render(notice, Channel.EMAIL, locale, typical(locale)).html)
    assert parser.open_tags == []


def test_overrides_in_somebodys_words_cannot_turn_the_message_round() -> None:
    context = typical("en") | {"message": "safe \u202etxt.exe\u2066"}
    mail = render("ticket_replied", Channel.EMAIL, "en", context)
    text = render("ticket_replied", Channel.SMS, "en", context).text
    for part in (mail.text, mail.html, text):
        assert "txt.exe" in part
        assert "\u202e" not in part and "\u2066" not in part


def test_the_joiner_of_persian_words_is_kept() -> None:
    context = typical("fa") | {"message": "می\u200cآییم"}
    assert "می\u200cآییم" in render("ticket_replied", Channel.SMS, "fa", context).text


def test_a_notice_with_a_gap_is_refused_by_name() -> None:
    with pytest.raises(InvalidRequest) as caught:
        render("ticket_received", Channel.EMAIL, "en", {"city_name": "Maplewood"})
    assert set(caught.value.fields) == {"timezone", "reference"}
    assert missing_values("sms_choose", {"city_name": "M", "timezone": "UTC"}) == ["tickets"]


def test_an_unknown_notice_is_refused() -> None:
    with pytest.raises(InvalidRequest, match="ticket_received"):
        render("../../secrets", Channel.EMAIL, "en", example_context())


@pytest.mark.parametrize(
    ("asked", "default", "got", "is_fallback"),
    [
        ("es-MX", "en", "es", False),
        ("zh_Hant", "en", "zh", False),
        ("ar", "fa", "fa", True),
        ("tlh", "xx", "en", True),
        ("", "es", "es", True),
        ("../../etc", "en", "en", True),
    ],
)
def test_the_fallback_is_explicit_and_said(
    asked: str, default: str, got: str, is_fallback: bool
) -> None:
    rendered = render(
        "ticket_received", Channel.EMAIL, asked, example_context(), default_locale=default
    )
    assert (rendered.locale, rendered.is_fallback) == (got, is_fallback)


def test_the_chain_names_each_language_once() -> None:
    assert fallback_chain("en-GB", "en") == ["en-GB", "en"]


@pytest.mark.parametrize(
    ("day", "persian"),
    [
        (date(1979, 2, 11), (1357, 11, 22)),
        (date(2000, 1, 1), (1378, 10, 11)),
        (date(2021, 3, 20), (1399, 12, 30)),
        (date(2021, 3, 21), (1400, 1, 1)),
        (date(2024, 3, 20), (1403, 1, 1)),
        (date(2025, 3, 20), (1403, 12, 30)),
        (date(2025, 3, 21), (1404, 1, 1)),
        (date(2026, 9, 22), (1405, 6, 31)),
        (date(2026, 11, 24), (1405, 9, 3)),
    ],
)
def test_the_persian_calendar_agrees_with_the_printed_one(
    day: date, persian: tuple[int, int, int]
) -> None:
    assert jalali(day) == persian


@pytest.mark.parametrize(
    ("locale", "long", "short"),
    [
        ("en", "Tuesday, November 24, 2026", "Nov 24"),
        ("es", "martes, 24 de noviembre de 2026", "24 nov"),
        ("fa", "سه‌شنبه ۳ آذر ۱۴۰۵ (۲۴ نوامبر ۲۰۲۶)", "۳ آذر (۲۴ نوامبر)"),
        ("zh", "2026年11月24日星期二", "11月24日"),
    ],
)
def test_days_are_written_as_their_readers_write_them(locale: str, long: str, short: str) -> None:
    # Two in the morning in London is still the day before in New York.
    moment = "2026-11-25T02:00:00+00:00"
    assert long_day(moment, "America/New_York", locale) == long
    assert short_day(moment, "America/New_York", locale) == short


def test_numbers_durations_and_plurals_follow_the_language() -> None:
    assert number(12345, "en") == "12,345"
    assert number(12345, "fa") == "۱۲٬۳۴۵"
    assert [duration(hours, "en") for hours in (1, 30, 72)] == ["1 hour", "30 hours", "3 days"]
    assert duration(30, "fa") == "۳۰ ساعت"
    assert [plural(n, "en", {"one": "a", "other": "b"}) for n in (1, 2)] == ["a", "b"]
    assert plural(1, "zh", {"one": "a", "other": "b"}) == "b"
