"""Words of any length: kept whole in one place, and nowhere copied but their beginning (H4)."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Any

import pytest

from chalicelib.tickets.dynamodb.items.keys import NOTIFICATION, TICKET
from chalicelib.tickets.model.excerpts import LETTERS
from infra.local.outbox import Sent
from tests.citizens import (
    ANA,
    PNG,
    a_mail,
    act,
    answer_to,
    reported_by_mail,
    submit_report,
    timeline_of,
    to,
    tracking_path,
)
from tests.harness import Harness

pytestmark = pytest.mark.parametrize("town", ["moto"], indirect=True)
OFFICE = "public-works@city.example"
MOST_BYTES = 20_000  # of a notification
LINE = "The hole in front of the house is deeper than last week, and it is dark there. "
SCRIPTS = [LINE, "چاله عمیق‌تر شده است ", "路上有一个很深的坑。", "🕳" * 20, '"\\' * 40]
MORE = {
    "en": "This is only the beginning.",
    "es": "Esto es solo el comienzo.",
    "fa": "این فقط آغاز متن است.",
    "zh": "这里只显示开头部分。",
}


def long_words(size: int, line: str = LINE) -> str:
    """As many bytes of prose, each line another."""
    lines, left = [], size
    while left > 0:
        lines.append(f"{len(lines)} {line}".strip())
        left -= len(lines[-1].encode()) + 1
    return "\n".join(lines)


def sizes(town: Harness, prefix: str) -> Iterator[int]:
    """The bytes of every stored item of one sort, as DynamoDB counts them."""
    rows = (row for row in town._town.rows() if row["sk"]["S"].startswith(prefix))
    return (_bytes_of(row) for row in rows)


def _bytes_of(row: Mapping[str, Any]) -> int:
    return sum(
        len(name.encode()) + len(str(next(iter(v.values()))).encode()) for name, v in row.items()
    )


def heard(town: Harness) -> list[Sent]:
    return [sent for sent in to(town, OFFICE) if "New information" in sent.subject]


@pytest.mark.parametrize("size", [398_106, 398_236, 398_356, 398_367, 1_000_000])
def test_a_very_long_reply_is_kept_whole_and_told_once_by_its_beginning(
    town: Harness, size: int
) -> None:
    ticket_id = reported_by_mail(town)["ticket_id"]
    words = long_words(size)
    town.mail(answer_to(to(town, ANA)[0], words))
    town.drain()
    for _ in range(8):
        town.tick(town.now + timedelta(minutes=15))
        town.drain()
    assert town.dump()["dead_letters"] == []
    assert timeline_of(town, ticket_id)[-1]["text"].split() == words.split()
    assert len(heard(town)) == 1, "told once, and not again every quarter of an hour"
    told = heard(town)[0]
    assert MORE["en"] in told.text
    assert MORE["en"] in told.html
    assert f"/console/tickets/{ticket_id}" in told.text
    assert len(told.text) < LETTERS + 2_000
    assert max(sizes(town, NOTIFICATION)) < MOST_BYTES


@pytest.mark.parametrize("locale", MORE)
@pytest.mark.parametrize("line", SCRIPTS)
def test_a_long_answer_says_in_its_readers_language_that_there_is_more(
    town: Harness, locale: str, line: str
) -> None:
    ticket_id = reported_by_mail(town)["ticket_id"]
    town.services.desk.change_preferences(ticket_id, _secret(town), locale=locale)
    words = long_words(60_000, line)[:9_500]
    assert act(town, ticket_id, "reply", text=words).status == 200
    town.drain()
    told = to(town, ANA)[-1]
    assert MORE[locale] in told.text
    assert words[:100].splitlines()[0].strip() in told.text.replace("\u2068", "")
    assert max(sizes(town, NOTIFICATION)) < MOST_BYTES


def test_short_words_are_told_whole_and_say_nothing_of_more(town: Harness) -> None:
    ticket_id = reported_by_mail(town)["ticket_id"]
    act(town, ticket_id, "reply", text="We come on Monday…")
    town.drain()
    assert "We come on Monday…" in to(town, ANA)[-1].text
    assert MORE["en"] not in to(town, ANA)[-1].text


def test_what_staff_hear_together_of_two_hundred_long_mails_is_small_and_one_message(
    town: Harness,
) -> None:
    reported_by_mail(town)
    for number in range(200):
        town.mail(answer_to(to(town, ANA)[0], f"Number {number}: {'路上有坑。' * 500}"))
    town.drain(3_000)
    assert len(heard(town)) == 1
    for _ in range(6):
        town.tick(town.now + timedelta(minutes=5))
        town.drain(3_000)
    assert len(heard(town)) == 2, "one more, with what came in"
    assert "+179" in heard(town)[1].text, "199, of which twenty are quoted"
    assert MORE["en"] in heard(town)[1].text
    assert max(sizes(town, NOTIFICATION)) < MOST_BYTES
    queued = [n for n in town.dump()["notifications"] if n["status"] == "queued"]
    assert queued == []


def test_what_a_citizen_hears_together_is_small_too(town: Harness) -> None:
    ticket_id = reported_by_mail(town)["ticket_id"]
    for _ in range(60):
        act(town, ticket_id, "reply", text="坑" * 9_000)
        town.drain()
    for _ in range(24):
        town.tick(town.now + timedelta(hours=1))
        town.drain()
    assert max(sizes(town, NOTIFICATION)) < MOST_BYTES
    states = {n["status"] for n in town.dump()["notifications"]}
    assert states <= {"accepted", "delivered", "cancelled"}, "each was sent or is spoken for"
    assert len(json.dumps([sent.text for sent in to(town, ANA)])) > 0


def _secret(town: Harness) -> str:
    [sent] = to(town, ANA)

    return tracking_path(sent.text).rpartition("/")[2]


def a_megabyte_by(town: Harness, way: str, words: str) -> None:
    if way == "mail":
        town.mail(a_mail(words))
    elif way == "form":
        assert submit_report(town, service="graffiti", description=words).status == 200
    else:
        ticket_id = reported_by_mail(town)["ticket_id"]
        assert act(town, ticket_id, way, text=words).status == 200
    town.drain()


@pytest.mark.parametrize("line", SCRIPTS[:3], ids=["latin", "arabic", "han"])
@pytest.mark.parametrize("way", ["mail", "form", "reply", "note"])
def test_a_megabyte_is_kept_whole_however_it_comes(town: Harness, way: str, line: str) -> None:
    words = long_words(1_000_000, line)
    a_megabyte_by(town, way, words)
    assert town.dump()["dead_letters"] == []
    kept = max((e["text"] for e in town.dump()["entries"]), key=len)
    assert kept.split() == words.split()
    assert max(sizes(town, NOTIFICATION)) < MOST_BYTES
    assert max(sizes(town, TICKET)) < MOST_BYTES


@pytest.mark.parametrize("letter", ["a", "چ", "坑", "🕳", '"'])
def test_a_ticket_is_small_however_much_was_written(town: Harness, letter: str) -> None:
    files = {f"{n}".ljust(90, "x") + ".png": PNG + bytes([n]) for n in range(50)}
    ticket_id = reported_by_mail(town, text=letter * 100_000, files=files)["ticket_id"]
    for _ in range(3):
        for status in ("pending", "in_progress"):
            act(town, ticket_id, "status", status=status, reason=letter * 1_000)
    act(town, ticket_id, "reply", text=letter * 20_000, then="resolved")
    assert max(sizes(town, TICKET)) < MOST_BYTES
    page = town.http("GET", f"/console/tickets/{ticket_id}", user="agent")
    assert page.text.count("/files/") >= 50, "and every file is there"
