"""Figures of the city: counted right, and small cells kept from telling."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta
from itertools import combinations, pairwise
from math import ceil

from hypothesis import given, settings
from hypothesis import strategies as st

from chalicelib.tickets.model.ticket import Status, Ticket
from chalicelib.tickets.publishing.figures import (
    COUNTS,
    LEAST,
    Cell,
    Line,
    line,
    measures,
    rounded,
    table,
)
from chalicelib.tickets.publishing.months import months_before
from tests.examples import NOW, a_ticket

NUMBERS = st.integers(min_value=0, max_value=30)


def cell_of(opened: int, fixed: int = 0, unfixed: int = 0) -> Cell:
    return Cell(open=opened, fixed=fixed, unfixed=unfixed)


def cell_for(tickets: list[Ticket]) -> Cell:
    """The cell that counts these."""
    found = Cell()
    for ticket in tickets:
        found.add(dict.fromkeys(measures(ticket), 1))
    return found


def ended(minutes: int, status: Status = Status.RESOLVED, **given_: object) -> Ticket:
    """A ticket that was answered after half the time and ended after `minutes`."""
    at = NOW + timedelta(minutes=minutes)
    half = NOW + timedelta(minutes=minutes // 2)
    facts = {"status": status, "resolved_at": at, "first_responded_at": half, **given_}
    return a_ticket(is_public=True, entries=False, **facts)


def test_median_and_ninetieth_are_those_of_the_sorted_lengths() -> None:
    shown = line("x", cell_for([ended(m) for m in (100, 20, 60, 40, 80, 10, 30, 50, 70, 90)]))
    assert (shown.resolve_median, shown.resolve_ninetieth) == (50, 90)
    assert (shown.answer_median, shown.answer_ninetieth) == (25, 45)


def test_closed_unfixed_is_apart_from_fixed_and_reopened_is_told() -> None:
    tickets = [ended(10) for _ in range(6)]
    tickets += [ended(10, Status.CANCELLED, resolved_at=None) for _ in range(5)]
    tickets += [ended(10, Status.CLOSED, reopened=1) for _ in range(5)]
    total = line("", cell_for(tickets))
    assert (total.reported, total.fixed, total.unfixed, total.reopened) == (16, 11, 5, 5)


@settings(max_examples=300, deadline=None)
@given(sizes=st.lists(NUMBERS, min_size=1, max_size=7))
def test_no_small_line_can_be_worked_out_from_the_others(sizes: list[int]) -> None:
    cells = {f"s{n}": cell_of(size) for n, size in enumerate(sizes)}
    shown = table(cells, cell_of(sum(sizes)))
    hidden = [sizes[int(each.code[1:])] for each in shown.lines if each.is_small]
    assert all(each.reported is None or not 0 < each.reported < LEAST for each in shown.lines)
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
    few = line("x", Cell(fixed=9, resolved=Counter([1, 2, 3, 4])))
    some = line("x", Cell(fixed=9, resolved=Counter(range(9))))
    assert (few.resolve_median, few.resolve_ninetieth) == (None, None)
    assert (some.resolve_median, some.resolve_ninetieth) == (4, None)


def test_lengths_are_told_to_the_step_below() -> None:
    for minutes, told in (
        (119, 119),
        (120, 120),
        (129, 120),
        (2 * 1440 - 1, 2870),
        (2 * 1440 + 59, 2 * 1440),
        (14 * 1440 + 1439, 14 * 1440),
    ):
        assert rounded(minutes) == told


@settings(max_examples=300, deadline=None)
@given(lengths=st.lists(st.integers(min_value=0, max_value=500_000), min_size=LEAST))
def test_a_median_of_counted_lengths_is_the_step_that_the_true_one_lies_in(
    lengths: list[int],
) -> None:
    cell = Cell(fixed=len(lengths), resolved=Counter(map(rounded, lengths)))
    true = sorted(lengths)[ceil(len(lengths) / 2) - 1]
    assert line("x", cell).resolve_median == rounded(true)


def test_months_are_the_citys_and_meet_without_a_gap() -> None:
    months = months_before(datetime(2026, 3, 31, 23, 30, tzinfo=UTC), "Asia/Tehran")
    assert months[0].name == "2026-04"
    assert [m.name for m in months][-1] == "2025-04"
    assert all(earlier.end == later.begin for later, earlier in pairwise(months))
    assert all(a.name != b.name for a, b in combinations(months, 2))


def test_a_line_says_nothing_by_default() -> None:
    assert Line("x").is_small
