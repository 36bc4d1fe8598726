"""6. Escalation: rules written by administrators, each step once, nothing forgotten."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from tests.citizens import ANA, act, kinds, reported_by_mail, ticket_of, timeline_of, to
from tests.harness import Harness

HOUR = timedelta(hours=1)
QUICK: dict[str, Any] = {
    "name": "Nobody looked at a pothole for an hour",
    "order": 1,
    "when": {"service": ["pothole"]},
    "clock": "staff_silence",
    "steps": [
        {
            "code": "hour",
            "minutes": 60,
            "is_working_time": False,
            "actions": [{"do": "remind_agency"}, {"do": "raise_priority"}],
        },
        {
            "code": "two-hours",
            "minutes": 120,
            "is_working_time": False,
            "actions": [{"do": "notify_supervisor"}, {"do": "tell_citizen"}],
        },
    ],
}


def _publish(town: Harness, body: dict[str, Any], code: str = "quick", version: int = 0) -> Any:
    answer = town.http(
        "PUT",
        f"/api/v1/rules/{code}",
        user="administrator",
        json={"body": body, "version": version, "note": "Tried in a test"},
    )
    town.restart()  # another process sees a rule after a minute at most
    return answer


def _run_for(town: Harness, span: timedelta, step: timedelta = timedelta(minutes=10)) -> None:
    end = town.now + span
    while town.now < end:
        town.tick(min(town.now + step, end))
        town.drain()


def _without_other_rules(town: Harness) -> None:
    for rule in town.http("GET", "/api/v1/rules", user="administrator").json()["items"]:
        path = f"/api/v1/rules/{rule['code']}/enabled"
        body = {"is_enabled": False, "version": rule["version"]}
        assert town.http("PUT", path, user="administrator", json=body).status == 200
    town.restart()


def test_a_published_rule_fires_each_step_once_at_its_time(town: Harness) -> None:
    _without_other_rules(town)
    assert _publish(town, QUICK).status in (200, 201)
    ticket_id = reported_by_mail(town)["ticket_id"]
    _run_for(town, timedelta(minutes=50))
    assert to(town, "public-works@city.example") == []
    _run_for(town, timedelta(minutes=20))
    assert len(to(town, "public-works@city.example")) == 1
    assert ticket_of(town, ticket_id)["priority"] == "p2"
    _run_for(town, 5 * HOUR)
    assert len(to(town, "public-works@city.example")) == 1
    assert len(to(town, "public-works-supervisor@city.example")) == 1
    assert len(to(town, ANA)) == 2  # the acknowledgement, and that it is late
    fired = [e for e in timeline_of(town, ticket_id) if e["kind"] == "escalated"]
    assert len({e["data"].get("step") for e in fired}) == 2


def test_a_run_at_the_same_moment_changes_nothing(town: Harness) -> None:
    _without_other_rules(town)
    _publish(town, QUICK)
    ticket_id = reported_by_mail(town)["ticket_id"]
    later = town.now + timedelta(minutes=61)
    for _ in range(5):
        town.tick(later)
    town.drain()
    acts = [e["data"] for e in timeline_of(town, ticket_id) if e["kind"] == "escalated"]
    assert len(acts) == 2  # the two actions of the first step, once each
    assert len(to(town, "public-works@city.example")) == 1


def test_what_staff_do_keeps_a_ticket_from_escalating(town: Harness) -> None:
    _without_other_rules(town)
    _publish(town, QUICK)
    ticket_id = reported_by_mail(town)["ticket_id"]
    act(town, ticket_id, "status", status="resolved", reason="Filled at once")
    _run_for(town, 10 * HOUR, HOUR)
    assert "escalated" not in kinds(town, ticket_id)


def test_after_an_outage_each_missed_step_fires_once_in_order(town: Harness) -> None:  # T02
    _without_other_rules(town)
    _publish(town, QUICK)
    ticket_id = reported_by_mail(town)["ticket_id"]
    town.tick(town.now + 30 * HOUR)
    town.drain()
    town.tick(town.now + timedelta(minutes=1))
    town.drain()
    steps = [
        e["data"].get("step") for e in timeline_of(town, ticket_id) if e["kind"] == "escalated"
    ]
    assert list(dict.fromkeys(steps)) == ["hour", "two-hours"]
    assert len(steps) == 4  # two actions each
    assert len(to(town, "public-works-supervisor@city.example")) == 1


def test_a_disabled_rule_is_silent(town: Harness) -> None:
    _without_other_rules(town)
    _publish(town, {**QUICK, "is_enabled": False})
    ticket_id = reported_by_mail(town)["ticket_id"]
    _run_for(town, 5 * HOUR, HOUR)
    assert "escalated" not in kinds(town, ticket_id)


def test_a_rules_mistakes_are_named_at_the_field(town: Harness) -> None:
    wrong = {**QUICK, "when": {"service": ["no-such-service"]}}
    answer = _publish(town, wrong)
    assert answer.status == 422
    assert "no-such-service" in answer.text
    never = {**QUICK, "steps": [{"code": "x", "minutes": 60, "actions": [{"do": "dance"}]}]}
    assert "dance" in _publish(town, never).text


def test_only_administrators_write_rules(town: Harness) -> None:
    body = {"body": QUICK, "version": 0}
    for user, status in (("agent", 403), ("supervisor", 403), ("auditor", 403)):
        assert town.http("PUT", "/api/v1/rules/quick", user=user, json=body).status == status
    assert town.http("PUT", "/api/v1/rules/quick", json=body).status == 401


def test_a_promise_of_the_seeded_catalogue_escalates_by_itself(town: Harness) -> None:
    ticket_id = reported_by_mail(town)["ticket_id"]
    _run_for(town, timedelta(days=6), timedelta(hours=3))
    assert "escalated" in kinds(town, ticket_id)
    assert to(town, "public-works@city.example")
