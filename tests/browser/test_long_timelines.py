"""A very long timeline in a real browser: page by page, with scripts and without, read from either side."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.test_citizen_pages import Site, visit
from tests.browser.test_citizen_pages import site as site  # noqa: PLC0414 (a fixture)
from tests.browser.test_console import sign_in
from tests.browser.tours import tracking_path_of
from tests.flows.test_flow_long_timelines import crowded


@pytest.mark.parametrize("has_scripts", [True, False], ids=["scripts", "no scripts"])
def test_a_citizen_pages_back_reads_all_words_and_returns(
    chromium: Browser, site: Site, has_scripts: bool
) -> None:
    ticket_id = crowded(site.town, 120, size=6_000)
    page = visit(chromium, "phone", "fa", has_scripts=has_scripts)
    page.goto(f"{site.url}{tracking_path_of(site.town, ticket_id)}?lang=fa")
    expect(page.locator("html")).to_have_attribute("dir", "rtl")
    words = page.locator(".timeline .words")
    expect(words.first).to_contain_text("Line 120.")
    expect(words).to_have_count(50)
    page.locator("a[rel=next]").click()
    expect(words.first).to_contain_text("Line 70.")
    page.locator("a[href*='/entries/70']").click()
    expect(page.locator("h1")).to_have_text("همهٔ آنچه نوشته شد")
    assert len(page.locator(".words").inner_text()) > 5_900
    page.go_back()
    page.get_by_role("link", name="بازگشت به تازه‌ترین‌ها").click()
    expect(words.first).to_contain_text("Line 120.")
    page.context.close()


@pytest.mark.parametrize("has_scripts", [True, False], ids=["scripts", "no scripts"])
def test_staff_answer_above_the_latest_and_page_back(
    chromium: Browser, site: Site, has_scripts: bool
) -> None:
    ticket_id = crowded(site.town, 120, size=6_000)
    page = visit(chromium, "desktop", "en", has_scripts=has_scripts)
    sign_in(page, site, "agent")
    page.goto(f"{site.url}/console/tickets/{ticket_id}")
    heads = page.locator(".timeline > li")
    assert heads.first.get_attribute("id") == "entry-120"
    page.locator("#reply-text").fill("We come on Monday.")
    page.get_by_role("button", name=re.compile("send", re.I)).first.click()
    expect(page.locator(".timeline").first).to_contain_text("We come on Monday.")
    page.locator("a[rel=next]").click()
    expect(heads).to_have_count(50)
    page.locator("a[href*='/entries/']").first.click()
    assert len(page.locator(".words").inner_text()) > 5_900
    page.context.close()
