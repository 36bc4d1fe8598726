"""How messages fare, in the console: rates, times, stuck ones, spend, addresses released by hand."""

from __future__ import annotations

from collections.abc import Iterator
from contextvars import Context

import pytest

from chalicelib.handlers.console.desk.failure_reasons import CODES, SAID, why
from chalicelib.messages import Channel
from tests.handlers.api.test_broadcasts import TEMPLATE, act, draft, run
from tests.handlers.api.test_delivery_figures import ROWS
from tests.handlers.desk_work import hidden, post, report
from tests.harness import Harness

PAGE = "/console/sending"


@pytest.fixture(scope="module")
def town() -> Iterator[Harness]:
    with Harness.boot(has_receipts=True) as booted:
        wish = {"body": TEMPLATE, "version": 0}
        booted.http("PUT", "/api/v1/notices/water_off.en", json=wish, user="administrator")
        name = draft(booted, ROWS).json()["id"]
        act(booted, name, "approve")
        run(booted, 3)
        yield booted


def test_the_page_shows_shares_times_and_spend(town: Harness) -> None:
    page = town.http("GET", PAGE, user="auditor").text
    assert "water_off" in page and "25 %" in page
    assert "By channel" in page and "Half left within" in page
    assert "0.01 $" in page and "Nothing is stuck." in page
    assert town.http("GET", f"{PAGE}?days=3", user="auditor").status == 400
    persian = town.http("GET", f"{PAGE}?lang=fa", user="auditor").text
    assert "وضعیت پیام‌ها" in persian and 'dir="rtl"' in persian


def test_an_address_that_bounced_is_released_by_who_may(town: Harness) -> None:
    page = town.http("GET", PAGE, user="supervisor").text
    assert "bounce@example.org" in page and "Earlier mail to this address came back." in page
    assert "Write again<" in page
    own = town.http("GET", PAGE, user="auditor").text
    assert "bounce@example.org" in own and "<button" not in own.partition("<main")[2]
    released = post(town, PAGE, PAGE, "supervisor", contact="email:bounce@example.org")
    assert released.status == 303
    assert "bounce@example.org" not in town.http("GET", PAGE, user="supervisor").text
    again = {
        "form_token": hidden(
            town.http("GET", "/console/broadcasts/new", user="supervisor"), "form_token"
        )
    }
    twice = town.http(
        "POST", PAGE, form={**again, "contact": "email:nobody@x.org"}, user="supervisor"
    )
    assert twice.status == 409


@pytest.mark.parametrize(
    ("stored", "said"),
    [
        ("opted_out", "The person wants no texts."),
        ("joined:n-7", "Said together with others in one message."),
        ("smtp; 550 5.1.1 user unknown", "There is no such address."),
        ("smtp; 552 5.2.2 mailbox full", "The mailbox is full."),
        ("smtp; 550 5.7.1 message content rejected", "The receiving side refused it as unwanted."),
        ("OnAccountSuppressionList", "The provider no longer delivers to this address."),
        ("Phone is currently unreachable/unavailable", "The telephone is switched off"),
        ("Invalid phone number", "There is no such telephone number."),
        ("SES could not be reached; nothing was sent, try again.", "too busy or could not be"),
        ("Something that nobody has seen yet", "Something that nobody has seen yet"),
    ],
)
def test_reasons_are_said_in_plain_words(stored: str, said: str) -> None:
    found = Context().run(why, stored)  # in English, whatever another test spoke last
    assert said in found.words
    assert stored in (found.words, found.original) or stored in CODES or stored.startswith("joined")


def test_every_reason_has_words_in_both_languages() -> None:
    from chalicelib.templates.pages import messages

    for locale in ("en", "fa"):
        known = messages(locale, "console")
        assert all(f"why.{name}" in known for name in (*CODES, *SAID))


def test_every_notice_has_a_name_in_both_languages() -> None:
    from chalicelib.templates import notice_names
    from chalicelib.templates.pages import messages

    for locale in ("en", "fa"):
        known = messages(locale, "console")
        assert [name for name in notice_names() if f"notice.{name}" not in known] == []


def test_the_ticket_says_of_each_message_what_became_of_it_and_why(town: Harness) -> None:
    ticket_id = report(town, "A lamp is out", key="gone")
    town.drain()
    (sent,) = [n for n in town.dump()["notifications"] if n["ticket_id"] == ticket_id]
    assert sent["channel"] == Channel.EMAIL
    page = town.http("GET", f"/console/tickets/{ticket_id}", user="agent").text
    assert "Delivered" in page and "acknowledgement" in page and "ana@example.org" in page


def test_a_message_that_did_not_arrive_says_why_on_the_tickets_timeline(town: Harness) -> None:
    raw = b"From: suppressionlist@example.org\r\nTo: help@city.example\r\nSubject: Hole\r\n\r\nHi."
    town.mail(raw, to=None)
    for _ in range(3):
        town.drain()
    received = [n for n in town.dump()["notifications"] if n["notice"] == "ticket_received"]
    (sent,) = [n for n in received if "suppressionlist" in str(n["recipient"])]
    page = town.http("GET", f"/console/tickets/{sent['ticket_id']}", user="agent").text
    assert "A message did not arrive: acknowledgement" in page
    assert "There is no such address." in page and "Bounced" in page
