"""Text messages through the whole town: what a citizen texts and what comes back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from chalicelib.channels.sms.segments import segments

if TYPE_CHECKING:
    from tests.harness import Harness

ANA, BEN = "+12025550143", "+12025550144"


def say(town: Harness, body: str, sender: str = ANA, **more: Any) -> list[str]:
    """Text the city and return what it texts back to this number."""
    before = len(town.outbox)
    town.text(body, sender=sender, **more)
    town.drain()
    sent = [message for message in town.outbox[before:] if message["channel"] == "sms"]
    return [message["text"] for message in sent if message["to"] == sender]


def test_a_text_opens_a_ticket_and_is_answered_in_two_segments(town: Harness) -> None:
    (answer,) = say(town, "There is a pothole on Elm Street near the school")
    (ticket,) = town.dump()["tickets"]
    assert ticket["ticket_id"] in answer
    assert f"/t/{ticket['ticket_id']}/" in answer
    assert segments(answer).count <= 2


def test_the_same_text_five_times_is_one_ticket_and_one_answer(town: Harness) -> None:
    event = town.text("There is a pothole on Elm Street", sender=ANA)
    town.drain()
    for _ in range(4):
        town.deliver(event)
    town.drain()
    assert len(town.dump()["tickets"]) == 1
    assert len([message for message in town.outbox if message["to"] == ANA]) == 1


def test_stop_ends_texts_and_start_brings_them_back(town: Harness) -> None:
    say(town, "There is a pothole on Elm Street")
    assert len(say(town, "Stop.")) == 1
    assert say(town, "STOP") == []
    assert say(town, "And it is deep") == []
    assert len(say(town, "START")) == 1
    assert len(town.dump()["tickets"]) == 1


def test_a_plea_against_noise_is_no_opt_out(town: Harness) -> None:
    (answer,) = say(town, "please stop the noise at night on Elm Street")
    assert "SR-" in answer


@pytest.mark.parametrize("body", ["HELP", "INFO", "راهنما", "帮助", "Ayuda"])
def test_help_says_who_we_are_and_opens_nothing(town: Harness, body: str) -> None:
    assert len(say(town, body)) == 1
    assert town.dump()["tickets"] == []


@pytest.mark.parametrize("sender", ["12345", "AMAZON"])
def test_short_codes_and_names_get_no_answer(town: Harness, sender: str) -> None:
    town.text("Your parcel is here", sender=sender)
    town.drain()
    assert [message for message in town.outbox if message["channel"] == "sms"] == []
    assert len(town.dump()["messages"]) == 1


def test_a_driving_telephone_gets_no_answer(town: Harness) -> None:
    say(town, "There is a pothole on Elm Street")
    for number in range(3):
        assert say(town, "I'm driving, will reply later", message_id=f"robot-{number}") == []


def test_another_number_that_names_a_ticket_does_not_touch_it(town: Harness) -> None:
    say(town, "There is a pothole on Elm Street")
    (ticket,) = town.dump()["tickets"]
    (answer,) = say(town, f"{ticket['ticket_id']} please close it", sender=BEN)
    assert ticket["ticket_id"] not in answer
    assert len(town.dump()["tickets"]) == 2


def test_a_persian_report_is_answered_in_persian(town: Harness) -> None:
    (answer,) = say(town, "چراغ خیابان ما خاموش است")
    assert "ثبت شد" in answer
    assert segments(answer).count <= 3


def test_new_starts_another_ticket_and_a_plain_text_continues(town: Harness) -> None:
    say(town, "There is a pothole on Elm Street")
    say(town, "It is very deep")
    assert len(town.dump()["tickets"]) == 1
    say(town, "NEW the street light at 5 Main Street is out")
    tickets = town.dump()["tickets"]
    assert len(tickets) == 2
    assert any(ticket["description"].startswith("the street light") for ticket in tickets)


def test_a_bare_new_opens_nothing_and_the_next_text_is_the_report(town: Harness) -> None:
    say(town, "There is a pothole on Elm Street")
    (asked,) = say(town, "NEW")
    assert "what is wrong and where" in asked
    assert len(town.dump()["tickets"]) == 1
    (answer,) = say(town, "The street light at 5 Main Street is out")
    texts = {ticket["description"] for ticket in town.dump()["tickets"]}
    assert texts == {"There is a pothole on Elm Street", "The street light at 5 Main Street is out"}
    assert "SR-" in answer


def test_a_bare_new_after_our_question_makes_a_report_of_what_was_said(town: Harness) -> None:
    say(town, "There is a pothole on Elm Street")
    say(town, "NEW the street light at 5 Main Street is out")
    (asked,) = say(town, "The bin in Oak Avenue 9 is full")
    assert "NEW" in asked
    (answer,) = say(town, "new")
    (ticket,) = [t for t in town.dump()["tickets"] if "bin" in t["description"]]
    assert ticket["ticket_id"] in answer
    notes = [e["text"] for e in town.dump()["entries"] if e["kind"] == "noted"]
    assert notes == [f"The citizen's last text belongs to {ticket['ticket_id']}."]


def test_an_opted_out_number_gets_no_answer_to_new(town: Harness) -> None:
    say(town, "There is a pothole on Elm Street")
    say(town, "STOP")
    assert say(town, "NEW") == []
    assert say(town, "The street light at 5 Main Street is out") == []
    assert len(town.dump()["tickets"]) == 2


def test_status_with_a_reference_is_about_that_report_alone(town: Harness) -> None:
    say(town, "There is a pothole on Elm Street")
    say(town, "NEW the street light at 5 Main Street is out")
    (pothole,) = [t for t in town.dump()["tickets"] if "pothole" in t["description"]]
    (answer,) = say(town, f"STATUS {pothole['ticket_id']}")
    assert answer.count("SR-") == 2, "once in words, once in its link"
    assert f"/t/{pothole['ticket_id']}/" in answer
    (foreign,) = say(town, f"STATUS {pothole['ticket_id']}", sender=BEN)
    assert pothole["ticket_id"] not in foreign


def test_a_report_that_nobody_classified_is_listed_by_its_first_words(town: Harness) -> None:
    say(town, "Something odd has been standing in Elm Street 5 for a week and nobody knows why")
    say(town, "NEW the street light at 5 Main Street is out")
    (asked,) = say(town, "It is still there")
    assert " Something odd has been" in asked


@pytest.mark.parametrize("body", ["", "🙂", "x" * 1600])
def test_odd_texts_never_reach_the_dead_letters(town: Harness, body: str) -> None:
    town.text(body, sender=ANA)
    town.drain()
    held = town.dump()
    assert held["dead_letters"] == []
    assert len(held["messages"]) == 1
