"""The page on security promises nothing that no test holds."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "security.md"
HELD = re.compile(r"\[[^\]]+\]\(([^)#]+)\)(?: `(test_\w+)`)?")


def test_every_link_leads_to_a_file_and_every_named_test_is_in_it() -> None:
    found = HELD.findall(PAGE.read_text("utf-8"))
    assert len(found) > 20
    for link, name in found:
        target = (PAGE.parent / link).resolve()
        assert target.is_file(), link
        assert not name or f"def {name}(" in target.read_text("utf-8"), (link, name)


def test_every_chapter_of_the_standard_has_its_row() -> None:
    rows = re.findall(r"^\| V(\d+) ", PAGE.read_text("utf-8"), re.M)
    assert [int(number) for number in rows] == list(range(1, 18))


def test_whoever_found_a_hole_is_led_to_the_page() -> None:
    told = (ROOT / "SECURITY.md").read_text("utf-8")
    assert "(docs/security.md#how-to-report-a-hole)" in told
    assert "\n## How to report a hole\n" in PAGE.read_text("utf-8")
