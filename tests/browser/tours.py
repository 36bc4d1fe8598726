"""Ways through every page there is, for whoever wants to look at them all."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from itertools import count
from pathlib import Path

from playwright.sync_api import Page, expect

import chalicelib
from chalicelib.handlers.citizen.reporting.form import tracking_path
from chalicelib.tickets.model.ticket import Status
from chalicelib.tickets.ports import NotificationKey
from tests.browser.test_citizen_pages import Site, fill_in, path_to, send, set_status
from tests.flows.test_flow_long_timelines import crowded
from tests.handlers.citizen.test_floods import set_limit
from tests.handlers.console.test_console_faults import pages
from tests.harness import Harness

TEMPLATES = Path(chalicelib.__file__).parent / "templates" / "pages"
NUMBERS = count(1)


def citizens_templates() -> set[str]:
    """Every page for citizens that there is a template of."""
    found = {path.stem for path in (TEMPLATES / "citizen").glob("[!_]*.html")}
    return found | {"error"}


def citizens_tour(page: Page, site: Site, language: str) -> Iterator[tuple[str, str]]:
    """Every page that a citizen may meet; yields its template and what is special about it."""
    for template, path in {
        "home": "/",
        "services": "/report",
        "report": "/report?service=pothole",
        "track": "/track?reference=x",
        "my": "/my",
        "reports": "/reports",
        "data": "/data",
        "performance": "/performance",
        "open311": "/open311/v2",
        "error": "/t/x/y",
    }.items():
        page.goto(f"{site.url}{path}{'&' if '?' in path else '?'}lang={language}")
        yield template, ""
    page.goto(f"{site.url}/report?q=zzz")
    yield "services", "none found"
    page.goto(f"{site.url}/track?claim=wrong")
    yield "track", "wrong code"
    page.goto(f"{site.url}/reports?since=soon")
    yield "reports", "wrong filter"
    page.goto(f"{site.url}/my?sent=yes")
    yield "my", "sent"
    page.goto(f"{site.url}/report?service=graffiti")
    page.locator("[name=form_token]").last.evaluate("field => { field.value = 'forged'; }")
    send(page)
    yield "report", "refused"
    yield from _reporting(page, site)
    yield from _said_otherwise(page, site)
    yield from _very_long(page, site, language)
    yield from _danger_and_floods(page, site)


def _very_long(page: Page, site: Site, language: str) -> Iterator[tuple[str, str]]:
    """A report with very much on it."""
    path = tracking_path_of(site.town, crowded(site.town, 130, size=6_000))
    page.goto(f"{site.url}{path}?lang={language}")
    yield "tracking", "long"
    page.locator("a[rel=next]").click()
    yield "tracking", "what was before"
    page.locator("a[href*='/entries/']").first.click()
    yield "words", ""
    page.goto(f"{site.url}{path}/holdings?lang={language}")
    yield "holdings", ""
    page.locator("a[rel=next]").click()
    yield "holdings", "next part"


def tracking_path_of(town: Harness, ticket_id: str) -> str:
    """The path of a ticket's tracking page."""
    return tracking_path(town.services, town.services.store.get(ticket_id))


def _reporting(page: Page, site: Site) -> Iterator[tuple[str, str]]:
    number = next(NUMBERS)
    email = f"tour{number}@example.org"
    address = fill_in(page, site, f"Tour{number} Street", email)
    send(page)
    yield "confirmed", "by mail"
    reference = page.locator(".reference").inner_text()
    page.locator("a.button").first.click()
    shown = page.url
    yield "tracking", "unconfirmed"
    page.goto(site.url + path_to(site, email, "confirm"))
    yield "confirm", ""
    send(page)
    tracking = page.url
    yield "tracking", "confirmed"
    page.goto(shown)
    yield "ended", ""
    send(page)
    yield "ended", "sent"
    page.goto(f"{site.url}/my")
    page.locator("#address").fill(email)
    send(page)
    page.goto(site.url + path_to(site, email, "my"))
    yield "cases", ""
    page.goto(site.url + _wishes(site.town))
    yield "wishes", ""
    page.goto(f"{site.url}/tickets/{reference}")
    yield "public", ""
    fill_in(page, site, "Elsewhere")
    # As without scripts: nothing was shown while one wrote.
    page.locator("[data-nearby]").evaluate("box => box.remove()")
    page.locator("#address").fill(address)
    send(page)
    yield "nearby", ""
    set_status(site.town, reference, Status.RESOLVED, "Painted over.")
    page.goto(tracking)
    yield "tracking", "resolved"
    yield from _in_a_new_browser(page, site, reference)


