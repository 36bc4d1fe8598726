"""A list of GeoReport v2 finds what is rare, also for programs that follow no link, and has an end."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest

from chalicelib.handlers.open311 import listing
from chalicelib.tickets.dynamodb.stores import lists
from tests.handlers.programs import PLACE, Program
from tests.harness import Harness


@pytest.fixture
def program() -> Iterator[Program]:
    """A town whose index tells one row a call, so that a store's page looks at four; and three looks."""
    rows, looks = lists.ROWS_A_CALL, listing.LOOKS
    lists.ROWS_A_CALL, listing.LOOKS = 1, 3
    with Harness.boot() as town:
        yield Program(town)
    lists.ROWS_A_CALL, listing.LOOKS = rows, looks


def ask(program: Program) -> list[str]:
    answer = program.get("/requests.json?service_code=streetlight")
    return [each["service_request_id"] for each in answer.json()]


def test_what_is_rare_is_on_the_first_page_as_far_as_a_list_looks(program: Program) -> None:
    posted = program.post(**PLACE | {"service_code": "streetlight"}).json()
    rare = posted[0]["service_request_id"]
    program.town.tick(program.town.now + timedelta(minutes=1))
    for number in range(lists.CALLS_A_PAGE * 2):
        assert program.post(**PLACE, description=f"Paint {number}").status == 200
    assert ask(program) == [rare]
    for number in range(lists.CALLS_A_PAGE):
        assert program.post(**PLACE, description=f"More paint {number}").status == 200
    assert ask(program) == []
    answer = program.get("/requests.json?service_code=streetlight")
    assert 'rel="next"' in answer.headers["Link"], "there is more to look through, and it says so"
