"""A report that very many join: constant for the writer, each follower moved and told once (H9)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from itertools import count
from typing import Any

import pytest

from chalicelib.messages import Channel, Party
from chalicelib.tickets.casework import following
from chalicelib.tickets.commit import merged_reports
from chalicelib.tickets.model.records import Change
from chalicelib.tickets.model.ticket import Actor, Status, Ticket
from tests.citizens import kinds
from tests.examples import a_ticket
from tests.fakes import FakeTicketStore
from tests.faults import Died, dying
from tests.harness import Harness

CLERK = Actor("staff", "clerk@city.example", "Cleo Clerk")
MINUTE = timedelta(minutes=1)
_numbers = count(1)


@pytest.fixture
def town() -> Iterator[Harness]:
    with Harness.boot() as booted:
        yield booted


def opened(town: Harness, **given: Any) -> Ticket:
    """A public report of somebody's own."""
    facts: dict[str, Any] = {
        "jurisdiction_id": town.services.settings.jurisdiction_id,
        "requester": Party(email=f"citizen{next(_numbers)}@example.org"),
        "agency_code": "public-works",
        "requested_at": town.now,
        "updated_at": town.now,
        "is_public": True,
        "due_at": None,
    }
    ticket = a_ticket(**facts | given)
    town.services.store.save(Change(ticket=ticket))
    ticket.new_entries = []
    return ticket


def joined(town: Harness, main: Ticket, many: int, **given: Any) -> list[str]:
    """Reports that follow another, written as they are written."""
    reports = [opened(town, **given) for _ in range(many)]
    for report in reports:
        found = town.services.store.get(main.ticket_id)
        change = merged_reports.join(report, found, town.services.store, town.now, CLERK)
        change.ticket = report
        town.services.store.save(change)
    return [report.ticket_id for report in reports]


def go(town: Harness, main: Ticket, to: Status, reason: str = "We mended it.") -> None:
    found = town.services.store.get(main.ticket_id)
    town.services.desk.change_status(main.ticket_id, CLERK, to, reason, version=found.version)


def pass_minutes(town: Harness, many: int = 1) -> None:
    for _ in range(many):
        town.tick(town.now + MINUTE)
        town.drain(2_000)


def stands(town: Harness, ids: Sequence[str]) -> set[str]:
    return {str(ticket.status) for ticket in town.services.store.several(ids)}


def told(town: Harness, notice: str) -> Counter[str]:
    """How often whom of these a notice was written to, by ticket."""
    return Counter(n["ticket_id"] for n in town.dump()["notifications"] if n["notice"] == notice)


def test_one_change_costs_the_writer_the_same_however_many_follow(town: Harness) -> None:
    spent = []
    for many in (1, 1, 60):  # the first fills what this process keeps
        main = opened(town)
        joined(town, main, many)
        town.clear_calls()
        go(town, main, Status.RESOLVED)
        spent.append(dict(town.calls))
    assert spent[1] == spent[2]


def test_all_move_along_in_pages_each_once_and_each_author_is_told_once(town: Harness) -> None:
    main = opened(town)
    ids = joined(town, main, 2 * following.PAGE + 7)
    go(town, main, Status.RESOLVED)
    assert stands(town, ids) == {"new"}, "the writer moves nobody"
    pass_minutes(town, 3)
    assert stands(town, ids) == {"resolved"}
    assert told(town, "ticket_resolved") == Counter([main.ticket_id, *ids])
    assert len([sent for sent in town.outbox if "We mended it." in sent.text]) == len(ids) + 1
    town.clear_calls()
    assert town.services.following.run() == 0
    assert dict(town.calls) == {"dynamodb.Query": 1}, "and nothing is left to be looked at"


