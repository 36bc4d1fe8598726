"""The citizens' pages in a real browser: scripts on and off, phone and desktop, left to right and back."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import count
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from chalicelib.tickets.model.ticket import Actor, Status
from tests.browser.doorway import serve
from tests.harness import Harness

NUMBERS = count(1)
SIZES = {"phone": (390, 844), "desktop": (1280, 900)}
PNG = b"\x89PNG\r\n\x1a\n" + b"\x00" * 40


@dataclass
class Site:
    """The town and the address where it answers."""

    town: Harness
    url: str


@pytest.fixture(scope="module")
def site() -> Iterator[Site]:
    with Harness.boot() as town, serve(town) as url:
        yield Site(town, url)


def visit(chromium: Browser, size: str, locale: str, *, has_scripts: bool = True) -> Page:
    width, height = SIZES[size]
    context = chromium.new_context(
        viewport={"width": width, "height": height},
        locale=locale,
        java_script_enabled=has_scripts,
        color_scheme="light",
    )
    page = context.new_page()
    page.set_default_timeout(15_000)
    return page


def fill_in(page: Page, site: Site, address: str = "", email: str = "ana@example.org") -> str:
    """Choose a service and describe a matter, as anybody would; where it is."""
    address = address or f"Elm{next(NUMBERS)} Street"  # every one a street of its own
    page.goto(f"{site.url}/report")
    page.locator('a[href*="service=graffiti"]').click()
    page.locator("#description").fill("Paint on the school wall / رنگ روی دیوار")
    page.locator("#address").fill(address)
    page.locator("#contact-email").check()
    page.locator("#email").fill(email)
    return address


def send(page: Page) -> None:
    page.locator("main form button[type=submit]").last.click()


def path_to(site: Site, email: str, kind: str) -> str:
    """The link of a kind in the last mail to an address."""
    site.town.drain()
    text = [sent.text for sent in site.town.outbox if email in str(sent.to)][-1]
    return str(re.search(rf"/{kind}/\S+", text)[0])


@pytest.mark.parametrize(
    ("size", "locale", "has_scripts"),
    [
        ("phone", "en", True),
        ("desktop", "en", False),
        ("phone", "fa", False),
        ("desktop", "fa", True),
        ("phone", "es", True),
        ("desktop", "zh", False),
    ],
)
def test_report_confirm_add_join_dispute_and_danger(
    chromium: Browser, site: Site, tmp_path: Path, size: str, locale: str, has_scripts: bool
) -> None:
    page = visit(chromium, size, locale, has_scripts=has_scripts)
    email = f"ana{next(NUMBERS)}@example.org"
    address = fill_in(page, site, email=email)
    assert page.locator("html").get_attribute("dir") == ("rtl" if locale == "fa" else "ltr")
    send(page)
    reference = page.locator(".reference").inner_text()
    page.goto(site.url + path_to(site, email, "confirm"))
    send(page)
    expect(page.locator("#unconfirmed")).to_have_count(0)
    expect(page.locator("main")).to_contain_text(address)
    photo = tmp_path / "wall.png"
    photo.write_bytes(PNG)
    page.locator("#text").fill("It grows.")
    page.locator("#photos").set_input_files(str(photo))
    page.locator('form[action$="/messages"] button').last.click()
    expect(page.locator(".timeline")).to_contain_text("It grows.")
    expect(page.locator('.timeline a[href*="/files/"]')).to_have_count(1)
    join(page, site, address, reference, has_scripts=has_scripts)
    set_status(site.town, reference, Status.RESOLVED, "Painted over.")
    page.reload()
    page.locator('form:has(input[name="not_fixed"]) button').click()
    expect(page.locator(".status")).to_have_class("status in_progress")
    fill_in(page, site)
    page.locator("#description").fill("There is a gas leak")
    send(page)
    expect(page.locator('a[href="tel:911"]')).to_be_visible()
    page.context.close()


def join(page: Page, site: Site, address: str, reference: str, *, has_scripts: bool) -> None:
    """Report the same again and say that it is the same; the new report's page afterwards."""
    fill_in(page, site, address)
    if has_scripts:
        page.locator(f"#follow-{reference}").check()
        send(page)
    else:
        send(page)
        page.locator(f'button[name=follow][value="{reference}"]').click()
    page.locator("a.button").first.click()
    expect(page.locator("main")).to_contain_text(reference)
    assert site.town.services.store.get(reference).me_too == 1


def set_status(town: Harness, ticket_id: str, status: Status, reason: str) -> None:
    """What staff do meanwhile."""
    desk = town.services.desk
    version = desk.case(ticket_id).ticket.version
    clerk = Actor("staff", "clerk@city.example", "Cleo Clerk")
    desk.change_status(ticket_id, clerk, status, reason, version=version)
    town.tick(town.now)  # followers move along behind it


