"""A city is brought back from a moment: the same item by item, nothing sent twice, no mail lost."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from infra.restore import Restore, moment, table_name
from infra.restoring.messages import REASON
from infra.settings import ROOT, read
from infra.stacks import DeployError, functions_stack
from tests.fakes.projections import FakeProjections
from tests.harness import START, Harness
from tests.restoring.account import Account, Calls, Dying, Items, Killed, items_of, later

MAIL = (
    b"From: %s@example.org\r\nTo: help@report.springfield.example\r\nSubject: Pothole\r\n"
    b"Message-ID: <%s@example.org>\r\n\r\nA pothole in Elm Street, says %s.\r\n"
)
SETTINGS = read(ROOT / "infra" / "local" / "town.yaml")
AT = later(START, 10)
NAME = table_name("town", AT)
FIRST = "civicline-town"


class Drill:
    """A city with a life before and after the moment; `then` is what its table held at it."""

    def __init__(self, town: Harness, folder: Path) -> None:
        self.town, self.folder = town, folder
        self.account = Account(town)
        self.said: list[str] = []
        self._live_before()
        town._town.clock.move_to(AT)
        self.then = self.account.dynamodb.remember(FIRST, AT)
        self._live_after()

    def _live_before(self) -> None:
        """Ana has her answer; Bo's mail is a ticket, and his answer waits to be sent."""
        self._mail("ana")
        self.town.drain()
        self.town.deliver(self._mail("bo"))

    def _live_after(self) -> None:
        """Bo is answered, Cy writes by mail and is answered, Di writes by text."""
        self.town._town.clock.move_to(later(AT, 5))
        self.town.drain()
        self._mail("cy")
        self.town.text("The light in Oak Street 1 is out", sender="+12025550100")
        self.town.drain()
        self.town._town.clock.move_to(later(AT, 30))

    def _mail(self, name: str) -> Any:
        return self.town.mail(MAIL.replace(b"%s", name.encode()))

    def restore(self, calls: Calls | None = None, **asked: Any) -> str:
        """Run the tool; `calls` may end it."""
        return self.tool(calls).run(AT, **asked)

    def tool(self, calls: Calls | None = None) -> Restore:
        clients = self.account.clients
        made = (lambda name: Dying(clients(name), calls)) if calls else clients
        return Restore(
            SETTINGS,
            made,
            self.folder,
            say=self.said.append,
            pause=lambda _: None,
            now=lambda: self.town.now,
        )

    def answers_to(self, name: str) -> list[Any]:
        return [s for s in self.town.outbox if s.to == f"{name}@example.org"]

    def references(self) -> dict[str, str]:
        """Who wrote -> the reference of the ticket."""
        found = self.town.dump()["tickets"]
        return {t["description"].rpartition(" ")[2].rstrip("."): t["ticket_id"] for t in found}


@contextmanager
def drill(folder: Path, endpoint: str = "") -> Iterator[Drill]:
    with Harness.boot(endpoint=endpoint) as town:
        yield Drill(town, folder)


def test_a_city_is_brought_back_and_goes_on(tmp_path: Path, endpoint: str) -> None:
    with drill(tmp_path, endpoint) as city:
        before = city.references()
        lose_tickets(city, before["ana"])
        assert city.restore() == NAME
        # Of Ana's answer the other table tells nothing any more, so nothing is expected of it.
        assert sorted(same_but_for_what_left(city.then, city.account.at_switch)) == [
            ("ana", "accepted", "accepted"),
            ("bo", "queued", "accepted"),
        ]
        assert set(city.account.functions.reads.values()) == {"Enabled"}
        assert set(city.account.stacks.tables.values()) == {NAME}
        restored = city.account.dynamodb.describe_table(TableName=NAME)["Table"]
        assert city.account.stacks.stream == restored["LatestStreamArn"]
        city.town.drain()
        after = city.references()
        assert after["ana"] == before["ana"], "what was lost is there again"
        assert after["cy"] == before["cy"], "the mail that came since, under its own reference"
        assert "out" not in after, "a text lies in no bucket"
        city.town.tick(later(AT, 60))
        city.town.drain()
        assert (len(city.answers_to("ana")), len(city.answers_to("bo"))) == (1, 1), "not twice"
        city._mail("ed")
        projections = FakeProjections.within(city.town.services)
        city.town.drain()
        assert city.references()["ed"] in projections.heard, (
            "the stream of the restored table is read"
        )
        assert len(city.answers_to("ed")) == 1
        assert city.town.dump()["dead_letters"] == []


def lose_tickets(city: Drill, *references: str) -> None:
    """Somebody deletes them, with all that hangs on them."""
    for pk, sk in items_of(city.account.dynamodb, FIRST):
        if pk.rpartition("#")[2] in references:
            key = {"pk": {"S": pk}, "sk": {"S": sk}}
            city.account.dynamodb.delete_item(TableName=FIRST, Key=key)


def same_but_for_what_left(then: Items, now: Items) -> list[tuple[str, str, str]]:
    """Compares item by item; whose messages stand otherwise than then, and how."""
    assert set(then) == set(now)
    changed = [key for key in then if then[key] != now[key]]
    assert all(sk.startswith("NOTIFICATION#") for _, sk in changed)
    return [(whose(now[key]), then[key]["status"]["S"], now[key]["status"]["S"]) for key in changed]


