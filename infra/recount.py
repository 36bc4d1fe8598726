"""`python -m infra.recount --stage prod`: every counter is built anew from the tickets, then compared.

Pages read the old counters until the new ones are complete. The stage's own minute run does the work; this
command begins it, helps, and says in how many counters the new ones differ.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable

from chalicelib.bootstrap import Services
from chalicelib.errors import DeskError
from infra.moving.stage import services_of
from infra.settings import load
from infra.stacks import DeployError

PAUSE = 5.0  # seconds, when the stage's own run has the walk


def recount(services: Services, pause: Callable[[float], None] = time.sleep) -> int:
    """Build all counters anew; in how many they differ from those before."""
    projections = services.projections
    projections.rebuild()
    while not projections.walk():
        pause(PAUSE)
    return projections.progress().differences


def main(arguments: list[str] | None = None) -> int:
    """Recount one stage; 1 when it cannot be done or a counter was wrong."""
    parser = argparse.ArgumentParser(prog="python -m infra.recount", description=__doc__)
    parser.add_argument("--stage", required=True)
    given = parser.parse_args(arguments)
    try:
        differences = recount(services_of(load(given.stage)))
    except (DeployError, DeskError) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    sys.stdout.write(
        f"{differences:,} counters were wrong and are right now.\n"
        if differences
        else "Every counter was right.\n"
    )
    return int(bool(differences))


if __name__ == "__main__":
    sys.exit(main())
