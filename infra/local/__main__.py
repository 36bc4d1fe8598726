"""`python -m infra.local`: the whole town in one process, until Ctrl-C."""

from __future__ import annotations

import argparse
import gc
import os
import signal
import sys
import threading

gc.disable()  # nothing of what is loaded and built at the start is ever garbage

from infra.local.running import RunningTown, wishes_from  # noqa: E402


def main() -> int:
    """Start the town, say where everything is, and wait."""
    parser = argparse.ArgumentParser(prog="python -m infra.local", description=main.__doc__)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8000, help="web; another one if it is taken")
    parser.add_argument("--smtp-port", type=int, default=2525)
    parser.add_argument("--empty", action="store_true", help="without the past that is made up")
    wishes = wishes_from(parser.parse_args(), os.environ)
    done = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: done.set())
    with RunningTown(wishes) as town:
        gc.freeze()
        gc.enable()
        print(town.guide(), flush=True)
        done.wait()
        print("The town closes.", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
