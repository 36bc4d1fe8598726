"""Figures of the city: counted right, small cells kept from telling, stored and read back the same."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import combinations, pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from chalicelib.tickets.model.ticket import Status, Ticket
from chalicelib.tickets.publishing.figures import (
    COUNTS,
    LEAST,
    Cell,
    Kind,
    Line,
    by_area,
    by_service,
    count,
    line,
    pack_cells,
    read_cells,
)
from chalicelib.tickets.publishing.performance import Performance, months_before
from tests.examples import NOW, a_ticket

NUMBERS = st.integers(min_value=0, max_value=30)


def cell_of(opened: int, fixed: int = 0, unfixed: int = 0) -> Cell:
    return Cell(open=opened, fixed=fixed, unfixed=unfixed)


def ended(minutes: int, status: Status = Status.RESOLVED, **given_: object) -> Ticket:
    """A ticket that was answered after half the time and ended after `minutes`."""
    at = NOW + timedelta(minutes=minutes)
    half = NOW + timedelta(minutes=minutes // 2)
    facts = {"status": status, "resolved_at": at, "first_responded_at": half, **given_}
    return a_ticket(is_public=True, entries=False, **facts)


def test_median_and_ninetieth_are_those_of_the_sorted_lengths() -> None:
    cells = count([ended(minutes) for minutes in (100, 20, 60, 40, 80, 10, 30, 50, 70, 90)], [])
    [shown] = by_service([cells]).lines
    assert (shown.resolve_median, shown.resolve_ninetieth) == (50, 90)
    assert (shown.answer_median, shown.answer_ninetieth) == (25, 45)


def test_closed_unfixed_is_apart_from_fixed_and_reopened_is_told() -> None:
    tickets = [ended(10) for _ in range(6)]
    tickets += [ended(10, Status.CANCELLED, resolved_at=None) for _ in range(5)]
    tickets += [ended(10, Status.CLOSED, reopened=1) for _ in range(5)]
    total = by_service([count(tickets, [])]).total
    assert (total.reported, total.fixed, total.unfixed, total.reopened) == (16, 11, 5, 5)


def test_what_was_joined_to_another_is_counted_there() -> None:
    tickets = [ended(10) for _ in range(5)] + [ended(10, merged_into="SR-TEST-0001-X")]
    assert by_service([count(tickets, [])]).total.reported == 5


@settings(max_examples=300, deadline=None)
@given(sizes=st.lists(NUMBERS, min_size=1, max_size=7))
def test_no_small_line_can_be_worked_out_from_the_others(sizes: list[int]) -> None:
    cells = {Kind(f"s{n}"): cell_of(size) for n, size in enumerate(sizes)}
    table = by_service([cells])
    hidden = [sizes[int(each.code[1:])] for each in table.lines if each.is_small]
    assert all(each.reported is None or not 0 < each.reported < LEAST for each in table.lines)
    if hidden and any(size >= LEAST for size in sizes if size not in hidden):
        assert len(hidden) > 1
        assert sum(hidden) >= LEAST


@settings(max_examples=300, deadline=None)
@given(opened=NUMBERS, fixed=NUMBERS, unfixed=NUMBERS)
def test_no_small_count_of_a_line_can_be_worked_out(opened: int, fixed: int, unfixed: int) -> None:
    shown = line("x", cell_of(opened, fixed, unfixed))
    told = {name: getattr(shown, name) for name in COUNTS}
    if shown.is_small:
        assert set(told.values()) == {None}
        return
    assert not [number for number in told.values() if number is not None and 0 < number < LEAST]
    rest = (shown.reported or 0) - sum(number or 0 for number in told.values())
    missing = [name for name, number in told.items() if number is None]
    if missing and rest < LEAST:
        assert len(missing) == sum(
            1 for name in COUNTS if getattr(cell_of(opened, fixed, unfixed), name)
        )
    assert len(missing) != 1 or shown.reported == rest


def test_too_few_lengths_tell_no_median_and_no_ninetieth() -> None:
    few = line("x", Cell(fixed=9, resolved=[1, 2, 3, 4]))
    some = line("x", Cell(fixed=9, resolved=list(range(9))))
    assert (few.resolve_median, few.resolve_ninetieth) == (None, None)
    assert (some.resolve_median, some.resolve_ninetieth) == (4, None)


def test_a_report_in_two_areas_is_in_both_lines_and_once_in_the_sum() -> None:
    table = by_area(
        [{Kind("a", ("north", "old-town")): cell_of(6), Kind("a", ("north",)): cell_of(5)}]
    )
    assert {each.code: each.reported for each in table.lines} == {"north": 11, "old-town": 6}
    assert table.total.reported == 11


def test_cells_come_back_from_the_store_as_they_were() -> None:
    cells = {Kind("a", ("n",)): Cell(1, 2, 3, 1, [5, 4], [9]), Kind("b"): Cell(1)}
    back = dict(read_cells(json.loads(json.dumps(pack_cells(cells)))))
    assert back == {Kind("a", ("n",)): Cell(1, 2, 3, 1, [4, 5], [9]), Kind("b"): Cell(1)}


# -- kept up to date -------------------------------------------------------------------------------


@dataclass
class Shelf:
    """`FigureStore` in memory."""

    kept: dict[str, tuple[str, dict[Kind, Cell]]] = field(default_factory=dict)
    writes: int = 0

    def stamps(self) -> dict[str, str]:
        return {month: stamp for month, (stamp, _) in self.kept.items()}

    def keep(self, month: str, stamp: str, cells: object) -> None:
        self.kept[month] = (stamp, dict(cells))  # type: ignore[call-overload]
        self.writes += 1

    def months(self, first: str, last: str) -> dict[str, dict[Kind, Cell]]:
        return {m: cells for m, (_, cells) in self.kept.items() if first <= m <= last}


def performance(tickets: list[Ticket], shelf: Shelf, now: datetime) -> Performance:
    from chalicelib.tickets.publishing.publication import PublicReports
    from tests.fakes import FakeCatalogStore, FakeTicketStore, FixedClock

    store = FakeTicketStore()
    store.tickets = {ticket.ticket_id: ticket for ticket in tickets}
    catalogs = FakeCatalogStore()
    reports = PublicReports(store, catalogs)
    return Performance(reports, shelf, catalogs, FixedClock(now), "America/New_York")


def asked_at(*months: str) -> Iterator[Ticket]:
    for month in months:
        at = datetime.fromisoformat(f"{month}-15T12:00:00+00:00")
        yield a_ticket(is_public=True, entries=False, requested_at=at, updated_at=at)


def test_each_month_is_counted_whole_and_an_emptied_one_is_emptied() -> None:
    now, shelf = datetime(2026, 3, 20, 12, tzinfo=UTC), Shelf()
    tickets = list(asked_at("2026-03", "2026-03", "2026-01", "2025-03", "2025-02"))
    assert performance(tickets, shelf, now).run()
    assert {m: sum(c.reported for c in cells.values()) for m, (_, cells) in shelf.kept.items()} == {
        "2026-03": 2,
        "2026-01": 1,
        "2025-03": 1,
    }, "a year and the present month, and nothing older"
    later = now + timedelta(days=1)
    assert performance(tickets[:1], shelf, later).run()
    assert shelf.kept["2026-01"][1] == {}


def test_a_run_without_time_stops_and_the_next_one_goes_on() -> None:
    now, shelf = datetime(2026, 3, 20, 12, tzinfo=UTC), Shelf()
    tickets = list(asked_at("2026-03", "2026-02", "2026-01"))
    left = iter([60_000, 60_000, 0])
    assert not performance(tickets, shelf, now).run(lambda: next(left))
    assert set(shelf.kept) == {"2026-03", "2026-02"}
    assert performance(tickets, shelf, now).run()
    assert shelf.writes == 3, "what was counted in this hour is not counted again"


def test_months_are_the_citys_and_meet_without_a_gap() -> None:
    months = months_before(datetime(2026, 3, 31, 23, 30, tzinfo=UTC), "Asia/Tehran")
    assert months[0].name == "2026-04"
    assert [m.name for m in months][-1] == "2025-04"
    assert all(earlier.end == later.begin for later, earlier in pairwise(months))
    assert all(a.name != b.name for a, b in combinations(months, 2))


def test_a_line_says_nothing_by_default() -> None:
    assert Line("x").is_small
