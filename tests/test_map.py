"""`docs/map.md` is true: its wings exist, and each walk passes its files in the listed order."""

from __future__ import annotations

import re
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from types import FrameType
from typing import Any

import pytest

import chalicelib
from tests.handlers.desk_work import post, report
from tests.harness import Harness

PACKAGE = Path(chalicelib.__file__).parent
MAP = (PACKAGE.parent / "docs" / "map.md").read_text(encoding="utf-8")
MOST_FILES = 6
Step = tuple[str, str]
Act = Callable[[], object]


def walks() -> dict[str, list[Step]]:
    """The files and functions of each walk, by its title."""
    sections = re.findall(r"^## (.+?)\n(.*?)(?=^## |\Z)", MAP, re.MULTILINE | re.DOTALL)
    found = {
        title: re.findall(r"^\d\. `(.+?)` `(.+?)`", body, re.MULTILINE) for title, body in sections
    }
    return {title: steps for title, steps in found.items() if steps}


def arrival(town: Harness) -> Act:
    town.mail(b"From: ana@example.org\nSubject: Lamp out\n\nElm Street 12 is dark.")
    return town.drain


def answer(town: Harness) -> Act:
    town.text("HELP", sender="+12025550143")
    return town.drain


def step(town: Harness) -> Act:
    report(town)
    return lambda: town.tick(town.now + timedelta(days=14))


def resolution(town: Harness) -> Act:
    here = f"/console/tickets/{report(town)}"
    fields = {"status": "resolved", "reason": "Mended."}
    return lambda: post(town, here, f"{here}/status", **fields)


def change(town: Harness) -> Act:
    report(town)
    return town.drain


# What is prepared, and the act that walks.
TRIED: dict[str, Callable[[Harness], Act]] = {
    "A mail arrives": arrival,
    "A text is answered": answer,
    "A step of a ladder fires": step,
    "A clerk resolves": resolution,
    "A change is counted": change,
}


@contextmanager
def recorded() -> Iterator[dict[Step, int]]:
    """The functions of ours that were called, each with its place in the order of first calls."""
    calls: dict[Step, int] = {}
    root = f"{PACKAGE}/"

    def note(frame: FrameType, event: str, _: Any) -> None:
        if event == "call" and frame.f_code.co_filename.startswith(root):
            name = (frame.f_code.co_filename.removeprefix(root), frame.f_code.co_name)
            calls.setdefault(name, len(calls))

    before = sys.getprofile()
    sys.setprofile(note)
    threading.setprofile(note)  # a run gives what is due to several hands
    try:
        yield calls
    finally:
        sys.setprofile(before)
        threading.setprofile(None)


@pytest.mark.parametrize("title", sorted(TRIED))
def test_a_walk_passes_its_files_in_their_order(town: Harness, title: str) -> None:
    act = TRIED[title](town)
    with recorded() as calls:
        act()
    wanted = walks()[title]
    assert [each for each in wanted if each not in calls] == []
    assert sorted(wanted, key=calls.__getitem__) == wanted


def test_every_walk_is_tried_and_is_short() -> None:
    assert walks().keys() == TRIED.keys()
    assert all(len({path for path, _ in steps}) <= MOST_FILES for steps in walks().values())


def test_every_wing_is_named_and_every_named_wing_exists() -> None:
    table = MAP.partition("## A mail")[0]
    named = set(re.findall(r"^\| (.+?) \|", table, re.MULTILINE)) - {"wing"}
    paths = {path.strip("`/") for cell in named for path in cell.split(", ") if "`" in cell}
    wings = {
        str(path.relative_to(PACKAGE))
        for pattern in ("*", "tickets/*")
        for path in PACKAGE.glob(pattern)
        if (path / "__init__.py").exists()
    }
    assert paths == wings - {"tickets"}


def test_the_map_fits_one_screen() -> None:
    assert MAP.count("\n") <= 70
