"""The run of the ladders is killed at every AWS call while a second one works: each step once."""

from __future__ import annotations

import contextlib
import importlib
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from functools import partial
from types import SimpleNamespace
from typing import Any

import pytest

from chalicelib.channels.web import holder_token
from chalicelib.errors import StaleTicket
from chalicelib.messages import Channel, InboundMessage, Party, Proof
from chalicelib.notifications.sending.patience import PARKED
from chalicelib.tickets.dynamodb.items.keys import NOTIFICATION
from chalicelib.tickets.model.ticket import OPEN_STATUSES, SYSTEM, Actor, Visibility
from infra.local.pump import _scheduled
from infra.local.stack import client
from tests.citizens import timeline_of
from tests.faults import Died, fault
from tests.flows.test_flow_escalation import QUICK, _publish, _without_other_rules
from tests.flows.test_flow_strangers import set_policy
from tests.handlers.desk_work import act, case, report
from tests.harness import Harness

HOUR = timedelta(hours=1)
ANYTHING = ""  # a fault at any operation


@pytest.fixture(scope="module")
def town() -> Iterator[Harness]:
    with Harness.boot() as booted:
        _without_other_rules(booted)
        assert _publish(booted, QUICK).status in (200, 201)
        yield booted


def an_overdue_ticket(town: Harness, words: str) -> str:
    ticket_id = report(town, words, service="pothole", key=words)
    town.drain()
    town._town.clock.move_to(town.now + HOUR)
    return ticket_id


def run(town: Harness) -> None:
    """What the schedule calls, without the queues."""
    services = town.services
    if services.escalations.run().is_complete:
        services.recomputation.run()


def killed_at(town: Harness, nth: int, *, is_lost: bool, meanwhile: Callable[[], None]) -> bool:
    """Run and die at the n-th call, before or after it took effect; whether there was such a call."""

    def die(*_: Any) -> Any:
        meanwhile()
        raise Died

    how: dict[str, Any] = {"is_lost": True, "meanwhile": die} if is_lost else {"reply": die}
    with fault(ANYTHING, nth=nth, **how):
        try:
            run(town)
        except Died:
            return True
    return False


@pytest.mark.parametrize("is_lost", [False, True], ids=["before", "after"])
def test_killed_at_every_call_while_another_run_works(town: Harness, is_lost: bool) -> None:
    for nth in range(1, 100):
        ticket_id = an_overdue_ticket(town, f"Hole {nth} {is_lost}")
        town.restart()
        was_killed = killed_at(town, nth, is_lost=is_lost, meanwhile=lambda: run(town))
        town.restart()
        for _ in range(2):
            town.tick(town.now + timedelta(minutes=1))
            town.drain()
        check_once(town, ticket_id)
        version = town.services.store.get(ticket_id).version
        act(town, ticket_id, "status", status="resolved", reason="Done", version=version)
        if not was_killed:
            break
    assert 8 < nth < 99, "the sweep ended after the last call of a run"


def check_once(town: Harness, ticket_id: str) -> None:
    fired = [e["data"] for e in timeline_of(town, ticket_id) if e["kind"] == "escalated"]
    assert [(f["step"], f["action"]) for f in fired] == [
        ("hour", "remind_agency"),
        ("hour", "raise_priority"),
    ]
    notices = [n for n in town.dump()["notifications"] if n["ticket_id"] == ticket_id]
    reminders = [n for n in notices if n["notice"] == "escalation_reminder"]
    assert [n["status"] for n in reminders] == ["accepted"]


