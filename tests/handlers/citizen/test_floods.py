"""Very many forms from one network: what was taken stays, browsers work or wait, danger passes."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest

from chalicelib.handlers.citizen.reporting.rate_limits import VALID_SECONDS, WAIT_SECONDS, is_solved
from chalicelib.tickets.catalog.allowances import MORE_WITH_WORK
from tests.handlers.visitor import Page, Visitor, pass_time
from tests.harness import Harness

LIMIT = 3


def set_limit(town: Harness, limit: int) -> None:
    """What an administrator does."""
    url = "/api/v1/policies/policy"
    item = town.http("GET", url, user="administrator").json()
    body = item["body"] | {"network_reports_an_hour": limit}
    wanted = {"version": item["version"], "body": body}
    answer = town.http("PUT", url, user="administrator", json=wanted)
    assert answer.status == 200, answer.text
    town.restart()


@pytest.fixture(scope="module")
def town() -> Iterator[Harness]:
    with Harness.boot() as booted:
        set_limit(booted, LIMIT)
        yield booted


@pytest.fixture
def visitor(town: Harness) -> Visitor:
    pass_time(town, timedelta(hours=1))
    return Visitor(town)


def send(visitor: Visitor, words: str) -> tuple[int, Page]:
    fields = {"description": words, "address": "A", "contact": "anonymous"}
    answer, page = visitor.send("/report?service=graffiti", fields)
    return answer.status, page


def flood(visitor: Visitor, words: str) -> tuple[int, Page]:
    for number in range(LIMIT):
        assert send(visitor, f"{words} {number}")[0] == 200
    return send(visitor, f"{words} and one more")


def work(page: Page) -> dict[str, str]:
    """The form with the work done."""
    token = page.hidden["work_token"]
    answer = next(str(n) for n in range(10_000_000) if is_solved(token, str(n)))
    return page.hidden | {"work_answer": answer}


def count(town: Harness, words: str) -> int:
    return len([t for t in town.dump()["tickets"] if words in t["description"]])


def test_what_came_in_time_is_kept_and_the_next_is_asked_for_work_in_plain_words(  # A17
    town: Harness, visitor: Visitor
) -> None:
    status, page = flood(visitor, "Flood")
    assert status == 429
    assert count(town, "Flood") == LIMIT
    assert "To keep robots out" in page.words and "Please wait 60 seconds" in page.words
    assert any(link.startswith("mailto:") for link in page.links)


def test_work_opens_the_gate_for_this_report_alone(town: Harness, visitor: Visitor) -> None:
    _, page = flood(visitor, "Work")
    done = work(page)
    assert town.http("POST", "/report", form=page.hidden | {"work_answer": "0x"}).status == 429
    other = done | {"submission": "another-submission-key-1"}
    assert town.http("POST", "/report", form=other).status == 429
    assert town.http("POST", "/report", form=done).status == 200
    assert count(town, "Work and one more") == 1


def test_work_is_good_for_an_hour(town: Harness, visitor: Visitor) -> None:  # A17
    flood(visitor, "Old")
    _, page = send(visitor, "Old and one more")
    done = work(page)
    pass_time(town, timedelta(seconds=VALID_SECONDS + 1))
    flood(visitor, "New")  # the hour is another one, and full again
    assert town.http("POST", "/report", form=done).status == 429
    assert count(town, "Old and one more") == 0


def test_even_work_has_an_end(town: Harness, visitor: Visitor) -> None:  # A17
    flood(visitor, "Robots")
    statuses = []
    for number in range(LIMIT * MORE_WITH_WORK + 1):
        _, page = send(visitor, f"Robots that work {number}")
        statuses.append(town.http("POST", "/report", form=work(page)).status)
    assert statuses == [200] * LIMIT * MORE_WITH_WORK + [429]


def test_whoever_has_no_scripts_waits_a_minute(town: Harness, visitor: Visitor) -> None:  # A17
    _, page = flood(visitor, "Wait")
    assert town.http("POST", "/report", form=page.hidden).status == 429
    pass_time(town, timedelta(seconds=WAIT_SECONDS))
    assert town.http("POST", "/report", form=page.hidden).status == 200
    assert count(town, "Wait and one more") == 1


def test_danger_passes_every_gate(town: Harness, visitor: Visitor) -> None:
    flood(visitor, "Busy")
    status, page = send(visitor, "There is a gas leak in the flood")
    assert status == 200 and "tel:911" in page.links


def test_no_address_of_a_visitor_is_stored(town: Harness, visitor: Visitor) -> None:
    send(visitor, "Whose")
    assert "127.0.0.1" not in str(town.dump())


def test_many_addresses_are_not_tried_for_their_lists(
    town: Harness, visitor: Visitor
) -> None:  # A19
    _, page = visitor.load("/my")
    statuses = [
        town.http("POST", "/my", form={**page.hidden, "address": f"try{number}@example.org"}).status
        for number in range(31)
    ]
    assert set(statuses[:30]) == {303}
    assert statuses[30] == 429
