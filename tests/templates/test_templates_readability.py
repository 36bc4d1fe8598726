"""The hints that an editor of notices gets, and that ours follow."""

from __future__ import annotations

import pytest

from chalicelib.messages import Channel
from chalicelib.templates import notice_names, render
from chalicelib.templates.placeholders import example_context
from chalicelib.templates.readability import JARGON, LONG_SENTENCE, readability


def test_short_words_are_easier_than_office_words() -> None:
    plain = readability("We have your report. We will fix the lamp by noon.", "en")
    office = readability(
        "Pursuant to municipal infrastructure regulations, remediation activities will commence.",
        "en",
    )
    assert plain.ease is not None and office.ease is not None
    assert plain.ease > 80
    assert office.ease < 30
    assert [word for word, _ in office.jargon] == ["commence", "pursuant to"]


def test_sentences_are_counted_in_every_script() -> None:
    assert readability("یک دو سه. چهار پنج؟", "fa").longest_sentence == 3
    assert readability("路灯坏了。请修理。", "zh").longest_sentence == 4
    assert readability("", "en").sentences == 0
    assert readability("uno dos. tres", "es").sentences == 2
    assert readability("سلام", "fa").ease is None


def test_a_long_sentence_is_marked() -> None:
    assert readability("word " * (LONG_SENTENCE + 1), "en").has_long_sentence
    assert not readability("word " * LONG_SENTENCE, "en").has_long_sentence


@pytest.mark.parametrize("locale", ["en", "es"])
@pytest.mark.parametrize("notice", notice_names())
def test_our_own_notices_are_easy_to_read(notice: str, locale: str) -> None:
    quiet = {"reason": "", "message": "", "description": "", "step_name": "", "tracking_url": ""}
    context = example_context() | quiet | {"console_url": "", "service_name": "", "tickets": ()}
    if notice in ("sms_choose", "updates_joined"):
        context["tickets"] = example_context()["tickets"]
    found = readability(render(notice, Channel.EMAIL, locale, context).text, locale)
    assert found.ease is not None and found.ease >= 60
    assert not found.has_long_sentence or found.longest_sentence <= 32


def test_every_office_word_has_its_own_language() -> None:
    assert set(JARGON) == {"en", "es", "fa", "zh"}