def all_pages(page: Page, site: Site) -> Iterator[str]:
    """Every page that a citizen may meet, one after the other; yields its name."""
    for name, path in {
        "home": "/",
        "services": "/report",
        "form": "/report?service=pothole",
        "other": "/report?service=other",
        "track": "/track?reference=x",
        "missing": "/t/x/y",
    }.items():
        page.goto(site.url + path)
        yield name
    page.goto(f"{site.url}/report?service=pothole")
    page.locator("main form button[type=submit]").click()
    yield "errors"
    yield from new_pages(page, site)
    fill_in(page, site)
    page.locator("#description").fill("There is a gas leak, somebody is hurt")
    send(page)
    yield "emergency"
    send(page)
    yield "confirmed"
    reference = page.locator(".reference").inner_text()
    page.locator("a.button").click()
    page.locator("#text").fill("It grows.\nAnd grows.")
    page.locator('form[action$="/messages"] button').last.click()
    page.locator(".timeline").wait_for()
    yield "tracking"
    set_status(site.town, reference, Status.PENDING, "Which wall is it?")
    page.reload()
    yield "waiting"
    set_status(site.town, reference, Status.RESOLVED, "Painted over.")
    page.reload()
    yield "resolved"
    page.locator('form:has(input[name="not_fixed"]) button').click()
    expect(page.locator(".status")).to_have_class("status in_progress")
    yield "disputed"
    page.goto(f"{site.url}/reports")
    page.locator('main a[href*="/tickets/"]').first.click()
    page.locator(".status").wait_for()
    yield "public"


def new_pages(page: Page, site: Site) -> Iterator[str]:
    """Confirming, finding one's reports again, and the question whether it is the same."""
    page.goto(f"{site.url}/my")
    yield "my"
    email = f"kim{next(NUMBERS)}@example.org"
    address = fill_in(page, site, email=email)
    send(page)
    page.locator(".reference").wait_for()
    page.goto(site.url + path_to(site, email, "confirm"))
    yield "confirm"
    send(page)
    page.locator(".timeline").wait_for()
    fill_in(page, site, address)
    expect(page.locator("[data-nearby]")).to_be_visible()
    yield "nearby"
    page.goto(f"{site.url}/report?service=graffiti")
    page.locator("#place-map").evaluate("box => box.closest('details').open = true")
    page.locator("[data-show-map]").click()
    page.locator(".map-tile").first.wait_for()
    yield "map"


@pytest.mark.parametrize(
    ("size", "locale", "scheme"),
    [
        ("phone", "en", "dark"),
        ("phone", "fa", "light"),
        ("desktop", "en", "light"),
        ("desktop", "fa", "dark"),
    ],
)
def test_axe_finds_nothing_and_nothing_sticks_out(
    chromium: Browser,
    site: Site,
    axe: Callable[[Page], list[str]],
    size: str,
    locale: str,
    scheme: str,
) -> None:
    page = visit(chromium, size, locale)
    page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    found: list[str] = []
    for name in all_pages(page, site):
        found += [f"{name}: {line}" for line in axe(page)]
        wide = page.evaluate("document.documentElement.scrollWidth > window.innerWidth")
        found += [f"{name}: wider than the window"] if wide else []
    assert found == []
    page.context.close()


def test_form_is_filled_in_and_sent_with_the_keyboard_alone(chromium: Browser, site: Site) -> None:
    page = visit(chromium, "desktop", "en")
    page.goto(f"{site.url}/report?service=graffiti")
    keyboard = page.keyboard
    for _ in range(60):
        keyboard.press("Tab")
        focused = page.evaluate("document.activeElement.id || document.activeElement.type")
        if focused == "description":
            keyboard.type("Typed")
        elif focused == "address":
            keyboard.type("Under the clock of the old mill")
        elif focused == "contact-email":
            keyboard.press("ArrowDown")
            keyboard.press("ArrowDown")
        elif focused == "submit":
            keyboard.press("Enter")
            break
    expect(page.locator(".reference")).to_contain_text("SR-")
    page.context.close()


def test_place_is_picked_on_the_map_with_the_keyboard(chromium: Browser, site: Site) -> None:
    page = visit(chromium, "desktop", "en")
    page.goto(f"{site.url}/report?service=graffiti")
    page.locator("details:has(#place-map) summary").press("Enter")
    page.locator("[data-show-map]").press("Enter")
    expect(page.locator("#place-map [role=application]")).to_be_focused()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("+")
    page.keyboard.press("Enter")
    lat, long = (float(page.locator(each).input_value()) for each in ("#lat", "#long"))
    assert lat == pytest.approx(39.799, abs=0.0001) and -89.644 < long < -89.62
    expect(page.locator(".map-said")).to_contain_text("39.799")
    page.context.close()


def test_error_summary_takes_the_focus_and_leads_to_the_field(
    chromium: Browser, site: Site
) -> None:
    page = visit(chromium, "phone", "en")
    page.goto(f"{site.url}/report?service=graffiti")
    page.locator("main form button[type=submit]").click()
    expect(page.locator("#problems")).to_be_focused()
    page.locator('#problems a[href="#description"]').click()
    expect(page.locator("#description")).to_be_focused()
    page.context.close()


def test_pages_ask_nobody_else_for_anything(chromium: Browser, site: Site) -> None:
    page = visit(chromium, "desktop", "en")
    asked: list[str] = []
    complaints: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda message: complaints.append(message.text))
    for name in all_pages(page, site):
        assert name
    assert [url for url in asked if not url.startswith(site.url)] == []
    assert [text for text in complaints if "Security Policy" in text] == []
    page.context.close()


def test_what_was_written_survives_a_reload(chromium: Browser, site: Site) -> None:
    page = visit(chromium, "phone", "en")
    page.goto(f"{site.url}/report?service=graffiti")
    page.locator("#description").fill("Not sent yet")
    page.reload()
    expect(page.locator("#description")).to_have_value("Not sent yet")
    page.context.close()
