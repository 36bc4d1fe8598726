"""What a client's calls cost by AWS's own rule, for DynamoDB Local is wrong about transactions.

Local (2.5.4) adds up the bytes of a transaction, rounds once and takes that four times. AWS rounds each
item by itself and takes it twice ("Amazon DynamoDB Transactions: How it works", capacity management); one
that is only looked at counts like one that is written, and what is not there as the smallest. Of
an index each entry that is written or removed counts once ("Using Global Secondary Indexes", write
capacity), for it follows when the transaction has committed. Reads are as Local tells them, and half a
unit where nothing is found, for which Local takes none.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from math import ceil
from typing import Any

from infra.cloudformation import load_template
from infra.local import engine
from tests.tables import TEMPLATE, make_client

Item = Mapping[str, Any]
READS = ("GetItem", "Query", "BatchGetItem")
LEAST_READ = 0.5
ACTS = ("Put", "Update", "Delete", "ConditionCheck")


class Units:
    """Watches one client; `spent` has units by `read`, `table` and the name of each index."""

    def __init__(self, client: Any, onlooker: Any) -> None:
        self.spent: Counter[str] = Counter()
        self._onlooker = onlooker
        self._indexes = {i["IndexName"]: i for i in _indexes()}
        self._open: tuple[str, list[Item], list[Item | None], int] | None = None
        client.meta.events.register("provide-client-params.dynamodb.*", self._ask)
        client.meta.events.register("after-call.dynamodb.*", self._note)

    @property
    def total(self) -> float:
        """All of it."""
        return float(sum(self.spent.values()))

    def _ask(self, params: Any, model: Any, **_: Any) -> Any:
        params.setdefault("ReturnConsumedCapacity", "TOTAL")
        if model.name not in READS:
            table, keys = _written(params)
            times = 2 if model.name == "TransactWriteItems" else 1
            self._open = table, keys, self._images(table, keys), times
        return params

    def _note(self, model: Any, parsed: Any, **_: Any) -> None:
        if model.name in READS:
            used = parsed.get("ConsumedCapacity") or []
            units = sum(u["CapacityUnits"] for u in (used if isinstance(used, list) else [used]))
            self.spent["read"] += max(units, LEAST_READ)
        elif self._open:
            table, keys, before, times = self._open
            for old, new in zip(before, self._images(table, keys), strict=True):
                self.spent += self.weigh(old, new, times)

    def _images(self, table: str, keys: Sequence[Item]) -> list[Item | None]:
        began, foreign = time.thread_time(), engine.METER.seconds
        asked = (self._onlooker.get_item(TableName=table, Key=k, ConsistentRead=True) for k in keys)
        found = [answer.get("Item") for answer in asked]
        engine.METER.seconds = foreign + time.thread_time() - began  # none of it is the product's
        return found

    def hash_of(self, index: str) -> str:
        """The attribute by which an index is partitioned."""
        return _keys_of(self._indexes[index])[0]

    def weigh(self, old: Item | None, new: Item | None, times: int) -> Counter[str]:
        """What one item costs that was `old` and is `new`, by place; `times` is 2 in a transaction."""
        spent = Counter(table=times * max(1, _kilobytes(old), _kilobytes(new)))
        for name, index in self._indexes.items():
            before, after = _entry(index, old), _entry(index, new)
            if before == after:
                continue
            is_moved = before and after and any(before[k] != after[k] for k in _keys_of(index))
            sizes = [_kilobytes(before), _kilobytes(after)]
            spent[name] += sum(sizes) if is_moved else max(sizes)
        return spent


def onlooker(url: str | None = None) -> Any:
    """A client whose calls are in no count."""
    return make_client(url, engine.OWN_CALLS)


def _indexes() -> list[dict[str, Any]]:
    resources = load_template(TEMPLATE)["Resources"].values()
    [table] = [r for r in resources if r["Type"] == "AWS::DynamoDB::Table"]
    return list(table["Properties"]["GlobalSecondaryIndexes"])


def _written(params: Mapping[str, Any]) -> tuple[str, list[Item]]:
    acts = [one[act] for one in params.get("TransactItems", ()) for act in ACTS if act in one]
    acts = acts or [params]
    keys = [a.get("Key") or {k: a["Item"][k] for k in ("pk", "sk")} for a in acts]
    return acts[0]["TableName"], keys


def _keys_of(index: Mapping[str, Any]) -> list[str]:
    return [part["AttributeName"] for part in index["KeySchema"]]


def _entry(index: Mapping[str, Any], item: Item | None) -> Item | None:
    keys = _keys_of(index)
    if not item or not all(key in item for key in keys):
        return None
    names = {"pk", "sk", *keys, *index["Projection"].get("NonKeyAttributes", ())}
    return {name: value for name, value in item.items() if name in names}


def _kilobytes(item: Item | None) -> int:
    return ceil(sum(len(name) + _size(value) for name, value in item.items()) / 1024) if item else 0


def _size(value: Mapping[str, Any]) -> int:
    [(kind, held)] = value.items()
    if kind == "N":
        return len(held) // 2 + 2
    return 1 if kind == "BOOL" else len(held if kind == "B" else str(held).encode())


def each(spent: Mapping[str, float], times: int) -> Iterator[str]:
    """A line for each place, of what one of `times` things took."""
    yield from (f"{name} {units / times:.1f}" for name, units in sorted(spent.items()))
