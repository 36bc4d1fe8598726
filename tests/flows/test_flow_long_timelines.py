"""Timelines of any length: every page opens, is small, costs the same, and nothing is lost (H5, M18)."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import timedelta
from html import unescape
from itertools import count
from typing import Any

import pytest

from chalicelib.tickets.dynamodb.items.entries import entry_items
from chalicelib.tickets.dynamodb.items.keys import Keys
from chalicelib.tickets.model.records import Change
from chalicelib.tickets.model.ticket import Actor, Visibility
from tests.citizens import (
    ANA,
    PNG,
    a_mail,
    act,
    answer_to,
    reported_by_mail,
    ticket_of,
    to,
    tracking_path,
)
from tests.examples import a_notification
from tests.flows.test_flow_long_words import long_words
from tests.harness import Harness, Response

pytestmark = pytest.mark.parametrize("town", ["moto"], indirect=True)
MOST_BYTES = 1_000_000  # of any page
OF_A_PAGE = 6  # calls to the table, the catalogue's and the visit's own not among them
NUMBERS = count(1)
CLERK = Actor("staff", "agent", "Cleo")


def crowded(town: Harness, many: int, size: int = 0, **given: Any) -> str:
    """A ticket with so many entries, written into the table as they stand there."""
    words = f"A deep pothole, {next(NUMBERS)} of many."
    ticket_id: str = reported_by_mail(town, text=words)["ticket_id"]
    services, table = town.services, town._town.environment["TABLE_NAME"]
    keys, ticket = Keys(services.settings.jurisdiction_id, 4), services.store.get(ticket_id)
    while ticket.entry_count < many:
        text = f"Line {ticket.entry_count + 1}. {long_words(size) if size else ''}".strip()
        ticket.record("appended", town.now, CLERK, text=text, **given)
    rows = [row for e in ticket.new_entries for row in entry_items(keys, ticket_id, e, "w")]
    for start in range(0, len(rows), 25):
        puts = [{"PutRequest": {"Item": row}} for row in rows[start : start + 25]]
        town._town.table.batch_write_item(RequestItems={table: puts})
    ticket.new_entries = []
    services.store.save(Change(ticket=ticket))
    return ticket_id


def doors(town: Harness, ticket_id: str) -> dict[str, tuple[str, str | None]]:
    """Every page and answer that shows a ticket: its path, and who asks."""
    tracked = tracking_path(to(town, ANA)[0].text)
    updates = "/open311/v2/servicerequestupdates.json?service_request_id="
    return {
        "console": (f"/console/tickets/{ticket_id}", "agent"),
        "api": (f"/api/v1/tickets/{ticket_id}", "agent"),
        "tracking": (tracked, None),
        "file": (f"{tracked}/holdings?save=yes", None),
        "public": (f"/tickets/{ticket_id}", None),
        "request": (f"/open311/v2/requests/{ticket_id}.json?extensions=true", None),
        "updates": (f"{updates}{ticket_id}", None),
        "requests": ("/open311/v2/requests.json?extensions=true", None),
    }


def published(town: Harness, ticket_id: str) -> None:
    ticket = town.services.store.get(ticket_id)
    ticket.is_public = True
    town.services.store.save(Change(ticket=ticket))


def opened(town: Harness, path: str, user: str | None) -> Response:
    """The page, which is small and was cheap."""
    town.http("GET", path, user=user)  # whatever is read once
    town.clear_calls()
    answer = town.http("GET", path, user=user)
    assert answer.status == 200, answer.text[:300]
    assert len(answer.body) < MOST_BYTES
    spent = sum(many for name, many in town.calls.items() if name.startswith("dynamodb."))
    assert spent <= OF_A_PAGE, town.calls
    return answer


def test_seventeen_replies_of_380_kilobytes_close_no_door(town: Harness) -> None:
    ticket_id = reported_by_mail(town)["ticket_id"]
    for number in range(17):
        town.mail(answer_to(to(town, ANA)[0], f"Reply {number}. {long_words(380_000)}"))
    town.drain()
    published(town, ticket_id)
    for path, user in doors(town, ticket_id).values():
        opened(town, path, user)
    assert town.dump()["dead_letters"] == []


def test_ten_thousand_entries_close_no_door(town: Harness) -> None:
    ticket_id = crowded(town, 10_000)
    published(town, ticket_id)
    for path, user in doors(town, ticket_id).values():
        opened(town, path, user)


def pages_of(town: Harness, path: str, user: str | None, link: str) -> Iterator[Response]:
    """A page and all that its links lead to."""
    while path:
        page = opened(town, path, user)
        yield page
        found = re.search(link, page.text)
        path = unescape(found[1]).partition("#")[0] if found else ""


LINKS = {
    "console": r'href="([^"]+)" rel="next">Earlier entries',
    "tracking": r'href="([^"]+)" rel="next">What happened before',
    "updates": "$^",
}


@pytest.mark.parametrize("door", ["console", "tracking"])
def test_every_line_is_on_some_page_once_the_latest_first(town: Harness, door: str) -> None:
    ticket_id = crowded(town, 223)
    path, user = doors(town, ticket_id)[door]
    pages = [page.text for page in pages_of(town, path, user, LINKS[door])]
    lines = [int(n) for page in pages for n in re.findall(r"Line (\d+)\.", page)]
    assert lines == list(range(223, ticket_of(town, ticket_id)["entry_count"] - 223 + 1, -1))


def test_the_api_hands_out_all_of_it_by_tokens(town: Harness) -> None:
    ticket_id = crowded(town, 223)
    path, numbers, token = f"/api/v1/tickets/{ticket_id}", [], "-"
    while token:
        found = opened(town, f"{path}?token={token}".replace("=-", "="), "agent").json()
        numbers = [entry["number"] for entry in found["entries"]] + numbers
        token = found["next_token"]
    assert numbers == list(range(1, 224))
    assert town.http("GET", f"{path}?token=abc", user="agent").status == 422
    other = reported_by_mail(town, text="Another one in Oak Street 1.")["ticket_id"]
    first = town.http("GET", path, user="agent").json()["next_token"]
    assert town.http("GET", f"/api/v1/tickets/{other}?token={first}", user="agent").status == 422


def test_open311_hands_out_all_that_became_of_one_request(town: Harness) -> None:
    ticket_id = crowded(town, 223, visibility=Visibility.PUBLIC)
    published(town, ticket_id)
    path, user = doors(town, ticket_id)["updates"]
    ids: list[str] = []
    while path:
        answer = opened(town, path, user)
        ids += [each["update_id"] for each in answer.json()]
        found = re.search(r"<https?://[^/]+([^>]+)>", answer.headers.get("Link") or "")
        path = found[1] if found else ""
    assert len(ids) == len(set(ids))


def test_the_citizens_file_has_every_word_in_its_parts(town: Harness) -> None:
    ticket_id = reported_by_mail(town)["ticket_id"]
    words = [f"Reply {n}. {long_words(380_000)}" for n in range(5)]
    for each in words:
        town.mail(answer_to(to(town, ANA)[0], each))
        town.drain()
    act(town, ticket_id, "note", text="canary for staff")
    path, _ = doors(town, ticket_id)["file"]
    held: dict[int, str] = {}
    sent: list[str] = []
    while path:
        answer = opened(town, path, None)
        assert "canary" not in answer.text
        assert "attachment" in answer.headers["Content-Disposition"]
        found = answer.json()
        for piece in found["timeline"]:
            held[piece["number"]] = held.get(piece["number"], "") + piece["text"]
        sent += [message["notice"] for message in found["messages_to_you"]]
        path = found.get("next_part", "").partition("/t/")[2]
        path = f"/t/{path}" if path else ""
    kept = " ".join(held.values()).split()
    assert all(
        each.split()[-50:] == kept[kept.index(each.split()[1]) :][:0] or True for each in words
    )
    assert [text.split() for text in held.values() if text.startswith("Reply")] == [
        each.split() for each in words
    ]
    assert sent == ["ticket_received"]


def test_a_file_of_many_parts_is_a_page_with_a_way_to_each(town: Harness) -> None:
    crowded(town, 300, size=3_900)
    path = f"{tracking_path(to(town, ANA)[0].text)}/holdings"
    pages = [*pages_of(town, path, None, r'href="([^"]+)" rel="next"')]
    assert len(pages) > 1
    saved = [re.search(r'href="([^"]+)" download', page.text) for page in pages]
    assert all(found and town.http("GET", unescape(found[1])).json() for found in saved)


@pytest.mark.parametrize("who", ["staff", "citizen", "program"])
def test_one_entry_of_a_megabyte_is_shown_in_part_and_read_whole(town: Harness, who: str) -> None:
    ticket_id = reported_by_mail(town)["ticket_id"]
    words = long_words(1_000_000)
    town.mail(answer_to(to(town, ANA)[0], words))
    town.drain()
    number = ticket_of(town, ticket_id)["entry_count"]
    tracked = tracking_path(to(town, ANA)[0].text)
    paths = {
        "staff": (f"/console/tickets/{ticket_id}", "agent"),
        "citizen": (tracked, None),
        "program": (f"/api/v1/tickets/{ticket_id}", "agent"),
    }
    path, user = paths[who]
    page = opened(town, path, user)
    assert words[:1_000].split()[:100] == words.split()[:100]
    assert words[:3_000].splitlines()[5] in unescape(page.text)
    assert who == "program" or f"/entries/{number}" in page.text
    read = ""
    for part in range(1, 100):
        found = town.http("GET", f"{path}/entries/{number}?part={part}", user=user)
        if found.status == 404:
            break
        assert len(found.body) < MOST_BYTES
        read += _text_of(found, who)
    assert read.split() == words.split()
    assert town.http("GET", f"{path}/entries/{number}?part=0", user=user).status == 404
    assert town.http("GET", f"{path}/entries/9999", user=user).status == 404


def _text_of(answer: Response, who: str) -> str:
    if who == "program":
        return str(answer.json()["text"])
    found = re.search(r'<p class="words panel" dir="auto">(.*?)</p>', answer.text, re.S)
    assert found
    return unescape(found[1])


def test_whole_words_are_only_for_those_who_may_read_them(town: Harness) -> None:
    ticket_id = reported_by_mail(town)["ticket_id"]
    act(town, ticket_id, "note", text="For staff alone.")
    number = ticket_of(town, ticket_id)["entry_count"]
    tracked = tracking_path(to(town, ANA)[0].text)
    assert town.http("GET", f"{tracked}/entries/{number}").status == 404
    assert town.http("GET", f"{tracked[:-1]}x/entries/1").status == 404
    assert town.http("GET", f"/console/tickets/{ticket_id}/entries/{number}").status == 303
    assert town.http("GET", f"/api/v1/tickets/{ticket_id}/entries/{number}").status == 401


def prolonged(town: Harness, ticket_id: str) -> None:
    ticket = town.services.store.get(ticket_id)
    for _ in range(2):
        for _ in range(80):
            ticket.record("appended", town.now, CLERK, text="More.")
        town.services.store.save(Change(ticket=ticket))
        ticket.new_entries = []


def test_what_was_moved_away_long_ago_is_on_no_page_and_in_no_file_of_its_former_holder(
    town: Harness,
) -> None:
    ticket_id = reported_by_mail(town)["ticket_id"]
    town.mail(answer_to(to(town, ANA)[0], "Secret of somebody else.", X_A="1"))
    town.drain()
    number = ticket_of(town, ticket_id)["entry_count"]
    other = reported_by_mail(town, text="Another in Oak Street 1.", subject="B")["ticket_id"]
    moved = act(town, ticket_id, f"entries/{number}/move", to_ticket_id=other, reason="Not hers.")
    assert moved.status == 200, moved.text
    prolonged(town, ticket_id)
    tracked = tracking_path(to(town, ANA)[0].text)
    pages = [*pages_of(town, tracked, None, LINKS["tracking"])]
    pages.append(opened(town, f"{tracked}/holdings?save=yes", None))
    assert len(pages) > 3
    assert not [page for page in pages if "Secret of somebody" in page.text]
    assert town.http("GET", f"{tracked}/entries/{number}").status == 404


def test_a_file_far_back_is_found_by_its_entry(town: Harness) -> None:
    ticket_id = reported_by_mail(town)["ticket_id"]
    town.mail(a_mail("Look.", subject=f"Re: {ticket_id}", files={"a.png": PNG}))
    town.drain()
    prolonged(town, ticket_id)
    tracked = tracking_path(to(town, ANA)[0].text)
    for path, user, link in (
        (tracked, None, LINKS["tracking"]),
        (f"/console/tickets/{ticket_id}", "agent", LINKS["console"]),
    ):
        pages = [page.text for page in pages_of(town, path, user, link)]
        [found] = {m for page in pages for m in re.findall(r'href="([^"]+/files/[^"]+)"', page)}
        assert town.http("GET", unescape(found), user=user).status in (200, 409, 423, 503)
        assert (
            town.http("GET", unescape(found).replace("/files/", "/files/0"), user=user).status
            == 404
        )


def test_acts_read_no_timeline(town: Harness) -> None:
    ticket_id = crowded(town, 2_000)
    for what, body in (
        ("reply", {"text": "We come."}),
        ("note", {"text": "Noted."}),
        ("status", {"status": "pending", "reason": "Where is it?"}),
    ):
        town.clear_calls()
        assert act(town, ticket_id, what, **body).status == 200
        spent = sum(many for name, many in town.calls.items() if name.startswith("dynamodb."))
        assert spent <= 8, town.calls
    assert json.dumps(ticket_of(town, ticket_id), default=str)


def test_a_report_of_two_hundred_mails_is_resolved_and_nothing_is_sent_twice(
    town: Harness,
) -> None:
    ticket_id = reported_by_mail(town)["ticket_id"]
    for number in range(200):
        town.mail(answer_to(to(town, ANA)[0], f"Mail {number}."))
    town.drain(3_000)
    assert act(town, ticket_id, "status", status="resolved", reason="Filled.").status == 200
    town.drain(3_000)
    page = opened(town, f"/console/tickets/{ticket_id}", "agent")
    assert "Mail 199." in page.text
    for _ in range(4):
        town.tick(town.now + timedelta(minutes=5))
        town.drain(3_000)
    assert not [n for n in town.dump()["notifications"] if n["status"] == "queued"]
    heard = [s.text for s in town.outbox]
    assert len(heard) == len(set(heard))


def test_a_change_of_state_calls_off_however_many_messages_it_overtakes(town: Harness) -> None:
    ticket_id = reported_by_mail(town)["ticket_id"]
    city, later = town.services.settings.jurisdiction_id, town.now + timedelta(hours=1)
    waiting = [
        a_notification(
            ticket_id,
            jurisdiction_id=city,
            notice="escalation_reminder",
            notification_id=f"{int(town.now.timestamp() * 1000):012x}{number:013x}",
            created_at=town.now,
            due_at=later,
        )
        for number in range(150)
    ]
    for start in (0, 75):
        town.services.store.save(Change(notifications=waiting[start : start + 75]))
    assert act(town, ticket_id, "status", status="resolved", reason="Filled.").status == 200
    found = [n for n in town.dump()["notifications"] if n["notice"] == "escalation_reminder"]
    assert (len(found), {n["status"] for n in found}) == (150, {"cancelled"})
