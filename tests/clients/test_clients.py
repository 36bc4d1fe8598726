"""Published clients of other projects, unchanged, against the town over real HTTP."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.browser.doorway import serve
from tests.harness import Harness

HERE = Path(__file__).parent
LIBRARIES = HERE.parents[1] / ".build" / "clients"


@pytest.fixture(scope="module")
def city() -> Iterator[tuple[str, str]]:
    """The versioned base of a town, and a key."""
    if not (LIBRARIES / ".ready").exists():
        if os.environ.get("CI"):
            pytest.fail("make test installs the other projects' clients into .build/clients")
        pytest.skip("the other projects' clients are not installed; make test does that")
    with Harness.boot(public_url="") as town, serve(town) as site:
        yield f"{site}/open311/v2", town.api_key


def speak(*command: str, **environment: str) -> Any:
    done = subprocess.run(
        command,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        env={**os.environ, "NO_PROXY": "127.0.0.1", "no_proxy": "127.0.0.1", **environment},
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def speak_python(script: str, *arguments: str) -> Any:
    libraries = str(LIBRARIES / "python")
    return speak(sys.executable, str(HERE / script), *arguments, PYTHONPATH=libraries)


def test_three_lists_files_and_reads_back_and_georeport_reads_both_formats(
    city: tuple[str, str],
) -> None:
    said = speak_python("speak_three.py", *city)
    assert "graffiti" in said["services"]
    request_id = said["made"][0]["service_request_id"]
    [read] = said["read"]
    assert (read["service_request_id"], read["status"], read["lat"]) == (request_id, "open", 44.05)
    assert read["description"] == "Paint, by three"
    assert request_id in {each["service_request_id"] for each in said["listed"]}
    found = speak_python("speak_georeport.py", city[0], request_id)
    for kind in ("json", "xml"):
        assert found[kind]["services"] == said["services"]
        assert found[kind]["definition"] == "pothole"
        assert found[kind]["read"]["service_request_id"] == request_id


def test_civicbot_files_after_reading_the_definition_and_reads_back(city: tuple[str, str]) -> None:
    said = speak_python("speak_civicbot.py", *city)
    assert (said["definition"], said["warnings"]) == ("pothole", [])
    assert "graffiti" in said["services"]
    request_id = said["made"]["service_request_id"]
    read = said["read"]
    assert (read["service_request_id"], read["status"]) == (request_id, "open")
    assert (read["description"], read["long"]) == ("A hole, by civicbot", -123.02)
    assert request_id in {each["service_request_id"] for each in said["listed"]}


def test_open311_for_node_lists_files_and_reads_back(city: tuple[str, str]) -> None:
    node = shutil.which("node")
    if not node or not (LIBRARIES / "npm" / "node_modules").is_dir():
        pytest.skip("there is no Node here")
    modules = str(LIBRARIES / "npm" / "node_modules")
    said = speak(node, str(HERE / "speak_open311.js"), *city, NODE_PATH=modules)
    assert "pothole" in said["services"]
    [read] = said["read"]
    assert read["service_request_id"] == said["made"][0]["service_request_id"]
    assert (read["description"], read["status"]) == ("A hole, by open311", "open")
