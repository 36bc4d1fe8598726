"""Rules and the catalogue in the console: forms without scripts, errors at the field, nothing lost."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterator
from html.parser import HTMLParser
from typing import Any

import pytest

from chalicelib.tickets.catalog.bodies import read_body, write_body
from tests.handlers.desk_work import hidden, post
from tests.harness import Harness, Response

RULES = "/console/rules"
NEW = "/console/rules/new"
BOSS = "administrator"


@pytest.fixture(scope="module")
def town() -> Iterator[Harness]:
    with Harness.boot() as booted:
        yield booted


def rule(town: Harness, code: str) -> Any:
    return town.http("GET", f"/api/v1/rules/{code}", user=BOSS).json()


def order(town: Harness) -> list[str]:
    return [i["code"] for i in town.http("GET", "/api/v1/rules", user=BOSS).json()["items"]]


FIELDS = {
    "do": "save",
    "name": "Night noise",
    "rule_id": "night-noise",
    "is_enabled": "yes",
    "order": "500",
    "clock": "first_response",
    "when.service": ["noise", "graffiti"],
    "when.priority": "p2",
    "when.words": "music, party",
    "step_count": "2",
    "steps.0.code": "soon",
    "steps.0.moment": "before",
    "steps.0.amount": "30",
    "steps.0.unit": "minutes",
    "steps.0.is_working_time": "yes",
    "steps.0.actions.0.do": "remind_agency",
    "steps.1.code": "late",
    "steps.1.moment": "share",
    "steps.1.amount": "100",
    "steps.1.actions.0.do": "notify_supervisor",
    "steps.1.actions.1.do": "raise_priority",
    "steps.1.actions.1.to": "p1",
}


def send(town: Harness, path: str, **changes: Any) -> Response:
    return post(town, path, path, BOSS, **{**FIELDS, **changes})


def test_a_rule_is_written_in_a_form_and_reads_as_a_sentence(town: Harness) -> None:
    assert send(town, NEW).status == 303
    body = rule(town, "night-noise")["body"]
    assert body["steps"][0]["minutes"] == -30
    assert body["steps"][1]["share"] == 100
    assert body["steps"][1]["actions"][1] == {"do": "raise_priority", "to": "p1"}
    page = html.unescape(town.http("GET", RULES, user=BOSS).text)
    assert (
        "For reports about “Noise complaint or Graffiti”, with priority P2 and in which music or "
        "party stands, on the clock “First answer”: 30 minutes of working time before the time is "
        "up, remind the agency; when the time is up, notify the supervisor and raise the priority: "
        "P1."
    ) in page


def test_the_editor_shows_what_was_saved(town: Harness) -> None:
    send(town, NEW, rule_id="shown")
    page = town.http("GET", f"{RULES}/shown", user=BOSS).text
    assert re.search(r'name="when.service" value="noise" checked', page)
    assert not re.search(r'name="when.service" value="pothole" checked', page)
    assert 'value="music, party"' in page
    assert re.search(r'name="steps.0.amount" value="30"', page)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"name": ""}, "name"),
        ({"rule_id": ""}, "rule_id"),
        ({"rule_id": "Not A Code"}, "rule_id"),
        ({"clock": "lunch"}, "clock"),
        ({"steps.0.amount": "soon"}, "steps.0.amount"),
        ({"steps.0.amount": "99999"}, "steps.0.amount"),
        ({"steps.1.amount": "0"}, "steps.1.amount"),
        ({"steps.1.actions.1.to": "parks"}, "steps.1.actions.1.to"),
    ],
)
def test_a_mistake_is_named_at_its_field_and_nothing_typed_is_lost(
    town: Harness, changes: dict[str, str], field: str
) -> None:
    answer = send(town, NEW, **{"rule_id": "wrong", **changes})
    assert answer.status == 400
    assert f'href="#{field}"' in answer.text
    assert re.search(rf'id="{re.escape(field)}-error"', answer.text), field
    assert 'value="music, party"' in answer.text
    assert town.http("GET", "/api/v1/rules/wrong", user=BOSS).status == 404


def test_a_rule_without_actions_or_for_closed_tickets_is_refused(town: Harness) -> None:
    idle = send(town, NEW, **{"rule_id": "idle", "steps.0.actions.0.do": ""})
    assert idle.status == 400
    assert "needs at least one action" in idle.text
    never = send(town, NEW, **{"rule_id": "never", "when.status": "closed"})
    assert never.status == 400
    assert 'id="when-error"' in never.text


def test_steps_come_and_go_without_scripts(town: Harness) -> None:
    more = send(town, NEW, do="add_step")
    assert more.status == 200
    assert hidden(more, "step_count") == "3"
    assert 'value="music, party"' in more.text
    fewer = send(town, NEW, do="drop_step:0")
    assert hidden(fewer, "step_count") == "1"
    assert hidden(fewer, "steps.0.code") == "late"


def test_rules_move_switch_and_go(town: Harness) -> None:
    send(town, NEW, rule_id="moving", order="900")
    assert order(town)[-1] == "moving"
    before = order(town)
    for do, wanted in (("up", -2), ("down", -1)):
        assert post(town, RULES, RULES, BOSS, do=do, rule_id="moving").status == 303
        assert order(town)[wanted] == "moving"
    assert sorted(order(town)) == sorted(before)
    for do, is_on in (("off", False), ("on", True)):
        version = str(rule(town, "moving")["version"])
        post(town, RULES, RULES, BOSS, do=do, rule_id="moving", version=version)
        assert rule(town, "moving")["body"]["is_enabled"] is is_on
    version = str(rule(town, "moving")["version"])
    stale = post(town, RULES, RULES, BOSS, do="delete", rule_id="moving", version="1")
    assert stale.status == 409
    post(town, RULES, RULES, BOSS, do="delete", rule_id="moving", version=version)
    assert "moving" not in order(town)


def test_two_editors_of_a_rule_do_not_overwrite_each_other(town: Harness) -> None:
    send(town, NEW, rule_id="shared")
    path = f"{RULES}/shared"
    version = rule(town, "shared")["version"]
    assert send(town, path, rule_id="shared", name="First").status == 303
    late = send(town, path, rule_id="shared", name="Second", version=str(version))
    assert late.status == 409
    assert 'value="Second"' in late.text
    assert rule(town, "shared")["body"]["name"] == "First"


def test_a_condition_that_the_form_cannot_show_is_kept(town: Harness) -> None:
    nest = {
        "any": [{"field": "priority", "values": ["p1"]}, {"field": "service", "values": ["noise"]}]
    }
    body = {
        "name": "Nested",
        "clock": "first_response",
        "when": nest,
        "steps": [{"code": "a", "minutes": 0, "actions": [{"do": "remind_agency"}]}],
    }
    sent = {"body": body, "version": 0}
    assert town.http("PUT", "/api/v1/rules/nested", json=sent, user=BOSS).status == 200
    path = f"{RULES}/nested"
    assert "conditions that the form cannot show" in town.http("GET", path, user=BOSS).text
    assert send(town, path, rule_id="nested", name="Still nested").status == 303
    kept = rule(town, "nested")["body"]
    assert kept["name"] == "Still nested"
    assert len(kept["when"]["any"]) == 2


# -- the rest of the catalogue


def edit(town: Harness, path: str, body: str, **more: str) -> Response:
    return post(town, path, path, BOSS, **{"body": body, "do": "save", **more})


def test_a_new_agency_is_written_changed_and_deleted(town: Harness) -> None:
    agency = {"agency_code": "water", "agency_name": {"en": "Water"}}
    path = "/console/catalogue/agency/new"
    assert edit(town, path, json.dumps(agency)).status == 303
    path = "/console/catalogue/agency/water"
    changed = json.dumps({**agency, "email": "water@city.example"})
    assert edit(town, path, changed, note="has an address now").status == 303
    page = town.http("GET", path, user=BOSS)
    assert "has an address now" in page.text
    assert edit(town, path, changed, version="1").status == 409
    assert edit(town, path, "", do="delete").status == 303
    assert town.http("GET", path, user=BOSS).status == 404


@pytest.mark.parametrize(
    ("body", "named"),
    [
        ("{", "body"),
        ("[]", "body"),
        ('{"agency_name": {"en": "X"}, "agency_code": "x", "colour": "red"}', "colour"),
        ('{"agency_name": {"en": "X"}, "agency_code": "x", "email": "no address"}', "email"),
    ],
)
def test_a_mistake_in_the_editor_is_named_and_the_text_kept(
    town: Harness, body: str, named: str
) -> None:
    answer = edit(town, "/console/catalogue/agency/new", body)
    assert answer.status == 400
    assert f'<span class="code">{named}</span>' in answer.text
    assert body in html.unescape(answer.text)


def test_what_others_need_is_not_deleted(town: Harness) -> None:
    answer = edit(town, "/console/catalogue/agency/parks", "", do="delete")
    assert answer.status == 400
    assert "needed by" in answer.text


def test_names_in_a_sentence_are_escaped_once(town: Harness) -> None:
    agency = {"agency_code": "rnd", "agency_name": {"en": "R & D <b>"}}
    assert edit(town, "/console/catalogue/agency/new", json.dumps(agency)).status == 303
    send(town, NEW, **{"rule_id": "for-rnd", "when.agency": "rnd"})
    page = town.http("GET", RULES, user=BOSS)
    assert "held by R &amp; D &lt;b&gt;" in page.text


class Fields(HTMLParser):
    """The fields of a page's forms as a browser would send them."""

    def __init__(self, page: Response) -> None:
        super().__init__()
        self.found: dict[str, list[str]] = {}
        self.select = ""
        self.feed(page.text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        has = {name: value or "" for name, value in attrs}
        if tag == "select":
            self.select = has["name"]
            self.found.setdefault(self.select, [])
        elif tag == "option" and "selected" in has:
            self.found[self.select] = [has["value"]]
        elif tag == "input" and (has.get("type") not in ("checkbox", "radio") or "checked" in has):
            self.found.setdefault(has["name"], []).append(has["value"])


LONG = {
    "name": "Everything",
    "clock": "first_response",
    "when": {
        "all": [
            {"field": "service", "values": ["unclassified", "noise"]},
            {"field": "status", "values": ["new", "pending"]},
        ]
    },
    "steps": [
        {
            "code": "all-at-once",
            "minutes": 90,
            "actions": [
                {"do": "remind_agency"},
                {"do": "notify_supervisor"},
                {"do": "notify_duty"},
                {"do": "tell_citizen"},
                {"do": "hand_over", "to": "parks"},
            ],
        }
    ],
}


def settled(body: Any) -> Any:
    """A rule in its full form; the order of values says nothing."""
    return in_order(write_body(read_body("rule", body)))


def in_order(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: in_order(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        each = [in_order(one) for one in value]
        return sorted(each) if all(isinstance(one, str) for one in each) else each
    return value


def test_opening_and_saving_a_rule_changes_nothing(town: Harness) -> None:
    sent = {"body": LONG, "version": 0}
    made = town.http("PUT", "/api/v1/rules/everything", json=sent, user=BOSS)
    assert made.status == 200, made.text
    for code in order(town):
        before = rule(town, code)
        path = f"{RULES}/{code}"
        fields = Fields(town.http("GET", path, user=BOSS)).found
        saved = town.http("POST", path, form={**fields, "do": "save"}, user=BOSS)
        assert saved.status == 303, (code, saved.text)
        after = rule(town, code)
        assert after["version"] == before["version"] + 1
        assert settled(after["body"]) == settled(before["body"])
