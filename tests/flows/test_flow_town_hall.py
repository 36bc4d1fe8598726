"""An administrator writes a three-step rule in the console, tries it, publishes it, and time passes."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from tests.citizens import ANA, reported_by_mail, to
from tests.flows.test_flow_escalation import _without_other_rules
from tests.handlers.desk_work import hidden
from tests.harness import Harness, Response

HOUR = timedelta(hours=1)
NOWRUZ = datetime(2026, 3, 18, 5, 0, tzinfo=UTC)  # Wednesday 08:30 in Tehran; holidays 20 to 24
PERSIAN = {
    "name": "Tehran",
    "timezone": "Asia/Tehran",
    "holiday_country": "IR",
    **dict.fromkeys(("saturday", "sunday", "monday", "tuesday", "wednesday"), "08:00-16:00"),
}
STEPS = (("share", "50", "remind_agency"), ("end", "", "notify_supervisor"), ("after", "2", ""))


def post(town: Harness, path: str, source: str = "", **form: str) -> Response:
    page = town.http("GET", source or path, user="administrator")
    fields = {"form_token": hidden(page, "form_token"), **form}
    return town.http("POST", path, form=fields, user="administrator")


def the_rule() -> dict[str, str]:
    form = {
        "rule_id": "town-hall",
        "name": "A pothole waits too long",
        "order": "1",
        "is_enabled": "yes",
        "clock": "resolution",
        "version": "0",
        "when.service": "pothole",
        "step_count": "3",
    }
    for at, (moment, amount, do) in enumerate(STEPS):
        base = f"steps.{at}"
        form |= {f"{base}.code": f"s{at}", f"{base}.moment": moment, f"{base}.amount": amount}
        form |= {f"{base}.unit": "hours", f"{base}.is_working_time": "yes"}
        form[f"{base}.actions.0.do"] = do or "tell_citizen"
    return form


@pytest.mark.parametrize("is_persian", [False, True], ids=["Springfield", "Persian calendar"])
def test_a_rule_is_written_tried_published_and_its_three_messages_arrive(
    town: Harness, is_persian: bool
) -> None:
    _without_other_rules(town)
    if is_persian:
        town._town.clock.move_to(NOWRUZ)
        page = town.http("GET", "/console/calendars/default", user="administrator")
        version = hidden(page, "version")
        done = post(town, "/console/calendars/default", **PERSIAN, version=version, do="save")
        assert done.status == 303, done.text
    town.restart()
    ticket = reported_by_mail(town)
    tried = post(town, "/console/rules/new", **the_rule(), do="try_open", days="30")
    assert "1 ticket of 1 would be touched" in tried.text
    assert "remind the agency" in tried.text and "tell the citizen" in tried.text
    assert post(town, "/console/rules/new", **the_rule(), do="save").status == 303
    listed = town.http("GET", "/console/rules", user="administrator").text
    assert "at 50 % of the time" in listed
    town.restart()
    acknowledged = len(to(town, ANA))
    due = datetime.fromisoformat(str(ticket["due_at"]))
    if is_persian:
        assert due > datetime(2026, 3, 25, tzinfo=UTC), "nobody works on Fridays and at Nowruz"
    while town.now < due + 60 * HOUR:
        town.tick(town.now + 2 * HOUR)
        town.drain()
    assert len(to(town, "public-works@city.example")) == 1
    assert len(to(town, "public-works-supervisor@city.example")) == 1
    assert len(to(town, ANA)) == acknowledged + 1
