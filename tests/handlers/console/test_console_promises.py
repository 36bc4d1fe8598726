"""What is late and why, promises kept over time, a calendar that a clerk can edit."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from tests.handlers.desk_work import act, hidden, report
from tests.harness import Harness, Response

DAY = timedelta(days=1)


@pytest.fixture
def town() -> Iterator[Harness]:
    with Harness.boot() as booted:
        yield booted


def test_the_board_says_what_is_late_and_why(town: Harness) -> None:
    late = report(town, "It is dark")
    town.tick(town.now + 30 * DAY)
    fresh = report(town, "Now this one", key="fresh")
    page = town.http("GET", "/console/late", user="supervisor").text
    assert late in page and fresh not in page
    assert "Nobody has answered yet" in page and "Nobody is answerable" in page
    assert "1 report is late" in page


def test_the_chart_counts_kept_and_broken_promises(town: Harness) -> None:
    kept, missed = report(town, "One", key="1"), report(town, "Two", key="2")
    act(town, kept, "status", status="resolved", reason="Done", version=1)
    town.tick(town.now + 30 * DAY)
    version = town.services.store.get(missed).version
    act(town, missed, "status", status="resolved", reason="Late", version=version)
    page = town.http("GET", "/console/kept", user="auditor").text
    assert "1/2" in page and "50 %" in page


def post(town: Harness, **form: str) -> Response:
    page = town.http("GET", "/console/calendars/default", user="administrator")
    base = {name: hidden(page, name) for name in ("form_token", "version")}
    return town.http(
        "POST", "/console/calendars/default", form={**base, **form}, user="administrator"
    )


TEHRAN = {
    "name": "Tehran",
    "timezone": "Asia/Tehran",
    "holiday_country": "IR",
    "holiday_region": "",
    "closures": "2026-03-04 Stocktaking",
    "openings": "",
    **dict.fromkeys(("saturday", "sunday", "monday", "tuesday", "wednesday"), "08:00-12:00, 13:00-16:00"),
    "thursday": "08:00-12:00",
    "friday": "",
}  # fmt: skip


def test_a_clerk_edits_hours_holidays_and_days_off_and_sees_what_moves(town: Harness) -> None:
    ticket_id = report(town, "It is dark")
    preview = post(town, **TEHRAN, do="preview")
    assert preview.status == 200 and ticket_id in preview.text
    assert town.services.catalog_desk.item("calendar", "default").body["timezone"] != "Asia/Tehran"
    saved = post(town, **TEHRAN, do="save", note="Moved to Tehran")
    assert saved.status == 303, saved.text
    body = town.services.catalog_desk.item("calendar", "default").body
    assert body["weekly"]["monday"] == [["08:00", "12:00"], ["13:00", "16:00"]]
    assert "friday" not in body["weekly"] and body["closures"] == {"2026-03-04": "Stocktaking"}
    town.tick(town.now + 16 * DAY)  # the week of Nowruz
    page = town.http("GET", "/console/calendars/default", user="agent").text
    assert "2026-03-21" in page and "Closed: " in page


@pytest.mark.parametrize(
    ("field", "value"),
    [("monday", "17:00-09:00"), ("timezone", "Mars/Olympus"), ("closures", "tomorrow off")],
)
def test_a_slip_is_named_at_its_field_and_what_was_typed_stays(
    town: Harness, field: str, value: str
) -> None:
    page = post(town, **{**TEHRAN, field: value}, do="save")
    assert page.status == 400
    assert f'href="#{field}"' in page.text and value in page.text


def the_json(town: Harness, kind: str, code: str, do: str, **changed: Any) -> Response:
    """What an administrator sends from the editor of a thing, some of it changed."""
    path = f"/console/catalogue/{kind}/{code}"
    page = town.http("GET", f"{path}?as=json", user="administrator")
    body = town.services.catalog_desk.item(kind, code).body | changed
    form = {name: hidden(page, name) for name in ("form_token", "version")}
    form |= {"body": json.dumps(body), "do": do}
    return town.http("POST", path, form=form, user="administrator")


def test_targets_agencies_and_services_show_what_they_would_move_before_they_do(
    town: Harness,
) -> None:
    ticket_id = report(town, "It is dark")
    due_at = town.services.store.get(ticket_id).due_at
    changes: list[tuple[str, str, dict[str, Any]]] = [
        ("target", "resolution-p3", {"minutes": 4800}),
        ("agency", "public-works", {"calendar_code": "parks"}),
    ]
    for kind, code, changed in changes:
        seen = the_json(town, kind, code, "preview", **changed)
        assert seen.status == 200 and 'id="moves"' in seen.text, seen.text
        assert ticket_id in seen.text.partition('id="moves"')[2].partition("</ul>")[0]
        assert town.services.catalog_desk.item(kind, code).version == 1
    seen = the_json(town, "service", "streetlight", "preview", priority="p1")
    assert "0 open tickets would be due" in seen.text, "a priority holds from the next report on"
    wrong = the_json(town, "agency", "public-works", "preview", calendar_code="mars")
    assert wrong.status == 400 and "calendar_code" in wrong.text
    form = town.http("GET", "/console/catalogue/target/resolution-p3", user="administrator")
    assert 'value="preview"' in form.text
    assert town.services.store.get(ticket_id).due_at == due_at
