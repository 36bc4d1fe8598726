"""What is asked in an address, a header or a short text: on both sides of each of its bounds."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest

from chalicelib.channels import bounds
from chalicelib.channels.files.stash import Stash
from chalicelib.channels.open311 import Refused
from chalicelib.channels.open311.queries import Query, parse_query
from chalicelib.channels.sms.keywords import Wish, intent
from chalicelib.errors import NotFound
from chalicelib.handlers.http.calls import pick_locale
from chalicelib.handlers.open311.listing import list_page
from chalicelib.tickets.catalog.bodies import read_catalog
from chalicelib.tickets.ports import Page
from tests.harness import Harness

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
around = pytest.mark.parametrize("beyond", [-1, 0, 1])


@pytest.fixture(scope="module")
def town() -> Iterator[Harness]:
    with Harness.boot() as booted:
        yield booted


def pleading(letters: int) -> str:
    """So many letters that say nothing but stop."""
    words = letters - len("stop")
    longer = words % 3
    return "hey " * longer + "ok " * ((words - 4 * longer) // 3) + "stop"


@around
def test_a_text_as_long_as_a_keyword_may_be_is_one(beyond: int) -> None:
    text = pleading(bounds.KEYWORD + beyond)
    assert len(text) == bounds.KEYWORD + beyond
    assert (intent(text).wish is Wish.STOP) == (beyond <= 0)


@pytest.mark.parametrize("gap", [" " * 200, "." * 200, " . " * 500])
def test_what_a_text_says_behind_a_gap_makes_it_no_keyword(gap: str) -> None:
    assert intent(f"Stop{gap}the noise in our street").wish is None
    assert intent(f"Stop{gap}").wish is Wish.STOP


class Kept:
    """A bucket with one object of a size."""

    def __init__(self, size: int) -> None:
        self.size = size

    def get_object(self, **_: str) -> dict[str, Any]:
        return {"ContentLength": self.size, "Body": SimpleNamespace(read=lambda: b"photo")}


@around
def test_a_photo_in_the_store_is_taken_up_to_its_bound(beyond: int) -> None:
    size = bounds.UPLOAD_BYTES + beyond
    stash = Stash(lambda: Kept(size), bucket="files", region="us-east-1")
    if beyond > 0:
        with pytest.raises(NotFound):
            stash.take("uploads/x")
    else:
        assert stash.take("uploads/x") == b"photo"


def refused(**given: str) -> bool:
    try:
        parse_query({name: [value] for name, value in given.items()}, NOW)
    except Refused:
        return True
    return False


@around
def test_open311_gives_so_many_requests_and_no_more(beyond: int) -> None:
    assert refused(page_size=str(bounds.OPEN311_SIZE + beyond)) == (beyond > 0)
    ids = ",".join(f"SR-{number}" for number in range(bounds.OPEN311_IDS + beyond))
    assert refused(service_request_id=ids) == (beyond > 0)


@around
def test_a_number_has_so_many_digits(beyond: int) -> None:
    text = "0" * (bounds.DIGITS + beyond - 1) + "7"
    assert bounds.whole(text) == (None if beyond > 0 else 7)
    assert refused(page=text) == (beyond > 0)
    assert bounds.whole("²") is None
    assert bounds.whole("۷") == 7


@around
def test_a_numbered_page_is_walked_to_and_one_behind_is_refused(beyond: int) -> None:
    asked: list[str] = []

    def public(_query: object, _size: int, token: str) -> Page[Any]:
        asked.append(token)
        return Page([], "more")

    services: Any = SimpleNamespace(
        catalog=SimpleNamespace(load=lambda: read_catalog([])),
        clock=SimpleNamespace(now=lambda: NOW),
        store=SimpleNamespace(public=public),
    )
    query = Query(start=NOW, end=NOW, page=bounds.OPEN311_WALKED + beyond)
    if beyond > 0:
        with pytest.raises(Refused):
            list_page(services, query)
        assert not asked
    else:
        list_page(services, query)
        assert len(asked) == bounds.OPEN311_WALKED + beyond


@around
def test_a_language_behind_the_bound_is_not_chosen(beyond: int) -> None:
    header = "x" * (bounds.LANGUAGES + beyond - len(",fa")) + ",fa"
    assert pick_locale(header) == ("" if beyond > 0 else "fa")


@around
def test_a_list_shows_so_many_at_once(town: Harness, beyond: int) -> None:
    path = f"/api/v1/tickets?size={bounds.LIST_SIZE + beyond}"
    assert town.http("GET", path, user="agent").status == (422 if beyond > 0 else 200)


@pytest.mark.parametrize("size", ["0001000000", "00999", "9" * 5_000, "-1", "²"])
def test_a_size_is_not_made_small_by_noughts_before_it(town: Harness, size: str) -> None:
    assert town.http("GET", f"/api/v1/tickets?size={size}", user="agent").status == 422


@pytest.mark.parametrize("days", ["0031000", "9" * 5_000, "²"])
def test_days_are_not_made_few_either(town: Harness, days: str) -> None:
    assert town.http("GET", f"/console/sending?days={days}", user="supervisor").status == 400


@around
def test_a_search_among_reports_has_so_many_letters(town: Harness, beyond: int) -> None:
    answer = town.http("GET", f"/reports?q={'a' * (bounds.SEARCH + beyond)}")
    assert answer.status == (400 if beyond > 0 else 200)
