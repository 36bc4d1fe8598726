"""Everything that a town's table holds, as plain data, for tests and for people who look."""

from __future__ import annotations

import dataclasses
import functools
import json
from collections.abc import Iterable, Mapping
from datetime import datetime
from enum import Enum
from itertools import chain
from typing import Any

from moto.core import DEFAULT_ACCOUNT_ID
from moto.sqs.models import sqs_backends

from chalicelib.tickets.dynamodb.items import entries as entry_items
from chalicelib.tickets.dynamodb.items import notifications as notification_items
from chalicelib.tickets.dynamodb.items import records
from chalicelib.tickets.dynamodb.items import tickets as ticket_items
from chalicelib.tickets.dynamodb.items.keys import (
    AUDIT,
    CONTACT,
    ENTRY,
    MESSAGE,
    NOTIFICATION,
    TICKET,
    Keys,
)
from infra.local.stack import REGION

Row = Mapping[str, Any]
Plain = dict[str, Any]


def contents(rows: Iterable[Row], keys: Keys) -> dict[str, list[Plain]]:
    """Tickets, entries, notifications, messages, contacts, audit and quarantine, each in order."""
    found: dict[str, list[Plain]] = {name: [] for name in NAMES}
    entries: dict[str, list[Any]] = {}
    for row in sorted(rows, key=lambda row: (row["pk"]["S"], row["sk"]["S"])):
        partition, sort = row["pk"]["S"], row["sk"]["S"]
        if sort == TICKET:
            found["tickets"].append(plain(ticket_items.read_ticket(keys, row)))
        elif sort.startswith(ENTRY):
            entry_items.add_entry(entries.setdefault(keys.ticket_id(partition), []), row)
        elif sort.startswith(NOTIFICATION):
            made = notification_items.read_notification(keys, row)
            found["notifications"].append(plain(made))
        elif sort == MESSAGE:
            found["messages"].append(plain(records.read_message(row)))
        elif sort == CONTACT:
            found["contacts"].append(plain(records.read_contact(row)))
        elif partition in chain(*keys.places(AUDIT)):
            found["audit"].append(plain(records.read_audit(row)))
    for ticket_id, timeline in entries.items():
        found["entries"] += [{"ticket_id": ticket_id, **plain(entry)} for entry in timeline]
    held = [m for m in found["messages"] if m["outcome"] == records.QUARANTINED]
    found["quarantine"] = held
    found["dead_letters"] = dead_letters()
    return found


NAMES = ("tickets", "entries", "notifications", "messages", "contacts", "audit")


def dead_letters() -> list[Plain]:
    """What no function could handle, with the queue it waits in."""
    queues = sqs_backends[DEFAULT_ACCOUNT_ID][REGION].queues
    return [
        {"queue": name, "message_id": message.id, "body": message.body}
        for name, queue in sorted(queues.items())
        if "-dead-" in name
        for message in queue._messages
    ]


def plain(value: Any) -> Any:
    """Dataclasses as dicts, moments as ISO 8601, words of an enumeration as text."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {name: plain(getattr(value, name)) for name in _names(type(value))}
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, Mapping):
        return {str(plain(key)): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [plain(item) for item in value]
    return value


@functools.cache
def _names(kind: Any) -> list[str]:
    names = [field.name for field in dataclasses.fields(kind)]
    return [name for name in names if name != "new_entries"]


def as_json(value: Any) -> str:
    """Plain data as text that a person can read; bytes as what they say."""

    def shown(other: Any) -> Any:
        return other.decode("utf-8", "replace") if isinstance(other, bytes) else plain(other)

    return json.dumps(value, default=shown, ensure_ascii=False, indent=2)
