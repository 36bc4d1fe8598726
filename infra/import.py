"""`python -m infra.import FOLDER --stage prod`: a city, or what another product knew, into a stage.

Nobody is written to. Safe to kill and to repeat. `docs/moving.md` walks through it.
"""

from __future__ import annotations

import argparse
import sys
from datetime import UTC, datetime
from pathlib import Path

from chalicelib.errors import DeskError
from infra.moving.folder import MovingError
from infra.moving.incoming import Import
from infra.moving.stage import services_of
from infra.settings import load
from infra.stacks import DeployError


def main(arguments: list[str] | None = None) -> int:
    """Import one folder into one stage and say what came."""
    parser = argparse.ArgumentParser(prog="python -m infra.import", description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--stage", required=True)
    parser.add_argument(
        "--rename-taken",
        action="store_true",
        help="give new references to tickets whose own belong to others here",
    )
    given = parser.parse_args(arguments)
    try:
        arriving = Import(services_of(load(given.stage)), given.folder)
        counts = arriving.run(datetime.now(UTC), rename_taken=given.rename_taken)
    except (MovingError, DeployError, DeskError) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    for name, count in counts.items():
        sys.stdout.write(f"{count:>12,}  {name}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
