"""What counts tickets hears of each change: in order, again after failures, and nothing is lost unseen."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from infra.local import dynamodb_local
from tests.citizens import a_mail, act
from tests.fakes.projections import FakeProjections
from tests.harness import START, Harness

LONGEST = timedelta(hours=5)


@pytest.fixture(scope="module")
def local() -> Iterator[str]:
    """Amazon's own engine, with real streams."""
    if problem := dynamodb_local.why_not():
        pytest.skip(problem)
    server = dynamodb_local.start()
    yield server.url
    server.stop()


@pytest.fixture(params=["", pytest.param("local", marks=pytest.mark.dynamodb)])
def town(request: pytest.FixtureRequest) -> Iterator[Harness]:
    """The same truths on moto and there."""
    endpoint = request.getfixturevalue(request.param) if request.param else ""
    with Harness.boot(endpoint=endpoint) as booted:
        yield booted


@pytest.fixture
def projections(town: Harness) -> FakeProjections:
    return FakeProjections.within(town.services)


class Killed(BaseException):
    """The run ends in the middle, as when Lambda ends it."""


def reported(town: Harness, count: int) -> list[str]:
    """Reports that were received and not yet followed, in the order of their writing."""
    found: list[str] = []
    for number in range(count):
        town.mail(a_mail(f"Lamp {number} is dark.", sender=f"citizen{number}@example.org"))
        town._town.pump.step()
        found += [ref for ref in references(town) if ref not in found]
    return found


def references(town: Harness) -> list[str]:
    return [ticket["ticket_id"] for ticket in town.dump()["tickets"]]


def follow(town: Harness) -> int:
    return town._town.changes.follow()


def test_every_change_of_a_ticket_is_told_and_nothing_else_wakes_the_function(
    town: Harness, projections: FakeProjections
) -> None:
    (ref,) = reported(town, 1)
    town.drain()
    assert set(projections.heard) == {ref}
    told = len(projections.batches)
    act(town, ref, "assign", assignee="agent@city.example")
    town.drain()
    assert len(projections.batches) == told + 1
    assert projections.batches[-1] == [ref]
    assert len(town.own_cpu["on_change"]) == len(projections.batches), "never woken for nothing"


def test_what_schedules_change_is_told_when_they_have_run(
    town: Harness, projections: FakeProjections
) -> None:
    refs = reported(town, 1)
    town.tick(START + timedelta(minutes=1))
    assert projections.heard[:1] == refs


def test_changes_come_together_and_in_order(town: Harness, projections: FakeProjections) -> None:
    refs = reported(town, 3)
    follow(town)
    assert projections.batches == [refs]


def test_while_nothing_can_be_followed_nothing_is_lost_and_the_queues_go_on(
    town: Harness, projections: FakeProjections
) -> None:
    projections.is_down = True
    first = reported(town, 2)
    town.drain()
    assert len(town.outbox) == 2, "citizens are answered"
    projections.is_down, projections.batches = False, []
    town.drain()
    assert list(dict.fromkeys(projections.heard)) == first


def test_a_run_that_is_killed_is_repeated(town: Harness, projections: FakeProjections) -> None:
    (ref,) = reported(town, 1)
    kept, projections.follow = projections.follow, killing  # type: ignore[method-assign]
    with pytest.raises(Killed):
        follow(town)
    projections.follow = kept  # type: ignore[method-assign]
    follow(town)
    assert projections.heard == [ref]


def killing(*_: Any) -> None:
    raise Killed


def test_a_ticket_that_fails_is_alone_with_it_and_what_came_before_is_done(
    town: Harness, projections: FakeProjections
) -> None:
    before, hard, after = reported(town, 3)
    projections.hard = {hard}
    follow(town)
    assert projections.batches[-1] == [hard]
    projections.hard, projections.batches = set(), []
    follow(town)
    assert projections.heard == [hard, after]
    assert before not in projections.heard


def test_what_fails_for_five_hours_lies_with_the_dead_letters_and_the_rest_goes_on(
    town: Harness, projections: FakeProjections
) -> None:
    hard, after = reported(town, 2)
    projections.hard = {hard}
    follow(town)
    town._town.clock.move_to(START + LONGEST)
    follow(town)
    assert town.dump()["dead_letters"] == [], "as long as an outage may take"
    town._town.clock.move_to(START + LONGEST + timedelta(seconds=1))
    follow(town)
    (letter,) = town.dump()["dead_letters"]
    assert letter["queue"] == "civicline-changes-dead-town"
    assert json.loads(letter["body"])["DDBStreamBatchInfo"]["batchSize"] == 1
    assert projections.heard[-1] == after


def test_what_was_followed_is_not_told_again(town: Harness, projections: FakeProjections) -> None:
    reported(town, 2)
    town.drain()
    told = len(projections.batches)
    town.drain()
    town.tick(START)
    assert len(projections.batches) == told
