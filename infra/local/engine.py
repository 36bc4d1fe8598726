"""moto made fit for a town: one call at a time, undo logs, sorted indexes; knows no Civicline.

moto checks and writes without a lock, copies whole tables for a transaction and walks the whole table
for a query. `install` mends these three. It reaches into private parts of moto, so moto is pinned
and a test holds the results against the unmended engine.
"""

from __future__ import annotations

import copy
import inspect
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from moto.core.botocore_stubber import BotocoreStubber
from moto.dynamodb import models
from moto.dynamodb.models import DynamoDBBackend
from moto.dynamodb.models.dynamo_type import DynamoType
from moto.dynamodb.models.table import Table

from infra.local.direct import directly
from infra.local.ears import EARS
from infra.local.expressions import EXPRESSIONS
from infra.local.items import ITEMS
from infra.local.pool import POOL
from infra.local.shelves import Question, Shelves
from infra.local.shortcuts import SHORTCUTS
from infra.local.streams import STREAMS, taken_back

OWN_CALLS = "played-by-the-town"  # in the user agent of calls that are not the app's
LOCK = threading.RLock()


@dataclass
class Meter:
    """What the engine was asked: AWS calls by operation, and the CPU seconds they cost it.

    `behind` are the calls of the reader of the table's stream, which makes them for many changes at once.
    """

    calls: Counter[str] = field(default_factory=Counter)
    behind: Counter[str] = field(default_factory=Counter)
    seconds: float = 0.0
    log: list[str] = field(default_factory=list)

    def note(self, operation: str, request: Any) -> None:
        """Count a call, unless it is one by which the town plays AWS itself."""
        if OWN_CALLS.encode() not in request.headers.get("User-Agent", b""):
            self.calls[operation] += 1
            self.log.append(operation)

    @contextmanager
    def apart(self) -> Iterator[None]:
        """Count what is asked meanwhile as `behind`."""
        own, self.calls = self.calls, self.behind
        try:
            yield
        finally:
            self.calls = own

    def clear(self) -> None:
        """Start counting anew."""
        self.calls.clear()
        self.behind.clear()
        self.log.clear()
        self.seconds = 0.0


METER = Meter()


Fault = Callable[[str, Callable[[], Any]], Any]
_fault: list[Fault] = [lambda _operation, call: call()]


@contextmanager
def faults(fault: Fault) -> Iterator[None]:
    """Let `fault` decide over each AWS call: do it, refuse it by raising, or lose its answer."""
    _fault.append(fault)
    try:
        yield
    finally:
        _fault.pop()


_originals: dict[tuple[type | Any, str], Any] = {}


def install() -> None:
    """Mend moto for the rest of the process; harmless when done before."""
    if _originals:
        return
    _replace(BotocoreStubber, "__call__", _counted_and_locked)
    _replace(models, "copy", lambda _: _CopyButTables)
    _replace(DynamoDBBackend, "transact_write_items", _undoable)
    _replace(DynamoDBBackend, "update_item", _reshelving_update)
    _replace(Table, "put_item", _reshelving_put)
    _replace(Table, "delete_item", _reshelving_delete)
    _replace(Table, "query", _narrowed)
    _replace(Table, "all_items", _window_or_all)
    _replace(BotocoreStubber, "process_request", directly)
    for owner, name, make in (*SHORTCUTS, *EXPRESSIONS, *ITEMS, *EARS, *STREAMS, *POOL):
        _replace(owner, name, make)


def uninstall() -> None:
    """Give moto back as it came; for the test that compares the two."""
    for (owner, name), original in _originals.items():
        setattr(owner, name, staticmethod(original) if name == "parse_template" else original)
    _originals.clear()


def rows(table: Table) -> list[dict[str, Any]]:
    """Every item of a table, raw."""
    with LOCK:
        return [item.to_json()["Attributes"] for item in table.all_items()]


def _replace(owner: Any, name: str, make: Callable[[Any], Any]) -> None:
    current = getattr(owner, name)
    _originals.setdefault((owner, name), current)  # of what is replaced twice, the first
    setattr(owner, name, make(current))


