"""`make advisories`: is anything known against a library that is packaged or comes with the runtime?

pip-audit asks where an advisory service is reachable. What it could not ask about must stand, in this very
version, in the dated list `requirements/advisories.yaml`, with what somebody found by hand.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import yaml

from infra.bill import Pin, pins
from infra.settings import ROOT

REQUIREMENTS = "requirements.txt"
LIST = "requirements/advisories.yaml"
AUDITOR = ".build/audit/bin/python"
OLD = timedelta(days=90)


@dataclass(frozen=True, slots=True)
class Looked:
    """The dated list: `versions` are those that somebody looked at, `accepted` says why an advisory is
    no harm here, by its id."""

    at: date
    versions: Mapping[str, str]
    accepted: Mapping[str, str]


def looked(path: Path) -> Looked:
    """The list as it is kept."""
    told = yaml.safe_load(path.read_text())
    return Looked(told["looked_at"], told["libraries"], told["accepted"] or {})


def ask(root: Path) -> list[Mapping[str, Any]]:
    """What pip-audit says of each library; nothing where it could not ask at all."""
    command = [
        str(root / AUDITOR),
        "-m",
        "pip_audit",
        "--format",
        "json",
        "--progress-spinner",
        "off",
    ]
    command += ["--require-hashes", "--disable-pip", "-r", str(root / REQUIREMENTS)]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    try:
        said: list[Mapping[str, Any]] = json.loads(result.stdout)["dependencies"]
    except (json.JSONDecodeError, KeyError):
        return []
    return said


def faults(
    wanted: Sequence[Pin], said: Sequence[Mapping[str, Any]], known: Looked
) -> Iterator[str]:
    """What stands against the libraries, a line each: an advisory, or that nobody looked."""
    asked = {each["name"].lower(): each for each in said if "skip_reason" not in each}
    for pin in wanted:
        if found := asked.get(pin.name.lower()):
            for each in found["vulns"]:
                if each["id"] not in known.accepted:
                    better = " or ".join(each.get("fix_versions", ())) or "none yet"
                    yield f"{pin.name} {pin.version}: {each['id']}; mended in {better}."
        elif known.versions.get(pin.name) != pin.version:
            yield (
                f"{pin.name} {pin.version}: nothing could be asked, and {LIST} does not name this "
                "version; look for advisories, then write it there."
            )


def main() -> int:
    """Print what was found; 1 when something stands against a library."""
    known, wanted = looked(ROOT / LIST), [*pins(ROOT / REQUIREMENTS)]
    said = ask(ROOT)
    count = sum("skip_reason" not in each for each in said)
    print(f"{count} of {len(wanted)} libraries asked about; the list is of {known.at}.")
    if count < len(wanted) and datetime.now(UTC).date() - known.at > OLD:
        print("The list is older than 90 days: look again.")
    found = [*faults(wanted, said, known)]
    print("\n".join(found) or "Nothing stands against them, as far as could be asked.")
    return int(bool(found))


if __name__ == "__main__":
    sys.exit(main())
