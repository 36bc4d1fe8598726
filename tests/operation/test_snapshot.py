"""What lies in a snapshot of the API's function may be restored a thousand times: nothing in it is used up.

Lambda starts every process of a version from the same memory ("Handling uniqueness with SnapStart").
"""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
# Asked of a process that did what Lambda does before it takes the snapshot.
STARTED = """
import json, os, sys, threading
opened = []
sys.addaudithook(lambda event, _: opened.append(event) if event.startswith("socket.") else None)
import app
from chalicelib import bootstrap
print(json.dumps({
    "services": bootstrap.services.cache_info().currsize,
    "sdk": sorted(m for m in sys.modules if m.partition(".")[0] in ("boto3", "botocore")),
    "threads": threading.active_count(),
    "sockets": opened,
}))
"""


def test_nothing_is_connected_or_signed_in_before_the_first_request() -> None:
    """No client, so no credentials and no connection; no services, so no clock, cache or secret."""
    environ = {"PATH": "/usr/bin:/bin", "STAGE": "dev", "AWS_LAMBDA_FUNCTION_NAME": "api"}
    done = subprocess.run(
        [sys.executable, "-c", STARTED],
        cwd=ROOT,
        env=environ,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == '{"services": 0, "sdk": [], "threads": 1, "sockets": []}'


def _drawn(tree: ast.AST) -> set[str]:
    """What is used of the module `random`, whose numbers would be the same after each start."""
    calls = (node for node in ast.walk(tree) if isinstance(node, ast.Attribute))
    found = {c.attr for c in calls if isinstance(c.value, ast.Name) and c.value.id == "random"}
    imported = (node for node in ast.walk(tree) if isinstance(node, ast.ImportFrom))
    return found | {a.name for node in imported if node.module == "random" for a in node.names}


@pytest.mark.parametrize("source", ["random.random()", "from random import choice"])
def test_a_draw_from_the_process_is_seen(source: str) -> None:
    assert _drawn(ast.parse(source))


def test_chance_comes_from_the_system_and_never_from_the_process() -> None:
    files = [ROOT / "app.py", *(ROOT / "chalicelib").rglob("*.py")]
    drawn = {str(path): _drawn(ast.parse(path.read_text())) - {"SystemRandom"} for path in files}
    assert {path: names for path, names in drawn.items() if names} == {}


def test_no_moment_is_kept_from_the_start() -> None:
    """A time that a module reads while it is imported would be the snapshot's, for days."""
    clocks = {"now", "utcnow", "today", "time", "monotonic", "perf_counter"}
    kept = []
    for path in (ROOT / "chalicelib").rglob("*.py"):
        for statement in ast.parse(path.read_text()).body:
            if isinstance(statement, ast.Assign | ast.AnnAssign | ast.Expr):
                called = [n.func for n in ast.walk(statement) if isinstance(n, ast.Call)]
                if any(isinstance(f, ast.Attribute) and f.attr in clocks for f in called):
                    kept.append(f"{path}:{statement.lineno}")
    assert kept == []