def _counted_and_locked(original: Any) -> Any:
    def call(self: BotocoreStubber, event_name: str, request: Any, **kwargs: Any) -> Any:
        with LOCK:
            METER.note(event_name.removeprefix("before-send."), request)
            started = time.thread_time()
            try:
                return _fault[-1](
                    event_name.removeprefix("before-send."),
                    lambda: original(self, event_name, request, **kwargs),
                )
            finally:
                METER.seconds += time.thread_time() - started

    return call


class _CopyButTables:
    """Stands in for the module `copy` where moto backs up tables: a table is its own copy."""

    copy = staticmethod(copy.copy)

    @staticmethod
    def deepcopy(value: Any, memo: dict[int, Any] | None = None) -> Any:
        return value if isinstance(value, Table) else copy.deepcopy(value, memo)


def _undoable(original: Any) -> Any:
    def transact_write_items(self: DynamoDBBackend, items: list[dict[str, Any]]) -> None:
        before = [found for item in items if (found := _before(self, item))]
        forget = taken_back(self.tables.values())
        try:
            original(self, items)
        except Exception:
            for table, hash_key, range_key, item in reversed(before):
                _put_back(table, hash_key, range_key, item)
            forget()
            raise

    return transact_write_items


def _before(backend: DynamoDBBackend, item: dict[str, Any]) -> Any:
    """The table, keys and copy of what one line of a transaction is about to change."""
    operation = next(iter(item.values()))
    table = backend.tables.get(operation.get("TableName"))
    key = operation.get("Key") or operation.get("Item")
    if table is None or not key or any(name not in key for name in table.table_key_attrs):
        return None
    hash_key, range_key = backend.get_keys_value(table, key)
    return table, hash_key, range_key, copy.deepcopy(table.get_item(hash_key, range_key))


def _put_back(table: Table, hash_key: Any, range_key: Any, item: Any) -> None:
    if range_key is None:
        holder, key = table.items, hash_key
    else:
        holder, key = table.items[hash_key], range_key
    if item is None:
        holder.pop(key, None)
    else:
        holder[key] = item
    _shelves(table).refresh(hash_key, range_key)


def _reshelving_put(original: Any) -> Any:
    def put_item(self: Table, item_attrs: dict[str, Any], *args: Any, **kwargs: Any) -> Any:
        item = original(self, item_attrs, *args, **kwargs)
        _shelves(self).refresh(item.hash_key, item.range_key)
        return item

    return put_item


def _reshelving_delete(original: Any) -> Any:
    def delete_item(self: Table, hash_key: DynamoType, range_key: DynamoType | None) -> Any:
        item = original(self, hash_key, range_key)
        _shelves(self).refresh(hash_key, range_key)
        return item

    return delete_item


def _reshelving_update(original: Any) -> Any:
    def update_item(self: DynamoDBBackend, table_name: str, key: Any, *a: Any, **kw: Any) -> Any:
        table = self.get_table(table_name)
        try:
            return original(self, table_name, key, *a, **kw)
        finally:
            _shelves(table).refresh(*self.get_keys_value(table, key))

    return update_item


def _narrowed(original: Any) -> Any:
    signature = inspect.signature(original)

    def query(self: Table, *args: Any, **kwargs: Any) -> Any:
        question = _question(signature.bind(self, *args, **kwargs).arguments)
        self._window = _shelves(self).window(question) if question else None
        try:
            return original(self, *args, **kwargs)
        finally:
            self._window = None

    return query


def _question(asked: dict[str, Any]) -> Question | None:
    """What moto's query was asked; None for what only its own walk answers."""
    pairs = (asked.get("hash_key_conditions"), asked.get("range_key_conditions"))
    if asked.get("filter_kwargs") or any(len(pair or ()) > 1 for pair in pairs):
        return None
    return Question(
        index_name=asked.get("index_name"),
        hash_key=asked["hash_key"],
        comparison=asked["range_comparison"],
        values=asked["range_objs"],
        limit=asked["limit"],
        start=asked["exclusive_start_key"],
        is_forward=asked["scan_index_forward"] is not False,
    )


def _window_or_all(original: Any) -> Any:
    def all_items(self: Table) -> Any:
        window = getattr(self, "_window", None)
        return original(self) if window is None else window

    return all_items


def _shelves(table: Table) -> Shelves:
    shelves: Shelves | None = getattr(table, "_shelves", None)
    if shelves is None or not shelves.fits(table):
        shelves = table._shelves = Shelves(table)
    return shelves
