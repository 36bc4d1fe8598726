"""Talking by text: which report is meant, where it is, and wishes that come late."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from chalicelib.channels.sms.keywords import choice
from chalicelib.tickets.intake.place_words import mentions_place
from tests.city import PHONE, City

MINUTE = timedelta(minutes=1)
POTHOLE = "There is a pothole in Main Street 5"
LAMP = "The street light is out at Oak Avenue 9"


@pytest.fixture
def city() -> City:
    return City()


def test_with_two_open_reports_a_text_is_asked_about_and_a_number_moves_it(city: City) -> None:
    first, second = _say(city, POTHOLE), _say(city, LAMP, intent="new")
    assert _say(city, "It got worse") == second
    assert "1 " in city.texts.sent[-1].text
    assert first in city.texts.sent[-1].text
    number = _number_of(city, first)
    city.desk.receive(city.text(choice(number)))
    moved = city.store.read(first).entries[-1]
    assert (moved.kind, moved.text) == ("appended", "It got worse")
    assert city.store.read(second).entries[-1].kind == "noted"
    assert _say(city, "And deeper") == first, "what was chosen is what we talk about"


@pytest.mark.parametrize("digits", ["2", "۲", "٢", "２", "二", "2."])
def test_the_number_may_be_in_any_script(city: City, digits: str) -> None:
    first = _say(city, POTHOLE)
    _say(city, LAMP, intent="new")
    _say(city, "It got worse")
    city.desk.receive(city.text(choice(digits)))
    assert city.store.read(first).entries[-1].text == "It got worse"


def test_a_number_that_is_not_on_the_list_or_too_late_is_just_words(city: City) -> None:
    _say(city, POTHOLE)
    second = _say(city, LAMP, intent="new")
    _say(city, "It got worse")
    assert _say(city, "7") == second
    city.clock.move(timedelta(days=1, minutes=1))
    assert _say(city, "1") == second


def test_the_question_is_asked_once(city: City) -> None:
    _say(city, POTHOLE)
    _say(city, LAMP, intent="new")
    before = len(city.texts.sent)
    for words in ("It got worse", "Much worse", "Really"):
        _say(city, words)
    assert len(city.texts.sent) == before + 1


def test_a_report_without_a_place_is_asked_once_and_the_answer_is_its_address(city: City) -> None:
    ticket_id = _say(city, "There is a pothole")
    asked = city.texts.sent[-1].text
    assert "Where is it?" in asked
    assert f"/t/{ticket_id}/" in asked
    assert len(city.texts.sent) == 1
    assert _say(city, "Main Street 5, by the school") == ticket_id
    assert city.store.get(ticket_id).address == "Main Street 5, by the school"
    _say(city, "Thank you")
    assert city.store.get(ticket_id).address == "Main Street 5, by the school"
    assert len(city.texts.sent) == 1


def test_halves_that_come_second_first_make_one_in_their_order(city: City) -> None:
    at = city.now()
    second_half = city.text("deep hole by the school on Elm Street", received_at=at)
    first_half = city.text("There is a pothole, a very", received_at=at - MINUTE)
    ticket_id = city.desk.receive(second_half).ticket_id
    assert ticket_id
    assert city.desk.receive(first_half).ticket_id == ticket_id
    ticket = city.store.get(ticket_id)
    assert ticket.description == f"{first_half.text}\n{second_half.text}"
    assert ticket.requested_at == at - MINUTE


def test_a_stop_that_comes_late_does_not_undo_a_later_start(city: City) -> None:
    stop = city.text("STOP", intent="stop")
    city.clock.move(MINUTE)
    city.desk.receive(city.text("START", intent="start"))
    city.desk.receive(replace(stop, message_id="late"))
    assert city.store.contact(PHONE.key).suppressed == {}


def test_what_was_chosen_is_in_the_log_of_consents(city: City) -> None:
    city.desk.receive(city.text("STOP", intent="stop"))
    city.clock.move(MINUTE)
    city.desk.receive(city.text("START", intent="start"))
    said = [line["what"] for line in city.store.contact(PHONE.key).consents]
    assert said == ["texts stopped by text message", "texts started by text message"]


def test_status_says_where_the_one_report_stands_with_its_own_link(city: City) -> None:
    ticket_id = _say(city, POTHOLE)
    city.desk.receive(city.text("STATUS", intent="status"))
    city.send_all()
    assert ticket_id in city.texts.sent[-1].text
    assert f"/t/{ticket_id}/" in city.texts.sent[-1].text


@pytest.mark.parametrize(
    "text",
    [
        "hole on Elm Street",
        "12 Oak",
        "near the school",
        "خیابان ولیعصر",
        "中山路5号",
        "calle Mayor",
    ],
)
def test_places_are_recognised(text: str) -> None:
    assert mentions_place(text)


@pytest.mark.parametrize("text", ["There is a pothole", "چراغ خاموش است", "路灯不亮"[2:], "basura"])
def test_words_without_a_place_are_recognised(text: str) -> None:
    assert not mentions_place(text)


def _say(city: City, words: str, **given: str) -> str:
    city.clock.move(MINUTE)
    outcome = city.desk.receive(city.text(words, **given))
    city.send_all()
    assert outcome.ticket_id
    return outcome.ticket_id


def _number_of(city: City, ticket_id: str) -> str:
    lines = city.texts.sent[-1].text.splitlines()
    return next(line.split()[0] for line in lines if ticket_id in line)
