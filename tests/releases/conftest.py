"""The release before this one, taken out of the history as `infra/released.json` names it."""

from __future__ import annotations

import io
import json
import os
import subprocess
import tarfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from infra.local import dynamodb_local

ROOT = Path(__file__).resolve().parents[2]
RELEASED = json.loads((ROOT / "infra" / "released.json").read_text())


@pytest.fixture(scope="session")
def previous(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return released_tree(tmp_path_factory.mktemp("release"))


def released_tree(parent: Path) -> Path:
    """The tree of the last release; skipped where the history lacks it, and in CI a failure unless the
    clone was made without its history."""
    commit, version = RELEASED["commit"], RELEASED["version"]
    packed = subprocess.run(
        ["git", "archive", "--format=tar", commit], cwd=ROOT, capture_output=True, check=False
    )
    if packed.returncode:
        told = (
            f"The commit {commit[:10]} of release {version} is not here: fetch the whole history."
        )
        if os.environ.get("CI") and not _is_shallow():
            pytest.fail(told)
        pytest.skip(f"{told} (git fetch --unshallow)")
    folder = parent / version
    with tarfile.open(fileobj=io.BytesIO(packed.stdout)) as tar:
        tar.extractall(folder, filter="data")
    return folder


def _is_shallow() -> bool:
    said = subprocess.run(
        ["git", "rev-parse", "--is-shallow-repository"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    return said.stdout.strip() == "true"


@pytest.fixture(
    scope="module", params=[False, True], ids=["from before to now", "from now to before"]
)
def is_turned(request: pytest.FixtureRequest) -> bool:
    """Whether this release comes first."""
    return bool(request.param)


@pytest.fixture(scope="module")
def table_url(is_turned: bool) -> Iterator[str]:
    """A DynamoDB Local that two releases share; skipped where it cannot run, except where CI demands it."""
    problem = dynamodb_local.why_not()
    if problem and not os.environ.get("CI"):
        pytest.skip(problem)
    server = dynamodb_local.start()
    yield server.url
    server.stop()
