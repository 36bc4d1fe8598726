"""One table names every limit of the readers, and each reader asks it."""

from __future__ import annotations

import inspect
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
    own = inspect.getsource(bounds.shortened) + inspect.getsource(bounds.whole)
    assert name in own or any(uses.search(path.read_text("utf-8")) for path in READERS)


@pytest.mark.parametrize("name", NAMES)
def test_every_limit_of_the_table_has_a_test(name: str) -> None:
    tests = (path.read_text("utf-8") for path in (ROOT / "tests").rglob("test_*.py"))
    assert any(re.search(rf"\bbounds\.{name}\b", text) for text in tests)


# Limits of what is sent or shown, and windows of guesses: the table says why they are not in it.
ELSEWHERE = {
    "downloads.py": {"MOST_BYTES"},
    "callbacks.py": {"MOST_REDIRECTS"},
    "composing.py": {"MAX_LINE"},
    "sending.py": {"SEGMENT_LIMIT"},
    "reply_address.py": {"MAX_LOCAL_PART"},
    "pacing.py": {"LONGEST"},
    "person.py": {"LONGEST"},
    "audit_search.py": {"MOST_LETTERS"},
    "known_browsers.py": {"MOST"},
    "promises.py": {"MOST_FIRINGS", "MOST_MOVES"},
    "rule_trials.py": {"MOST_DAYS"},
    "questions.py": {"MOST_VALUES"},
    "updates.py": {"MOST_BEFORE"},
    "signatures.py": {"MAX_SIGNATURE_LINES", "MAX_LINES", "MAX_LENGTH", "MAX_ROUNDS"},
    "marks.py": {"MAX_ATTRIBUTION"},
}
LIMIT = re.compile(
    r"^(_?(?:MOST|MAX|LONGEST|LARGEST)\w*|\w+_LIMIT|_?[A-Z]+_LONGEST)\b[^=\n]*= ", re.M
)


@pytest.mark.parametrize("path", READERS, ids=lambda path: path.name)
def test_no_reader_has_a_limit_of_its_own(path: Path) -> None:
    written = path.read_text("utf-8")
    assert set(LIMIT.findall(written)) <= ELSEWHERE.get(path.name, set())


@pytest.mark.parametrize("beyond", [-1, 0, 1])
def test_what_was_shortened_shows_it(beyond: int) -> None:
    text = "a" * (10 + beyond)
    assert shortened(text, 10) == ("a" * 9 + "…" if beyond > 0 else text)
