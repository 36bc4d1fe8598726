"""API keys in the console: made, shown once, renewed, withdrawn; without scripts."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest

from tests.handlers.desk_work import post
from tests.harness import Harness, Response

NEW = "/console/keys/new"
WISH = {
    "name": "Library loans",
    "kind": "live",
    "channels": "email",
    "services": ["graffiti", "pothole"],
    "agency_code": "parks",
    "days": "90",
    "rate_per_minute": "۶۰",
    "daily_limit": "1000",
    "callback_url": "https://books.example/hook",
}


@pytest.fixture(scope="module")
def town() -> Iterator[Harness]:
    with Harness.boot() as booted:
        yield booted


def make(town: Harness, **given: Any) -> Response:
    return post(town, NEW, NEW, "administrator", **{**WISH, **given})


def secret_on(page: Response) -> str:
    found = re.search(r'id="secret">(cvl_[^<]+)<', page.text)
    assert found, page.text
    return found[1]


def keys(town: Harness) -> list[dict[str, Any]]:
    listed: list[dict[str, Any]] = town.http(
        "GET", "/api/v1/api-keys", user="administrator"
    ).json()["keys"]
    return listed


def key_of(secret: str) -> str:
    return secret.split("_")[2]


def ask(town: Harness, secret: str) -> int:
    path = "/api/v1/notifications?reference=none"
    return town.http("GET", path, headers={"Authorization": f"Bearer {secret}"}).status


def test_a_key_is_made_shown_once_and_keeps_what_was_chosen(town: Harness) -> None:
    page = make(town)
    assert page.status == 200 and page.headers["Cache-Control"] == "no-store"
    secret = secret_on(page)
    assert ask(town, secret) == 200
    made = next(each for each in keys(town) if each["key_id"] == key_of(secret))
    assert (made["kind"], made["channels"], made["templates"]) == ("live", ["email"], [])
    assert sorted(made["services"]) == ["graffiti", "pothole"]
    assert made["agency_code"] == "parks"
    assert (made["rate_per_minute"], made["daily_limit"]) == (60, 1000)
    for path in ("/console/keys", f"/console/keys/{made['key_id']}"):
        again = town.http("GET", path, user="administrator").text
        assert "Library loans" in again and secret not in again


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", " "),
        ("kind", "royal"),
        ("channels", "pigeon"),
        ("services", "nothing"),
        ("agency_code", "nobody"),
        ("days", "0"),
        ("rate_per_minute", "many"),
        ("daily_limit", "999999999999"),
        ("callback_url", "http://books.example"),
    ],
)
def test_a_mistake_is_named_at_its_field_and_nothing_is_made(
    town: Harness, field: str, value: str
) -> None:
    before = len(keys(town))
    page = make(town, **{field: value})
    assert page.status == 400
    assert f'<a href="#{field}">' in page.text and f'id="{field}"' in page.text
    assert field == "name" or 'value="Library loans"' in page.text
    assert len(keys(town)) == before


def test_renewing_leaves_the_old_one_for_a_while_and_withdrawing_ends_both(town: Harness) -> None:
    old = secret_on(make(town, name="Archive"))
    at = f"/console/keys/{key_of(old)}"
    fresh = secret_on(
        post(town, at, at, "administrator", do="rotate", days="30", overlap_hours="1")
    )
    assert [ask(town, each) for each in (old, fresh)] == [200, 200]
    unsure = post(town, at, at, "administrator", do="revoke")
    assert unsure.status == 400 and 'href="#sure"' in unsure.text
    assert ask(town, fresh) == 200
    assert post(town, at, at, "administrator", do="revoke", sure="yes").status == 303
    assert [ask(town, each) for each in (old, fresh)] == [403, 403]
    late = post(
        town, "/console/keys/new", at, "administrator", do="rotate", days="3", overlap_hours="0"
    )
    assert late.status == 409
