"""What a ticket's whole life writes, held to the unit: an item or an entry of an index more is seen."""

from __future__ import annotations

from bench import life


def test_a_ticket_s_whole_life_costs_no_more_than_was_reached() -> None:
    steps = {step: (sum(spent.values()), reader) for step, spent, reader in life.measure()}
    assert tuple(steps) == life.STEPS
    own, beside = (sum(each) for each in zip(*steps.values(), strict=True))
    assert own == life.MOST, steps
    assert beside <= life.MOST_OF_READER, steps
