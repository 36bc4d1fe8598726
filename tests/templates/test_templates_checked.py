"""What administrators may write in a notice, and what is refused by line."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chalicelib.channels.sms.segments import segments
from chalicelib.errors import InvalidRequest
from chalicelib.messages import Channel
from chalicelib.templates import notice_names, render
from chalicelib.templates.checked import LONGEST, names_used, problems
from chalicelib.templates.drafts import first_draft
from chalicelib.templates.placeholders import example_context
from chalicelib.templates.written import WrittenNotice, render_written
from chalicelib.tickets.catalog.notice_checks import STAFF_NOTICES

ALLOWED = [
    "Plain words, nothing else.",
    "Dear {{ city_name }}",
    "{{ expected_at | day }} {{ reference | iso }} {{ message | quote }}",
    '{{ tracking_url | link("Follow it") }}',
    "{% if expected_at %}By {{ expected_at | day }}.{% else %}Soon.{% endif %}",
    "{% if not reason %}No reason.{% endif %}",
    "{% if reason %}a{% elif message %}b{% else %}c{% endif %}",
    "{% if tickets %}Some.{% endif %}",
    "{{ tickets | lines }} {{ sides | lines }}",
    "{# a note to colleagues #}text",
]
REFUSED = [
    "{{ ''.__class__ }}",
    "{{ 'a'*99999999 }}",
    "{{ reference.__class__.__mro__ }}",
    "{{ reference['x'] }}",
    "{{ 7*7 }}",
    "{{ 'words' }}",
    "{{ city_name() }}",
    "{{ city_name ~ reference }}",
    "{{ reference | upper }}",
    "{{ reference | attr('x') }}",
    "{{ reference | iso | iso }}",
    "{{ expected_at | day('x') }}",
    "{{ tracking_url | link(label='x') }}",
    "{{ tracking_url | link(reference) }}",
    "{{ tickets }}",
    "{{ sides }}",
    "{{ tickets | words }}",
    "{{ reason | lines }}",
    "{{ nobody }}",
    "{{ lipsum }}",
    "{{ self }}",
    "{{ cycler }}",
    "{% if 1 == 1 %}x{% endif %}",
    "{% if reason and message %}x{% endif %}",
    "{% if not not reason %}x{% endif %}",
    "{% if nobody %}x{% endif %}",
    "{% for a in tickets %}x{% endfor %}",
    "{% set a = 1 %}",
    "{% include 'x' %}",
    "{% import 'x' as y %}",
    "{% extends 'x' %}",
    "{% block x %}{% endblock %}",
    "{% macro m() %}{% endmacro %}",
    "{% filter upper %}x{% endfilter %}",
    "{% raw %}{% endraw %}{% call x() %}{% endcall %}",
    "{% if reason %}",
    "{{ reason",
    "{% nonsense %}",
    "x" * (LONGEST + 1),
    "{% if reason %}" * 50 + "{% endif %}" * 50,
    "{{ " + "(" * 3000 + "reason" + ")" * 3000 + " }}",
    "{{ reason" + " | iso" * 1500 + " }}",
    "{% if " + "not " * 2000 + "reason %}{% endif %}",
    "{{ " + "-" * 5000 + "1 }}",
]


@pytest.mark.parametrize("source", ALLOWED)
def test_what_a_notice_needs_is_allowed(source: str) -> None:
    assert problems(source) == []


@pytest.mark.parametrize("source", REFUSED)
def test_everything_else_is_refused_with_its_line_and_a_remedy(source: str) -> None:
    found = problems(source)
    assert found
    assert all(problem.line >= 1 and len(problem.message) > 15 for problem in found)


def test_a_problem_names_its_line() -> None:
    source = "Hello\n\n{{ nobody }}\n{% if message %}\n{{ reason | upper }}\n{% endif %}"
    assert [problem.line for problem in problems(source)] == [3, 5]


def test_the_names_that_a_text_uses_are_known() -> None:
    source = "{{ reference | iso }}{% if reason %}{{ reason | quote }}{% endif %}"
    assert names_used(source) == ["reason", "reference"]


@settings(deadline=None, max_examples=300)
@given(st.text(st.sampled_from("{}%|#'\"().* ifnotreasonedl\n-_[]"), max_size=120))
def test_no_text_at_all_makes_the_check_fall(source: str) -> None:
    problems(source)


def written(**parts: str) -> WrittenNotice:
    usual = {"subject": "Got {{ reference | iso }}", "body": "Hello", "sms": "Got {{ reference }}"}
    return WrittenNotice(**{"locale": "en", **usual, **parts})


def test_a_written_notice_is_rendered_like_a_shipped_one() -> None:
    body = (
        "Thank you & hello <b>all</b>.\nSecond line.\n\n"
        "{% if expected_at %}By {{ expected_at | day }}.{% endif %}\n\n"
        '{{ message | quote }}\n\n{{ tracking_url | link("Follow it") }}'
    )
    context = example_context() | {"message": "<script>{{7*7}}"}
    mail = render_written("ticket_received", written(body=body), Channel.EMAIL, context)
    assert mail.subject == "Got SR-7K3M-9QX2-H"
    assert "Thank you & hello <b>all</b>.\nSecond line." in mail.text
    assert "<script>{{7*7}}" in mail.text
    assert "<p>Thank you &amp; hello &lt;b&gt;all&lt;/b&gt;.<br>Second line.</p>" in mail.html
    assert "<p>By Tuesday, November 24, 2026.</p>" in mail.html
    assert "&lt;script&gt;{{7*7}}" in mail.html
    assert 'href="https://maplewood.example/t/' in mail.html
    assert "just reply to this message" in mail.html


def test_a_written_text_message_has_no_empty_lines() -> None:
    text = render_written(
        "ticket_received", written(sms="a\n\n\nb"), Channel.SMS, example_context()
    )
    assert (text.text, text.html) == ("a\nb", "")
    assert segments(text.text).count == 1


def test_saving_names_the_part_and_the_line() -> None:
    with pytest.raises(InvalidRequest) as caught:
        written(subject="x\n{{ nobody }}", sms=" ").checked()
    assert set(caught.value.fields) == {"subject", "sms"}
    assert caught.value.fields["subject"].startswith("Line 2:")


def test_an_unchecked_text_is_not_rendered_either() -> None:
    with pytest.raises(InvalidRequest):
        render_written(
            "ticket_received", written(body="{{ 7*7 }}"), Channel.EMAIL, example_context()
        )


# What lists several things says them a little differently when it is written by hand.
WITH_LOOPS = {"updates_joined", "sms_choose", "sms_status"}


@pytest.mark.parametrize("locale", ["en", "es", "fa", "zh"])
@pytest.mark.parametrize("notice", sorted({*notice_names()} - WITH_LOOPS))
def test_the_first_draft_of_a_notice_says_what_is_shipped(notice: str, locale: str) -> None:
    words = WrittenNotice(
        locale=locale, is_for_staff=notice in STAFF_NOTICES, **first_draft(notice, locale)
    )
    context = example_context()
    for channel in (Channel.EMAIL, Channel.SMS):
        own = render_written(notice, words.checked(), channel, context)
        shipped = render(notice, channel, locale, context)
        assert (own.subject, own.text) == (shipped.subject, shipped.text)


@pytest.mark.parametrize("locale", ["en", "es", "fa", "zh"])
def test_no_draft_begins_with_what_may_not_be_saved(locale: str) -> None:
    for notice in WITH_LOOPS:
        drafts = first_draft(notice, locale)
        assert [part for part, draft in drafts.items() if problems(draft)] == []
        assert drafts["subject"] and drafts["body"]


def test_a_first_line_alone_is_the_heading_unless_it_is_a_sentence() -> None:
    def main_of(body: str) -> str:
        notice = written(body=body)
        return render_written("water_off", notice, Channel.EMAIL, example_context()).html

    assert "<h1>Water &amp; light</h1>\n<p>Hello.</p>" in main_of("Water & light\n\nHello.")
    assert "<h1>Where is it?</h1>" in main_of("Where is it?\n\nTell us.")
    for body in ("Dear Ana,\n\nHello.", "Hello.\n\nYou.", "Alone", "One\nTwo\n\nThree"):
        assert "<h1" not in main_of(body)


def test_only_what_is_answered_invites_a_reply() -> None:
    hint = "just reply to this message"
    notice = written(body="Hello")
    said = {
        name: render_written(name, notice, Channel.EMAIL, example_context()).text
        for name in ("ticket_received", "unproven_received", "confirm_contact", "water_off")
    }
    assert {name for name, text in said.items() if hint in text} == {"ticket_received"}


def test_a_list_is_a_line_each_in_mail_and_text() -> None:
    notice = written(body="{{ tickets | lines }}", sms="{{ tickets | lines }}")
    evil = {
        "number": 1,
        "service_name": "<b>",
        "reference": "SR-1",
        "status": "new",
        "words": "<i>",
    }
    context = example_context() | {"tickets": [evil, {**evil, "number": 2, "words": ""}]}
    text = render_written("sms_choose", notice, Channel.SMS, context).text
    assert text == "1 <b> SR-1: received\n<i>\n2 <b> SR-1: received"
    html = render_written("sms_choose", notice, Channel.EMAIL, context).html
    assert "<b>" not in html and "<i>" not in html
    assert html.count("&lt;b&gt;") == 2 and html.count("<br>") == 2


@pytest.mark.parametrize("locale", ["fa", "zh"])
def test_a_written_notice_keeps_the_manners_of_its_language(locale: str) -> None:
    notice = written(locale=locale, body="{{ reference | iso }}")
    mail = render_written(notice_names()[0], notice, Channel.EMAIL, example_context())
    assert mail.locale == locale
    assert ("\u2068SR-7K3M-9QX2-H\u2069" in mail.text) is (locale == "fa")