@pytest.mark.parametrize("is_after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("at", [*range(1, 16), 22, 30, 38])
def test_a_run_that_is_killed_at_any_call_goes_on(town: Harness, at: int, is_after: bool) -> None:
    main = opened(town)
    ids = joined(town, main, 5)
    go(town, main, Status.RESOLVED)
    try:
        with dying(at, is_after=is_after):
            town.services.following.run()
    except Died:
        town.restart()
    pass_minutes(town, 6)
    assert stands(town, ids) == {"resolved"}
    assert told(town, "ticket_resolved") == Counter([main.ticket_id, *ids])
    assert all(kinds(town, each).count("status_changed") == 1 for each in ids)


def test_a_change_while_the_one_before_is_under_way_ends_at_the_newest(town: Harness) -> None:
    main = opened(town)
    ids = joined(town, main, following.PAGE + 5)
    go(town, main, Status.IN_PROGRESS, "We look at it.")
    clock = iter([60_000, 60_000, 60_000, 0, 0])
    town.services.following.run(lambda: next(clock))
    moved = Counter(str(t.status) for t in town.services.store.several(ids))
    assert moved == {"in_progress": following.PAGE, "new": 5}, "the run stopped between two pages"
    go(town, main, Status.RESOLVED)
    pass_minutes(town, 3)
    assert stands(town, ids) == {"resolved"}
    assert told(town, "ticket_resolved") == Counter([main.ticket_id, *ids])
    early = told(town, "ticket_in_progress")
    assert len(early) == following.PAGE + 1, (
        "who had not heard of the work hears only that it is done"
    )
    for each in ids:
        went = [e["data"].get("to") for e in timeline(town, each) if e["kind"] == "status_changed"]
        assert went in (["in_progress", "resolved"], ["resolved"])


def test_who_missed_one_step_goes_to_the_last_by_way_of_it(town: Harness) -> None:
    main = opened(town)
    ids = joined(town, main, 3)
    go(town, main, Status.RESOLVED)
    go(town, main, Status.CLOSED, "Closed.")
    pass_minutes(town, 2)
    assert stands(town, ids) == {"closed"}, "nothing new is closed without having been resolved"


def test_who_was_taken_apart_or_has_appealed_since_is_left_alone(town: Harness) -> None:
    main = opened(town)
    apart, unhappy, other = joined(town, main, 3)
    found = town.services.store.get(unhappy)
    town.services.desk.change_status(
        unhappy, Actor("staff", "bea@city.example"), Status.RESOLVED, "Done.", version=found.version
    )
    go(town, main, Status.RESOLVED)
    town._town.clock.move_to(town.now + timedelta(seconds=5))
    found = town.services.store.get(apart)
    town.services.merging.split(apart, CLERK, version=found.version)
    found = town.services.store.get(unhappy)
    found.appeal(town.now, Actor("requester", found.requester.key))
    town.services.committer.commit(found)
    pass_minutes(town, 2)
    assert stands(town, [apart]) == {"new"} and stands(town, [unhappy]) == {"in_progress"}
    assert stands(town, [other]) == {"resolved"}
    assert list(town.services.store.followers(main.ticket_id).items).count(apart) == 0


def test_an_anonymous_report_that_was_claimed_can_be_taken_apart(town: Harness) -> None:
    main = opened(town)
    joined(town, main, 1)
    (nobodys,) = joined(town, main, 1, requester=Party())
    found = town.services.store.get(nobodys)
    town.services.claims.give_contact(found, Party(email="late@example.org"), None)
    version = town.services.store.get(nobodys).version
    town.services.merging.split(nobodys, CLERK, version=version)
    go(town, main, Status.RESOLVED)
    pass_minutes(town, 2)
    assert stands(town, [nobodys]) == {"new"}
    assert town.services.store.get(main.ticket_id).me_too == 1


def test_nobody_goes_the_same_step_twice(town: Harness) -> None:
    """One of the first page takes it up again at that moment; the ticket goes on, and all begins anew."""
    main = opened(town)
    joined(town, main, following.PAGE + 1)
    go(town, main, Status.RESOLVED)
    clock = iter([60_000, 60_000, 60_000, 0, 0])
    town.services.following.run(lambda: next(clock))
    ids = town.services.store.followers(main.ticket_id, following.PAGE).items
    again = town.services.store.get(ids[0])
    assert again.status is Status.RESOLVED
    again.change_status(Status.IN_PROGRESS, town.now, Actor("requester", again.requester.key))
    town.services.committer.commit(again)
    go(town, main, Status.CLOSED, "Closed.")
    pass_minutes(town, 2)
    assert stands(town, ids[1:]) == {"closed"}
    assert stands(town, ids[:1]) == {"in_progress"}


def test_what_its_own_staff_have_solved_is_not_taken_up_again(town: Harness) -> None:
    main = opened(town)
    (solved,) = joined(town, main, 1)
    found = town.services.store.get(solved)
    town.services.desk.change_status(solved, CLERK, Status.RESOLVED, "Done.", version=found.version)
    go(town, main, Status.IN_PROGRESS, "We look at it.")
    pass_minutes(town, 2)
    assert stands(town, [solved]) == {"resolved"}


def test_one_that_cannot_move_stops_no_other_and_is_named_to_staff(town: Harness) -> None:
    main = opened(town)
    ids = joined(town, main, 4)
    spoil(town, ids[0])
    go(town, main, Status.RESOLVED)
    pass_minutes(town, following.MOST_FAILURES + 3)
    assert stands(town, ids[1:]) == {"resolved"}
    assert told(town, "ticket_resolved") == Counter([main.ticket_id, *ids[1:]])
    (left,) = [e for e in timeline(town, main.ticket_id) if e["kind"] == "left_behind"]
    assert left["data"]["reports"] == ids[0]
    page = town.http("GET", f"/console/tickets/{main.ticket_id}", user="administrator")
    assert "could not move along" in page.text


def spoil(town: Harness, ticket_id: str) -> None:
    """A ticket that can be read and not written: its timeline already has what it would write next."""
    found = town.services.store.get(ticket_id)
    other = town.services.store.get(ticket_id)
    other.record("noted", town.now, CLERK)
    town.services.store.save(Change(ticket=other))
    table = town.services.settings.table_name
    place = {
        "pk": {"S": f"{found.jurisdiction_id}#TICKET#{ticket_id}"},
        "sk": {"S": "TICKET"},
    }
    client = town.services.client("dynamodb")
    item = client.get_item(TableName=table, Key=place)["Item"]
    facts = item["facts"]["S"].replace(
        f'"entry_count":{other.entry_count}', f'"entry_count":{found.entry_count}'
    )
    client.put_item(TableName=table, Item={**item, "facts": {"S": facts}})


def test_whoever_joins_often_is_counted_once_and_every_report_of_theirs_moves(
    town: Harness,
) -> None:
    main = opened(town)
    ana = Party(name="Ana", email="ana@example.org")
    mine = joined(town, main, 4, requester=ana)
    assert town.services.store.get(main.ticket_id).me_too == 1
    joined(town, main, 1)
    assert town.services.store.get(main.ticket_id).me_too == 2
    for number, each in enumerate(mine, 1):
        version = town.services.store.get(each).version
        town.services.merging.split(each, CLERK, version=version)
        left = town.services.store.get(main.ticket_id).me_too
        assert left == (1 if number == len(mine) else 2), "until the last of theirs has gone"


def test_joins_in_a_race_are_all_kept_and_counted(town: Harness) -> None:
    main = opened(town)
    many = 12

    def join(number: int) -> str:
        report = opened(town, channel=Channel.WEB)
        while True:
            found, mine = (town.services.store.get(i) for i in (main.ticket_id, report.ticket_id))
            change = merged_reports.join(mine, found, town.services.store, town.now, CLERK)
            change.ticket = mine
            try:
                town.services.store.save(change)
            except following.StaleTicket:
                continue
            return mine.ticket_id

    with ThreadPoolExecutor(many) as pool:
        ids = list(pool.map(join, range(many)))
    assert town.services.store.get(main.ticket_id).me_too == many
    assert sorted(town.services.store.followers(main.ticket_id).items) == sorted(ids)


def test_followers_of_the_release_before_move_along_with_ours(town: Harness) -> None:
    main = opened(town)
    before = [opened(town, follows=main.ticket_id).ticket_id for _ in range(following.PAGE + 3)]
    old = town.services.store.get(main.ticket_id)
    old.linked_to, old.me_too = tuple(before), len(before)
    town.services.store.save(Change(ticket=old))
    ours = joined(town, main, 3)
    page = town.http("GET", f"/api/v1/tickets/{main.ticket_id}/followers?size=100", user="agent")
    assert page.json()["followers"] == before
    go(town, main, Status.RESOLVED)
    pass_minutes(town, 3)
    assert stands(town, [*before, *ours]) == {"resolved"}
    assert told(town, "ticket_resolved") == Counter([main.ticket_id, *before, *ours])


def test_twenty_thousand_joins_leave_the_ticket_as_small_as_one(town: Harness) -> None:
    main, elsewhere = opened(town), FakeTicketStore()
    joined(town, main, 1)
    before = len(str(stored(town, main.ticket_id)))
    found = town.services.store.get(main.ticket_id)
    for number in range(20_000):
        report = a_ticket(requester=Party(email=f"n{number}@example.org"), entries=False)
        assert merged_reports.join(report, found, elsewhere, town.now, CLERK).followers
        found.new_entries.clear()
    town.services.store.save(Change(ticket=found))
    now = len(str(stored(town, main.ticket_id)))
    assert found.me_too == 20_001
    assert now - before < 50 and now < 20_000


def stored(town: Harness, ticket_id: str) -> Any:
    place = {
        "pk": {"S": f"{town.services.settings.jurisdiction_id}#TICKET#{ticket_id}"},
        "sk": {"S": "TICKET"},
    }
    table = town.services.settings.table_name
    return town.services.client("dynamodb").get_item(TableName=table, Key=place)["Item"]


def test_followers_are_shown_in_pages(town: Harness) -> None:
    main = opened(town)
    ids = joined(town, main, following.PAGE + 4)
    seen, path = list[str](), f"/console/tickets/{main.ticket_id}"
    first = town.http("GET", path, user="administrator").text
    (more,) = [part.split('"')[0] for part in first.split('href="') if "followers=" in part][:1]
    second = town.http("GET", more.replace("&amp;", "&"), user="administrator").text
    seen = [each for each in ids if each in first.partition("entry-1")[0]]
    assert len(seen) == following.PAGE
    rest = [each for each in ids if each in second.partition("entry-1")[0]]
    assert sorted(seen + rest) == sorted(ids)
    found, token = list[str](), ""
    while True:
        path = f"/api/v1/tickets/{main.ticket_id}/followers?size=20&token={token}"
        page = town.http("GET", path, user="agent").json()
        found += page["followers"]
        token = page["next_token"]
        if not token:
            break
    assert sorted(found) == sorted(ids)


def test_followers_leave_the_other_jobs_of_the_minute_their_time(town: Harness) -> None:
    main = opened(town)
    ids = joined(town, main, 3)
    go(town, main, Status.RESOLVED)
    town.services.following.run(lambda: following.FOR_OTHERS_MS)
    assert stands(town, ids) == {"new"}
    town.services.following.run(lambda: following.FOR_OTHERS_MS + 1_000)
    assert stands(town, ids) == {"resolved"}


def timeline(town: Harness, ticket_id: str) -> list[dict[str, Any]]:
    return [e for e in town.dump()["entries"] if e["ticket_id"] == ticket_id]
