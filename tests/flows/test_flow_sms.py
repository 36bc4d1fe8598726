"""2. SMS in: tickets, conversations, keywords."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.citizens import kinds, newest_ticket, reference_in, timeline_of, to
from tests.harness import Harness

PHONE = "+15550109911"


def _text(town: Harness, words: str, sender: str = PHONE) -> None:
    town.text(words, sender=sender)
    town.drain()


def test_a_text_opens_a_ticket_and_gets_one_short_answer(town: Harness) -> None:
    _text(town, "Streetlight out at 12 Main Street")
    ticket = newest_ticket(town)
    assert ticket["channel"] == "sms"
    assert ticket["requester"]["phone"] == PHONE
    assert ticket["service_code"] == "streetlight"
    [answer] = to(town, PHONE)
    assert reference_in(answer.text) == ticket["ticket_id"]
    assert len(answer.text) <= 306  # two segments


def test_the_next_text_continues_the_conversation(town: Harness) -> None:
    _text(town, "Streetlight out at 12 Main Street")
    town.tick(town.now + timedelta(hours=2))
    _text(town, "It flickers a bit now")
    ticket = newest_ticket(town)
    assert len(town.dump()["tickets"]) == 1
    assert timeline_of(town, ticket["ticket_id"])[-1]["text"] == "It flickers a bit now"


def test_somebody_elses_text_is_another_ticket(town: Harness) -> None:
    _text(town, "Streetlight out at 12 Main Street")
    mine = newest_ticket(town)["ticket_id"]
    _text(town, f"About {mine}: please close it", sender="+15550109922")
    assert "appended" not in kinds(town, mine)
    assert all(mine not in answer.text for answer in to(town, "+15550109922"))


def test_stop_ends_texts_and_start_begins_them_again(town: Harness) -> None:
    _text(town, "Streetlight out at 12 Main Street")
    _text(town, "STOP")
    stopped = len(to(town, PHONE))
    assert stopped <= 2
    _text(town, "The light at number 14 is out as well")
    assert len(to(town, PHONE)) == stopped
    _text(town, "START")
    assert len(to(town, PHONE)) == stopped + 1


@pytest.mark.parametrize("word", ["HELP", "help", "ayuda", "راهنما", "帮助"])
def test_help_is_answered_without_a_ticket(town: Harness, word: str) -> None:
    _text(town, word)
    assert town.dump()["tickets"] == []
    assert len(to(town, PHONE)) == 1


def test_a_text_with_missing_fields_is_kept_for_a_person(town: Harness) -> None:
    town.text("", sender="")
    town.drain()
    stored = town.dump()
    assert stored["dead_letters"] == []
    assert len(stored["messages"]) == 1
    assert town.outbox == []


def test_a_phone_that_answers_by_itself_gets_no_second_answer(town: Harness) -> None:
    _text(town, "Streetlight out at 12 Main Street")
    for _ in range(3):
        _text(town, "I'm driving right now, I'll get back to you later")
    assert len(to(town, PHONE)) == 1
