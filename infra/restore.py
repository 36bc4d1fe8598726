"""`make restore STAGE=x AT=2026-11-30T10:00:00Z`: a stage as it was at a moment, in a table of its own.

Nothing is overwritten: the table that the city comes from stays as it is. May be killed anywhere and run
again with the same moment; it goes on. docs/deploy.md says what is lost and what comes back.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from chalicelib.bootstrap import Services, SystemClock
from infra import stacks
from infra.deploy import environment, real_clients, services
from infra.plainly import plainly
from infra.restoring import comparing
from infra.restoring.functions import Functions
from infra.restoring.messages import Messages
from infra.restoring.tables import Tables
from infra.settings import ROOT, StageSettings, load
from infra.stacks import Clients, DeployError, state_stack

Say = Callable[[str], None]


def table_name(stage: str, at: datetime) -> str:
    """What the table of a moment is called, so that a second run finds it."""
    return f"civicline-{stage}-{at:%Y%m%dT%H%M%SZ}"


@dataclass(frozen=True, slots=True)
class Restore:
    """One stage brought back; `folder` takes the list of what came after the moment."""

    settings: StageSettings
    clients: Clients
    folder: Path
    say: Say = print
    pause: Callable[[float], None] = time.sleep
    now: Callable[[], datetime] = SystemClock().now

    def run(self, at: datetime, source: str = "") -> str:
        """Restore the table in use, or `source`, as it was `at` that moment; the new table's name.

        Raises `DeployError`, naming what stopped it.
        """
        outputs = stacks.outputs(self.clients, state_stack(self.settings.stage))
        functions = Functions(self.settings.stage, self.clients, self.pause)
        tables = Tables(self.clients("dynamodb"), self.say, self.pause)
        name, used = table_name(self.settings.stage, at), functions.table()
        tables.check(name, source or used, at)
        self.say("1. The queues are read no more; what arrives waits …")
        functions.hold()
        self.say(f"2. The table {name} …")
        tables.make(name, source or used, at, outputs["KeyArn"])
        tables.wait(name)
        self.say(
            "3. What a restore leaves off: tag, recovery, expiry, protection, stream, indexes …"
        )
        tables.equip(name, self.settings.stage)
        if used != name:
            left = used if tables.described(used) else ""
            self._settle(self._services(outputs, name), left)
            before = self._services(outputs, left) if left else None
            self._compare(self._services(outputs, name), before)
        self.say("6. The functions change over …")
        functions.switch(name)
        functions.let_go()
        self.say("7. Mail that came since is looked for in the bucket …")
        functions.search(self.now())
        self.say(f"Write into settings/{self.settings.stage}.yaml:\n\n    table_name: {name}\n")
        return name

    def give_up(self) -> None:
        """Read the queues again, on whichever table the functions use."""
        Functions(self.settings.stage, self.clients, self.pause).let_go()
        self.say("The queues are read again. A table that was begun stays; it costs what it holds.")

    def _services(self, outputs: dict[str, str], table: str) -> Services:
        """What a table holds, seen as the functions see it."""
        variables = self.settings.variables() | environment(outputs) | {"TABLE_NAME": table}
        return services(variables, self.clients)

    def _settle(self, services: Services, left: str) -> None:
        self.say("4. What had left since then must not leave again …")
        messages = Messages(services, left, self.now())
        done = messages.settle()
        self.say(f"   {done['sent']} had left, {done['perhaps']} perhaps, {done['waiting']} will.")
        self.say(
            f"   {messages.pause_broadcasts()} broadcasts wait for somebody to go on with them."
        )

    def _compare(self, services: Services, left: Services | None) -> None:
        self.say("5. What there was, of what is in the table that is left …")
        client, name = self.clients("dynamodb"), services.settings.table_name
        then = comparing.contents(client, name)
        later = comparing.contents(client, left.settings.table_name) if left else then
        for line in comparing.told(then, later):
            self.say(f"   {line}")
        rows = comparing.lost(left.store, then, later) if left else []
        path = self.folder / f"{name}.came-after.tsv"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("".join(f"{row}\n" for row in rows), encoding="utf-8")
        self.say(f"   {len(rows)} tickets came after it: {path}")


def moment(text: str) -> datetime:
    """A moment in UTC such as 2026-11-30T10:00:00Z. Raises `DeployError` for anything else."""
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        at = datetime.min
    if at.tzinfo is None:
        raise DeployError("AT must be a moment with its zone, such as 2026-11-30T10:00:00Z.")
    return at.astimezone(UTC).replace(microsecond=0)


@plainly
def main(arguments: list[str] | None = None) -> int:
    """Restore one stage; what `make restore NAME=value` is given arrives in the environment."""
    parser = argparse.ArgumentParser(prog="make restore", description="Bring a stage back.")
    parser.add_argument("--stage", required=True)
    parser.add_argument("--at", default=os.environ.get("AT", ""), help="the moment, in UTC")
    parser.add_argument("--source", default=os.environ.get("SOURCE", ""), help="another table")
    parser.add_argument("--give-up", action="store_true", default=bool(os.environ.get("GIVE_UP")))
    given = parser.parse_args(arguments)
    tool = Restore(load(given.stage), real_clients(), ROOT / ".build" / given.stage)
    if given.give_up:
        tool.give_up()
    else:
        tool.run(moment(given.at), given.source)
    return 0


if __name__ == "__main__":
    sys.exit(main())
