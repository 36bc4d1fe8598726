"""A second city: nothing is offered, one administrator can sign in, every page says something."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from chalicelib.errors import NotSignedIn
from infra.local.city import City
from infra.local.running import DATA, Wishes, wishes_from
from tests.harness import Harness

ADA = "administrator@new-haven.example"
CITIZENS = ("/", "/report", "/report?service=other", "/report?service=pothole", "/track", "/my")
EVERYBODYS = ("/reports", "/data", "/performance", "/open311/v2", "/open311/v2/services.json")
STAFFS = tuple(
    f"/console{part}"
    for part in (
        *("", "?view=mine", "?view=done", "/late", "/kept", "/quarantine", "/rules", "/rules/new"),
        *("/catalogue", "/exchange", "/notices", "/broadcasts", "/broadcasts/new", "/sending"),
        *("/keys", "/audit", "/account"),
        *(f"/catalogue/{kind}/new" for kind in ("service", "agency", "calendar", "target")),
        *(f"/catalogue/{kind}/new" for kind in ("area", "route", "policy")),
    )
)


@pytest.fixture(scope="module")
def empty() -> Iterator[Harness]:
    """New Haven; the tests here only look."""
    with Harness.boot(city=City.named("New-Haven")) as town:
        yield town


def test_nothing_is_there_but_an_administrator(empty: Harness) -> None:
    assert not any(empty.dump().values())
    assert empty.services.catalog.load().services == {}
    assert empty.services.settings.city_name == "New Haven"
    assert empty.services.settings.jurisdiction_id == "new-haven.example"
    assert empty.http("GET", "/console", user=ADA).status == 200
    for other in ("agent", "administrator"):
        with pytest.raises(NotSignedIn):
            empty.token(other)


@pytest.mark.parametrize("language", ["en", "fa"])
@pytest.mark.parametrize("path", [*CITIZENS, *EVERYBODYS, *STAFFS])
def test_every_page_can_be_shown(empty: Harness, path: str, language: str) -> None:
    address = f"{path}{'&' if '?' in path else '?'}lang={language}"
    answer = empty.http("GET", address, user=ADA if path.startswith("/console") else None)
    assert answer.status == 200, answer.text


@pytest.mark.parametrize("path", ["/", "/report"])
def test_citizens_are_told_that_nothing_is_offered_and_may_write_all_the_same(
    empty: Harness, path: str
) -> None:
    page = empty.http("GET", f"{path}?lang=en").text
    assert "not listed its services yet" in page
    assert "Describe it in your own words" in page


def test_the_queue_leads_the_administrator_to_the_first_steps(empty: Harness) -> None:
    assert "Set up the catalogue</a>" in empty.http("GET", "/console?lang=en", user=ADA).text
    page = empty.http("GET", "/console/catalogue?lang=en", user=ADA).text
    assert "Begin with a calendar" in page
    assert 'href="/console/catalogue/policy/new"' in page


@pytest.mark.parametrize("name", ["", "springfield", " Springfield "])
def test_without_a_name_it_is_springfield(name: str) -> None:
    assert City.named(name).is_home


@pytest.mark.parametrize("name", ["a b", "../x", "-a", "a-", "x" * 41, "ü", "a.b", "a/b", "a\nb"])
def test_a_name_that_cannot_be_is_refused_with_one_that_can(name: str) -> None:
    with pytest.raises(SystemExit, match="letters, digits and hyphens, such as CITY=new-haven"):
        wishes_from([], {"CITY": name})


def test_each_city_keeps_its_own_data() -> None:
    kept = [wishes_from([], {"DYNAMODB": "local", "CITY": c}).data for c in ("", "a", "b", "A")]
    assert kept == [DATA / "springfield", DATA / "a", DATA / "b", DATA / "a"]
    assert wishes_from([], {}) == Wishes()
