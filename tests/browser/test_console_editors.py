"""The console's editors in a real browser: words while typing, keys, services, broadcasts; axe over all."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Literal

import pytest
from playwright.sync_api import Browser, Page, expect

from infra.local.pages import TownPages
from infra.local.ports import free_port
from infra.local.site import Server
from infra.local.site import Site as TownSite
from tests.browser.doorway import serve
from tests.browser.test_console import Site, press_until, sign_in, visit
from tests.handlers.api.test_broadcasts import TEMPLATE, act, draft, run
from tests.handlers.api.test_delivery_figures import ROWS
from tests.handlers.desk_work import report
from tests.harness import Harness

expect.set_options(timeout=15_000)  # as long as pages are waited for
NOTICE = "/console/notices/ticket_received.en"
BODY = "Thank you. We have your report {{ reference }}.\n\n{{ tracking_url }}"


@pytest.fixture(scope="module")
def site() -> Iterator[Site]:
    with Harness.boot(has_receipts=True) as town, serve(town) as url:
        wish = {"body": TEMPLATE, "version": 0}
        town.http("PUT", "/api/v1/notices/water_off.en", json=wish, user="administrator")
        yield Site(town, url)


@pytest.mark.parametrize("has_scripts", [True, False], ids=["scripts", "plain"])
def test_words_are_tried_published_compared_and_rolled_back(
    chromium: Browser, site: Site, has_scripts: bool
) -> None:
    page = visit(chromium, has_scripts=has_scripts)
    sign_in(page, site, "administrator")
    page.goto(f"{site.url}{NOTICE}")
    try_words(page, "Report received", BODY.replace("reference", "referense"), has_scripts)
    expect(page.locator("[data-part=problems]")).to_contain_text("line 1")
    expect(page.locator("[data-part=problems]")).to_contain_text("referense")
    expect(page.get_by_label("Subject of the mail")).to_have_value("Report received")
    try_words(page, "Report received", f"{BODY}\n\nPlease utilize the link.", has_scripts)
    expect(page.locator("[data-part=problems] li")).to_have_count(0)
    expect(page.locator("[data-part=text]")).to_contain_text("SR-7K3M-9QX2-H")
    expect(page.locator("[data-part=cost]")).to_contain_text("GSM-7")
    expect(page.locator("[data-part=reading]")).to_contain_text("Reading ease")
    expect(page.locator("[data-part=jargon]")).to_contain_text("utilize")
    if not has_scripts:
        page.get_by_role("button", name="See the mail").click()
    mail = page.frame_locator("iframe[name=mail-frame]")
    expect(mail.get_by_text("We have your report")).to_be_visible()
    publish_twice_and_go_back(page, site)
    page.context.close()


def try_words(page: Page, subject: str, body: str, has_scripts: bool) -> None:
    page.get_by_label("Subject of the mail").fill(subject)
    page.get_by_label("Mail", exact=True).fill(body)
    page.get_by_label("Text message").fill("{{ reference }} {{ tracking_url }}")
    if not has_scripts:
        page.get_by_role("button", name="Preview").click()


def publish_twice_and_go_back(page: Page, site: Site) -> None:
    page.get_by_role("button", name="Publish").click()
    page.get_by_label("Subject of the mail").fill("Second words")
    page.get_by_label("Why").fill("clearer")
    page.get_by_role("button", name="Publish").click()
    page.get_by_role("link", name="All versions").click()
    expect(page.get_by_text("Second words").first).to_be_visible()
    page.get_by_role("button", name="Go back to version").first.click()
    page.goto(f"{site.url}{NOTICE}")
    expect(page.get_by_label("Subject of the mail")).to_have_value("Report received")
    page.get_by_role("button", name="Back to the words that come with it").click()


def test_a_key_is_made_by_keyboard_alone_in_persian(chromium: Browser, site: Site) -> None:
    page = visit(chromium, "phone")
    sign_in(page, site, "administrator")
    page.goto(f"{site.url}/console/keys/new?lang=fa")
    press_until(page, "input#name")
    page.keyboard.type("کتابخانه")
    press_until(page, "input#channels-email")
    page.keyboard.press("Space")
    press_until(page, "input#callback_url")
    page.keyboard.press("Enter")
    expect(page.locator("#secret")).to_contain_text("cvl_test_")
    page.goto(f"{site.url}/console/keys")
    expect(page.get_by_role("link", name="کتابخانه")).to_be_visible()
    page.context.close()


def test_the_bar_moves_while_a_broadcast_runs(chromium: Browser, site: Site) -> None:
    name = draft(site.town, ROWS).json()["id"]
    page = visit(chromium)
    sign_in(page, site, "supervisor")
    page.goto(f"{site.url}/console/broadcasts/{name}")
    page.get_by_role("button", name="Approve and send").click()
    expect(page.locator("[data-said]")).to_have_text("0 of 5")
    run(site.town, 2)
    expect(page.locator("#stage")).to_have_text("Done")
    expect(page.locator("[data-said]")).to_have_text("5 of 5")
    page.context.close()


@pytest.fixture(scope="module")
def pages(site: Site) -> list[str]:
    """What the other module does not look at."""
    name = draft(site.town, ROWS).json()["id"]
    act(site.town, name, "approve")
    run(site.town, 2)
    wish = {"name": "Archive", "kind": "live"}
    key = site.town.http("POST", "/api/v1/api-keys", json=wish, user="administrator").json()
    things = ("service/pothole", "agency/parks", "target/new", "policy/policy")
    return [
        *(f"/console/catalogue/{each}" for each in things),
        "/console/services/fallen-tree/questions/blocks",
        "/console/keys",
        "/console/keys/new",
        f"/console/keys/{key['key_id']}",
        "/console/broadcasts",
        "/console/broadcasts/new",
        f"/console/broadcasts/{name}",
        "/console/sending",
        "/console/allowances",
        "/console/notices",
        NOTICE,
        "/console/late",
        "/console/kept",
        "/console/exchange",
        "/console/versions/agency/parks",
    ]


@pytest.mark.parametrize(
    ("size", "scheme", "language"), [("phone", "dark", "fa"), ("desktop", "light", "en")]
)
def test_every_editor_is_clean_to_axe_and_never_wider_than_the_screen(
    chromium: Browser,
    site: Site,
    pages: list[str],
    axe: Callable[[Page], list[str]],
    size: str,
    scheme: Literal["light", "dark"],
    language: str,
) -> None:
    page = visit(chromium, size)
    page.emulate_media(color_scheme=scheme)
    sign_in(page, site, "administrator")
    page.goto(f"{site.url}/console?lang={language}")
    found = {path: looked_at(page, f"{site.url}{path}", axe) for path in pages}
    assert {path: problems for path, problems in found.items() if problems} == {}
    page.context.close()


def looked_at(page: Page, address: str, axe: Callable[[Page], list[str]]) -> list[str]:
    page.goto(address)
    wide = page.evaluate("document.documentElement.scrollWidth - innerWidth")
    return [*axe(page), *([f"{wide} pixels too wide"] if wide > 0 else [])]


TOWN = ("", "outbox", "outbox/0", "phone", "mail", "clock", "notices", "notices/ticket_received")
FACTS = dict.fromkeys(("city", "number", "intake", "smtp", "api_key", "password", "logins"), "x")


@pytest.fixture(scope="module")
def town_url(site: Site) -> Iterator[str]:
    report(site.town, "A message to look at", key="town")
    site.town.drain()
    inside = site.town._town
    port = free_port("127.0.0.1")
    server = Server(TownSite(inside.gateway, TownPages(inside, FACTS)), "127.0.0.1", port)
    server.open()
    yield f"http://127.0.0.1:{port}/_town/"
    server.close()


def test_the_towns_own_pages_are_clean_to_axe(
    chromium: Browser, town_url: str, axe: Callable[[Page], list[str]]
) -> None:
    page = visit(chromium, "phone")
    page.emulate_media(color_scheme="dark")
    found = {path: looked_at(page, f"{town_url}{path}", axe) for path in TOWN}
    assert {path: problems for path, problems in found.items() if problems} == {}
    page.context.close()
