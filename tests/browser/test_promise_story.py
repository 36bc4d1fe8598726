"""A promise and its ladder as an administrator lives them: written, tried, published, watched.

Once with the city's own calendar, once in Persian with a Friday weekend and Nowruz.
"""

from __future__ import annotations

import json
import re
import socket
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import pytest

from infra.local.pages import TownPages
from infra.local.people import PASSWORD
from infra.local.site import Server, Site
from tests.citizens import kinds, timeline_of
from tests.harness import Harness

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

TEHRAN = "Asia/Tehran"
CITIZEN = "ana@example.org"
OFFICE, BOSS = "public-works@city.example", "public-works-supervisor@city.example"
WORKDAYS = ("saturday", "sunday", "monday", "tuesday", "wednesday")
PERSIAN_WEEK = {
    "name": "تقویم تهران",
    "timezone": TEHRAN,
    "holiday_country": "IR",
    **dict.fromkeys(WORKDAYS, "08:00-16:00"),
    "thursday": "08:00-12:00",
    "friday": "",
}
# Moments of the three steps of a report of 32 working hours: at 50 %, at 80 %, an hour after.
PLAIN = ("2026-03-18T09:00-04:00", "2026-03-19T10:36-04:00", "2026-03-20T10:00-04:00")


@dataclass(frozen=True)
class Story:
    """In which language and by which calendar it is told; `steps` are when its ladder fires."""

    language: str
    reported_at: str
    steps: tuple[str, ...]
    calendar: Mapping[str, str] | None = None


STORIES = {
    "the city's calendar": Story("en", "2026-03-16T09:00-04:00", PLAIN),
    "a Friday weekend and Nowruz": Story(
        "fa",
        "2026-03-18T10:00+03:30",
        (
            "2026-03-25T14:00+03:30",  # six hours on Wednesday, four on Thursday, then Nowruz
            "2026-03-28T11:36+03:30",
            "2026-03-29T11:00+03:30",
        ),
        PERSIAN_WEEK,
    ),
}


@contextmanager
def opened(town: Harness) -> Iterator[str]:
    """The town with its own pages, as `make run` serves them."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    server = Server(Site(town._town.gateway, TownPages(town._town, {})), "127.0.0.1", port)
    server.open()
    try:
        yield f"http://localhost:{port}"
    finally:
        server.close()


@pytest.mark.parametrize("name", list(STORIES))
def test_a_ladder_is_written_tried_published_and_watched(
    chromium: Browser, axe: Callable[[Page], list[str]], name: str
) -> None:
    story, began = STORIES[name], datetime(2026, 2, 23, 15, 0, tzinfo=UTC)
    with Harness.boot(now=began) as town, opened(town) as url:
        page = chromium.new_page(viewport={"width": 1280, "height": 900})
        page.set_default_timeout(30_000)
        report(town, "A hole of the past", story.language)
        sign_in(page, url, story.language)
        if story.calendar:
            keep_calendar(page, url, story.calendar)
        go_to(page, url, story.reported_at)
        write_the_rule(page, url)
        try_the_rule(page)
        assert axe(page) == []
        publish_the_rule(page, url, story.language)
        ticket_id = report(town, "A deep hole in the road", story.language)
        watch(page, url, town, ticket_id, story)
        page.context.close()


def report(town: Harness, words: str, language: str) -> str:
    """A citizen's report about a pothole."""
    from tests.handlers.desk_work import report as reported

    ticket_id = reported(town, words, service="pothole", locale=language)
    town.drain()
    return ticket_id


def sign_in(page: Page, url: str, language: str) -> None:
    page.goto(f"{url}/console?lang={language}")
    page.fill("input[name=username]", "administrator@city.example")
    page.fill("input[name=password]", PASSWORD)
    page.press("input[name=password]", "Enter")
    page.wait_for_url(re.compile(r"/console/?(\?.*)?$"))
    page.goto(f"{url}/console?lang={language}")
    assert page.locator("html").get_attribute("lang") == language


def keep_calendar(page: Page, url: str, fields: Mapping[str, str]) -> None:
    """The clerk's page: hours of the week, holidays by country; what moves is shown first."""
    page.goto(f"{url}/console/calendars/default")
    for name, value in fields.items():
        page.fill(f"[name={name}]", value)
    page.click("button[value=preview]")
    page.wait_for_selector("#moves li")  # the page may still be on its way
    assert page.locator("#moves li").count() == 1
    page.click("button[value=save]")
    page.wait_for_load_state()
    assert page.input_value("[name=friday]") == ""
    assert page.input_value("[name=timezone]") == TEHRAN


