"""One table names every limit of the readers, and each reader asks it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from chalicelib.channels import bounds
from chalicelib.channels.bounds import shortened

ROOT = Path(__file__).parents[2]
READERS = [
    path
    for wing in ("channels", "handlers")
    for path in sorted((ROOT / "chalicelib" / wing).rglob("*.py"))
    if path.name != "bounds.py"
]
NAMES = [name for name in vars(bounds) if name.isupper()]


@pytest.mark.parametrize("name", NAMES)
def test_every_limit_of_the_table_is_some_readers(name: str) -> None:
    uses = re.compile(rf"\bbounds\.{name}\b")
    assert any(uses.search(path.read_text("utf-8")) for path in READERS)


@pytest.mark.parametrize("name", NAMES)
def test_every_limit_of_the_table_has_a_test(name: str) -> None:
    tests = (path.read_text("utf-8") for path in (ROOT / "tests").rglob("test_*.py"))
    assert any(re.search(rf"\bbounds\.{name}\b", text) for text in tests)


@pytest.mark.parametrize("beyond", [-1, 0, 1])
def test_what_was_shortened_shows_it(beyond: int) -> None:
    text = "a" * (10 + beyond)
    assert shortened(text, 10) == ("a" * 9 + "…" if beyond > 0 else text)
