"""Excerpts are small in any script and show that they are cut; what one write holds has an end."""

from __future__ import annotations

import json

import pytest

from chalicelib.tickets.model.excerpts import (
    BYTES_A_LETTER,
    ELLIPSIS,
    ENTRY_BYTES,
    LETTERS,
    excerpt,
)
from tests.examples import CLERK, NOW, a_ticket

SCRIPTS = ["a", "é", "چ", "坑", "🕳", "\ud83d", '"', "\n", "\x01"]


@pytest.mark.parametrize("letter", SCRIPTS)
@pytest.mark.parametrize("size", [1, LETTERS - 1, LETTERS, LETTERS + 1, 100_000])
def test_an_excerpt_has_its_bytes_in_any_script_and_says_that_it_is_cut(
    letter: str, size: int
) -> None:
    words = letter * size
    shown = excerpt(words)
    assert len(shown) <= LETTERS
    size_of = len(shown.encode("utf-8", "replace"))
    assert size_of <= LETTERS * BYTES_A_LETTER + len(ELLIPSIS.encode())
    assert (shown == words) != shown.endswith(ELLIPSIS)
    if size > LETTERS:
        assert shown.endswith(ELLIPSIS)


@pytest.mark.parametrize("letter", SCRIPTS)
def test_an_entry_is_as_long_as_one_write_holds_and_says_where_it_is_not_whole(letter: str) -> None:
    for size in (1, 500_000, 1_000_000, 3_100_000):
        words = letter * size
        entry = a_ticket(entries=False).record("appended", NOW, CLERK, text=words)
        kept = json.dumps(entry.text, ensure_ascii=False).encode("utf-8", "replace")
        assert len(kept) <= ENTRY_BYTES + 2, "and its quotation marks"
        assert words.startswith(entry.text)
        assert ("cut" in entry.data) == (entry.text != words)
        if letter != "\x01" and size * len(letter.encode("utf-8", "replace")) <= 1_400_000:
            assert entry.text == words


def test_a_second_mark_stands_beside_the_first() -> None:
    data = {"cut": "files"}
    entry = a_ticket(entries=False).record("appended", NOW, CLERK, text="a" * 3_100_000, data=data)
    assert entry.data["cut"] == "files text"
    assert data == {"cut": "files"}
