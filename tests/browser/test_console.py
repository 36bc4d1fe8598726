"""The console in a real browser: phone and desktop, with scripts and without, by keyboard, by axe."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal

import pytest
from playwright.sync_api import Browser, Page, expect

from infra.local.people import PASSWORD
from tests.browser.doorway import serve
from tests.handlers.desk_work import act, case, report
from tests.harness import Harness

SIZES = {"phone": (390, 844), "desktop": (1280, 900)}


@dataclass
class Site:
    """The town and the address where it answers."""

    town: Harness
    url: str


@pytest.fixture(scope="module")
def site() -> Iterator[Site]:
    with Harness.boot() as town, serve(town) as url:
        yield Site(town, url)


def visit(chromium: Browser, size: str = "desktop", *, has_scripts: bool = True) -> Page:
    width, height = SIZES[size]
    context = chromium.new_context(
        viewport={"width": width, "height": height},
        java_script_enabled=has_scripts,
        color_scheme="light",
    )
    page = context.new_page()
    page.set_default_timeout(15_000)
    return page


def sign_in(page: Page, site: Site, login: str) -> None:
    page.goto(f"{site.url}/console")
    page.get_by_label("Email address").fill(f"{login}@city.example")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("heading", name="Queue")).to_be_visible()


@pytest.mark.parametrize("has_scripts", [True, False], ids=["scripts", "plain"])
@pytest.mark.parametrize("size", list(SIZES))
def test_sign_in_open_answer_resolve(
    chromium: Browser, site: Site, size: str, has_scripts: bool
) -> None:
    ticket_id = report(site.town, f"A deep hole {size} {has_scripts}", service="pothole")
    page = visit(chromium, size, has_scripts=has_scripts)
    sign_in(page, site, "agent")
    page.get_by_role("link", name=ticket_id).click()
    page.get_by_label("Your answer").fill("Filled in this morning.")
    page.get_by_label("And set the status to").select_option("resolved")
    page.get_by_role("button", name="Send answer").click()
    expect(page.get_by_text("Filled in this morning.")).to_be_visible()
    expect(page.locator(".case-head .status")).to_have_text("Resolved")
    assert case(site.town, ticket_id)["ticket"]["status"] == "resolved"
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    page.context.close()


def test_whoever_is_later_sees_what_changed_and_loses_nothing(
    chromium: Browser, site: Site
) -> None:
    ticket_id = report(site.town, "A lamp that two people want", service="streetlight")
    page = visit(chromium)
    sign_in(page, site, "agent")
    page.goto(f"{site.url}/console/tickets/{ticket_id}")
    page.get_by_label("Your note").fill("Words that took an hour")
    act(site.town, ticket_id, "note", user="supervisor", text="I was first", version=1)
    page.get_by_role("button", name="Save note").click()
    expect(page.get_by_role("heading", name="Somebody else was faster")).to_be_visible()
    expect(page.get_by_label("Your note")).to_have_value("Words that took an hour")
    page.get_by_role("button", name="Save note").click()
    expect(page.locator(".timeline").get_by_text("Words that took an hour")).to_be_visible()
    page.context.close()


@pytest.mark.parametrize("has_scripts", [True, False], ids=["scripts", "plain"])
def test_a_rule_with_a_mistake_is_mended_and_reads_as_a_sentence(
    chromium: Browser, site: Site, has_scripts: bool
) -> None:
    name = f"Trees at once {has_scripts}"
    page = visit(chromium, has_scripts=has_scripts)
    sign_in(page, site, "administrator")
    page.get_by_role("link", name="Rules").click()
    page.get_by_role("link", name="New rule").click()
    page.get_by_label("Name").fill(name)
    page.get_by_label("Code").fill(f"trees-{has_scripts}".lower())
    page.locator("summary").filter(has_text="Service").click()
    page.get_by_label("Fallen or dangerous tree").check()
    page.get_by_label("When").select_option("before")
    page.get_by_label("How much").fill("soon")
    page.get_by_label("Action 1").select_option("remind_agency")
    page.get_by_role("button", name="Save the rule").click()
    expect(page.get_by_role("heading", name="Please correct this")).to_be_visible()
    expect(page.get_by_label("How much")).to_have_attribute("aria-invalid", "true")
    expect(page.get_by_label("Name")).to_have_value(name)
    page.get_by_label("How much").fill("2")
    page.get_by_role("button", name="Add a step").click()
    second = page.get_by_role("group", name="Step 2", exact=True)
    second.get_by_label("Action 1").select_option("notify_supervisor")
    page.get_by_role("button", name="Save the rule").click()
    item = page.get_by_role("listitem").filter(has=page.get_by_role("link", name=name))
    expect(item).to_contain_text("2 hours of working time before the time is up, remind the agency")
    expect(item).to_contain_text("when the time is up, notify the supervisor")
    page.context.close()


def test_the_console_works_by_keyboard_alone(chromium: Browser, site: Site) -> None:
    ticket_id = report(site.town, "Only keys", service="graffiti")
    page = visit(chromium)
    page.goto(f"{site.url}/console/tickets/{ticket_id}")
    page.get_by_label("Email address").focus()
    page.keyboard.type("agent@city.example")
    page.keyboard.press("Tab")
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    expect(page.locator(".case-head")).to_contain_text(ticket_id)
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the content")).to_be_focused()
    page.keyboard.press("Enter")
    press_until(page, "textarea#note-text")
    page.keyboard.type("Typed without a mouse")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.locator(".timeline").get_by_text("Typed without a mouse")).to_be_visible()
    page.context.close()


def press_until(page: Page, wanted: str) -> None:
    """Press Tab until the wanted element has the focus."""
    for _ in range(40):
        page.keyboard.press("Tab")
        if page.evaluate("wanted => document.activeElement.matches(wanted)", wanted):
            return
    pytest.fail(f"{wanted} cannot be reached by Tab")


@pytest.fixture(scope="module")
def pages(site: Site) -> list[str]:
    """Every kind of page with something on it."""
    town = site.town
    ticket_id = report(town, "Everything on one page", service="pothole")
    act(town, ticket_id, "reply", text="We are coming.", version=1)
    act(town, ticket_id, "note", text="Crew 4", version=2)
    raw = b"From: Eve <eve@example.net>\r\nSubject: Win\r\nMessage-ID: <w@x.example>\r\n\r\nBuy"
    town.mail(raw, to="help@report.springfield.example", verdicts={"spam": "FAIL"})
    town.drain()
    rules, catalogue = "/console/rules", "/console/catalogue"
    found = ["/console", "/console?view=done", f"/console/tickets/{ticket_id}", rules]
    found += [f"{rules}/new", f"{rules}/first-answer", catalogue, f"{catalogue}/calendar/default"]
    return [
        *found,
        "/console/quarantine",
        "/console/audit",
        "/console/account",
        "/console/tickets/none",
    ]


@pytest.mark.parametrize(("size", "scheme"), [("phone", "light"), ("desktop", "dark")])
def test_every_page_is_clean_to_axe_and_never_wider_than_the_screen(
    chromium: Browser,
    site: Site,
    pages: list[str],
    axe: Callable[[Page], list[str]],
    size: str,
    scheme: Literal["light", "dark"],
) -> None:
    page = visit(chromium, size)
    page.emulate_media(color_scheme=scheme)
    page.goto(f"{site.url}/console")
    found = {"sign-in": axe(page)}
    sign_in(page, site, "administrator")
    for path in pages:
        page.goto(f"{site.url}{path}")
        wide = page.evaluate("document.documentElement.scrollWidth - innerWidth")
        found[path] = [*axe(page), *([f"{wide} pixels too wide"] if wide > 0 else [])]
    assert {path: problems for path, problems in found.items() if problems} == {}
    page.context.close()
