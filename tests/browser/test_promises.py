"""Clocks, trials, calendars and boards in a real browser, looked at by axe."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.doorway import serve
from tests.browser.test_console import SIZES, Site, sign_in, visit
from tests.handlers.desk_work import act, report
from tests.harness import Harness


@pytest.fixture(scope="module")
def site() -> Iterator[Site]:
    with Harness.boot() as town, serve(town) as url:
        first = report(town, "A dark street", service="streetlight")
        act(town, first, "status", status="pending", reason="Which lamp?", version=1)
        town.tick(town.now + timedelta(days=9))
        act(town, first, "status", status="in_progress", reason="", version=2)
        done = report(town, "Another", service="pothole")
        act(town, done, "status", status="resolved", reason="Filled", version=1)
        yield Site(town, url)


PAGES = (
    "/console/late",
    "/console/kept",
    "/console/calendars/default",
    "/console/versions/calendar/default",
    "/console/exchange",
)


@pytest.mark.parametrize("size", list(SIZES))
def test_the_pages_are_sound(
    chromium: Browser, site: Site, size: str, axe: Callable[[Page], list[str]]
) -> None:
    page = visit(chromium, size)
    sign_in(page, site, "administrator")
    ticket_id = site.town.dump()["tickets"][0]["ticket_id"]
    for path in (*PAGES, f"/console/tickets/{ticket_id}"):
        page.goto(f"{site.url}{path}")
        assert axe(page) == [], path
        too_wide = "document.documentElement.scrollWidth > document.documentElement.clientWidth"
        assert not page.evaluate(too_wide), path
    page.context.close()


def test_a_rule_is_tried_before_it_is_published(
    chromium: Browser, site: Site, axe: Callable[[Page], list[str]]
) -> None:
    page = visit(chromium)
    sign_in(page, site, "administrator")
    page.goto(f"{site.url}/console/rules/new")
    page.get_by_label("Name").fill("Dark streets wait too long")
    page.get_by_label("Code").fill("dark-streets")
    page.get_by_label("Which clock").select_option("resolution")
    page.get_by_label("Action 1").select_option("tell_citizen")
    page.get_by_role("button", name="Try on open tickets").click()
    expect(page.get_by_text("would be touched")).to_be_visible()
    expect(page.get_by_label("Name")).to_have_value("Dark streets wait too long")
    assert axe(page) == []
    page.get_by_role("button", name="Save the rule").last.click()
    expect(page.get_by_role("link", name="Dark streets wait too long")).to_be_visible()
    page.context.close()
