"""The console's queue: tabs, filters, time left, pages; in a town of its own."""

from __future__ import annotations

import re
from datetime import timedelta

from tests.handlers.desk_work import act, report
from tests.harness import Harness


def shown(town: Harness, address: str, user: str = "agent") -> list[str]:
    """The tickets on a page of the queue, in order."""
    page = town.http("GET", address, user=user)
    assert page.status == 200
    return re.findall(r'href="/console/tickets/(SR-[^"]+)"', page.text)


def test_tabs_and_filters_narrow_the_queue(town: Harness) -> None:
    hole = report(town, "A hole", service="pothole")
    tree = report(town, "A tree", service="fallen-tree")
    done = report(town, "A lamp", service="streetlight")
    act(town, tree, "assign", assignee="me", version=1)
    act(town, done, "reply", text="Done", then="resolved", version=1)
    assert set(shown(town, "/console")) == {hole, tree}
    assert shown(town, "/console?view=mine") == [tree]
    assert shown(town, "/console?view=unassigned") == [hole]
    assert shown(town, "/console?view=done") == [done]
    assert shown(town, "/console?agency=parks") == [tree]
    assert shown(town, "/console?status=in_progress") == []
    assert shown(town, "/console", user="parks") == [tree]


def test_the_queue_says_how_much_time_is_left_or_lost(town: Harness) -> None:
    report(town, "A hole", service="pothole")
    assert "left" in town.http("GET", "/console", user="agent").text
    town.tick(town.now + timedelta(days=30))
    page = town.http("GET", "/console", user="agent")
    assert re.search(r'class="due late">\d+ days late', page.text)


def test_a_long_queue_pages_to_its_end_and_back_to_its_start(town: Harness) -> None:
    made = {report(town, f"Hole {number}", service="pothole") for number in range(30)}
    page = town.http("GET", "/console", user="agent")
    first = shown(town, "/console")
    assert len(first) == 25
    address = re.search(r'href="([^"]+)" rel="next"', page.text)
    assert address
    rest = town.http("GET", address[1].replace("&amp;", "&"), user="agent")
    second = re.findall(r'href="/console/tickets/(SR-[^"]+)"', rest.text)
    assert {*first, *second} == made
    assert len(second) == 5
    assert "Back to the start" in rest.text
    assert 'rel="next"' not in rest.text
