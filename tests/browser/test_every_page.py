"""Every page there is, looked at by axe: none is left out, none is wider than the screen."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, Page

from tests.browser import tours
from tests.browser.doorway import serve
from tests.browser.test_citizen_pages import Site, visit
from tests.browser.test_console import sign_in
from tests.citizens import reported_by_mail
from tests.harness import Harness

SEEN = [("phone", "fa"), ("desktop", "en")]


@pytest.fixture(scope="module")
def site() -> Iterator[Site]:
    with Harness.boot() as town, serve(town) as url:
        reported_by_mail(town)
        town.tick(town.now)
        yield Site(town, url)


def faults(page: Page, axe: Callable[[Page], list[str]]) -> list[str]:
    wide = page.evaluate("document.documentElement.scrollWidth - innerWidth")
    return [*axe(page), *([f"{wide} pixels too wide"] if wide > 0 else [])]


@pytest.mark.parametrize(("size", "locale"), SEEN)
def test_axe_finds_nothing_on_any_page_for_citizens(
    chromium: Browser, site: Site, axe: Callable[[Page], list[str]], size: str, locale: str
) -> None:
    page = visit(chromium, size, locale)
    seen, found = set[str](), dict[str, list[str]]()
    for template, note in tours.citizens_tour(page, site, locale):
        assert page.locator("html").get_attribute("lang") == locale, (template, note)
        seen.add(template)
        if wrong := faults(page, axe):
            found[f"{template} {note}"] = wrong
    assert found == {}
    assert tours.citizens_templates() - seen == set()
    page.context.close()


@pytest.mark.parametrize(("size", "locale"), SEEN)
def test_axe_finds_nothing_on_any_page_of_the_console(
    chromium: Browser, site: Site, axe: Callable[[Page], list[str]], size: str, locale: str
) -> None:
    page = visit(chromium, size, locale)
    sign_in(page, site, "administrator")
    kinds, found = set[str](), dict[str, list[str]]()
    for kind, note in tours.console_tour(page, site, locale):
        if kind in kinds:
            continue
        kinds.add(kind)
        assert page.locator("html").get_attribute("lang") == locale, (kind, note)
        if wrong := faults(page, axe):
            found[note or kind] = wrong
    assert found == {}
    assert len(kinds) > 25
    page.context.close()
