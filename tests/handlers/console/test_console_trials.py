"""Administrators try a rule in its editor, see versions and go back, take the catalogue out and in."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta

import pytest

from tests.handlers.desk_work import hidden, report
from tests.harness import Harness, Response

RULE = {
    "rule_id": "lamps",
    "name": "Dark streets",
    "order": "100",
    "is_enabled": "yes",
    "clock": "resolution",
    "version": "0",
    "when.service": "streetlight",
    "step_count": "1",
    "steps.0.code": "step-1",
    "steps.0.moment": "share",
    "steps.0.amount": "1",
    "steps.0.unit": "hours",
    "steps.0.is_working_time": "yes",
    "steps.0.actions.0.do": "notify_supervisor",
}


@pytest.fixture
def town() -> Iterator[Harness]:
    with Harness.boot() as booted:
        yield booted


def post(town: Harness, path: str, **form: str) -> Response:
    page = town.http("GET", "/console/rules", user="administrator")
    form = {"form_token": hidden(page, "form_token"), **form}
    return town.http("POST", path, form=form, user="administrator")


def test_a_rule_is_tried_on_both_sides_of_now_before_it_is_published(town: Harness) -> None:
    ticket_id = report(town, "It is dark")
    town.tick(town.now + timedelta(days=2))
    town.drain()
    before, sent = town.dump(), len(town.outbox)
    for asked in ("try_past", "try_open"):
        page = post(town, "/console/rules/new", **RULE, do=asked, days="30")
        assert page.status == 200
        assert "1 ticket of 1 would be touched" in page.text
        trial = page.text[page.text.index('id="trial"') :]
        assert ticket_id in trial and "notify the supervisor" in trial
        assert "Dark streets" in page.text
    assert town.dump() == before and len(town.outbox) == sent
    assert post(town, "/console/rules/new", **RULE, do="save", note="Too dark").status == 303


def test_a_rule_that_cannot_work_is_not_tried(town: Harness) -> None:
    page = post(town, "/console/rules/new", **{**RULE, "steps.0.amount": "no"}, do="try_past")
    assert page.status == 400 and 'id="trial"' not in page.text


def test_versions_show_what_changed_and_lead_back(town: Harness) -> None:
    post(town, "/console/rules/new", **RULE, do="save", note="Too dark")
    changed = {**RULE, "name": "Brighter", "version": "1"}
    assert post(town, "/console/rules/lamps", **changed, do="save").status == 303
    path = "/console/versions/rule/lamps"
    page = town.http("GET", path, user="auditor").text
    assert "Brighter" in page and "Dark streets" in page and "Too dark" in page
    assert post(town, path, version="2", to_version="1").status == 303
    assert post(town, path, version="2", to_version="1").status == 409
    now = town.services.catalog_desk.item("rule", "lamps")
    assert (now.version, now.body["name"]) == (3, "Dark streets")


def test_the_rules_leave_as_one_file_and_come_in_whole_or_not_at_all(town: Harness) -> None:
    post(town, "/console/rules/new", **RULE, do="save")
    address = "/console/exchange/catalogue.json?kind=rule"
    document = json.loads(town.http("GET", address, user="administrator").body)
    assert set(document) == {"rule"}
    broken = json.dumps({"rule": [{**document["rule"][0], "name": "New"}, {"rule_id": "x"}]})
    refused = post(town, "/console/exchange", catalogue=broken)
    assert refused.status == 400 and "rule[1]" in refused.text
    assert post(town, "/console/exchange", catalogue="{").status == 400
    sound = [{**rule, "name": "New"} for rule in document["rule"]]
    done = post(town, "/console/exchange", catalogue=json.dumps({"rule": sound}), note="Moved")
    assert done.status == 200
    found = town.services.catalog_desk.item("rule", "lamps")
    assert (found.body["name"], found.note) == ("New", "Moved")
