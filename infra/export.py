"""`python -m infra.export FOLDER --stage prod`: the whole city as JSON lines and files; changes nothing.

`docs/moving.md` says what is in it and how it is brought in elsewhere.
"""

from __future__ import annotations

import argparse
import sys
from datetime import UTC, datetime
from pathlib import Path

from chalicelib.errors import DeskError
from infra.moving.folder import MovingError
from infra.moving.outgoing import Export
from infra.moving.stage import services_of
from infra.settings import load
from infra.stacks import DeployError


def main(arguments: list[str] | None = None) -> int:
    """Export one stage and say what it took."""
    parser = argparse.ArgumentParser(prog="python -m infra.export", description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--stage", required=True)
    given = parser.parse_args(arguments)
    try:
        export = Export(services_of(load(given.stage)), given.folder)
        manifest = export.run(datetime.now(UTC))
    except (MovingError, DeployError, DeskError) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    for kind, count in manifest.counts.items():
        sys.stdout.write(f"{count:>12,}  {kind}\n")
    sys.stdout.write(f"{export.units:,.0f} read units. The export is in {given.folder}.\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
