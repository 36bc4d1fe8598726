"""The release before this one and this one work in turns on the same table, and nothing is lost."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from chalicelib.tickets.dynamodb.items.damage import OPTIONAL
from tests.harness import START
from tests.releases.conftest import ROOT
from tests.tables import make_client

pytestmark = [pytest.mark.dynamodb, pytest.mark.slow]

MAIL = (
    "From: {name} <{name}@example.org>\r\nTo: help@report.springfield.example\r\nSubject: Pothole\r\n"
    "Message-ID: <{name}@example.org>\r\n\r\nThere is a pothole in Main Street, says {name}.\r\n"
)
SENT = {"accepted", "delivered", "expired"}
PACKED = ("facts", "rest", "body")
# 0.1.0 wrote no schema, takes away what it does not know, and these come and go by themselves.
MAY_GO = OPTIONAL | {"schema", "note", "ticket_id", "queue_key", "queue_at", "lease", "attempts"}
# Whoever reads a timeline looks through what it does not cover, so that it may be missing.
COMES_AGAIN = {"rest.settled"}
USUAL = {"preferred_channel": "email", "tracking_version": 1}  # what both read where nothing stands
Item = dict[str, Any]


class Release:
    """A process with the town of one release."""

    def __init__(self, tree: Path, table_url: str) -> None:
        driver = Path(__file__).with_name("driver.py")
        self.process = subprocess.Popen(
            [sys.executable, str(driver), table_url],
            cwd=tree,
            env={**os.environ, "PYTHONPATH": str(tree), "PYTHONSAFEPATH": "1"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self._heard() == {"is_open": True}

    def _heard(self) -> Any:
        assert self.process.stdout
        line = self.process.stdout.readline()
        assert line, "the release ended; what it said stands above"
        return json.loads(line)

    def do(self, what: str, **given: Any) -> Any:
        assert self.process.stdin
        self.process.stdin.write(json.dumps({"what": what, **given}) + "\n")
        self.process.stdin.flush()
        return self._heard()

    def ask(self, method: str, path: str, json: Any = None, user: str = "administrator") -> Any:
        given = {"json": json} if json is not None else {}
        answer = self.do("http", method=method, path=path, user=user, **given)
        assert answer["status"] in (200, 201), (path, answer)
        return answer["body"]

    def act(self, ticket_id: str, act: str, **given: Any) -> None:
        path = f"/api/v1/tickets/{ticket_id}"
        version = self.ask("GET", path)["ticket"]["version"]
        self.ask("POST", f"{path}/{act}", {**given, "version": version})

    def close(self) -> None:
        assert self.process.stdin
        self.process.stdin.close()
        self.process.wait(60)


class Table:
    """The items that both write to, and what went missing of them."""

    def __init__(self, url: str) -> None:
        self._client = make_client(url)
        (self._name,) = self._client.list_tables()["TableNames"]
        self._seen: dict[str, Item] = {}

    def items(self) -> dict[str, Item]:
        found: dict[str, Item] = {}
        for page in self._client.get_paginator("scan").paginate(TableName=self._name):
            found |= {f"{i['pk']['S']} {i['sk']['S']}": i for i in page["Items"]}
        return found

    def lost(self) -> dict[str, list[str]]:
        """What items held when this was asked last and do not hold now."""
        now = self.items()
        gone = {key: _gone(item, now.get(key, {})) for key, item in self._seen.items()}
        self._seen = now
        return {key: names for key, names in gone.items() if names}


def _gone(before: Item, after: Item) -> list[str]:
    if not after:
        return ["the item"]
    names = sorted(before.keys() - after.keys() - MAY_GO)
    for name in PACKED:
        had, has = (json.loads(i.get(name, {}).get("S", "{}")) for i in (before, after))
        told = {key for key in had if had[key] and had[key] != USUAL.get(key)}
        names += [f"{name}.{key}" for key in told - has.keys() - {"text"}]
    return [name for name in names if name not in COMES_AGAIN]


@pytest.fixture(scope="module")
def turns(
    is_turned: bool, previous: Path, table_url: str
) -> Iterator[tuple[Release, Release, Table]]:
    """Two releases and their table; the first of them made everything that is there."""
    trees = [ROOT, previous] if is_turned else [previous, ROOT]
    with ExitStack() as stack:
        first, second = (Release(tree, table_url) for tree in trees)
        for release in (first, second):
            stack.callback(release.close)
        yield first, second, Table(table_url)


def tickets(release: Release) -> list[str]:
    found = release.ask("GET", "/api/v1/tickets")["tickets"]
    return sorted(str(each["ticket_id"]) for each in found)


def come_in(release: Release, *names: str) -> list[str]:
    """The tickets of new mails by these people."""
    before = tickets(release)
    for name in names:
        release.do("mail", raw=MAIL.format(name=name))
    release.do("drain")
    return [each for each in tickets(release) if each not in before]


def words(release: Release, ticket_id: str) -> list[str]:
    entries = release.ask("GET", f"/api/v1/tickets/{ticket_id}")["entries"]
    return [str(entry["text"]).strip() for entry in entries if entry["text"]]


def test_two_releases_in_turns_lose_nothing(turns: tuple[Release, Release, Table]) -> None:
    first, second, table = turns
    ticket_id, other = come_in(first, "anna", "boris")
    assert {ticket_id, other} <= set(tickets(second))
    table.lost()
    said = words(first, ticket_id)
    for number, release in enumerate((second, first, second, first)):
        release.act(ticket_id, "note", text=f"Note {number}.")
        assert table.lost() == {}, (number, release)
    assert words(first, ticket_id) == [*said, *(f"Note {number}." for number in range(4))]
    second.act(ticket_id, "status", status="in_progress", reason="")
    first.act(ticket_id, "priority", priority="p2", reason="It is deep.")
    second.act(ticket_id, "reply", text="We are on our way.")
    assert table.lost() == {}
    assert words(first, ticket_id) == words(second, ticket_id)
    cases = [r.ask("GET", f"/api/v1/tickets/{ticket_id}") for r in (first, second)]
    assert _comparable(cases[0]) == _comparable(cases[1])


def _comparable(case: Mapping[str, Any]) -> Any:
    """What both releases say of a ticket, in the fields that both have."""
    fields = ("status", "priority", "requester", "description", "due_at", "agency_code", "version")
    entries = [(e["number"], e["kind"], e["text"]) for e in case["entries"]]
    sent = sorted((n["notice"], n["status"]) for n in case["notifications"])
    return {name: case["ticket"].get(name) for name in fields}, entries, sent


def test_each_message_leaves_once_whoever_sends_it(turns: tuple[Release, Release, Table]) -> None:
    first, second, table = turns
    (ticket_id,) = come_in(first, "clara")
    second.act(ticket_id, "reply", text="We are on our way.")  # in the queue of a worker that died
    table.lost()
    for days in (1, 2, 20, 40):
        for release in (first, second):
            release.do("tick", now=(START + timedelta(days=days)).isoformat())
            release.do("drain")
        assert table.lost() == {}, days
    left = [subject for r in (first, second) for _, subject in r.do("drain")["sent"]]
    found = first.ask("GET", f"/api/v1/tickets/{ticket_id}")["notifications"]
    assert {n["status"] for n in found} <= SENT | {"cancelled"}
    ours = [subject for subject in left if ticket_id in subject]
    assert len(ours) == sum(n["status"] in SENT for n in found) > 2


def test_what_administrators_wrote_is_read_and_written_by_both(
    turns: tuple[Release, Release, Table],
) -> None:
    first, second, table = turns
    table.lost()
    for name, release in (("a", first), ("b", second)):
        key = {"name": f"Library {name}", "kind": "test", "days": 30}
        release.ask("POST", "/api/v1/api-keys", key)
    listed = [r.ask("GET", "/api/v1/api-keys")["keys"] for r in (first, second)]
    names = [sorted(key["name"] for key in keys) for keys in listed]
    assert names == [["Library a", "Library b"]] * 2
    for release in (second, first, second):
        item = release.ask("GET", "/api/v1/services/pothole")
        release.ask(
            "PUT", "/api/v1/services/pothole", {"body": item["body"], "version": item["version"]}
        )
        assert table.lost() == {}
    policies = [r.ask("GET", "/api/v1/policies/policy") for r in (first, second)]
    assert policies[0]["version"] == policies[1]["version"]
