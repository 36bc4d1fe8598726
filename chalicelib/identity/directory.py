"""The staff directory on the one table: who works here, for names and choices; it gives no rights."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from functools import cached_property
from typing import Any

from botocore.exceptions import ClientError

from chalicelib.identity.accounts import Act, Staff, make_staff
from chalicelib.identity.register import Member, Register
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
    when,
)
from chalicelib.tickets.dynamodb.items.keys import bounded, moment
from chalicelib.tickets.dynamodb.shelf import Shelf
from chalicelib.tickets.dynamodb.watched import Watched

MEMBER = "MEMBER#"
TRIES = 5


class Directory(Shelf):
    """Everybody who ever could sign in, an item each; serves `People`.

    A process reads them all once, and again when the version beside them has changed, for which it
    looks once a minute.
    """

    @cached_property
    def _everybody(self) -> Watched[int, Register]:
        return Watched(self._version, self._read_everybody, self._ticks)

    def colleagues(self) -> list[Staff]:
        """Everybody who may work on tickets, by name; may be a minute old, and gives nobody a right."""
        return [staff for staff in self._everybody.get().active if staff.may(Act.WORK_TICKETS)]

    def everybody(self) -> list[Staff]:
        """Who works here and who did."""
        return self._everybody.get().everybody

    def knows(self, staff: Staff) -> bool:
        """Whether this is what the directory says of somebody; may be a minute old."""
        return staff in self._everybody.get().active

    def person(self, name: str) -> str:
        """See `People.person`."""
        found = self._everybody.get().find(name)
        return found.staff.sub if found else name

    def names(self, person: str) -> tuple[str, ...]:
        """See `People.names`."""
        found = self._everybody.get().find(person)
        return (person, *(found.addresses if found else ()))

    def address(self, name: str) -> str:
        """See `People.address`."""
        found = self._everybody.get().find(name)
        return found.staff.email if found and found.is_active else ""

    def called(self, name: str) -> str:
        """What colleagues call whom a stored name means; the name itself for who is unknown."""
        found = self._everybody.get().find(name) if name else None
        return found.staff.name or found.staff.username if found else name

    def label(self, name: str) -> str:
        """See `People.label`."""
        found = self._everybody.get().find(name)
        return found.staff.username if found else name

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

    def saw(self, pool_name: str, at: datetime) -> None:
        """Keep when somebody signed in; who is not written down yet is left out."""
        try:
            self._table.update(
                Key=self._key(pool_name),
                UpdateExpression="SET signed_in_at = :at",
                ConditionExpression="attribute_exists(pk)",
                ExpressionAttributeValues={":at": text(moment(at))},
            )
        except ClientError as error:
            if error.response["Error"]["Code"] != "ConditionalCheckFailedException":
                raise

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
        member = member.remembering(known)
        writes = [self._renewal(member, item)]
        if known is None or replace(known, checked_at=member.checked_at) != member:
            writes.append(self._rise())
        try:
            self._table.write(writes, secrets.token_hex(16))
        except ClientError as error:
            if CONDITION in {reason.get("Code") for reason in reasons_of(error)}:
                return False
            raise
        self._everybody.forget()
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

    def _read_everybody(self, _version: int) -> Register:
        return Register(self.members().values())

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
    return {
        "sub": text(staff.sub),
        "pool_name": text(staff.pool_name),
        "name": text(staff.name),
        "email": text(staff.email),
        "groups": {"L": [text(group) for group in sorted(staff.groups)]},
        "has_codes": {"BOOL": staff.has_codes},
        "is_active": {"BOOL": member.is_active},
        "checked_at": text(moment(member.checked_at)),
        "addresses": {"L": [text(address) for address in member.addresses]},
    }


def _read(item: Mapping[str, Value]) -> Member:
    """A member; of one that an earlier release wrote the pool's name is the `sub`, for in a pool where
    people sign in by address it is (Cognito's "Customizing sign-in attributes")."""
    groups, name, email = _listed(item, "groups"), string(item, "name"), string(item, "email")
    pool_name = string(item, "pool_name")
    sub = string(item, "sub") or pool_name
    staff = make_staff(sub, groups, name, email, pool_name=pool_name)
    addresses = _listed(item, "addresses") if "addresses" in item else filter(None, [email])
    is_active, checked_at = bool(item["is_active"]["BOOL"]), at(string(item, "checked_at"))
    staff = replace(staff, has_codes="has_codes" in item and bool(item["has_codes"]["BOOL"]))
    seen_at = when(string(item, "signed_in_at"))
    return Member(staff, is_active, checked_at, tuple(addresses), seen_at)


def _listed(item: Mapping[str, Value], name: str) -> list[str]:
    return [each["S"] for each in item[name]["L"]]