def go_to(page: Page, url: str, moment: str) -> None:
    """Move the town's clock; everything due on the way happens."""
    local = datetime.fromisoformat(moment).astimezone(ZoneInfo("America/New_York"))
    page.goto(f"{url}/_town/clock")
    page.fill("#moment", local.strftime("%Y-%m-%dT%H:%M"))
    page.locator("form", has=page.locator("#moment")).locator("button").click()
    page.wait_for_selector("section.card")


def write_the_rule(page: Page, url: str) -> None:
    """Three steps, each when and what, without a word of JSON."""
    page.goto(f"{url}/console/rules/new")
    page.fill("[name=name]", "Holes are filled in time")
    page.fill("[name=rule_id]", "holes")
    page.locator("details", has=page.locator("#when-service-pothole")).locator("summary").click()
    page.check("#when-service-pothole")
    page.select_option("[name=clock]", "resolution")
    for number, (moment, amount, unit, act) in enumerate(
        (
            ("share", "50", "hours", "remind_agency"),
            ("share", "80", "hours", "notify_supervisor"),
            ("after", "1", "hours", "tell_citizen"),
        )
    ):
        if number:
            page.click("button[value=add_step]")
        page.select_option(f"[name='steps.{number}.moment']", moment)
        page.fill(f"[name='steps.{number}.amount']", amount)
        page.select_option(f"[name='steps.{number}.unit']", unit)
        page.select_option(f"[name='steps.{number}.actions.0.do']", act)


def try_the_rule(page: Page) -> None:
    """Against the last thirty days: the report of the past would have been touched."""
    page.fill("[name=days]", "30")
    page.click("button[value=try_past]")
    page.wait_for_selector("#trial")
    assert page.locator("#trial ol").first.locator("li").count() == 3
    assert page.input_value("[name=name]") == "Holes are filled in time"


SENTENCES = {
    "en": "For reports about “Pothole or damaged road”, on the clock “Resolution”: at 50 % of the"
    " time, remind the agency; at 80 % of the time, notify the supervisor; 1 hour of working time"
    " after the time is up, tell the citizen.",
    "fa": "یادآوری به اداره",
}


def publish_the_rule(page: Page, url: str, language: str) -> None:
    """Every other rule is switched off, so that what arrives is this one's doing."""
    page.locator("button[value=save]").last.click()
    page.wait_for_url(f"{url}/console/rules")
    assert SENTENCES[language] in page.inner_text("main")
    while page.locator("button[value=off]").count() > 1:
        row = page.locator("form", has=page.locator("[name=rule_id]:not([value=holes])"))
        row.locator("button[value=off]").first.click()
        page.wait_for_load_state()


def watch(page: Page, url: str, town: Harness, ticket_id: str, story: Story) -> None:
    """The reminder, the supervisor's notice, the citizen's message: each at its moment, once."""
    for receiver, moment in zip((OFFICE, BOSS, CITIZEN), story.steps, strict=True):
        before = len(outbox(page, url, receiver, ticket_id))
        due = datetime.fromisoformat(moment)
        go_to(page, url, (due - timedelta(minutes=2)).isoformat())
        assert len(outbox(page, url, receiver, ticket_id)) == before, "not before its time"
        go_to(page, url, (due + timedelta(minutes=2)).isoformat())
        assert len(outbox(page, url, receiver, ticket_id)) == before + 1
    assert [moment_of(e) for e in timeline_of(town, ticket_id) if e["kind"] == "escalated"] == [
        datetime.fromisoformat(moment).astimezone(UTC) for moment in story.steps
    ]
    assert kinds(town, ticket_id).count("escalated") == 3
    page.goto(f"{url}/_town/outbox?to={CITIZEN}")
    assert ticket_id in page.inner_text("main")


def moment_of(entry: Mapping[str, Any]) -> datetime:
    return datetime.fromisoformat(entry["data"]["step_due_at"])


def outbox(page: Page, url: str, receiver: str, about: str) -> list[dict[str, Any]]:
    """What left for somebody about a report, as the town's own page lists it."""
    sent: list[dict[str, Any]] = page.request.get(f"{url}/_town/outbox.json").json()
    return [each for each in sent if each["to"] == receiver and about in json.dumps(each)]
