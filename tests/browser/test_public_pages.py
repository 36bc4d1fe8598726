"""Public pages in a real browser: what everybody may see, and nothing of what they may not."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.doorway import serve
from tests.browser.test_citizen_pages import Site, visit
from tests.handlers.visitor import Visitor
from tests.harness import Harness

WORDS = "Paint on the wall. My neighbour John Smith did it; call me on 555-0134."
PRIVATE = ("John Smith", "555-0134", "ana@example.org", "Torres")
PAGES = ("/reports", "/reports?since=soon", "/data", "/performance")


@pytest.fixture(scope="module")
def site() -> Iterator[Site]:
    with Harness.boot() as town, serve(town) as url:
        visitor = Visitor(town)
        for number in range(6):
            place = {"lat": f"39.8{number}", "long": "-89.65"}
            visitor.publish(
                description=WORDS, name="Ana Torres", address=f"Elm{number} Street", **place
            )
        town.tick(town.now)
        yield Site(town, url)


def clean(page: Page) -> None:
    """Nothing private is shown, and nothing has to be scrolled sideways."""
    text = page.content()
    assert [part for part in PRIVATE if part in text] == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


@pytest.mark.parametrize("has_scripts", [True, False], ids=["scripts", "plain"])
@pytest.mark.parametrize(("size", "locale"), [("phone", "fa"), ("desktop", "en")])
def test_everybody_finds_reads_and_follows_a_report_but_nothing_private(
    chromium: Browser, site: Site, size: str, locale: str, has_scripts: bool
) -> None:
    page = visit(chromium, size, locale, has_scripts=has_scripts)
    page.goto(f"{site.url}/")
    page.locator('header a[href="/reports"]').click()
    expect(page.locator("#reports > li")).to_have_count(6)
    clean(page)
    page.locator("#service").select_option("graffiti")
    page.locator("#q").fill("elm3")
    page.keyboard.press("Enter")
    expect(page.locator("#reports > li")).to_have_count(1)
    page.locator("#reports a").click()
    expect(page.locator("main .words").first).to_contain_text("[…]")
    expect(page.locator("html")).to_have_attribute("dir", "rtl" if locale == "fa" else "ltr")
    clean(page)
    page.locator('footer a[href="/performance"]').click()
    expect(page.locator("table")).to_contain_text("Graffiti" if locale == "en" else "دیوارنویسی")
    clean(page)
    page.context.close()


def test_the_map_is_fetched_only_when_asked_for_and_shows_the_same_list(
    chromium: Browser, site: Site
) -> None:
    page = visit(chromium, "desktop", "en")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(f"{site.url}/reports")
    assert not [url for url in asked if "map.js" in url]
    page.locator("[data-show-map]").press("Enter")
    expect(page.locator(".map-marks li").first).to_be_attached()
    assert all(url.startswith((site.url, "data:")) for url in asked)
    page.context.close()


def test_axe_finds_nothing_and_the_keyboard_is_enough(
    chromium: Browser, site: Site, axe: Callable[[Page], list[str]]
) -> None:
    for size, locale in (("phone", "en"), ("desktop", "fa")):
        page = visit(chromium, size, locale)
        for path in PAGES:
            page.goto(f"{site.url}{path}")
            assert axe(page) == [], path
        page.goto(f"{site.url}/reports")
        page.locator("#reports a").first.focus()
        page.keyboard.press("Enter")
        page.wait_for_url("**/tickets/**")
        assert axe(page) == []
        page.context.close()
