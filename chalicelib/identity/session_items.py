"""Sign-ins on the one table, and what of them is over; knows no cookie and no user pool."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice
from typing import Any

from botocore.exceptions import ClientError

from chalicelib.tickets.dynamodb.errors import CONDITION_ERROR, code_of
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
    when,
)
from chalicelib.tickets.dynamodb.items.keys import bounded, moment
from chalicelib.tickets.dynamodb.shelf import Shelf

KEPT_FOR = timedelta(days=1)  # longer than any token of the user pool is good for
MOST_LISTED = 100  # of one person, newest first


@dataclass(frozen=True, slots=True)
class StaffSession:
    """One sign-in at the console. `digest` is of the id that the browser holds, which nobody keeps.

    `origin` is what all tokens of this sign-in bear, `groups` what the person had at its begin.
    """

    digest: str
    pool_name: str
    access_token: str
    access_until: datetime
    refresh_token: str
    origin: str
    groups: frozenset[str]
    browser: str
    begun_at: datetime
    seen_at: datetime
    ended_at: datetime | None = None


class SessionShelf(Shelf):
    """An item for each sign-in, one in the list of its person, and one for each end."""

    def put(self, session: StaffSession) -> None:
        """Keep a sign-in that begins."""
        rows = [self._at(session.digest) | _item(session), self._listed(session)]
        expiry = {"expires_at": _expiry(session.begun_at)}
        puts = [{"Put": {"TableName": self._table.name, "Item": row | expiry}} for row in rows]
        self._table.write(puts, secrets.token_hex(16))

    def get(self, digest: str) -> StaffSession | None:
        """A sign-in as stored now."""
        item = self._table.get(self._at(digest))
        return next(readable([item], _read), None) if item else None

    def of(self, pool_name: str) -> list[StaffSession]:
        """The sign-ins of a person, newest first, ended ones too."""
        rows = self._table.rows(
            KeyConditionExpression="pk = :pk",
            ExpressionAttributeValues={":pk": text(self._list(pool_name))},
            ScanIndexForward=False,
            ConsistentRead=True,
            Limit=MOST_LISTED,
        )
        newest = islice(rows, MOST_LISTED)
        listed = [row["sk"]["S"].partition("#")[2] for row in newest]
        return list(readable(self._table.batch([self._at(digest) for digest in listed]), _read))

    def change(self, before: StaffSession, after: StaffSession) -> bool:
        """Write what changed of a sign-in; False when it was ended meanwhile, which stays so."""
        known = _item(before)
        changed = {name: value for name, value in _item(after).items() if value != known[name]}
        return self._update(after.digest, changed)

    def end(self, session: StaffSession, at: datetime) -> None:
        """End a sign-in: its tokens are kept no more, and refused wherever they are shown."""
        self.mark(f"origin:{session.origin}", at)
        blank = {name: text("") for name in ("access_token", "refresh_token")}
        self._update(session.digest, {"ended_at": text(moment(at)), **blank})

    def mark(self, name: str, at: datetime) -> None:
        """Keep that everything under this name (`origin:…` or `person:…`) is over."""
        ended = {"ended_at": text(moment(at)), "expires_at": _expiry(at)}
        self._table.put(Item=self._mark(name) | ended)

    def ends(self, names: Iterable[str]) -> dict[str, datetime]:
        """When each of these was ended, without those that were not."""
        marks = {name: self._mark(name) for name in names}
        found = {row["pk"]["S"]: row for row in self._table.batch(list(marks.values()))}
        ended = {name: found.get(mark["pk"]["S"]) for name, mark in marks.items()}
        return {name: at(string(row, "ended_at")) for name, row in ended.items() if row}

    def _update(self, digest: str, values: Mapping[str, Value]) -> bool:
        update: dict[str, Any] = {
            "Key": self._at(digest),
            "UpdateExpression": "SET " + ", ".join(f"#{name} = :{name}" for name in values),
            "ExpressionAttributeNames": {f"#{name}": name for name in values},
            "ExpressionAttributeValues": {f":{name}": value for name, value in values.items()},
            "ConditionExpression": "attribute_exists(pk) AND attribute_not_exists(ended_at)",
        }
        try:
            self._table.update(**update)
        except ClientError as error:
            if code_of(error) != CONDITION_ERROR:
                raise
            return False
        return True

    def _at(self, digest: str) -> Item:
        return {"pk": text(self._keys.of("SESSION", digest)), "sk": text("SESSION")}

    def _list(self, pool_name: str) -> str:
        return self._keys.of("SESSIONS", bounded(pool_name))

    def _listed(self, session: StaffSession) -> Item:
        place = f"{moment(session.begun_at)}#{session.digest}"
        return {"pk": text(self._list(session.pool_name)), "sk": text(place)}

    def _mark(self, name: str) -> Item:
        pk = self._keys.of("SESSION_END", bounded(name))
        return {"pk": text(pk), "sk": text("END")}


def _expiry(begun_at: datetime) -> Value:
    return number(int((begun_at + KEPT_FOR).timestamp()))


def _item(session: StaffSession) -> Item:
    return {
        "pool_name": text(session.pool_name),
        "access_token": text(session.access_token),
        "access_until": text(moment(session.access_until)),
        "refresh_token": text(session.refresh_token),
        "origin": text(session.origin),
        "groups": {"L": [text(group) for group in sorted(session.groups)]},
        "browser": text(session.browser),
        "begun_at": text(moment(session.begun_at)),
        "seen_at": text(moment(session.seen_at)),
        SCHEMA_NAME: schema_of({}),
    }


def _read(item: Mapping[str, Value]) -> StaffSession:
    return StaffSession(
        digest=item["pk"]["S"].rpartition("#")[2],
        pool_name=string(item, "pool_name"),
        access_token=string(item, "access_token"),
        access_until=at(string(item, "access_until")),
        refresh_token=string(item, "refresh_token"),
        origin=string(item, "origin"),
        groups=frozenset(group["S"] for group in item["groups"]["L"]),
        browser=string(item, "browser"),
        begun_at=at(string(item, "begun_at")),
        seen_at=at(string(item, "seen_at")),
        ended_at=when(string(item, "ended_at")),
    )
