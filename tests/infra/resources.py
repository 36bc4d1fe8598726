"""Looking things up in a template."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from infra.cloudformation import Template


def of_type(template: Template, resource_type: str) -> dict[str, dict[str, Any]]:
    """Logical id -> properties of every resource of a type."""
    return {
        logical_id: resource.get("Properties", {})
        for logical_id, resource in template["Resources"].items()
        if resource["Type"] == resource_type
    }


def text(value: object) -> str:
    """A value with intrinsics as one text, for looking into it."""
    return value if isinstance(value, str) else json.dumps(value)


def statements(document: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield from document["Statement"]


def as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def lint(*paths: Path, regions: Sequence[str] = ("us-east-1",)) -> tuple[int, str]:
    """cfn-lint's return code and words; a partition that is written out (I3042) is a fault, too."""
    linter = str(Path(sys.executable).with_name("cfn-lint"))
    command = [linter, "--include-checks", "I3042", "--regions", *regions, "--"]
    command += map(str, paths)
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    return result.returncode, result.stdout + result.stderr
