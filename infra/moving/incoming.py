"""Moving in: checks a whole export, then writes it in transactions that also say how far it came.

Killed anywhere and run again, it goes on behind the last transaction; run again at the end, it does
nothing. Every row is written on condition that none is there.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path

from chalicelib.bootstrap import Services
from chalicelib.errors import DeskError, UnreadableTicket
from chalicelib.tickets.catalog import Catalog
from chalicelib.tickets.catalog.bodies import read_catalog
from chalicelib.tickets.dynamodb.items.codec import Item
from chalicelib.tickets.dynamodb.items.keys import TICKET, Keys
from chalicelib.tickets.dynamodb.table import KEYS_A_CALL, Table
from chalicelib.tickets.model.references import ticket_id_for
from chalicelib.tickets.ports import CatalogItem
from infra.moving import manifest
from infra.moving.arrival import Arrival
from infra.moving.folder import Line, MovingError, lines_of
from infra.moving.manifest import CONTENTS, Manifest
from infra.moving.objects import Objects
from infra.moving.rows import ORDER, read_row
from infra.moving.writing import Progress, Written, gives_way, is_same, may_replace

Say = Callable[[str], None]
FILES = (CONTENTS, *(f"{kind}.jsonl" for kind in ORDER))
MOST_TOLD = 20
TOLD_EVERY = 10_000
REMEDY = "import into an installation that has none of this city"


@dataclass(slots=True)
class Found:
    """What the check found here already: other content under the same key, by place."""

    taken: dict[str, str] = field(default_factory=dict)
    tickets: set[str] = field(default_factory=set)


class Import:
    """One import of `folder` into the city of `services`."""

    def __init__(self, services: Services, folder: Path, say: Say = print) -> None:
        settings = services.settings
        self._services, self._folder, self._say = services, folder, say
        self._keys = Keys(settings.jurisdiction_id, settings.index_shards)
        self._table = Table(services.client("dynamodb"), settings.table_name)
        self._objects = Objects(services.client("s3"), settings, folder)

    def run(self, now: datetime, *, rename_taken: bool = False) -> Counter[str]:
        """Read the export back; how many lines of each file it has.

        Everything is checked before anything is written. With `rename_taken` tickets whose
        references belong to others here get new ones. Raises `MovingError`.
        """
        told, name = manifest.read(self._folder)
        written = Written(self._table, self._keys, name)
        progress = written.progress(now)
        if progress.is_done:
            self._say(f"This export was imported on {progress.began_at:%d %B %Y}: nothing to do.")
            return Counter()
        self._say("Checking the export …")
        counts = manifest.check(self._folder, told)
        self._check_fits(told)
        arrival = self._arrival(told, progress)
        renamed = self._check_free(arrival, progress, rename_taken)
        progress = written.begin(replace(progress, renamed=renamed))
        self._write(replace(arrival, renamed=renamed), written, progress)
        self._services.catalog.mend()
        written.finish(now, dict(counts), told)
        return counts

    def _check_fits(self, told: Manifest) -> None:
        here, there = self._services.settings.index_shards, told.origin.index_shards
        if told.is_ours and here != there:
            raise MovingError(f"INDEX_SHARDS is {here} here and was {there}: set it to {there}.")

    def _arrival(self, told: Manifest, progress: Progress) -> Arrival:
        catalog = self._exported() if told.is_ours else self._services.catalog.fresh()
        return Arrival(
            keys=self._keys,
            catalog=catalog,
            at=progress.began_at,
            is_ours=told.is_ours,
            renamed=progress.renamed,
        )

    def _exported(self) -> Catalog:
        """The catalogue that comes along."""
        rows = (read_row(line) for line in lines_of(self._folder / "catalogue.jsonl"))
        items = (
            CatalogItem(
                kind=row["kind"],
                code=row["code"],
                version=row["version"],
                body=row["body"],
                is_deleted="is_deleted" in row,
            )
            for row in rows
            if row["pk"] == "CATALOG"
        )
        return read_catalog(items)

    def _lines(self, progress: Progress) -> Iterator[Line]:
        """What is still to be written, file by file."""
        first = FILES.index(progress.file) if progress.file else 0
        for name in FILES[first:]:
            path = self._folder / name
            if path.is_file():
                yield from lines_of(path, progress.line if name == progress.file else 0)

    def _items(self, arrival: Arrival, line: Line) -> list[Item]:
        try:
            return arrival.items(line)
        except UnreadableTicket as error:
            raise MovingError(
                f"{line.place} cannot be read ({error.what}). Export again, with this release."
            ) from error
        except DeskError as error:
            raise MovingError(f"{line.place}: {error} Publish it here first.") from error

    def _check_free(
        self, arrival: Arrival, progress: Progress, rename_taken: bool
    ) -> dict[str, str]:
        """See that nothing else is here under any key; which references have to change."""
        found = self._look(arrival, progress)
        renamed = dict(progress.renamed)
        if found.tickets and rename_taken:
            seed = progress.name
            renamed |= {former: ticket_id_for(f"{seed}:{former}") for former in found.tickets}
            found = self._look(replace(arrival, renamed=renamed), progress)
        if found.taken:
            places = [f"{place}: {key}" for place, key in found.taken.items()][:MOST_TOLD]
            more = len(found.taken) - len(places)
            told = "\n  ".join([*places, *([f"and {more:,} more"] if more else [])])
            rename = ", or give --rename-taken for tickets" if found.tickets else ""
            raise MovingError(
                f"These are here already with other content; {REMEDY}{rename}:\n  {told}"
            )
        return renamed

    def _look(self, arrival: Arrival, progress: Progress) -> Found:
        found, batch = Found(), list[tuple[Line, Item]]()
        for line in self._lines(progress):
            if line.file == CONTENTS:
                self._objects.check(line)
                continue
            batch += [(line, item) for item in self._items(arrival, line)]
            if len(batch) >= KEYS_A_CALL:
                self._compare(batch, found)
                batch = []
        self._compare(batch, found)
        return found

    def _compare(self, batch: list[tuple[Line, Item]], found: Found) -> None:
        keys = [{"pk": item["pk"], "sk": item["sk"]} for _, item in batch]
        here = {(i["pk"]["S"], i["sk"]["S"]): i for i in self._table.batch(keys)}
        for line, item in batch:
            pk, sk = item["pk"]["S"], item["sk"]["S"]
            other = here.get((pk, sk))
            is_free = other is None or is_same(other, item) or may_replace(other, item)
            if not is_free and not gives_way(item):
                found.taken[line.place] = f"{pk} {sk}"
                if pk.startswith(self._keys.of(TICKET, "")):
                    found.tickets.add(self._keys.ticket_id(pk))

    def _write(self, arrival: Arrival, written: Written, progress: Progress) -> None:
        for count, line in enumerate(self._lines(progress), start=1):
            if line.file == CONTENTS:
                self._objects.put(line)
                written.passed(line)
            else:
                written.add(line, self._items(arrival, line))
            if not count % TOLD_EVERY:
                self._say(f"{count:,} lines …")
        written.flush()
