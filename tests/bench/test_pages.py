"""No page asks for more when there are more tickets or agencies."""

from __future__ import annotations

import pytest

from bench.pages import MOST_CALLS, PAGES, measure


@pytest.fixture(scope="module")
def small() -> dict[str, int]:
    """The calls of each page in a small city."""
    return _calls(measure("", 80, 3, is_checked=True))


def _calls(row: dict[str, tuple[int, float, dict[str, int]]]) -> dict[str, int]:
    return {name: calls for name, (calls, _, _) in row.items()}


@pytest.mark.parametrize(("tickets", "agencies"), [(80, 40), (300, 3)])
def test_pages_cost_the_same_calls_in_a_larger_city(
    small: dict[str, int], tickets: int, agencies: int
) -> None:
    larger = _calls(measure("", tickets, agencies, is_checked=False))
    assert larger == small
    assert max(larger.values()) <= MOST_CALLS
    assert larger.keys() == PAGES.keys()
