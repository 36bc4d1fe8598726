"""The new words of a reply are found in bare bodies of many programs and languages."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.channels.mails import read, simple

FOLDER = Path(__file__).parents[2] / "data" / "replies"
BODIES = sorted(path.name for path in FOLDER.iterdir() if path.suffix in (".txt", ".html"))


@pytest.mark.parametrize("name", BODIES)
def test_the_new_words_are_found(name: str) -> None:
    path = FOLDER / name
    kind = "html" if path.suffix == ".html" else "plain"
    raw = simple(f"Content-Type: text/{kind}; charset=utf-8", path.read_text("utf-8"))
    wanted = path.with_suffix(".expected").read_text("utf-8")
    assert read(raw).text.split() == wanted.split()
