"""The table of allowances: documented, used, proven row by row, and read as earlier releases wrote it."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path

import pytest

import chalicelib
from chalicelib.errors import InvalidRequest
from chalicelib.tickets.catalog import Policy
from chalicelib.tickets.catalog.allowances import ROWS, Per, Row, current_row, leave, percent
from chalicelib.tickets.catalog.bodies import read_body
from chalicelib.tickets.catalog.checks import check_policy
from infra.package import ROOT

NOW = datetime(2026, 3, 2, 15, 4, tzinfo=UTC)
PER = {
    Per.ADDRESS: "address",
    Per.DOMAIN: "mail domain",
    Per.LINK: "report’s link",
    Per.NETWORK: "network",
    Per.KEY: "key and network",
    Per.CITY: "city",
}
THEN = {
    "unsent": "is written down, not sent",
    "waits": "is sent later, joined",
    "marked": "is taken and marked",
    "work": "is taken once the browser has worked or waited",
    "back": "comes back with its words, for later",
    "person": "waits for a person",
}
# Which test sees a row from both sides.
STRANGERS, WEB = "tests/flows/test_flow_strangers.py", "tests/flows/test_flow_web_cases.py"
DESKS, INTAKE = "tests/flows/test_flow_desks.py", "tests/tickets/intake/test_intake.py"
PLACES = {
    "answers_per_address_an_hour": INTAKE,
    "answers_per_domain_an_hour": DESKS,
    "alike_mails_a_day": DESKS,
    "wrong_links_a_minute": WEB,
    "network_reports_an_hour": "tests/handlers/citizen/test_floods.py",
}


def line(row: Row) -> str:
    cells = (f"`{row.name}`", row.what, PER[row.per], f"{row.usual:,}", row.period, THEN[row.then])
    return f"| {' | '.join(cells)} |"


def test_the_page_shows_the_table_as_it_is() -> None:
    page = (ROOT / "docs" / "allowances.md").read_text("utf-8")
    assert re.findall(r"^\| `.*$", page, re.M) == [line(row) for row in ROWS.values()]


@pytest.mark.parametrize("name", ROWS)
def test_each_row_is_counted_somewhere_and_seen_by_a_test(name: str) -> None:
    package = Path(chalicelib.__file__).parent
    code = [p for p in package.rglob("*.py") if p.name != "allowances.py"]
    assert any(f'"{name}"' in path.read_text("utf-8") for path in code)
    assert name in (ROOT / PLACES.get(name, STRANGERS)).read_text("utf-8")


@pytest.mark.parametrize("name", ROWS)
def test_each_number_is_an_administrators_setting_with_bounds(name: str) -> None:
    assert getattr(check_policy({name: 7}), name) == 7
    for wrong in (-1, 10**12, "many"):
        with pytest.raises(InvalidRequest) as refused:
            check_policy({name: wrong})
        assert name in str(refused.value.fields)


def test_a_policy_of_an_earlier_release_has_the_usual_numbers_for_what_it_does_not_name() -> None:
    old = read_body("policy", {"network_reports_an_hour": 7, "messages_a_day": 3})
    assert isinstance(old, Policy)
    assert (old.network_reports_an_hour, old.messages_a_day) == (7, 3)
    assert old.city_texts_an_hour == ROWS["city_texts_an_hour"].usual


def test_a_count_is_of_its_row_its_period_and_whoever_is_counted() -> None:
    policy = Policy(network_texts_an_hour=4)
    found = leave("network_texts_an_hour", policy, NOW, "mark", kind="danger", whose="tel:+1")
    assert (found.key, found.limit) == ("origin:mark", 4)
    assert found.bucket == "network_texts_an_hour.danger:2026-03-02T15"
    assert not found.asks_wish, "a network has no wishes"
    assert leave("codes_a_day", policy, NOW, "tel:+1").key == "tel:+1"
    assert leave("city_texts_a_day", policy, NOW).key == "city"


def test_what_is_taken_now_is_of_this_period() -> None:
    bucket = leave("city_texts_an_hour", Policy(), NOW).bucket
    assert current_row(bucket, NOW) == ROWS["city_texts_an_hour"]
    assert current_row(bucket, NOW.replace(hour=16)) is None
    assert current_row("something else", NOW) is None


def test_a_purse_that_allows_nothing_is_not_full() -> None:
    assert percent("city_texts_an_hour", 50, Policy(city_texts_an_hour=200)) == 25
    assert percent("city_texts_an_hour", 0, Policy(city_texts_an_hour=0)) == 0
