"""Promises through the whole service: clocks told, changed targets followed, drafts tried."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from tests.citizens import ANA, act, kinds, reported_by_mail, ticket_of, timeline_of, to
from tests.harness import Harness, Response

HOUR = timedelta(hours=1)
MINUTE = timedelta(minutes=1)
DRAFT: dict[str, Any] = {
    "name": "Potholes are urgent",
    "when": {"service": ["pothole"]},
    "clock": "resolution",
    "steps": [
        {"code": "half", "share": 1, "actions": [{"do": "remind_agency"}]},
        {
            "code": "soon",
            "minutes": -60,
            "actions": [{"do": "notify_supervisor"}, {"do": "tell_citizen"}],
        },
    ],
}


def ask(town: Harness, method: str, path: str, **body: Any) -> Response:
    """The staff API as an administrator."""
    return town.http(method, f"/api/v1{path}", user="administrator", json=body or None)


def resolution_target(town: Harness) -> dict[str, Any]:
    """The published target that promises potholes their mending."""
    ticket = reported_by_mail(town)
    clocks = ask(town, "GET", f"/tickets/{ticket['ticket_id']}/clocks").json()["clocks"]
    minutes = next(c["target_minutes"] for c in clocks if c["clock"] == "resolution")
    listed = ask(town, "GET", "/targets").json()["items"]
    fitting = [t for t in listed if t["body"]["clock"] == "resolution"]
    found = [t for t in fitting if t["body"]["minutes"] == minutes]
    return {"ticket_id": ticket["ticket_id"], **found[0]}


def longer(target: dict[str, Any]) -> dict[str, Any]:
    return {**target["body"], "minutes": target["body"]["minutes"] + 2400}


def run_twice(town: Harness) -> None:
    for _ in range(2):
        town.tick(town.now + MINUTE)
        town.drain()


def test_a_changed_target_moves_open_tickets_once_audited_and_the_citizen_is_told(
    town: Harness,
) -> None:
    target = resolution_target(town)
    run_twice(town)
    ticket_id, before = target["ticket_id"], ticket_of(town, target["ticket_id"])["due_at"]
    path = f"/targets/{target['code']}"
    preview = ask(town, "POST", f"{path}/preview", body=longer(target)).json()
    assert [m["ticket_id"] for m in preview["moves"]] == [ticket_id]
    assert ticket_of(town, ticket_id)["due_at"] == before
    changed = ask(town, "PUT", path, body=longer(target), version=target["version"])
    assert changed.status == 200
    town.restart()
    mails = len(to(town, ANA))
    run_twice(town)
    run_twice(town)
    assert ticket_of(town, ticket_id)["due_at"] == preview["moves"][0]["after"]
    assert kinds(town, ticket_id).count("rescheduled") == 1
    assert kinds(town, ticket_id).count("deadline_moved") == 1
    assert len(to(town, ANA)) == mails + 1
    audited = [r for r in town.dump()["audit"] if str(r["subject"]).endswith(target["code"])]
    assert audited


def test_a_promise_that_slips_is_told_before_the_old_date_passes(town: Harness) -> None:
    ticket_id = reported_by_mail(town)["ticket_id"]
    before = ticket_of(town, ticket_id)["due_at"]
    act(town, ticket_id, "status", status="pending", reason="Which side of the road?")
    town.drain()
    town.tick(town.now + 5 * HOUR)
    town.drain()
    mails = len(to(town, ANA))
    act(town, ticket_id, "status", status="in_progress", reason="")
    act(town, ticket_id, "status", status="pending", reason="And which number?")
    town.drain()
    town.tick(town.now + 3 * HOUR)
    act(town, ticket_id, "reply", text="We found it ourselves.", then="in_progress")
    town.drain()
    told = [e for e in timeline_of(town, ticket_id) if e["kind"] == "deadline_moved"]
    after = ticket_of(town, ticket_id)["due_at"]
    assert after > before
    assert len(told) == 1 and told[0]["data"]["to"] == after
    assert len(to(town, ANA)) > mails
    assert told[0]["at"] < before


def test_the_clocks_say_what_ran_what_paused_and_why(town: Harness) -> None:
    ticket_id = reported_by_mail(town)["ticket_id"]
    town.tick(town.now + HOUR)
    act(town, ticket_id, "status", status="pending", reason="Which side?")
    found = ask(town, "GET", f"/tickets/{ticket_id}/clocks").json()
    resolution = next(c for c in found["clocks"] if c["clock"] == "resolution")
    assert resolution["paused"] and resolution["due_at"] is None
    assert resolution["elapsed_minutes"] == 60 and len(resolution["spans"]) == 1
    assert "paused from" in resolution["explanation"]
    town.tick(town.now + HOUR)
    act(town, ticket_id, "status", status="in_progress", reason="")
    found = ask(town, "GET", f"/tickets/{ticket_id}/clocks").json()
    resolution = next(c for c in found["clocks"] if c["clock"] == "resolution")
    assert len(resolution["spans"]) == 2 and found["next_steps"]
    public = town.http("GET", f"/open311/v2/requests/{ticket_id}.json").json()[0]
    page = town.http("GET", f"/console/tickets/{ticket_id}", user="agent").text
    assert found["expected_at"][:16] == resolution["due_at"][:16]
    assert public["expected_datetime"][:16] == found["expected_at"][:16]
    assert "paused from" in page


def test_a_draft_is_tried_on_the_past_and_on_open_tickets_and_nothing_happens(
    town: Harness,
) -> None:
    ticket_id = reported_by_mail(town)["ticket_id"]
    town.tick(town.now + 50 * HOUR)
    town.drain()
    before, sent = town.dump(), len(town.outbox)
    past = ask(town, "POST", "/rules/draft/trial", body=DRAFT, on="past", days=30)
    assert past.status == 200, past.text
    assert [f["step"] for f in past.json()["firings"]] == ["half"]
    ahead = ask(town, "POST", "/rules/draft/trial", body=DRAFT, on="open", days=60).json()
    assert [f["step"] for f in ahead["firings"]] == ["half", "soon"]
    assert {f["ticket_id"] for f in ahead["firings"]} == {ticket_id}
    assert ahead["mails"] == 3 and ahead["cost"] > 0 and ahead["examined"] == 1
    assert ahead["published"]
    assert town.dump() == before and len(town.outbox) == sent
    wrong = ask(town, "POST", "/rules/draft/trial", body={**DRAFT, "steps": []})
    assert wrong.status == 422
    for user in ("agent", "auditor"):
        refused = town.http("POST", "/api/v1/rules/draft/trial", user=user, json={"body": DRAFT})
        assert refused.status == 403


def test_a_catalogue_travels_as_one_document_and_a_version_comes_back(town: Harness) -> None:
    document = ask(town, "GET", "/catalogue").json()["catalogue"]
    assert ask(town, "POST", "/catalogue", catalogue=document).status == 200
    again = ask(town, "POST", "/catalogue", catalogue=document)
    assert again.json() == {"items": []}
    rule = document["rule"][0]
    changed = {**rule, "name": "Another name"}
    assert ask(town, "POST", "/catalogue", catalogue={"rule": [changed]}).status == 200
    code = rule["rule_id"]
    now = ask(town, "GET", f"/rules/{code}").json()
    assert now["body"]["name"] == "Another name"
    earlier, version = now["version"] - 1, now["version"]
    back = ask(town, "POST", f"/rules/{code}/rollback", to_version=earlier, version=version)
    assert back.json()["body"]["name"] == rule["name"]
