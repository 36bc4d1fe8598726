"""Absences: who is away, who stands in, and when a process hears of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

import pytest

from chalicelib.identity.absences import Absences, StandIns
from chalicelib.identity.accounts import Staff, make_staff
from chalicelib.identity.directory import Directory
from chalicelib.identity.register import Absence
from tests.tables import make_table, moto_client

TABLE = "civicline-tests"
NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
DAY = timedelta(days=1)
CITIES = (f"away{number}.example" for number in count(1))


def person(name: str, *groups: str) -> Staff:
    return make_staff(f"0{name}", groups, name.title(), f"{name}@city.example")


ADA, BEN = person("ada", "agent", "agency:works"), person("ben", "agent", "agency:works")
PIA = person("pia", "agent", "agency:parks")
AUDITOR = person("otto", "auditor", "agency:works")


@pytest.fixture(scope="module")
def client() -> Iterator[Any]:
    with moto_client() as client:
        make_table(client, TABLE)
        yield client


class Office:
    """A directory with four people, and their absences."""

    def __init__(self, client: Any) -> None:
        self.time, self.now, self.city = 0.0, NOW, next(CITIES)
        self.absences = self.another(client)
        directory = Directory(client, table_name=TABLE, jurisdiction_id=self.city)
        for staff in (ADA, BEN, PIA, AUDITOR):
            directory.note(staff, NOW)
        self.stand_ins = StandIns(self.absences, directory, lambda: self.now)

    def another(self, client: Any) -> Absences:
        ticks: Callable[[], float] = lambda: self.time  # noqa: E731
        return Absences(client, table_name=TABLE, jurisdiction_id=self.city, ticks=ticks)

    def away(self, who: Staff, instead: Staff, days: int = 2) -> None:
        self.absences.keep(Absence(who.pool_name, instead.pool_name, NOW, NOW + days * DAY))

    def has(self, who: Staff, agency: str = "works") -> str:
        return self.stand_ins.instead_of(who.sub, agency)


@pytest.fixture
def office(client: Any) -> Office:
    return Office(client)


def test_who_is_there_has_their_tickets_themselves(office: Office) -> None:
    assert office.has(ADA) == ADA.sub
    assert office.stand_ins.instead_of("", "works") == ""
    assert office.stand_ins.instead_of("a stranger", "works") == "a stranger"


def test_the_substitute_has_them_from_the_first_day_to_the_last(office: Office) -> None:
    office.away(ADA, BEN)
    assert office.has(ADA) == BEN.sub
    for moment in (NOW - DAY, NOW + 2 * DAY):
        office.now = moment
        assert office.has(ADA) == ADA.sub


def test_a_substitute_who_is_away_has_a_substitute(office: Office) -> None:
    third = person("zoe", "supervisor", "agency:works")
    office.stand_ins.directory.note(third, NOW)
    office.away(ADA, BEN)
    office.away(BEN, third)
    assert office.has(ADA) == third.sub


def test_two_who_stand_in_for_each_other_leave_nobody(office: Office) -> None:
    office.away(ADA, BEN)
    office.away(BEN, ADA)
    assert office.has(ADA) == ""


@pytest.mark.parametrize("instead", [PIA, AUDITOR, person("gone", "agent")])
def test_who_may_not_work_on_the_ticket_does_not_get_it(office: Office, instead: Staff) -> None:
    office.away(ADA, instead)
    assert office.has(ADA) == ""


def test_another_process_hears_of_it_within_a_minute(client: Any, office: Office) -> None:
    other = office.another(client)
    assert other.all() == {}
    office.away(ADA, BEN)
    assert other.all() == {}
    office.time = 61.0
    assert other.all()[ADA.pool_name].substitute == BEN.pool_name


def test_an_absence_leaves_the_table_by_itself(client: Any, office: Office) -> None:
    office.away(ADA, BEN)
    rows = client.scan(TableName=TABLE)["Items"]
    (item,) = [r for r in rows if r.get("substitute") and office.city in r["pk"]["S"]]
    assert int(item["expires_at"]["N"]) == int((NOW + 32 * DAY).timestamp())
