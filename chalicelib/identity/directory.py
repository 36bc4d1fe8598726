"""The staff directory on the one table: who works here, for names and choices; it gives no rights."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from botocore.exceptions import ClientError

from chalicelib.identity.accounts import AGENCY_GROUP, Act, Staff, make_staff
from chalicelib.tickets.dynamodb.errors import CONDITION, reasons_of
from chalicelib.tickets.dynamodb.items.codec import (
    SCHEMA_NAME,
    Item,
    Value,
    at,
    integer,
    readable,
    schema_of,
    string,
    text,
)
from chalicelib.tickets.dynamodb.items.keys import bounded, moment
from chalicelib.tickets.dynamodb.shelf import Shelf
from chalicelib.tickets.dynamodb.watched import Watched

MEMBER = "MEMBER#"
TRIES = 5


@dataclass(frozen=True, slots=True)
class Member:
    """Somebody as the user pool knew them at `checked_at`; who left is kept and not active."""

    staff: Staff
    is_active: bool
    checked_at: datetime


class Directory(Shelf):
    """Everybody who ever could sign in, an item each.

    A process reads them all once, and again when the version beside them has changed, for which it
    looks once a minute.
    """

    def __init__(
        self,
        client: Any,
        *,
        table_name: str,
        jurisdiction_id: str,
        pause: Callable[[float], None] = time.sleep,
        ticks: Callable[[], float] = time.monotonic,
    ) -> None:
        super().__init__(
            client, table_name=table_name, jurisdiction_id=jurisdiction_id, pause=pause
        )
        self._active = Watched(self._version, self._read_active, ticks)

    def colleagues(self) -> list[Staff]:
        """Everybody who may work on tickets, by name; may be a minute old, and gives nobody a right."""
        return [staff for staff in self._active.get().values() if staff.may(Act.WORK_TICKETS)]

    def knows(self, staff: Staff) -> bool:
        """Whether this is what the directory says of somebody; may be a minute old."""
        return self._active.get().get(staff.pool_name) == staff

    def members(self) -> dict[str, Member]:
        """Everybody as stored now, by the user pool's name for them."""
        rows = self._table.rows(
            KeyConditionExpression="pk = :pk AND begins_with(sk, :member)",
            ExpressionAttributeValues={":pk": text(self._partition), ":member": text(MEMBER)},
            ConsistentRead=True,
        )
        return {member.staff.pool_name: member for member in readable(rows, _read)}

    def note(self, staff: Staff, at: datetime) -> None:
        """Keep what the user pool said of somebody at this moment, unless it said something later."""
        self._write(Member(staff, True, at))

    def leave(self, pool_name: str, at: datetime) -> None:
        """Keep that somebody was no more in the user pool at this moment, or switched off."""
        item = self._table.get(self._key(pool_name))
        if item is not None:
            self._write(replace(_read(item), is_active=False, checked_at=at))

    def _write(self, member: Member) -> None:
        """The later word wins; of two at the same time each looks again."""
        for _ in range(TRIES):
            item = self._table.get(self._key(member.staff.pool_name))
            if item is not None and _read(item).checked_at > member.checked_at:
                return
            if self._is_put(member, item):
                return

    def _is_put(self, member: Member, item: Item | None) -> bool:
        known = _read(item) if item else None
        writes = [self._renewal(member, item)]
        if known is None or replace(known, checked_at=member.checked_at) != member:
            writes.append(self._rise())
        try:
            self._table.write(writes, secrets.token_hex(16))
        except ClientError as error:
            if CONDITION in {reason.get("Code") for reason in reasons_of(error)}:
                return False
            raise
        self._active.forget()
        return True

    def _renewal(self, member: Member, item: Item | None) -> Mapping[str, Any]:
        """What only a later release knows of somebody stays."""
        values = _item(member) | {SCHEMA_NAME: schema_of(item or {})}
        update: dict[str, Any] = {
            "TableName": self._table.name,
            "Key": self._key(member.staff.pool_name),
            "UpdateExpression": "SET " + ", ".join(f"#{name} = :{name}" for name in values),
            "ExpressionAttributeNames": {f"#{name}": name for name in values},
            "ExpressionAttributeValues": {f":{name}": value for name, value in values.items()},
            "ConditionExpression": "attribute_not_exists(pk)",
        }
        if item:
            update["ConditionExpression"] = "checked_at = :before"
            update["ExpressionAttributeValues"][":before"] = item["checked_at"]
        return {"Update": update}

    def _rise(self) -> Mapping[str, Any]:
        update = {
            "TableName": self._table.name,
            "Key": self._head,
            "UpdateExpression": "ADD version :one",
            "ExpressionAttributeValues": {":one": {"N": "1"}},
        }
        return {"Update": update}

    def _version(self, is_consistent: bool) -> int:
        return integer(self._table.get(self._head, is_consistent=is_consistent) or {}, "version")

    def _read_active(self, _version: int) -> dict[str, Staff]:
        active = [member.staff for member in self.members().values() if member.is_active]
        active.sort(key=lambda staff: (staff.name.casefold(), staff.username))
        return {staff.pool_name: staff for staff in active}

    @property
    def _partition(self) -> str:
        return self._keys.of("STAFF")

    @property
    def _head(self) -> Item:
        return {"pk": text(self._partition), "sk": text("VERSION")}

    def _key(self, pool_name: str) -> Item:
        return {"pk": text(self._partition), "sk": text(f"{MEMBER}{bounded(pool_name)}")}


def _item(member: Member) -> Item:
    staff = member.staff
    groups = [*sorted(staff.roles), *(f"{AGENCY_GROUP}{code}" for code in staff.agency_codes)]
    return {
        "pool_name": text(staff.pool_name),
        "name": text(staff.name),
        "email": text(staff.email),
        "groups": {"L": [text(group) for group in groups]},
        "is_active": {"BOOL": member.is_active},
        "checked_at": text(moment(member.checked_at)),
    }


def _read(item: Mapping[str, Value]) -> Member:
    groups = [group["S"] for group in item["groups"]["L"]]
    staff = make_staff(
        string(item, "pool_name"), groups, string(item, "name"), string(item, "email")
    )
    return Member(staff, bool(item["is_active"]["BOOL"]), at(string(item, "checked_at")))
