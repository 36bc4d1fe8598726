"""Libraries: each has one version and hashes, a bill says what is packaged, and somebody looked at each."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from infra.advisories import LIST, REQUIREMENTS, Looked, faults, looked
from infra.bill import NAME, Pin, pins, write_bill
from infra.settings import ROOT
from infra.zips import API, EVENTS

COMPILED = (
    "requirements.txt",
    *(f"requirements/{n}.txt" for n in ("events", "api", "town", "dev")),
)
PIN = Pin("jinja2", "3.1.6", ("a" * 64,))
KNOWN = Looked(date(2026, 12, 1), {"jinja2": "3.1.6"}, {})


@pytest.mark.parametrize("name", COMPILED)
def test_every_library_has_one_version_and_hashes(name: str) -> None:
    assert [*pins(ROOT / name)]


@pytest.mark.parametrize("line", ["jinja2==3.1.6", "jinja2>=3 --hash=sha256:" + "a" * 64, "jinja2"])
def test_a_library_without_version_or_hash_is_refused(tmp_path: Path, line: str) -> None:
    (tmp_path / "some.txt").write_text(line)
    with pytest.raises(ValueError, match="make requirements"):
        [*pins(tmp_path / "some.txt")]


def test_a_library_has_the_same_versions_everywhere() -> None:
    """Several only where each Python has its own."""
    found: dict[str, set[tuple[str, ...]]] = {}
    for name in COMPILED:
        here: dict[str, list[str]] = {}
        for pin in pins(ROOT / name):
            here.setdefault(pin.name, []).append(pin.version)
        for library, versions in here.items():
            found.setdefault(library, set()).add(tuple(versions))
    assert {name: each for name, each in found.items() if len(each) > 1} == {}


@pytest.mark.parametrize("name", ["events", "api", "product", "town", "dev"])
def test_what_is_wanted_is_what_is_compiled(name: str) -> None:
    """Whoever changes a wish compiles it."""
    source = (ROOT / "requirements" / f"{name}.in").read_text()
    compiled = ROOT / ("requirements.txt" if name == "product" else f"requirements/{name}.txt")
    wanted = {line.partition(";")[0].strip() for line in source.splitlines() if "==" in line}
    fixed = {f"{pin.name}=={pin.version}".lower() for pin in pins(compiled)}
    assert {each.partition("[")[0].lower() for each in wanted if "[" in each} <= {
        each.partition("==")[0] for each in fixed
    }
    assert {each.lower() for each in wanted if "[" not in each} <= fixed


def test_the_bill_names_every_library_of_both_zips_with_its_hashes(tmp_path: Path) -> None:
    write_bill(tmp_path, ROOT, {"version": "1.2.3"})
    bill = json.loads((tmp_path / NAME).read_text())
    assert (bill["bomFormat"], bill["metadata"]["component"]["version"]) == ("CycloneDX", "1.2.3")
    for kind in (API, EVENTS):
        named = {
            (each["name"], each["version"], tuple(sorted(h["content"] for h in each["hashes"])))
            for each in bill["components"]
            if kind.name in {said["value"] for said in each["properties"]}
        }
        held = {
            (p.name, p.version, tuple(sorted(p.hashes))) for p in pins(ROOT / kind.requirements)
        }
        assert named == held


def test_somebody_looked_at_every_version_of_the_product() -> None:
    assert [*faults([*pins(ROOT / REQUIREMENTS)], [], looked(ROOT / LIST))] == []


def said(**more: Any) -> list[Mapping[str, Any]]:
    return [{"name": "Jinja2", "version": "3.1.6", **more}]


def test_an_advisory_is_told_with_what_mends_it() -> None:
    vulns = [{"id": "PYSEC-1", "fix_versions": ["3.1.7"]}]
    (line,) = faults([PIN], said(vulns=vulns), KNOWN)
    assert "PYSEC-1" in line
    assert "3.1.7" in line


def test_an_advisory_that_somebody_judged_is_not_told() -> None:
    judged = Looked(KNOWN.at, {}, {"PYSEC-1": "We render no untrusted template."})
    assert [*faults([PIN], said(vulns=[{"id": "PYSEC-1"}]), judged)] == []


@pytest.mark.parametrize("nothing", [[], said(skip_reason="not found")])
def test_what_nobody_asked_about_must_be_in_the_list_in_this_version(
    nothing: list[Mapping[str, Any]],
) -> None:
    assert [*faults([PIN], nothing, KNOWN)] == []
    newer = Pin("jinja2", "3.1.7", PIN.hashes)
    assert len([*faults([newer], nothing, KNOWN)]) == 1
