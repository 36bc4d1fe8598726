"""The staff directory: written once, read by many, looked at cheaply, and the source of no right."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

import pytest

from chalicelib.errors import NotSignedIn, StoreBusy
from chalicelib.identity.accounts import Staff, make_staff
from chalicelib.identity.directory import Directory
from chalicelib.identity.roll_call import RollCall
from tests.tables import make_table, moto_client

TABLE = "civicline-tests"
NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)
CITIES = (f"staff{number}.example" for number in count(1))
ADA = make_staff("0a", ["agent", "agency:works"], "Ada", "ada@city.example")
ZOE = make_staff("0z", ["supervisor", "agency:*"], "Zoe", "zoe@city.example")
OTTO = make_staff("0o", ["auditor"], "Otto", "otto@city.example")


class Counting:
    """A client that counts its calls by name."""

    def __init__(self, client: Any) -> None:
        self.client = client
        self.calls: list[str] = []

    def __getattr__(self, name: str) -> Callable[..., Any]:
        def call(**request: Any) -> Any:
            self.calls.append(name)
            return getattr(self.client, name)(**request)

        return call


@pytest.fixture(scope="module")
def client() -> Iterator[Any]:
    with moto_client() as client:
        make_table(client, TABLE)
        yield client


@pytest.fixture
def city() -> str:
    return next(CITIES)


def directory_of(client: Any, city: str, ticks: Callable[[], float] = lambda: 0.0) -> Directory:
    return Directory(client, table_name=TABLE, jurisdiction_id=city, ticks=ticks)


@pytest.fixture
def directory(client: Any, city: str) -> Directory:
    return directory_of(client, city)


def names(directory: Directory) -> list[str]:
    return [staff.name for staff in directory.colleagues()]


def test_colleagues_are_those_who_may_work_on_tickets_by_name(directory: Directory) -> None:
    for staff in (ZOE, OTTO, ADA):
        directory.note(staff, NOW)
    assert directory.colleagues() == [ADA, ZOE]
    assert directory.knows(OTTO)


def test_a_process_reads_everybody_once_and_then_looks_at_a_version_each_minute(
    client: Any, city: str
) -> None:
    time, counting = [0.0], Counting(client)
    ours, theirs = directory_of(counting, city, lambda: time[0]), directory_of(client, city)
    theirs.note(ADA, NOW)
    assert names(ours) == ["Ada"]
    for minute in range(1, 11):
        time[0] = minute * 61.0
        names(ours), names(ours)
    assert counting.calls == ["get_item", "query", *["get_item"] * 10]


def test_another_process_sees_a_change_after_a_minute(client: Any, city: str) -> None:
    time = [0.0]
    ours, theirs = directory_of(client, city, lambda: time[0]), directory_of(client, city)
    assert names(ours) == []
    theirs.note(ADA, NOW)
    assert names(ours) == []
    time[0] = 60.0
    assert names(ours) == ["Ada"]


def test_what_was_said_again_makes_nobody_read_again(client: Any, city: str) -> None:
    counting = Counting(client)
    ours = directory_of(counting, city)
    ours.note(ADA, NOW)
    before = ours._version(True)
    ours.note(ADA, NOW + DAY)
    assert ours._version(True) == before
    assert ours.members()["0a"].checked_at == NOW + DAY


def test_the_later_word_wins_whoever_comes_first(directory: Directory) -> None:
    promoted = make_staff("0a", ["supervisor", "agency:*"], "Ada", "ada@city.example")
    directory.note(promoted, NOW + MINUTE)
    directory.note(ADA, NOW)
    assert directory.colleagues() == [promoted]


class Racing:
    """A client behind whose back somebody else writes, between its reading and its writing."""

    def __init__(self, client: Any, other: Callable[[], None]) -> None:
        self.client = client
        self.other: Callable[[], None] | None = other

    def __getattr__(self, name: str) -> Any:
        return getattr(self.client, name)

    def transact_write_items(self, **request: Any) -> Any:
        if other := self.other:
            self.other = None
            other()
        return self.client.transact_write_items(**request)


@pytest.mark.parametrize("is_known", [True, False])
@pytest.mark.parametrize("minutes", [-1, 1])
def test_of_two_who_write_at_once_the_later_word_wins(
    client: Any, city: str, minutes: int, is_known: bool
) -> None:
    promoted = make_staff("0a", ["supervisor", "agency:*"], "Ada", "ada@city.example")
    other = directory_of(client, city)
    if is_known:
        other.note(make_staff("0a", ["auditor"], "Ada", "ada@city.example"), NOW - DAY)
    racing = Racing(client, lambda: other.note(promoted, NOW + minutes * MINUTE))
    directory_of(racing, city).note(ADA, NOW)
    assert directory_of(client, city).colleagues() == [promoted if minutes > 0 else ADA]


def test_who_left_is_no_colleague_and_may_come_back(directory: Directory) -> None:
    directory.note(ADA, NOW)
    directory.leave("0a", NOW + MINUTE)
    assert directory.colleagues() == []
    directory.note(ADA, NOW + DAY)
    assert directory.colleagues() == [ADA]
    directory.leave("never there", NOW)


def test_what_a_later_release_wrote_is_kept_and_what_is_damaged_stops_nothing(
    client: Any, city: str, directory: Directory
) -> None:
    directory.note(ADA, NOW)
    directory.note(ZOE, NOW)
    place = {"pk": {"S": f"{city}#STAFF"}}
    change = {"TableName": TABLE, "Key": place | {"sk": {"S": "MEMBER#0a"}}}
    client.update_item(
        **change,
        UpdateExpression="SET pager = :p, groups[2] = :g",
        ExpressionAttributeValues={":p": {"S": "7"}, ":g": {"S": "role of later"}},
    )
    client.update_item(
        TableName=TABLE,
        Key=place | {"sk": {"S": "MEMBER#0z"}},
        UpdateExpression="REMOVE checked_at",
    )
    assert list(directory.members()) == ["0a"]
    directory.note(ADA, NOW + DAY)
    assert client.get_item(**change)["Item"]["pager"] == {"S": "7"}


# -- the roll call


class Pool:
    """A user pool of people who are there or switched off; `asked` is whom it was asked about."""

    def __init__(self, *people: Staff) -> None:
        self.people = {staff.pool_name: staff for staff in people}
        self.asked: list[str] = []

    def everybody(self) -> Iterator[str]:
        return iter([*self.people])

    def confirm(self, staff: Staff) -> Staff:
        self.asked.append(staff.pool_name)
        if staff.pool_name not in self.people:
            raise NotSignedIn("This sign-in was switched off; ask an administrator.")
        return self.people[staff.pool_name]


class Roll:
    """A roll call at a moment that tests move."""

    def __init__(self, directory: Directory, *people: Staff) -> None:
        self.now = NOW
        self.pool = Pool(*people)
        self.call = RollCall(self.pool, directory, lambda: self.now)  # type: ignore[arg-type]


def test_the_daily_run_finds_who_came_who_left_and_who_was_promoted(directory: Directory) -> None:
    roll = Roll(directory, ADA, ZOE)
    assert roll.call.run()
    assert directory.colleagues() == [ADA, ZOE]
    del roll.pool.people["0z"]
    promoted = roll.pool.people["0a"] = make_staff(
        "0a", ["supervisor", "agency:*"], "Ada", "ada@city.example"
    )
    roll.now += DAY
    assert roll.call.run()
    assert directory.colleagues() == [promoted]


def test_a_run_that_is_cut_is_gone_on_with(directory: Directory) -> None:
    people = [make_staff(f"0{i}", ["agent", "agency:*"], f"Name {i}") for i in range(5)]
    roll = Roll(directory, *people)
    left = iter([60_000, 60_000, 60_000, 9_000])
    assert not roll.call.run(lambda: next(left))
    roll.now += MINUTE
    assert roll.call.run()
    assert sorted(roll.pool.asked) == [f"0{i}" for i in range(5)], "nobody twice"


def test_whoever_was_not_asked_about_for_longest_comes_first(directory: Directory) -> None:
    roll = Roll(directory, ADA, ZOE)
    roll.call.run()
    roll.now += DAY
    roll.call.ask("0a")
    roll.pool.asked.clear()
    roll.now += DAY
    roll.call.run()
    assert roll.pool.asked == ["0z", "0a"]


def test_a_deployment_asks_only_about_who_is_missing(directory: Directory) -> None:
    roll = Roll(directory, ADA)
    roll.call.run()
    roll.pool.people["0z"] = ZOE
    roll.now += DAY
    roll.call.run(recent=timedelta.max)
    assert roll.pool.asked == ["0a", "0z"]


def test_who_signs_in_is_written_down_and_not_again_while_nothing_changed(
    client: Any, city: str
) -> None:
    counting = Counting(client)
    roll = Roll(directory_of(counting, city))
    roll.call.greet(ADA)
    roll.call.greet(ADA)
    roll.call.greet(ADA)
    assert counting.calls.count("transact_write_items") == 1


def test_nobody_is_kept_out_because_they_could_not_be_written_down(directory: Directory) -> None:
    class Busy(Directory):
        def knows(self, staff: Staff) -> bool:
            raise StoreBusy("not now")

    busy = Busy(None, table_name=TABLE, jurisdiction_id="busy.example")
    Roll(busy).call.greet(ADA)


def test_a_right_is_the_user_pools_word_and_never_the_directorys(directory: Directory) -> None:
    roll = Roll(directory, ADA, OTTO)
    roll.call.run()
    assert roll.call.is_working("ada@city.example")
    assert not roll.call.is_working("otto@city.example")
    del roll.pool.people["0a"]
    roll.now += MINUTE
    assert not roll.call.is_working("ada@city.example")
    assert directory.colleagues() == [], "who was dismissed is out as soon as somebody asks"


def test_who_lost_their_role_speaks_for_nobody(directory: Directory) -> None:
    roll = Roll(directory, ADA)
    roll.call.run()
    roll.pool.people["0a"] = make_staff("0a", ["auditor"], "Ada", "ada@city.example")
    roll.now += MINUTE
    assert not roll.call.is_working("ada@city.example")


# -- who is meant by a stored name


def test_a_person_is_found_by_every_name_that_was_ever_stored_of_them(directory: Directory) -> None:
    before = make_staff("0a", ["agent", "agency:works"], "Ada", "old@city.example", pool_name="ada")
    directory.note(before, NOW)
    directory.note(replace(before, email="ada@city.example", name="Ada Lo"), NOW + DAY)
    for name in ("0a", "ada", "Ada@city.example", "old@city.example"):
        assert directory.person(name) == "0a"
        assert directory.address(name) == "ada@city.example"
        assert directory.called(name) == "Ada Lo"
    assert directory.names("0a") == ("0a", "ada@city.example", "old@city.example")


def test_who_left_keeps_their_name_and_gets_no_mail(directory: Directory) -> None:
    directory.note(ADA, NOW)
    directory.leave("0a", NOW + DAY)
    assert (directory.called("ada@city.example"), directory.address("0a")) == ("Ada", "")


def test_an_address_that_somebody_else_has_now_is_theirs(directory: Directory) -> None:
    directory.note(ADA, NOW)
    directory.note(replace(ADA, email="ada.lo@city.example"), NOW + DAY)
    directory.note(replace(ZOE, email="ada@city.example"), NOW + DAY)
    assert directory.person("ada@city.example") == "0z"
    assert directory.address("0a") == "ada.lo@city.example"


def test_an_unknown_name_stays_what_it_is_and_gets_no_mail(directory: Directory) -> None:
    assert directory.person("eve@evil.example") == "eve@evil.example"
    assert directory.address("eve@evil.example") == ""
    assert directory.names("0x") == ("0x",)


def test_a_new_account_under_an_old_name_inherits_no_address(directory: Directory) -> None:
    directory.note(replace(ADA, pool_name="ada"), NOW)
    directory.note(Staff("0b", "Eve", roles=ADA.roles, pool_name="ada"), NOW + DAY)
    assert directory.names("0b") == ("0b",)


def test_a_member_that_an_earlier_release_wrote_is_known_by_the_pools_name(
    client: Any, city: str, directory: Directory
) -> None:
    """In a pool where people sign in by address the name is the `sub`."""
    directory.note(ADA, NOW)
    client.update_item(
        TableName=TABLE,
        Key={"pk": {"S": f"{city}#STAFF"}, "sk": {"S": "MEMBER#0a"}},
        UpdateExpression="REMOVE #sub, addresses",
        ExpressionAttributeNames={"#sub": "sub"},
    )
    assert directory_of(client, city).names("0a") == ("0a", "ada@city.example")


def test_an_address_that_was_verified_when_it_was_written_down_and_is_no_more_is_nobodys(
    directory: Directory,
) -> None:
    roll = Roll(directory, ADA)
    roll.call.run()
    roll.pool.people["0a"] = replace(ADA, email="")
    roll.now += MINUTE
    assert not roll.call.is_working("ada@city.example")