def _in_a_new_browser(page: Page, site: Site, reference: str) -> Iterator[tuple[str, str]]:
    """A link that is older than a day, where nobody knows the browser."""
    services = site.town.services
    ticket = services.store.get(reference)
    ticket.link_made_at = services.clock.now() - timedelta(days=2)
    services.committer.commit(ticket)
    page.context.clear_cookies(name="known")
    path = tracking_path_of(site.town, reference)
    page.goto(f"{site.url}{path}")
    yield "tracking", "in a new browser"
    page.goto(f"{site.url}{path}/holdings")
    yield "code", ""
    page.locator("#code-panel button").first.click()
    yield "tracking", "code sent"


def _said_otherwise(page: Page, site: Site) -> Iterator[tuple[str, str]]:
    """One form sent twice, the second time with other words."""
    fill_in(page, site, f"Tour{next(NUMBERS)} Row")
    key = page.locator("[name=submission]").input_value()
    send(page)
    fill_in(page, site, f"Tour{next(NUMBERS)} Row")
    page.locator("#description").fill("Something else altogether")
    page.locator("[name=submission]").evaluate("(field, key) => { field.value = key; }", key)
    send(page)
    yield "kept", "other words"


def _danger_and_floods(page: Page, site: Site) -> Iterator[tuple[str, str]]:
    page.goto(f"{site.url}/report?service=graffiti")
    page.locator("#description").fill("There is a gas leak")
    page.locator("#address").fill(f"Tour{next(NUMBERS)} Lane")
    page.locator("#contact-anonymous").check()
    send(page)
    yield "emergency", ""
    send(page)
    yield "confirmed", "anonymous"
    page.locator("a.button").first.click()
    yield "tracking", "anonymous"
    set_limit(site.town, 1)
    page.goto(f"{site.url}/report?service=graffiti")
    page.locator("#description").fill("One more")
    page.locator("#address").fill(f"Tour{next(NUMBERS)} Lane")
    page.locator("#contact-anonymous").check()
    send(page)
    expect(page.locator("[data-work]")).to_be_visible()
    yield "working", ""
    set_limit(site.town, 120)


def _wishes(town: Harness) -> str:
    sent = next(n for n in town.dump()["notifications"] if n["ticket_id"])
    key = NotificationKey(sent["ticket_id"], sent["notification_id"])
    return town.services.preferences.link(key)


def console_tour(page: Page, site: Site, language: str) -> Iterator[tuple[str, str]]:
    """Every kind of page of the console, some of each; whoever goes is signed in."""
    found = [address.partition("?lang=")[0] for address, _ in pages(site.town)]
    for number, address in enumerate(dict.fromkeys(found)):
        page.goto(f"{site.url}{address}" + ("" if number else f"?lang={language}"))
        yield re.sub(r"SR-[\w-]+|[0-9a-f]{12,}", "…", address), address
    page.goto(f"{site.url}/console/keys/new")
    page.locator("#name").fill("Tour")
    page.locator("main form button[type=submit], main form button").last.click()
    yield "/console/keys/new", "issued or refused"
    page.goto(f"{site.url}/console/tickets/{crowded(site.town, 60, size=250_000)}")
    yield "a long ticket", ""
    page.locator("a[href*='/entries/']").first.click()
    yield "all words", ""
    page.go_back()
    page.locator("a[rel=next]").click()
    yield "what was before", ""
    page.goto(f"{site.url}/console/tickets/none")
    yield "failure", ""
