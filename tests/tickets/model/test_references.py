"""References survive being read aloud, typed and written down."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.tickets.model.references import (
    ALPHABET,
    find_ticket_id,
    new_ticket_id,
    normalise_ticket_id,
    ticket_id_for,
)


@given(st.text())
def test_no_symbol_of_a_reference_looks_like_another(name: str) -> None:
    for made in (new_ticket_id(), ticket_id_for(name)):
        assert set(made.removeprefix("SR").replace("-", "")) <= set(ALPHABET)
        assert normalise_ticket_id(made) == made


@given(st.text())
def test_one_name_has_one_reference(name: str) -> None:
    assert ticket_id_for(name) == ticket_id_for(name)


@given(st.text(max_size=5))
def test_o_i_and_l_are_read_as_the_digits_they_look_like_wherever_they_stand(name: str) -> None:
    made = ticket_id_for(name)
    typed = made.removeprefix("SR-").replace("0", "o").replace("1", "l")
    assert normalise_ticket_id(typed) == made
    assert find_ticket_id(f"about SR-{typed}, please") == made


@given(st.text(max_size=5), st.integers(0, 8), st.sampled_from(ALPHABET))
def test_one_wrong_symbol_is_noticed(name: str, place: int, symbol: str) -> None:
    letters = list(ticket_id_for(name).removeprefix("SR-").replace("-", ""))
    is_changed = letters[place] != symbol
    letters[place] = symbol
    assert (normalise_ticket_id("".join(letters)) is None) == is_changed


@pytest.mark.parametrize("text", ["", "SR-", "SR-0000-0000", "SR-0000-0000-00", "SR-ΑΒΓΔ-0000-0"])
def test_what_is_no_reference_is_none(text: str) -> None:
    assert normalise_ticket_id(text) is None
