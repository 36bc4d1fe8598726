"""The staff's lists: filters, order, pages; each test in a town of its own."""

from __future__ import annotations

from typing import Any

from tests.handlers.desk_work import act, report
from tests.harness import Harness


def test_the_queue_filters_sorts_and_pages(town: Harness) -> None:
    for number in range(5):
        report(town, f"Hole {number}", service="pothole")
    tree = report(town, "A tree fell", service="fallen-tree")
    act(town, tree, "assign", assignee="me", version=1)

    def listed(query: str) -> list[str]:
        answer = town.http("GET", f"/api/v1/tickets?{query}", user="agent")
        assert answer.status == 200, answer.text
        return [ticket["ticket_id"] for ticket in answer.json()["tickets"]]

    assert len(listed("")) == 6
    assert listed("assignee=me") == [tree]
    assert tree not in listed("unassigned=true")
    assert listed("agency=parks") == [tree]
    assert len(listed("agency=parks&agency=public-works")) == 6
    assert listed("status=new&status=pending&priority=p1") == []
    assert listed("open=false") == []
    _check_paging(town)


def _check_paging(town: Harness) -> None:
    seen: list[dict[str, Any]] = []
    token = ""
    for _ in range(10):
        path = f"/api/v1/tickets?size=2&token={token}"
        page = town.http("GET", path, user="agent").json()
        seen += page["tickets"]
        token = page["next_token"]
        if not token:
            break
    assert len({ticket["ticket_id"] for ticket in seen}) == len(seen) == 6
    due = [ticket["due_at"] for ticket in seen]
    assert due == sorted(due)


def test_a_page_token_serves_only_the_list_it_was_made_for(town: Harness) -> None:
    for number in range(3):
        report(town, f"Hole {number}", service="pothole")
    path = "/api/v1/tickets?size=1&agency=public-works"
    token = town.http("GET", path, user="agent").json()["next_token"]
    assert town.http("GET", f"{path}&token={token}", user="agent").status == 200
    other = f"/api/v1/tickets?size=1&agency=parks&token={token}"
    assert town.http("GET", other, user="agent").status == 422