def at_once(*works: Callable[[], object]) -> None:
    """Everybody at the same moment; what one of them raises is lost, as a crash of its own."""
    gate = threading.Barrier(len(works))

    def wait_and(work: Callable[[], object]) -> None:
        gate.wait()
        work()

    threads = [threading.Thread(target=wait_and, args=(work,)) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def test_the_same_tick_three_times_at_once(town: Harness) -> None:  # T01
    ticket_id = an_overdue_ticket(town, "Three at once")
    at_once(*[lambda: run(town)] * 3)
    town.drain()
    check_once(town, ticket_id)
    another = an_overdue_ticket(town, "One between another's reading and writing")
    with fault("dynamodb.TransactWriteItems", meanwhile=lambda: run(town)):
        run(town)
    town.drain()
    check_once(town, another)


def test_many_due_in_two_runs_of_several_hands_that_die_at_any_call(town: Harness) -> None:
    """Both runs share out what is due to their hands; whoever dies leaves the rest to the next."""
    words = [f"One of many {number}" for number in range(12)]
    overdue = [report(town, each, service="pothole", key=each) for each in words]
    town.drain()
    town._town.clock.move_to(town.now + HOUR)
    for nth in (3, 11, 30):
        with fault(ANYTHING, nth=nth, reply=_die), contextlib.suppress(Died):
            at_once(lambda: run(town), lambda: run(town))
    for _ in range(2):
        town.tick(town.now + timedelta(minutes=1))
        town.drain()
    for ticket_id in overdue:
        check_once(town, ticket_id)


def _die(*_: Any) -> Any:
    raise Died


def test_a_crowd_leaves_the_other_jobs_of_the_minute_their_time(town: Harness) -> None:
    an_overdue_ticket(town, "One of a crowd")
    [schedule] = [s for s in town._town.pump.schedules if "escalations" in s.function.name]
    module, _, name = schedule.function.handler.rpartition(".")
    handler = getattr(importlib.import_module(module), name)
    before = len(town.dump()["notifications"])
    with_time_for_others = SimpleNamespace(get_remaining_time_in_millis=lambda: 14_000)
    handler(_scheduled(schedule, town.now), with_time_for_others)
    assert len(town.dump()["notifications"]) == before
    run(town)
    assert len(town.dump()["notifications"]) > before


def test_resolved_in_the_second_in_which_a_step_is_due(town: Harness) -> None:  # T06
    ticket_id = an_overdue_ticket(town, "Resolved just now")

    def resolve() -> None:
        act(town, ticket_id, "status", status="resolved", reason="Filled", version=1)

    one_by_one = replace(
        town.services.escalations, hands=1
    )  # the first write is this ticket's, or none is
    with fault("dynamodb.TransactWriteItems", meanwhile=resolve):
        one_by_one.run()
    kinds = [e["kind"] for e in timeline_of(town, ticket_id)]
    assert "escalated" not in kinds and "status_changed" in kinds


def test_two_agents_save_the_same_version(town: Harness) -> None:  # D06
    ticket_id = report(town, "Whose", service="pothole", key="d06")
    answers: list[int] = []

    def note(words: str) -> None:
        answer = act(town, ticket_id, "note", text=words, version=1)
        answers.append(answer.status)

    at_once(lambda: note("one"), lambda: note("two"))
    assert sorted(answers) == [200, 409]
    assert [e["kind"] for e in timeline_of(town, ticket_id)].count("noted") == 1


ROUNDS = 200
MINUTELY: dict[str, Any] = {
    "name": "Something every minute",
    "when": {"service": ["sidewalk"]},
    "clock": "resolution",
    "steps": [
        {
            "code": f"m{number}",
            "minutes": number,
            "is_working_time": False,
            "actions": [{"do": "raise_priority", "to": "p4"}],
        }
        for number in range(1, ROUNDS + 1)
    ],
}


def test_assigned_escalated_and_answered_at_once(town: Harness) -> None:  # D07
    assert _publish(town, MINUTELY, "minutely").status in (200, 201)
    set_policy(town, additions_a_day=ROUNDS)
    desk, store = town.services.desk, town.services.store
    catalog = town.services.catalog.load()
    clerk = Actor("staff", "roads@city.example")
    ticket_id = report(town, "Busy", service="sidewalk", key="d07")
    until_done = persistent(StaleTicket)
    due_at = store.get(ticket_id).due_at
    assert due_at

    def assign(who: str) -> None:
        desk.assign(ticket_id, clerk, who, version=store.get(ticket_id).version)

    def answer(number: int) -> None:
        token = holder_token(ticket_id, "email:ana@example.org")
        words = {"message_id": f"d07-{number}", "text": f"And another thing, {number}"}
        sender = Party(email="ana@example.org")
        desk.receive(
            InboundMessage(
                channel=Channel.WEB,
                sender=sender,
                received_at=town.now,
                token=token,
                proof=Proof.PROVEN,
                **words,
            )
        )

    for number in range(ROUNDS):
        town._town.clock.move_to(due_at + (number + 1) * timedelta(minutes=1))
        before = store.get(ticket_id)
        at_once(
            until_done(partial(assign, f"p{number}@x.example")),
            until_done(lambda: town.services.escalations.run_one(ticket_id, catalog, town.now)),
            until_done(partial(answer, number)),
        )
        after = store.get(ticket_id)
        assert after.version == before.version + 3
        assert after.assignee == f"p{number}@x.example" and after.status in OPEN_STATUSES
    kinds = Counter(e["kind"] for e in timeline_of(town, ticket_id))
    assert [kinds[k] for k in ("assigned", "escalated", "appended")] == [ROUNDS] * 3
    numbers = [e["number"] for e in timeline_of(town, ticket_id)]
    assert numbers == list(range(1, len(numbers) + 1))


def test_thirty_long_timelines_are_listed_and_run_over_each_once(town: Harness) -> None:  # D11
    services = town.services
    ids = [report(town, f"Long {n}", service="pothole", key=f"d11-{n}") for n in range(30)]
    for ticket_id in ids:
        ticket = services.store.get(ticket_id)
        ticket.record("noted", town.now, SYSTEM, visibility=Visibility.STAFF, text="x" * 100_000)
        services.committer.commit(ticket)
    town.drain()
    town._town.clock.move_to(town.now + HOUR)
    run(town)
    kinds = Counter((e["ticket_id"], e["kind"]) for e in town.dump()["entries"])
    for ticket_id in ids:
        assert (kinds[ticket_id, "noted"], kinds[ticket_id, "escalated"]) == (1, 2)
    listed, token = list[str](), ""
    while True:
        path = f"/api/v1/tickets?size=7&token={token}"
        page = town.http("GET", path, user="agent").json()
        listed += [t["ticket_id"] for t in page["tickets"]]
        token = page["next_token"]
        if not token:
            break
    assert len(listed) == len(set(listed)) and set(ids) <= set(listed)
    for _ in range(11):  # its timeline now takes more than one page of a megabyte
        ticket = services.store.get(ids[0])
        ticket.record("noted", town.now, SYSTEM, visibility=Visibility.STAFF, text="x" * 100_000)
        services.committer.commit(ticket)
    case = town.http("GET", f"/api/v1/tickets/{ids[0]}", user="agent").json()
    assert [e["kind"] for e in case["entries"]].count("noted") == 12


def test_a_poison_row_keeps_no_other_from_leaving(town: Harness) -> None:  # Q16
    settings = town.services.settings
    poison, sound = (report(town, words, key=words) for words in ("Poison", "Sound"))
    table = client("dynamodb")
    rows = table.query(
        TableName=settings.table_name,
        KeyConditionExpression="pk = :pk",
        ExpressionAttributeValues={":pk": {"S": f"{settings.jurisdiction_id}#TICKET#{poison}"}},
    )["Items"]
    row = next(r for r in rows if r["sk"]["S"].startswith(NOTIFICATION))
    table.put_item(TableName=settings.table_name, Item={**row, "body": {"S": "{"}})
    town.drain()
    assert any(sound in sent.text for sent in town.outbox)
    assert not any(poison in sent.text for sent in town.outbox)
    name = row["sk"]["S"].removeprefix(NOTIFICATION)
    (parked,) = [n for n in case(town, poison)["notifications"] if n["notification_id"] == name]
    assert (parked["status"], parked["reason"]) == ("failed", PARKED)
    assert PARKED in town.http("GET", f"/console/tickets/{poison}", user="agent").text
    town.tick(town.now + HOUR)
    town.drain()
    assert name not in [
        key.notification_id for key in town.services.store.due_notifications(town.now)
    ]
    assert [e["kind"] for e in timeline_of(town, poison)].count("notice_failed") == 1


def persistent(
    error: type[Exception],
) -> Callable[[Callable[[], object]], Callable[[], None]]:
    """Work that is tried again as long as somebody else was faster."""

    def wrap(work: Callable[[], object]) -> Callable[[], None]:
        def keep_on() -> None:
            while True:
                try:
                    work()
                except error:
                    continue
                return

        return keep_on

    return wrap
