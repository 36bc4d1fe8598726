"""The catalogue's cases of text messages (S01 to S14), from outside. S12 is in the tests of the form."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from chalicelib.channels.sms.segments import fit, segments
from tests.faults import fault, sms_refusal
from tests.flows.test_flow_sending_cases import got, told
from tests.handlers.visitor import Visitor
from tests.harness import Harness

COUNT = itertools.count(1)
SNS = "sns.Publish"
POTHOLE = "A deep pothole in Elm Street 5"


@pytest.fixture(scope="module")
def city() -> Iterator[Harness]:
    with Harness.boot() as town:
        yield town


def phone() -> str:
    return f"+1202555{5000 + next(COUNT)}"


def tickets(town: Harness, number: str) -> list[dict[str, Any]]:
    return [t for t in town.dump()["tickets"] if number in str(t["requester"])]


def said(town: Harness, ticket: dict[str, Any]) -> list[str]:
    """What the citizen said, in the order of the timeline."""
    found = [e for e in town.dump()["entries"] if e["ticket_id"] == ticket["ticket_id"]]
    return [e["text"] for e in found if e["kind"] in ("opened", "appended")]


def test_s01_one_event_five_times_two_at_once_is_one_entry_and_one_answer(city: Harness) -> None:
    number = phone()
    event = city.text(POTHOLE, sender=number, message_id=f"m-{number}")
    with ThreadPoolExecutor(2) as both:
        list(both.map(city.deliver, [event, event]))
    for _ in range(3):
        city.deliver(event)
    city.drain()
    (ticket,) = tickets(city, number)
    assert (len(said(city, ticket)), len(got(city, number))) == (1, 1)


def test_s02_two_parts_the_second_first_are_one_ticket_in_the_order_of_their_times(
    city: Harness,
) -> None:
    number = phone()
    first = city.text(f"{POTHOLE}, it is", sender=number, at=city.now - timedelta(seconds=4))
    second = city.text("half a metre wide", sender=number, at=city.now - timedelta(seconds=2))
    city.deliver(second)
    city.deliver(first)
    city.drain()
    (ticket,) = tickets(city, number)
    assert sorted(said(city, ticket)) == sorted([f"{POTHOLE}, it is", "half a metre wide"])
    assert ticket["description"] == f"{POTHOLE}, it is\nhalf a metre wide"


WORDS = ["STOP", " Stop ", "STOPALL", "UNSUBSCRIBE", "END", "QUIT", "CANCEL", "REVOKE", "OPT OUT"]


@pytest.mark.parametrize("word", WORDS)
def test_s03_a_word_of_refusal_holds_before_the_next_send_and_is_confirmed_once(
    city: Harness, word: str
) -> None:
    number = phone()
    city.deliver(city.text(POTHOLE, sender=number))  # its answer is queued
    for _ in range(2):
        city.deliver(city.text(word, sender=number))
    city.drain()
    assert [n["status"] for n in told(city, number) if n["notice"] == "ticket_received"] == [
        "cancelled"
    ]
    assert len(got(city, number)) == 1, "one confirmation"
    assert city.services.store.contact(f"tel:{number}").suppressed == {"sms": "opted_out"}
    assert len(tickets(city, number)) == 1


def test_s04_start_brings_texts_back_and_help_is_one_answer_without_a_ticket(city: Harness) -> None:
    number = phone()
    for word in ("STOP", "UNSTOP"):
        city.text(word, sender=number)
        city.drain()
    assert city.services.store.contact(f"tel:{number}").suppressed == {}
    for word in ("HELP", "INFO"):
        other = phone()
        city.text(word, sender=other)
        city.drain()
        assert (len(got(city, other)), tickets(city, other)) == (1, [])


def test_s05_an_opted_out_number_is_asked_of_our_own_list_first_and_never_again(
    city: Harness,
) -> None:
    number = phone()
    city.deliver(city.text(POTHOLE, sender=number))
    refusal = sms_refusal("OptedOut", "Phone number is opted out")
    with fault(SNS, times=9, reply=refusal) as seen:
        city.drain()
        city.tick(city.now + timedelta(minutes=10))
        city.drain()
        assert sum(number[1:] in str(body) for body in seen.bodies) == 1
    assert told(city, number)[0]["status"] == "suppressed"
    stopped = phone()
    city.text("STOP", sender=stopped)
    city.drain()
    before = len(got(city, stopped))
    event = city.text(POTHOLE, sender=stopped)
    with fault(SNS) as seen:
        city.deliver(event)
        city.drain()
        assert seen.calls == 0, "our own list knew"
    assert len(got(city, stopped)) == before


def test_s07_only_our_own_topic_and_number_are_listened_to(city: Harness) -> None:
    event = {"Type": "Notification", "Message": '{"originationNumber": "+12025550100"}'}
    assert city.http("POST", "/sms", json=event).status in (403, 404, 405)
    assert city.http("POST", "/api/v1/sms", json=event).status in (401, 403, 404, 405)
    number = phone()
    city.text(POTHOLE, sender=number, to="+12025559999")
    city.drain()
    assert (tickets(city, number), got(city, number)) == ([], [])
    assert [m for m in city.dump()["quarantine"] if number in str(m)], "a person looks at it"


@pytest.mark.parametrize("body", ["", "x" * 1_600, "\U0001f573\U0001f573", "\u200c"])
def test_s08_odd_texts_are_kept_and_never_loop(city: Harness, body: str) -> None:
    number = phone()
    event = city.text(body, sender=number)
    assert city.deliver(event)["batchItemFailures"] == []
    city.drain()
    stored = city.dump()
    assert stored["dead_letters"] == []
    (ticket,) = tickets(city, number)
    is_blank = not body.strip("\u200c")
    (opened,) = [e for e in stored["entries"] if e["ticket_id"] == ticket["ticket_id"]]
    assert (opened["data"].get("nature") == "unreadable") is is_blank, "a person looks at it"
    assert bool(got(city, number)) is not is_blank


@pytest.mark.parametrize("sender", ["72345", "CITYBANK"])
def test_s09_short_codes_and_names_are_stored_and_never_answered(
    city: Harness, sender: str
) -> None:
    city.text(POTHOLE, sender=sender, message_id=f"from-{sender}")
    city.drain()
    assert got(city, sender) == []
    assert not [t for t in city.dump()["tickets"] if sender in str(t["requester"])]
    assert [m for m in city.dump()["messages"] if f"from-{sender}" in str(m)]


def test_s10_a_telephone_that_answers_by_itself_gets_at_most_one_answer_a_day(
    city: Harness,
) -> None:
    number = phone()
    for _ in range(4):
        city.text("I'm driving, will reply later", sender=number)
        city.drain()
    assert (got(city, number), tickets(city, number)) == ([], [])
    assert len([m for m in city.dump()["messages"] if number in str(m)]) == 4, "all are kept"


def test_s11_a_long_answer_is_cut_at_a_word_with_its_link_and_no_letter_is_lost(
    city: Harness,
) -> None:
    number = phone()
    city.text(POTHOLE, sender=number)
    city.drain()
    (ticket,) = tickets(city, number)
    words = "\u201cW\u0175r\u201d \u0177n \U0001f573 " * 65
    path = f"/api/v1/tickets/{ticket['ticket_id']}"
    wish = {"text": words[:900], "version": ticket["version"]}
    assert city.http("POST", f"{path}/reply", json=wish, user="agent").status == 200
    city.drain()
    text = got(city, number)[-1].text
    assert "/t/" in text
    assert segments(fit(text)).count == segments(text).count
    assert "W\u0175r" in text, "national letters are no question marks"
    text.encode("utf-16", "strict")  # no half of a surrogate pair


def test_s13_a_text_from_another_number_is_not_attached_and_learns_nothing(city: Harness) -> None:
    number, other = phone(), phone()
    city.text(POTHOLE, sender=number)
    city.drain()
    (ticket,) = tickets(city, number)
    city.text(f"{ticket['ticket_id']} what is the matter?", sender=other)
    city.drain()
    assert len(said(city, ticket)) == 1
    assert all("Elm Street" not in sent.text for sent in got(city, other))


@pytest.mark.parametrize("code", ["MonthlySpendLimitReached", "AuthorizationError"])
def test_s14_a_spending_limit_ends_by_name_and_staff_are_told_once(
    city: Harness, code: str
) -> None:
    number = phone()
    city.deliver(city.text(POTHOLE, sender=number))
    refusal = sms_refusal(code)
    with fault(SNS, times=999, reply=refusal):
        city.drain()
        for _ in range(2):
            city.tick(city.now + timedelta(minutes=150))
            city.drain(2_000)
    message = told(city, number)[0]
    assert (message["status"], bool(message["reason"])) == ("failed", True)
    entries = [e["kind"] for e in city.dump()["entries"] if e["ticket_id"] == message["ticket_id"]]
    assert entries.count("notice_failed") == 1


@pytest.mark.parametrize(
    "refusal",
    [sms_refusal("InvalidParameter"), sms_refusal("OptedOut", "Phone number is opted out")],
)
def test_s14_what_the_provider_refuses_goes_by_mail_when_an_address_is_known(
    city: Harness, refusal: Any
) -> None:
    ticket_id, number, mail = by_text(city)
    with fault(SNS, times=99, reply=refusal):
        answer_by_staff(city, ticket_id)
        city.drain()
    assert got(city, number) == []
    assert "We are on it." in got(city, mail)[-1].text


def test_s12_when_the_citys_texts_are_used_up_mail_is_tried_and_staff_know(city: Harness) -> None:
    ticket_id, number, mail = by_text(city)
    set_policy(city, sms_segments_a_day=1)
    answer_by_staff(city, ticket_id)
    city.drain()
    assert got(city, number) == []
    assert "We are on it." in got(city, mail)[-1].text
    (unsent,) = [n for n in told(city, number) if n["notice"] == "ticket_replied"]
    assert (unsent["status"], "used up" in unsent["reason"]) == ("suppressed", True)
    page = city.http("GET", f"/console/tickets/{ticket_id}", user="agent").text
    assert "used up" in page, "staff read why"
    set_policy(city, sms_segments_a_day=10_000)


def by_text(town: Harness) -> tuple[str, str, str]:
    """A report of somebody with a telephone and a mailbox who wants texts: its id, number, address."""
    number, mail = phone(), f"both-{next(COUNT)}@example.org"
    visitor = Visitor(town)
    path = visitor.report(description=POTHOLE, email=mail, phone=number)
    town.drain()
    visitor.send(path, {"locale": "en", "channel": "sms"}, to=f"{path}/preferences")
    return path.split("/")[2], number, mail


def answer_by_staff(town: Harness, ticket_id: str) -> None:
    (ticket,) = [t for t in town.dump()["tickets"] if t["ticket_id"] == ticket_id]
    wish = {"text": "We are on it.", "version": ticket["version"]}
    answer = town.http("POST", f"/api/v1/tickets/{ticket_id}/reply", json=wish, user="agent")
    assert answer.status == 200, answer.text


def set_policy(town: Harness, **given: Any) -> None:
    url = "/api/v1/policies/policy"
    item = town.http("GET", url, user="administrator").json()
    wanted = {"version": item["version"], "body": item["body"] | given}
    assert town.http("PUT", url, user="administrator", json=wanted).status == 200
    town.restart()


@pytest.mark.parametrize(
    ("local", "waits"),
    [("20:59", False), ("21:00", True), ("22:30", True), ("07:59", True), ("08:00", False)],
)
def test_s06_a_text_that_is_not_urgent_waits_for_the_morning(
    city: Harness, local: str, waits: bool
) -> None:
    """By New York's clock; the urgent class is in `tests/notifications/sending/test_sending_hours.py`."""
    number = phone()
    day = (city.now + timedelta(days=1)).date().isoformat()
    city.text(POTHOLE, sender=number)
    city.drain(2_000)
    (ticket,) = tickets(city, number)
    zone = ZoneInfo("America/New_York")
    moment = datetime.fromisoformat(f"{day}T{local}").replace(tzinfo=zone)
    city._town.clock.move_to(moment.astimezone(UTC))
    path = f"/api/v1/tickets/{ticket['ticket_id']}"
    wish = {"text": "We are on it.", "version": ticket["version"]}
    assert city.http("POST", f"{path}/reply", json=wish, user="agent").status == 200
    city.drain(2_000)
    is_sent = any("We are on it" in sent.text for sent in got(city, number))
    assert is_sent != waits
    if waits:
        (held,) = city.services.store.queued(ticket["ticket_id"])
        assert held.due_at is not None
        assert f"{held.due_at.astimezone(zone):%H:%M}" == "08:00"
        assert held.attempts == 0, "it was not even begun"
