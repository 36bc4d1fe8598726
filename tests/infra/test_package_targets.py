"""Packages for other Pythons and machines than this one, and a run on those that are at hand."""

from __future__ import annotations

import json
import struct
import subprocess
from dataclasses import asdict
from pathlib import Path

import pytest

from bench.cold import ALONE, lay_out_runtime
from bench.recording import API as API_HANDLER
from bench.recording import record
from infra.package import package
from infra.settings import StageSettings
from infra.target import PackagingError, Target
from infra.zips import API, EVENTS
from tests.infra.test_package import unpack

pytestmark = pytest.mark.stack  # libraries are fetched and compiled

TARGETS = [Target(), Target("python3.13", "x86_64")]
MACHINE = {"x86_64": 62, "arm64": 183}  # as ELF numbers them


def interpreter(target: Target) -> str:
    try:
        return target.python()
    except PackagingError as error:
        pytest.skip(str(error))


def machine_of(library: Path) -> int:
    return int(struct.unpack_from("<H", library.read_bytes(), 18)[0])


def magic_of(python: str) -> bytes:
    code = "import importlib.util as u, sys; sys.stdout.buffer.write(u.MAGIC_NUMBER)"
    return subprocess.run([python, "-c", code], capture_output=True, check=True).stdout


def test_functions_run_on_the_newest_python_on_arm_unless_asked_otherwise() -> None:
    assert Target() == Target("python3.13", "arm64")


@pytest.mark.slow
@pytest.mark.parametrize("target", TARGETS, ids=lambda t: f"{t.runtime}-{t.arch}")
def test_a_package_is_made_for_its_target(
    target: Target, settings: StageSettings, tmp_path: Path
) -> None:
    python = interpreter(target)
    stack = package(settings, tmp_path / "dev", target)
    functions = [
        r["Properties"] for r in stack["Resources"].values() if r["Type"] == "AWS::Lambda::Function"
    ]
    assert {(f["Runtime"], *f["Architectures"]) for f in functions} == {
        (target.runtime, target.arch)
    }
    code = unpack(tmp_path / "dev", tmp_path / "task")
    machines = {machine_of(each) for folder in code.values() for each in folder.rglob("*.so")}
    assert machines == {MACHINE[target.arch]}
    compiled = next((code[EVENTS.name] / "chalicelib").glob("*.pyc"))
    assert compiled.read_bytes()[:4] == magic_of(python)
    if target.arch == Target.here().arch:
        run_first_events(python, code[API.name], code[EVENTS.name], tmp_path)


def run_first_events(python: str, api: Path, events: Path, folder: Path) -> None:
    """Every function handles an event in a process of its own, and says so by ending well."""
    runtime = lay_out_runtime(folder / "runtime")
    for name, event in record().items():
        path = [str(api if name == API_HANDLER else events), str(runtime)]
        told = folder / f"{name}.json"
        told.write_text(json.dumps(asdict(event) | {"path": path}))
        command = [python, "-I", "-S", "-B", str(ALONE), str(told)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert done.returncode == 0, f"{name}: {done.stderr[-2000:]}"
