"""`python -m infra.local`: the whole town in one process, until Ctrl-C."""

from __future__ import annotations

import gc
import os
import signal
import sys
import threading

gc.disable()  # nothing of what is loaded and built at the start is ever garbage

from infra.local.ports import PortTaken  # noqa: E402
from infra.local.running import RunningTown, wishes_from  # noqa: E402


def main() -> int:
    """Start the town, say where everything is, and wait."""
    wishes = wishes_from(sys.argv[1:], os.environ)
    done = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: done.set())
    try:
        with RunningTown(wishes, say) as town:
            gc.freeze()
            gc.enable()
            say(f"\n{town.guide()}")
            done.wait()
            say("The town closes.")
    except PortTaken as problem:
        print(problem, file=sys.stderr)
        return 1
    return 0


def say(line: str) -> None:
    """Print it at once, also into a pipe."""
    print(line, flush=True)


if __name__ == "__main__":
    sys.exit(main())
