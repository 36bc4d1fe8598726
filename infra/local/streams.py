"""The stream of a moto table, by its keys alone: as cheap as AWS's own, and no kinder; knows no Civicline.

moto also notes a write that changes nothing, an update that makes an item twice, and what a refused
transaction took back; DynamoDB does none of it ("Change data capture for DynamoDB Streams").
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from moto.dynamodb.models.dynamo_type import Item
from moto.dynamodb.models.table import StreamShard, Table

KEYS_ONLY = "KEYS_ONLY"


@dataclass(frozen=True, slots=True)
class Change:
    """One record, written out when it is read; most never are."""

    event: str
    keys: Mapping[str, Any]
    number: int
    at: float = field(default_factory=time.time)

    def to_json(self) -> dict[str, Any]:
        """As `GetRecords` gives it."""
        named = [*self.keys, *(next(iter(key.values())) for key in self.keys.values())]
        return {
            "eventID": uuid.uuid5(uuid.NAMESPACE_OID, f"{self.number} {named}").hex,
            "eventName": self.event,
            "eventSource": "aws:dynamodb",
            "eventVersion": "1.1",
            "awsRegion": "us-east-1",
            "dynamodb": {
                "StreamViewType": KEYS_ONLY,
                "ApproximateCreationDateTime": datetime.fromtimestamp(int(self.at), UTC),
                "SequenceNumber": str(self.number),
                "SizeBytes": sum(len(str(part).encode()) for part in named),
                "Keys": dict(self.keys),
            },
        }


def taken_back(tables: Iterable[Table]) -> Callable[[], None]:
    """Call what this gives to let the streams forget all that was noted since."""
    marks = [(t.stream_shard, len(t.stream_shard.items)) for t in tables if t.stream_shard]

    def forget() -> None:
        for shard, length in marks:
            del shard.items[length:]

    return forget


def _by_keys(original: Any) -> Any:
    def add(self: StreamShard, old: Item | None, new: Item | None) -> None:
        if (self.table.stream_specification or {}).get("StreamViewType") != KEYS_ONLY:
            original(self, old, new)
        elif (event := _event(old, new)) and not _is_noted(self, event, old or new):
            number = self.starting_sequence_number + len(self.items)
            self.items.append(Change(event, _keys(self.table, old or new), number))

    return add


def _event(old: Item | None, new: Item | None) -> str:
    if old is None or new is None:
        return "REMOVE" if new is None else "INSERT"
    return "MODIFY" if old.attrs != new.attrs else ""


def _is_noted(shard: StreamShard, event: str, item: Any) -> bool:
    """Nothing is made twice, unless it was gone in between."""
    last = shard.items[-1] if shard.items else None
    return event == "INSERT" == getattr(last, "event", "") and last.keys == _keys(shard.table, item)


def _keys(table: Table, item: Any) -> dict[str, Any]:
    keys = {table.hash_key_attr: item.hash_key.to_json()}
    if table.range_key_attr is not None:
        keys[table.range_key_attr] = item.range_key.to_json()
    return keys


STREAMS: Sequence[tuple[Any, str, Callable[[Any], Any]]] = ((StreamShard, "add", _by_keys),)
