"""One release in a process of its own: a whole town of it, on a table that others use too.

Run in the tree of the release with the table's address; a line of JSON in is something that happens,
a line out is what came of it. Knows of the release only how its town is driven from outside.
"""

from __future__ import annotations

import json
import sys
from datetime import datetime
from typing import Any

from infra.local.clock import TownClock
from infra.local.town import Town
from tests.harness import START, Harness


def main(endpoint: str) -> None:
    """Open the town and do what is asked until nothing more is."""
    with Town(TownClock(START), endpoint=endpoint) as opened:
        town = Harness(opened)
        _tell({"is_open": True})
        for line in sys.stdin:
            _tell(_done(town, **json.loads(line)))


def _done(town: Harness, what: str, **given: Any) -> dict[str, Any]:
    if what == "http":
        answer = town.http(**given)
        is_json = "json" in answer.headers["content-type"]
        return {"status": answer.status, "body": answer.json() if is_json else answer.text}
    if what == "mail":
        town.mail(given["raw"].encode(), to=town.services.settings.intake_addresses[0])
    if what == "drain":
        town.drain()
    if what == "tick":
        town.tick(datetime.fromisoformat(given["now"]))
    return {"sent": [[sent["to"], sent["subject"]] for sent in town.outbox]}


def _tell(result: dict[str, Any]) -> None:
    sys.__stdout__.write(json.dumps(result) + "\n")  # type: ignore[union-attr]
    sys.__stdout__.flush()  # type: ignore[union-attr]


if __name__ == "__main__":
    main(sys.argv[1])
