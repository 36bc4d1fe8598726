"""The staff API: acts, versions, bodies, lists, catalogue, quarantine (A08, A09, A12, K07)."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from typing import Any

import pytest

from chalicelib.messages import Attachment
from tests.handlers.desk_work import act, case, report
from tests.harness import Harness


@pytest.fixture(scope="module")
def town() -> Iterator[Harness]:
    """One town for the module: every test makes its own tickets."""
    with Harness.boot() as booted:
        yield booted


@pytest.fixture
def ticket_id(town: Harness, request: pytest.FixtureRequest) -> str:
    """A fresh ticket of Public Works."""
    return report(town, f"For {request.node.name}", service="pothole")


def version(town: Harness, ticket_id: str) -> int:
    found: int = case(town, ticket_id)["ticket"]["version"]
    return found


def kinds(town: Harness, ticket_id: str) -> list[str]:
    return [entry["kind"] for entry in case(town, ticket_id)["entries"]]


# -- acts


def test_a_reply_is_on_the_timeline_and_on_its_way(town: Harness, ticket_id: str) -> None:
    answer = act(town, ticket_id, "reply", text="We come on Monday.", version=1)
    assert answer.status == 200
    assert answer.json()["version"] == 2
    assert answer.headers["ETag"] == '"2"'
    found = case(town, ticket_id)
    assert "We come on Monday." in [entry["text"] for entry in found["entries"]]
    notices = {n["notice"]: n["status"] for n in found["notifications"]}
    assert notices["ticket_replied"] == "queued"


def test_a_reply_can_resolve_in_the_same_act(town: Harness, ticket_id: str) -> None:
    answer = act(town, ticket_id, "reply", text="Done.", then="resolved", version=1)
    assert answer.json()["status"] == "resolved"
    assert answer.json()["version"] == 2


def test_each_act_leaves_its_entry(town: Harness, ticket_id: str) -> None:
    acts: list[tuple[str, dict[str, Any]]] = [
        ("note", {"text": "Ask crew 4"}),
        ("assign", {"assignee": "me"}),
        ("status", {"status": "in_progress"}),
        ("priority", {"priority": "p1", "reason": "School route"}),
        ("reclassify", {"service_code": "sidewalk", "reason": "It is the kerb"}),
        ("hand-over", {"agency_code": "parks", "reason": "Their kerb"}),
    ]
    for number, (name, body) in enumerate(acts, start=1):
        answer = act(town, ticket_id, name, version=number, **body)
        assert answer.status == 200, (name, answer.text)
    wanted = [
        "noted",
        "assigned",
        "status_changed",
        "priority_changed",
        "reclassified",
        "handed_over",
    ]
    assert kinds(town, ticket_id)[1:] == wanted
    ticket = case(town, ticket_id)["ticket"]
    assert (ticket["priority"], ticket["service_code"]) == ("p1", "sidewalk")
    assert (ticket["agency_code"], ticket["assignee"]) == ("parks", "")


def test_a_ticket_can_be_given_to_a_colleague_by_address(town: Harness, ticket_id: str) -> None:
    answer = act(town, ticket_id, "assign", assignee="roads@city.example", version=1)
    assert answer.json()["assignee"] == "roads@city.example"


def test_a_ticket_cannot_be_given_to_nobody_we_know(town: Harness, ticket_id: str) -> None:
    answer = act(town, ticket_id, "assign", assignee="eve@example.net", version=1)
    assert answer.status == 422
    assert "assignee" in answer.json()["error"]["fields"]


def test_an_impossible_status_is_a_conflict_that_says_what_is_possible(
    town: Harness, ticket_id: str
) -> None:
    answer = act(town, ticket_id, "status", status="closed", version=1)
    assert answer.status == 409
    assert answer.json()["error"]["code"] == "invalid_transition"
    assert "resolved" in answer.json()["error"]["message"]


# -- versions (A09)


def test_of_two_people_saving_at_once_one_is_told(town: Harness, ticket_id: str) -> None:
    assert act(town, ticket_id, "note", text="first", version=1).status == 200
    late = act(town, ticket_id, "note", text="second", version=1, user="supervisor")
    assert late.status == 409
    assert late.json()["error"]["version"] == 2
    assert kinds(town, ticket_id) == ["opened", "noted"]


def test_the_version_may_come_as_if_match(town: Harness, ticket_id: str) -> None:
    path = f"/api/v1/tickets/{ticket_id}/note"
    for tag, status in (('"9"', 409), ('"1"', 200)):
        headers = {"If-Match": tag}
        answer = town.http("POST", path, json={"text": "x"}, headers=headers, user="agent")
        assert answer.status == status


def test_a_change_without_a_version_is_refused(town: Harness, ticket_id: str) -> None:
    answer = act(town, ticket_id, "note", text="x")
    assert answer.status == 422
    assert "version" in answer.json()["error"]["fields"]


# -- bodies (A08)


@pytest.mark.parametrize(
    "field",
    [
        "status",
        "tenant_id",
        "assignee",
        "priority",
        "created_at",
        "is_internal",
        "verified",
        "contact_id",
        "audit",
        "actor",
        "visibility",
        "jurisdiction_id",
    ],
)
def test_a_field_that_a_body_does_not_have_is_refused(
    town: Harness, ticket_id: str, field: str
) -> None:
    answer = act(town, ticket_id, "note", text="x", version=1, **{field: "p1"})
    assert answer.status == 422
    assert field in answer.json()["error"]["fields"]
    assert kinds(town, ticket_id) == ["opened"]


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b'"text"',
        b'{"text": NaN}',
        b"\xff\xfe",
        b"{" * 5000,
        b'{"text": "\\ud800", "version": 1}',
    ],
)
def test_what_is_no_json_object_is_refused(town: Harness, ticket_id: str, body: bytes) -> None:
    headers = {"Content-Type": "application/json"}
    path = f"/api/v1/tickets/{ticket_id}/note"
    answer = town.http("POST", path, body=body, headers=headers, user="agent")
    assert answer.status in (400, 422)
    assert answer.json()["error"]["code"] in ("invalid_message", "invalid_request")


@pytest.mark.parametrize("wrong", ["one", 1.5, -1, True, "1", 10**12])
def test_a_version_is_a_whole_number(town: Harness, ticket_id: str, wrong: object) -> None:
    answer = act(town, ticket_id, "note", text="x", version=wrong)
    assert answer.status == 422
    assert "version" in answer.json()["error"]["fields"]


def test_an_empty_or_endless_text_is_named(town: Harness, ticket_id: str) -> None:
    for text in ("", "   ", "x" * 1_200_001):
        answer = act(town, ticket_id, "reply", text=text, version=1)
        assert answer.status == 422
        assert "text" in answer.json()["error"]["fields"]


# -- lists


@pytest.mark.parametrize(
    "query",
    [
        "status=open",
        "priority=urgent",
        "size=0",
        "size=101",
        "size=x",
        "unassigned=yes",
        "token=made-up",
        "open=1",
    ],
)
def test_a_wrong_argument_is_named(town: Harness, query: str) -> None:
    answer = town.http("GET", f"/api/v1/tickets?{query}", user="agent")
    assert answer.status == 422, answer.text


# -- whose tickets (A04)


def test_another_agencys_ticket_answers_as_if_it_were_not_there(
    town: Harness, ticket_id: str
) -> None:
    absent_id = "SR-0000-0000-0"
    absent = town.http("GET", f"/api/v1/tickets/{absent_id}", user="parks")
    hidden = town.http("GET", f"/api/v1/tickets/{ticket_id}", user="parks")
    assert absent.status == hidden.status == 404
    told = [answer.json()["error"] for answer in (absent, hidden)]
    assert told[0]["code"] == told[1]["code"]
    assert told[0]["message"].replace(absent_id, ticket_id) == told[1]["message"]
    assert sorted(absent.headers) == sorted(hidden.headers)
    assert act(town, ticket_id, "note", user="parks", text="x", version=1).status == 404
    assert town.http("GET", "/api/v1/tickets?agency=public-works", user="parks").status == 422
    listed = town.http("GET", "/api/v1/tickets", user="parks").json()["tickets"]
    assert ticket_id not in [ticket["ticket_id"] for ticket in listed]


def test_who_works_for_the_agency_sees_its_tickets(town: Harness, ticket_id: str) -> None:
    assert town.http("GET", f"/api/v1/tickets/{ticket_id}", user="roads").status == 200


# -- quarantine


SPAM = (
    b"From: Eve <eve@example.net>\r\nTo: help@city.example\r\nSubject: Win\r\n"
    b"Message-ID: <win-%d@example.net>\r\nDate: Mon, 2 Mar 2026 10:00:00 +0000\r\n\r\nBuy %d\r\n"
)


def held(town: Harness, number: int) -> str:
    """The key of a message that was just held."""
    town.mail(
        SPAM % (number, number), to="help@report.springfield.example", verdicts={"spam": "FAIL"}
    )
    town.drain()
    answer = town.http("GET", "/api/v1/quarantine", user="supervisor")
    assert answer.status == 200, answer.text
    key: str = answer.json()["messages"][0]["message_key"]
    return key


def test_a_held_message_can_be_let_in_once(town: Harness) -> None:
    key = held(town, 1)
    path, body = "/api/v1/quarantine/release", {"message_key": key}
    answer = town.http("POST", path, json=body, user="supervisor")
    assert answer.status == 200, answer.text
    assert case(town, answer.json()["ticket_id"])["ticket"]["description"].startswith("Buy")
    assert town.http("POST", path, json=body, user="supervisor").status == 404


def test_a_held_message_can_be_thrown_away_with_a_reason(town: Harness) -> None:
    key = held(town, 2)
    path = "/api/v1/quarantine/discard"
    no_reason = town.http("POST", path, json={"message_key": key, "reason": ""}, user="supervisor")
    assert no_reason.status == 422
    body = {"message_key": key, "reason": "advertising"}
    before = len(town.dump()["audit"])
    assert town.http("POST", path, json=body, user="supervisor").status == 200
    assert len(town.dump()["audit"]) == before + 1
    left = town.http("GET", "/api/v1/quarantine", user="supervisor").json()["messages"]
    assert key not in [message["message_key"] for message in left]


# -- catalogue


AGENCY = {"agency_name": {"en": "Water"}, "email": "water@city.example"}


def put(town: Harness, path: str, body: Any, version: int, user: str = "administrator") -> Any:
    sent = {"body": body, "version": version, "note": "for a test"}
    return town.http("PUT", f"/api/v1/{path}", json=sent, user=user)


def test_a_thing_of_the_catalogue_lives_changes_and_ends_with_its_history(town: Harness) -> None:
    before = len(town.dump()["audit"])
    assert put(town, "agencies/water", AGENCY, 0).status == 200
    assert put(town, "agencies/water", AGENCY, 0).status == 409
    changed = put(town, "agencies/water", {**AGENCY, "email": "w@city.example"}, 1)
    assert changed.json()["version"] == 2
    gone = town.http("DELETE", "/api/v1/agencies/water", json={"version": 2}, user="administrator")
    assert gone.status == 200, gone.text
    assert town.http("GET", "/api/v1/agencies/water", user="agent").status == 404
    history = town.http("GET", "/api/v1/agencies/water/history", user="agent").json()["items"]
    assert [(item["version"], item["is_deleted"]) for item in history] == [
        (3, True),
        (2, False),
        (1, False),
    ]
    assert len(town.dump()["audit"]) == before + 3


RULE = {
    "name": "Late",
    "clock": "first_response",
    "when": {"priority": ["p1"]},
    "steps": [{"code": "late", "minutes": 0, "actions": [{"do": "remind_agency"}]}],
}


@pytest.mark.parametrize(
    ("change", "path"),
    [
        ({"clock": "lunch"}, "clock"),
        ({"steps": []}, "steps"),
        ({"color": "red"}, "color"),
        ({"when": {"field": "status", "values": ["closed"]}}, "when.values"),
        (
            {"steps": [{"code": "a", "minutes": 0, "actions": [{"do": "explode"}]}]},
            "steps[0].actions[0].do",
        ),
        (
            {"steps": [{"code": "a", "minutes": -999_999, "actions": [{"do": "close"}]}]},
            "steps[0].minutes",
        ),
    ],
)
def test_a_rules_mistake_is_named_at_its_field(
    town: Harness, change: dict[str, Any], path: str
) -> None:
    answer = put(town, "rules/wrong", {**RULE, **change}, 0)
    assert answer.status == 422
    assert path in answer.json()["error"]["fields"], answer.text


def test_rules_are_ordered_switched_and_deleted(town: Harness) -> None:
    assert put(town, "rules/mine", {**RULE, "order": 999}, 0).status == 200
    codes = [i["code"] for i in town.http("GET", "/api/v1/rules", user="agent").json()["items"]]
    assert codes[-1] == "mine"
    wanted = {"rule_ids": ["mine", *codes[:-1]]}
    answer = town.http("PUT", "/api/v1/rule-order", json=wanted, user="administrator")
    assert [item["code"] for item in answer.json()["items"]] == wanted["rule_ids"]
    rule = town.http("GET", "/api/v1/rules/mine", user="agent").json()
    off = {"is_enabled": False, "version": rule["version"]}
    switched = town.http("PUT", "/api/v1/rules/mine/enabled", json=off, user="administrator")
    assert switched.json()["body"]["is_enabled"] is False
    sent = {"version": switched.json()["version"]}
    gone = town.http("DELETE", "/api/v1/rules/mine", json=sent, user="administrator")
    assert gone.status == 200


def test_an_order_that_forgets_a_rule_is_refused(town: Harness) -> None:
    sent = {"rule_ids": ["mine"]}
    answer = town.http("PUT", "/api/v1/rule-order", json=sent, user="administrator")
    assert answer.status == 422


def test_a_body_keeps_the_code_of_its_address(town: Harness) -> None:
    answer = put(town, "agencies/water", {**AGENCY, "agency_code": "fire"}, 0)
    assert answer.status == 422
    assert "agency_code" in answer.json()["error"]["fields"]


# -- answers in general


def test_everybody_may_ask_who_they_are(town: Harness) -> None:
    for user, role in (("auditor", "auditor"), ("roads", "agent")):
        me = town.http("GET", "/api/v1/me", user=user).json()
        assert me["roles"] == [role]
    assert me["agency_codes"] == ["public-works"]
    people = town.http("GET", "/api/v1/people", user="agent").json()["people"]
    assert "auditor@city.example" not in [person["username"] for person in people]


def test_errors_never_show_a_stack(town: Harness) -> None:
    answer = town.http("GET", "/api/v1/tickets/%00%0d%0aX: y", user="agent")
    assert answer.status == 404
    assert "Traceback" not in answer.text
    assert json.loads(answer.text)["error"]["request_id"]


@pytest.mark.parametrize(
    ("method", "path"), [("DELETE", "/api/v1/tickets"), ("PATCH", "/api/v1/me")]
)
def test_a_method_that_is_not_there_answers_in_our_shape(
    town: Harness, method: str, path: str
) -> None:
    answer = town.http(method, path, user="agent")
    assert answer.status == 405
    assert answer.json()["error"]["code"] == "not_allowed"


# -- files (A11)


def stored(town: Harness, content: bytes, filename: str) -> Attachment:
    """A file in the town's store."""
    digest = hashlib.sha256(content).hexdigest()
    attachment = Attachment(
        filename=filename,
        content_type="image/png",
        size=len(content),
        digest=digest,
        content=content,
    )
    return town.services.files.put(attachment)


def test_a_file_is_a_download_of_its_own_ticket_only(town: Harness) -> None:
    nasty = 'photo "1"\r\nX-Evil: yes; عکس.png'
    photo = stored(town, b"\x89PNG\r\n\x1a\n\x00\xff", nasty)
    owner = report(town, "With a photo", service="pothole", attachments=(photo,))
    other = report(town, "Without a photo", service="pothole")
    for start in ("/api/v1", "/console"):
        answer = town.http("GET", f"{start}/tickets/{owner}/files/{photo.digest}", user="agent")
        assert answer.status == 200
        assert answer.body == b"\x89PNG\r\n\x1a\n\x00\xff"
        assert answer.headers["Content-Type"] == "application/octet-stream"
        assert answer.headers["Content-Disposition"].startswith("attachment; ")
        assert "X-Evil" not in answer.headers
        assert "sandbox" in answer.headers["Content-Security-Policy"]
        for ticket, user in ((other, "agent"), (owner, "parks")):
            path = f"{start}/tickets/{ticket}/files/{photo.digest}"
            assert town.http("GET", path, user=user).status == 404
    absent = f"/api/v1/tickets/{owner}/files/{'0' * 64}"
    assert town.http("GET", absent, user="agent").status == 404
