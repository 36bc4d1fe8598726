"""What a later release wrote, and what nobody can read, on every page, door and run of the town."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from chalicelib.errors import JobsFailed
from infra.local.stack import client
from tests.faults import fault
from tests.harness import Harness

MAIL = (
    b"From: Anna Ek <anna@example.org>\r\nTo: %s\r\nSubject: Pothole\r\n"
    b"Message-ID: <%d@example.org>\r\n\r\nThere is a pothole in Main Street, number %d.\r\n"
)
Item = dict[str, Any]


def table(town: Harness) -> str:
    return str(town.services.settings.table_name)


def ticket_rows(town: Harness) -> list[Item]:
    rows = client("dynamodb").scan(TableName=table(town), ConsistentRead=True)["Items"]
    found = [row for row in rows if row["sk"] == {"S": "TICKET"}]
    return sorted(found, key=lambda row: str(row["requested_at"]["S"]))


def put(town: Harness, item: Item, **attributes: Any) -> None:
    whole = {name: value for name, value in (item | attributes).items() if value is not None}
    client("dynamodb").put_item(TableName=table(town), Item=whole)


def id_of(row: Item) -> str:
    return str(row["pk"]["S"].rpartition("#")[2])


@pytest.fixture
def three(town: Harness) -> Iterator[list[Item]]:
    """The rows of three tickets that came by mail, an hour ago."""
    to = town.services.settings.intake_addresses[0].encode()
    for number in range(3):
        town.mail(MAIL % (to, number, number))
        town.drain()
    town.tick(town.now + timedelta(hours=1))
    town.drain()
    rows = ticket_rows(town)
    assert len(rows) == 3
    yield rows


STAFF_LISTS = ("/console", "/console/late", "/console/kept", "/console/sending", "/performance")
PUBLIC_LISTS = ("/reports", "/open311/v2/requests.json?extensions=true", "/open311/v2/requests.xml")


def test_a_state_that_only_a_later_release_knows_is_shown_as_it_is(
    town: Harness, three: list[Item]
) -> None:
    row = three[1]
    put(town, row, status={"S": "on_hold"}, priority={"S": "p0_now"})
    page = town.http("GET", "/console", user="administrator")
    assert page.status == 200
    assert "on hold" in page.text
    assert all(id_of(each) in page.text for each in three)
    one = town.http("GET", f"/console/tickets/{id_of(row)}", user="administrator")
    assert one.status == 200
    assert "on hold" in one.text
    assert "p0 now" in one.text
    found = town.http("GET", f"/api/v1/tickets/{id_of(row)}", user="administrator").json()["ticket"]
    assert (found["status"], found["priority"], found["next_statuses"]) == ("on_hold", "p0_now", [])
    link = next(sent.text for sent in town.outbox if id_of(row) in sent.text)
    path = next(word for word in link.split() if "/t/" in word).partition(":8000")[2]
    mine = town.http("GET", path)
    assert mine.status == 200
    assert "on hold" in mine.text
    request = town.http("GET", f"/open311/v2/requests/{id_of(row)}.json?extensions=true")
    assert request.status in (200, 404)


def test_words_of_a_later_release_are_no_markup(town: Harness, three: list[Item]) -> None:
    put(town, three[1], status={"S": "<b>held</b>"})
    page = town.http("GET", "/console", user="administrator")
    assert "<b>held</b>" not in page.text
    assert "&lt;b&gt;held&lt;/b&gt;" in page.text


def test_staff_may_work_on_it_and_nothing_of_it_is_lost(town: Harness, three: list[Item]) -> None:
    row = three[1]
    rest = json.loads(row["rest"]["S"]) | {"held_by": "the weather"}
    put(town, row, status={"S": "on_hold"}, rest={"S": json.dumps(rest)}, held={"S": "since noon"})
    api = f"/api/v1/tickets/{id_of(row)}"
    version = town.http("GET", api, user="administrator").json()["ticket"]["version"]
    noted = town.http(
        "POST", f"{api}/note", json={"text": "Seen.", "version": version}, user="administrator"
    )
    assert noted.status == 200, noted.text
    moved = town.http(
        "POST",
        f"{api}/status",
        json={"status": "resolved", "reason": "Done.", "version": version + 1},
        user="administrator",
    )
    assert moved.status == 409
    back = ticket_rows(town)[1]
    assert (back["status"], back["held"]) == ({"S": "on_hold"}, {"S": "since noon"})
    assert json.loads(back["rest"]["S"])["held_by"] == "the weather"
    assert (back["queue_key"], back["next_action_at"]) == (row["queue_key"], row["next_action_at"])


def test_no_rule_touches_what_only_a_later_release_understands(
    town: Harness, three: list[Item]
) -> None:
    put(town, three[1], status={"S": "on_hold"})
    publish_something(town)
    for _ in range(3):
        town.tick(town.now + timedelta(days=3))
        town.drain()
    rows = ticket_rows(town)
    assert town.services.recomputation.run(), "a changed catalogue does not wait for it"
    assert json.loads(rows[1]["rest"]["S"]).get("fired") is None
    assert rows[1]["next_action_at"] == three[1]["next_action_at"], "it stays due"
    for _ in range(2):
        town.tick(town.now + timedelta(minutes=1))
    assert ticket_rows(town)[1]["version"] == rows[1]["version"], "and is not written"
    assert all(json.loads(rows[n]["rest"]["S"])["fired"] for n in (0, 2))


def test_one_unreadable_ticket_is_listed_for_staff_and_stops_nothing(
    town: Harness, three: list[Item], caplog: pytest.LogCaptureFixture
) -> None:
    ill = three[1]
    put(town, ill, rest=None)
    for path in (*STAFF_LISTS, "/api/v1/tickets"):
        answer = town.http("GET", path, user="administrator")
        assert answer.status == 200, path
    assert id_of(ill) not in town.http("GET", "/console", user="administrator").text
    for path in PUBLIC_LISTS:
        assert town.http("GET", path).status == 200, path
    assert town.http("GET", f"/api/v1/tickets/{id_of(ill)}", user="administrator").status == 503
    publish_something(town)
    for _ in range(2):
        town.tick(town.now + timedelta(days=3))
        town.drain()
    rows = ticket_rows(town)
    assert all(json.loads(rows[n]["rest"]["S"])["fired"] for n in (0, 2))
    listed = town.http("GET", "/api/v1/parked", user="supervisor").json()["tickets"]
    assert [(each["ticket_id"], each["what"]) for each in listed] == [(id_of(ill), "KeyError rest")]
    page = town.http("GET", "/console/parked", user="supervisor")
    assert id_of(ill) in page.text
    assert "pothole in Main Street" not in caplog.text
    retry(town, ill, back={"rest": ill["rest"]})


def publish_something(town: Harness) -> None:
    """Every open ticket is looked at after that."""
    target = next(iter(town.services.catalog.items("target")))
    body = {**target.body, "minutes": int(target.body["minutes"]) + 60}
    answer = town.http(
        "PUT",
        f"/api/v1/targets/{target.code}",
        json={"body": body, "version": target.version},
        user="administrator",
    )
    assert answer.status == 200, answer.text


def retry(town: Harness, ill: Item, back: Item) -> None:
    """Once it is put right, staff have it back, and its steps come."""
    put(town, next(row for row in ticket_rows(town) if row["pk"] == ill["pk"]), **back)
    again = town.http("POST", "/api/v1/parked/retry", json={}, user="supervisor")
    assert again.json() == {"ticket_ids": [id_of(ill)]}
    assert town.http("GET", "/api/v1/parked", user="supervisor").json() == {"tickets": []}
    assert id_of(ill) in town.http("GET", "/console", user="administrator").text
    town.tick(town.now + timedelta(minutes=1))
    (row,) = (row for row in ticket_rows(town) if row["pk"] == ill["pk"])
    assert json.loads(row["rest"]["S"])["fired"]


def notification_row(town: Harness) -> Item:
    rows = client("dynamodb").scan(TableName=table(town), ConsistentRead=True)["Items"]
    (row,) = (r for r in rows if r["sk"]["S"].startswith("NOTIFICATION#"))
    return dict(row)


@pytest.mark.parametrize("strange", [{"channel": "pigeon"}, {"notice": "ticket_sung"}])
def test_a_message_of_a_later_release_is_left_for_it(town: Harness, strange: Item) -> None:
    to = town.services.settings.intake_addresses[0].encode()
    town.mail(MAIL % (to, 1, 1))
    with fault("sqs.SendMessage", times=99), fault("sqs.SendMessageBatch", times=99):
        town.drain()
    row = notification_row(town)
    good = json.loads(row["body"]["S"])
    put(town, row, body={"S": json.dumps(good | strange)})
    for _ in range(4):
        town.tick(town.now + timedelta(minutes=20))
        town.drain()
    assert town.outbox == []
    left = notification_row(town)
    assert (left["status"], left["reason"]) == (
        {"S": "queued"},
        {"S": "left for a later release"},
    )
    assert left["next_action_at"]["S"] > row["next_action_at"]["S"]
    assert not town.dump()["dead_letters"]
    assert town.http("GET", "/console/sending", user="administrator").status == 200
    ticket_id = id_of(left)
    page = town.http("GET", f"/console/tickets/{ticket_id}", user="administrator")
    assert page.status == 200
    assert next(iter(strange.values())) in page.text
    put(town, left, body={"S": json.dumps(good)})
    town.tick(town.now + timedelta(minutes=20))
    town.drain()
    assert [sent.to for sent in town.outbox] == ["anna@example.org"], "the later release sends it"


def test_a_message_that_no_later_release_came_for_is_given_up_by_name(town: Harness) -> None:
    to = town.services.settings.intake_addresses[0].encode()
    town.mail(MAIL % (to, 1, 1))
    with fault("sqs.SendMessage", times=99), fault("sqs.SendMessageBatch", times=99):
        town.drain()
    row = notification_row(town)
    body = json.loads(row["body"]["S"]) | {"channel": "pigeon"}
    put(town, row, body={"S": json.dumps(body)}, attempts={"N": "672"})
    town.tick(town.now + timedelta(minutes=20))
    town.drain()
    given_up = notification_row(town)
    assert given_up["status"] == {"S": "failed"}
    assert "later release" in given_up["reason"]["S"]
    page = town.http("GET", f"/console/tickets/{id_of(row)}", user="administrator")
    assert page.status == 200


JOBS = {
    "deadlines": "escalations",
    "callbacks": "caller",
    "followers": "following",
    "broadcasts": "broadcasts",
}


class Falls:
    """A job that fails, with words of a citizen in its error."""

    def __init__(self) -> None:
        self.calls = 0

    def run(self, *_: object) -> None:
        self.calls += 1
        raise RuntimeError("anna@example.org: there is a pothole")

    call_due = run


@pytest.mark.parametrize("ill", JOBS)
def test_a_job_that_fails_stops_no_other_and_is_named(
    town: Harness, ill: str, caplog: pytest.LogCaptureFixture
) -> None:
    services, falls = town.services, Falls()
    done: list[str] = []
    for name, attribute in JOBS.items():
        services.__dict__[attribute] = falls if name == ill else Counts(name, done)
    with caplog.at_level(logging.ERROR), pytest.raises(JobsFailed, match=f"^{ill}$"):
        town._town.pump.fire_all(town.now)
    assert falls.calls == 1
    assert done == [name for name in JOBS if name != ill]
    (line,) = caplog.records
    assert (line.getMessage(), line.kind, line.error) == (
        "a job of a schedule failed",
        ill,
        "RuntimeError",
    )
    assert "anna@" not in caplog.text


class Counts:
    """A job that goes well."""

    def __init__(self, name: str, done: list[str]) -> None:
        self.name, self.done, self.is_complete = name, done, False

    def run(self, *_: object) -> Counts:
        self.done.append(self.name)
        return self

    call_due = run
