"""What `.ci/run` says at its end, whatever became of its stages."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

RUN = Path(__file__).parents[1] / ".ci" / "run"
MAKE = """#!/bin/sh
echo "of $1"
case $1 in
  check) echo "120 passed in 9.10s" ;;
  test-stack) echo "1 failed, 11 passed, 2 skipped in 30.00s"; exit {stack} ;;
  test) echo "6511 passed, 3 skipped in 312.05s (0:05:12)" ;;
esac
"""


def run(folder: Path, *, stack: int) -> tuple[int, list[str]]:
    """The exit code and the output of a run whose tools are stand-ins."""
    for tool in ("chromium", "mvn", "java", "make"):
        (folder / tool).write_text(MAKE.format(stack=stack))
        (folder / tool).chmod(0o755)
    path = {"PATH": f"{folder}:{os.environ['PATH']}"}
    done = subprocess.run(
        ["bash", str(RUN)], env={**os.environ, **path}, capture_output=True, text=True, check=False
    )
    return done.returncode, done.stdout.splitlines()


def stages(lines: list[str]) -> list[str]:
    """The table at the end, without what each stage took."""
    table = lines[len(lines) - lines[::-1].index("") :]
    assert all(re.search(r" \d+ min +\d+ s$", line) for line in table)
    return [" ".join(re.sub(r" \d+ min +\d+ s$", "", line).split()) for line in table]


def test_every_stage_has_its_line(tmp_path: Path) -> None:
    code, lines = run(tmp_path, stack=0)
    assert code == 0
    assert stages(lines) == [
        "install_missing passed",
        "make check passed 120 tests",
        "make advisories passed",
        "make test-dynamodb passed",
        "make test-stack passed 11 tests",
        "make test passed 6,511 tests",
    ]
    assert "6511 passed, 3 skipped in 312.05s (0:05:12)" in lines  # pytest's own words stay


def test_a_stage_that_fails_ends_the_run_and_is_named(tmp_path: Path) -> None:
    code, lines = run(tmp_path, stack=2)
    assert code != 0
    assert stages(lines)[-1] == "make test-stack FAILED 11 tests"
    assert "of test" not in lines
