"""What exists is documented, and what is documented exists."""

from __future__ import annotations

import re
from dataclasses import fields
from pathlib import Path

import pytest

from chalicelib.config import Settings
from chalicelib.messages import Channel
from chalicelib.notifications.planning.digests import NOTICE as JOINED
from chalicelib.notifications.planning.notices import ANSWERS, NOTICES
from chalicelib.tickets.escalation import ACTIONS
from chalicelib.tickets.model.authority import MAY, Authority, Permissions

ROOT = Path(__file__).parent.parent
EXTENDING = (ROOT / "docs" / "extending.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("channel", [str(channel) for channel in Channel])
def test_every_channel_is_named(channel: str) -> None:
    assert f"`{channel}`" in EXTENDING


@pytest.mark.parametrize("name", [field.name.upper() for field in fields(Settings)])
def test_every_setting_is_explained(name: str) -> None:
    assert f"`{name}`" in EXTENDING


def test_every_event_function_is_listed() -> None:
    source = (ROOT / "chalicelib" / "handlers" / "events.py").read_text(encoding="utf-8")
    functions = set(re.findall(r"^def ((?:on|run|sweep|find)_\w+)", source, re.MULTILINE))
    assert functions == set(
        re.findall(r"^\| `((?:on|run|sweep|find)_\w+)`", EXTENDING, re.MULTILINE)
    )


@pytest.mark.parametrize("action", sorted(ACTIONS))
def test_every_escalation_action_is_explained(action: str) -> None:
    assert f"`{action}`" in EXTENDING


def test_every_notice_in_the_table_has_a_folder_and_the_other_way_round() -> None:
    folders = {p.name for p in (ROOT / "chalicelib/templates/notices/en").iterdir() if p.is_dir()}
    assert {notice.name for notice in NOTICES} | {*ANSWERS, JOINED} == folders


def test_every_path_that_the_guide_names_exists() -> None:
    named = re.findall(
        r"`((?:chalicelib|infra|tickets|handlers|notifications|templates)/[\w/.]+)`", EXTENDING
    )
    for name in named:
        candidates = [ROOT / name, ROOT / "chalicelib" / name]
        candidates += [path.with_suffix(".py") for path in candidates]
        assert any(path.exists() for path in candidates), name


def test_the_table_of_authority_is_the_one_in_the_code() -> None:
    """Both ways: no row or column of either is missing or different in the other."""
    wanted = [["voice", *(field.name.replace("_", " ") for field in fields(Permissions))]]
    for voice in Authority:
        may = [getattr(MAY[voice], field.name) for field in fields(Permissions)]
        wanted.append([voice.replace("_", " "), *("yes" if each else "no" for each in may)])
    told = (ROOT / "docs" / "mail.md").read_text(encoding="utf-8")
    rows = [line.strip("|").split("|") for line in told.splitlines() if line.startswith("|")]
    table = [[cell.strip() for cell in row] for row in rows]
    assert [row for row in table if set(row[0]) != {"-"}] == wanted


OPEN311 = (ROOT / "docs" / "open311.md").read_text(encoding="utf-8").partition("## Checklist")[2]
BOXES = [line.strip("|").split("|") for line in OPEN311.splitlines() if line.startswith("| ")]


def test_every_box_of_open311_is_held_by_tests_that_exist() -> None:
    from conformance.ticking import all_boxes

    source = "".join(path.read_text(encoding="utf-8") for path in ROOT.glob("tests/**/test_*.py"))
    known = set(re.findall(r"^def (test_\w+)", source, re.MULTILINE))
    ticked = {box.name for box in all_boxes()}
    rows = [row for row in BOXES if row[0].strip() not in ("box", "---")]
    assert {row[1].strip() for row in rows} == {"R", "O", "D", "X"}
    named = {name for row in rows for name in re.findall(r"`([\w.]+)`", row[2])}
    assert named - known - ticked == set()
    assert ticked - named == set()
    bare = [row[0].strip() for row in rows if "`" not in row[2] and "not offered" not in row[2]]
    assert bare == []
