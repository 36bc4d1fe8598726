"""Who is away, from when until when, and who has their tickets meanwhile."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from typing import TYPE_CHECKING

from chalicelib.identity.register import Absence
from chalicelib.tickets.dynamodb.items.codec import (
    SCHEMA_NAME,
    Item,
    Value,
    at,
    number,
    readable,
    schema_of,
    string,
    text,
)
from chalicelib.tickets.dynamodb.items.keys import bounded, moment
from chalicelib.tickets.dynamodb.shelf import Shelf
from chalicelib.tickets.dynamodb.watched import Watched

if TYPE_CHECKING:
    from chalicelib.identity.accounts import Staff
    from chalicelib.identity.directory import Directory

ABSENCE = "ABSENCE#"
KEPT = timedelta(days=30)  # behind its end


class Absences(Shelf):
    """An item for each person with an absence, the last one given; it leaves by itself."""

    @cached_property
    def _known(self) -> Watched[dict[str, Absence], dict[str, Absence]]:
        return Watched(self._read, lambda read: read, self._ticks)

    def all(self) -> Mapping[str, Absence]:
        """Every absence, also what is over or to come, by who is away; may be a minute old."""
        return self._known.get()

    def of(self, pool_name: str) -> Absence | None:
        """The absence of one person as stored now, also one that is over or to come."""
        item = self._table.get(self._key(pool_name))
        return _absence(item) if item else None

    def keep(self, absence: Absence) -> None:
        """Keep this in place of what was known of the person."""
        item = {
            **self._key(absence.pool_name),
            "pool_name": text(absence.pool_name),
            "substitute": text(absence.substitute),
            "starts_at": text(moment(absence.starts_at)),
            "ends_at": text(moment(absence.ends_at)),
            "expires_at": number(int((absence.ends_at + KEPT).timestamp())),
            SCHEMA_NAME: schema_of({}),
        }
        self._table.put(Item=item)
        self._known.forget()

    def _read(self, is_consistent: bool) -> dict[str, Absence]:
        rows = self._table.rows(
            KeyConditionExpression="pk = :pk AND begins_with(sk, :absence)",
            ExpressionAttributeValues={":pk": text(self._partition), ":absence": text(ABSENCE)},
            ConsistentRead=is_consistent,
        )
        return {absence.pool_name: absence for absence in readable(rows, _absence)}

    @property
    def _partition(self) -> str:
        return self._keys.of("STAFF")

    def _key(self, pool_name: str) -> Item:
        return {"pk": text(self._partition), "sk": text(f"{ABSENCE}{bounded(pool_name)}")}


def _absence(item: Mapping[str, Value]) -> Absence:
    return Absence(
        string(item, "pool_name"),
        string(item, "substitute"),
        at(string(item, "starts_at")),
        at(string(item, "ends_at")),
    )


@dataclass(frozen=True, slots=True)
class StandIns:
    """Who has the tickets of whom at this moment."""

    absences: Absences
    directory: Directory
    now: Callable[[], datetime]

    def instead_of(self, assignee: str, agency_code: str) -> str:
        """Whom a ticket of this agency goes to when it is meant for `assignee`, as tickets name people.

        Whoever is there has it themselves. Of who is away it is the substitute, or the substitute's
        when that one is away, too; empty when nobody of them may work on the agency's tickets.
        """
        if not assignee or not self._away():
            return assignee
        people = {person.pool_name: person for person in self.directory.colleagues()}
        sub = self.directory.person(assignee)
        found = next((person for person in people.values() if person.sub == sub), None)
        if found is None or self.absence(found.pool_name) is None:
            return assignee
        present = self._present(found, people)
        return present.sub if present and present.serves(agency_code) else ""

    def absence(self, pool_name: str) -> Absence | None:
        """The absence of somebody who is away at this moment; may be a minute old."""
        found = self.absences.all().get(pool_name)
        return found if found and found.holds(self.now()) else None

    def _away(self) -> Mapping[str, Absence]:
        now = self.now()
        return {name: each for name, each in self.absences.all().items() if each.holds(now)}

    def _present(self, person: Staff, people: Mapping[str, Staff]) -> Staff | None:
        away, last = self._away(), None
        for name in _chain(person.pool_name, away):
            last = people.get(name)
        return last if last and last.pool_name not in away else None


def _chain(name: str, away: Mapping[str, Absence]) -> Iterator[str]:
    """Who stands in for whom, one after another, each once."""
    seen = {name}
    while name in away and (name := away[name].substitute) not in seen:
        seen.add(name)
        yield name