def whose(item: Any) -> str:
    recipient = json.loads(item["body"]["S"])["recipient"]
    return str(next(part for part in recipient if part and "@" in part).partition("@")[0])


def test_what_came_after_the_moment_is_listed_without_words_or_addresses(tmp_path: Path) -> None:
    with drill(tmp_path) as city:
        references = city.references()
        city.restore()
        rows = (tmp_path / f"{NAME}.came-after.tsv").read_text().splitlines()
        told = [row.split("\t")[1:] for row in rows]
        assert told == [["email", references["cy"]], ["sms", references["out"]]]
        assert f"    table_name: {NAME}" in city.said[-1]


def test_without_the_table_that_was_left_what_perhaps_left_does_not_leave_again(
    tmp_path: Path,
) -> None:
    with drill(tmp_path) as city:
        bo = city.references()["bo"]
        city.account.dynamodb.restore_table_to_point_in_time(
            SourceTableName=FIRST,
            TargetTableName=NAME,
            RestoreDateTime=AT,
            SSESpecificationOverride={"KMSMasterKeyId": "arn:key"},
        )
        city.account.dynamodb.update_table(TableName=FIRST, DeletionProtectionEnabled=False)
        city.account.dynamodb.delete_table(TableName=FIRST)
        city.restore()
        city.town.tick(later(AT, 24 * 60))
        city.town.drain()
        assert len(city.answers_to("bo")) == 1
        ended = [n for n in city.town.dump()["notifications"] if n["reason"] == REASON]
        assert [(n["ticket_id"], n["status"]) for n in ended] == [(bo, "expired")]


def test_a_restore_that_is_killed_at_any_call_goes_on_to_the_same_end(tmp_path: Path) -> None:
    for is_done in (False, True):
        with drill(tmp_path) as city:
            at, count = 0, 0
            while True:
                at += 1
                calls = Calls(at, is_done=is_done)
                try:
                    city.restore(calls)
                except Killed:
                    count += 1
                    continue
                break
            assert count > 60
            assert same_but_for_what_left(city.then, city.account.at_switch) == [
                ("bo", "queued", "accepted")
            ]
            assert set(city.account.functions.reads.values()) == {"Enabled"}
            city.town.drain()
            assert {"ana", "bo", "cy"} <= set(city.references())
            assert len(city.answers_to("bo")) == 1
            assert equipped(city)


def equipped(city: Drill) -> bool:
    dynamodb = city.account.dynamodb
    expiry = dynamodb.describe_time_to_live(TableName=NAME)["TimeToLiveDescription"]
    kept = dynamodb.describe_continuous_backups(TableName=NAME)["ContinuousBackupsDescription"]
    return (
        dynamodb.describe_table(TableName=NAME)["Table"]["DeletionProtectionEnabled"] is True
        and expiry["TimeToLiveStatus"] == "ENABLED"
        and kept["PointInTimeRecoveryDescription"]["PointInTimeRecoveryStatus"] == "ENABLED"
    )


def test_nothing_reads_the_queues_before_their_readers_have_changed_over(tmp_path: Path) -> None:
    with drill(tmp_path) as city:
        city.account.functions.stuck_at = FIRST
        with pytest.raises(DeployError, match="still works with civicline-town"):
            city.restore()
        assert set(city.account.functions.reads.values()) == {"Disabled"}
        city.account.functions.stuck_at = ""
        city.restore()
        assert set(city.account.functions.reads.values()) == {"Enabled"}


def test_a_moment_that_is_not_kept_is_refused_before_anything_is_made(tmp_path: Path) -> None:
    with drill(tmp_path) as city:
        city.account.dynamodb._moments[FIRST, later(AT, -5)] = {}
        del city.account.dynamodb._moments[FIRST, AT]
        with pytest.raises(DeployError, match="name a moment between"):
            city.restore()
        with pytest.raises(DeployError, match="There is no table civicline-gone"):
            city.restore(source="civicline-gone")
        assert city.account.dynamodb.list_tables()["TableNames"] == [FIRST]
        assert city.account.functions.reads == {}, "nor was any queue stopped"


def test_who_gives_up_has_the_queues_read_again_on_the_table_that_is_left(tmp_path: Path) -> None:
    with drill(tmp_path) as city:
        with pytest.raises(Killed):
            city.restore(Calls(60, is_done=True))
        assert set(city.account.functions.reads.values()) == {"Disabled"}
        city.tool().give_up()
        assert set(city.account.functions.reads.values()) == {"Enabled"}
        assert city.account.stacks.tables[functions_stack("town")] == FIRST


@pytest.mark.parametrize("text", ["", "yesterday", "2026-11-30T10:00:00", "2026-13-01T00:00:00Z"])
def test_a_moment_without_a_zone_is_none(text: str) -> None:
    with pytest.raises(DeployError, match="AT must be a moment with its zone"):
        moment(text)


def test_a_moment_is_told_in_utc() -> None:
    assert moment("2026-11-30T12:00:00+02:00").isoformat() == "2026-11-30T10:00:00+00:00"
    assert table_name("prod", moment("2026-11-30T10:00:00Z")) == "civicline-prod-20261130T100000Z"
