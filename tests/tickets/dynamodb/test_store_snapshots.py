"""The catalogue's snapshot: read once, checked cheaply, never half, never older than what is published."""

from __future__ import annotations

import random
import zlib
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from botocore.exceptions import EndpointConnectionError

from chalicelib.tickets.dynamodb import DynamoCatalogStore
from chalicelib.tickets.dynamodb.stores import snapshots
from chalicelib.tickets.dynamodb.stores.snapshots import MOST_CHUNKS, Snapshots
from chalicelib.tickets.ports import MARKER, CatalogItem
from tests.examples import CLERK, NOW

TABLE = "civicline-tests"


class Watching:
    """A client that counts its calls, and does something of another's before the next of one name."""

    def __init__(self, client: Any) -> None:
        self.client = client
        self.calls: Counter[str] = Counter()
        self.before: dict[str, Callable[[], object]] = {}

    def __getattr__(self, name: str) -> Any:
        def call(**request: Any) -> Any:
            self.calls[name] += 1
            if other := self.before.pop(name, None):
                other()
            return getattr(self.client, name)(**request)

        return call


class City:
    """One catalogue, as several processes with a clock see it."""

    def __init__(self, client: Any, name: str) -> None:
        self.client = client
        self.name = name
        self.minute = 0

    def process(self, client: Any = None) -> DynamoCatalogStore:
        return DynamoCatalogStore(
            client or self.client,
            table_name=TABLE,
            jurisdiction_id=self.name,
            pause=lambda _: None,
            ticks=lambda: self.minute * 61.0,
        )

    def publish_as_the_release_before(self, item: CatalogItem) -> None:
        """Published, and neither counted nor in a snapshot."""
        store = self.process()
        request = [*store._writes(replace(item, version=1), CLERK, NOW, item.code)]
        self.client.transact_write_items(TransactItems=request[:3])

    def key(self, sort: str) -> dict[str, Any]:
        return {"pk": {"S": f"{self.name}#CATALOG_SNAPSHOT"}, "sk": {"S": sort}}


@pytest.fixture
def there(client: Any, city: str) -> City:
    return City(client, city)


def an_agency(code: str, **more: Any) -> CatalogItem:
    body = {"agency_code": code, "agency_name": {"en": code.title()}, **more}
    return CatalogItem(kind="agency", code=code, version=0, body=body)


def agencies(store: DynamoCatalogStore) -> list[str]:
    return sorted(store.load().agencies)


def test_a_process_reads_the_snapshot_once_and_then_its_head_each_minute(there: City) -> None:
    publisher = there.process()
    publisher.put(an_agency("roads"), CLERK, NOW)
    client = Watching(there.client)
    reader = there.process(client)
    for there.minute in range(10):
        assert agencies(reader) == ["roads"]
        assert reader.load() is reader.load()
    assert client.calls == {"get_item": 10, "batch_get_item": 1}, "what is published is not read"
    publisher.put(an_agency("parks"), CLERK, NOW)
    there.minute += 1
    assert agencies(reader) == ["parks", "roads"]
    assert client.calls == {"get_item": 11, "batch_get_item": 2}


def test_the_minute_looks_need_not_be_consistent(there: City) -> None:
    asked: list[bool] = []

    class Noting(Watching):
        def get_item(self, **request: Any) -> Any:
            asked.append(request["ConsistentRead"])
            return self.client.get_item(**request)

    store = there.process(Noting(there.client))
    for there.minute in range(3):
        store.load()
    assert asked == [True, False, False]


def test_what_one_publishes_one_sees_at_once(there: City) -> None:
    store = there.process()
    for code in ("a", "b", "c"):
        store.put(an_agency(code), CLERK, NOW)
        assert code in agencies(store)


def test_a_process_that_died_before_its_snapshot_hides_nothing(there: City) -> None:
    there.process().put(an_agency("roads"), CLERK, NOW)
    reader = there.process()
    agencies(reader)
    client = Watching(there.client)
    dying = there.process(client)
    request = [*dying._writes(replace(an_agency("parks"), version=1), CLERK, NOW, "w")]
    there.client.transact_write_items(TransactItems=request)
    there.minute += 1
    assert agencies(reader) == agencies(there.process()) == ["parks", "roads"]
    there.process().mend()
    late = Watching(there.client)
    assert agencies(there.process(late)) == ["parks", "roads"]
    assert not late.calls["query"], "it is whole again"


def test_what_the_release_before_published_is_noticed_by_the_minute_run(there: City) -> None:
    there.process().put(an_agency("roads"), CLERK, NOW)
    reader = there.process()
    agencies(reader)
    there.publish_as_the_release_before(an_agency("parks"))
    assert "parks" in there.process().fresh().agencies, "who changes the catalogue sees it at once"
    there.process().mend()
    there.minute += 1
    assert agencies(reader) == ["parks", "roads"]


def test_a_city_without_a_snapshot_is_read_as_before(there: City) -> None:
    there.publish_as_the_release_before(an_agency("roads"))
    assert agencies(there.process()) == ["roads"]


def test_nothing_is_written_while_nothing_changed(there: City) -> None:
    there.process().put(an_agency("roads"), CLERK, NOW)
    client = Watching(there.client)
    for _ in range(3):
        there.process(client).mend()
    assert not client.calls["transact_write_items"]


def test_what_was_published_while_a_snapshot_was_made_is_not_lost(there: City) -> None:
    """Whoever was overtaken writes nothing: the snapshot of what came after stays."""
    there.process().put(an_agency("roads"), CLERK, NOW)
    there.publish_as_the_release_before(an_agency("old"))
    client = Watching(there.client)
    client.before["transact_write_items"] = lambda: there.process().put(
        an_agency("parks"), CLERK, NOW
    )
    there.process(client).mend()
    assert agencies(there.process()) == ["old", "parks", "roads"]


@pytest.mark.parametrize("call", ["get_item", "query", "batch_get_item"])
def test_a_reader_sees_all_of_one_moment_whenever_somebody_publishes(
    there: City, call: str
) -> None:
    there.process().put(an_agency("roads"), CLERK, NOW)
    client = Watching(there.client)
    reader = there.process(client)
    client.before[call] = lambda: there.process().put(an_agency("parks"), CLERK, NOW)
    assert agencies(reader) in (["roads"], ["parks", "roads"])
    there.process().put(an_agency("trees"), CLERK, NOW)
    there.minute += 1
    assert "trees" in agencies(reader)


def test_half_a_snapshot_is_none(there: City, monkeypatch: pytest.MonkeyPatch) -> None:
    """A chunk of another snapshot, or none, is seen: what is published itself is read."""
    monkeypatch.setattr(snapshots, "CHUNK", 100)
    store = there.process()
    store.put(an_agency("roads", note="x" * 50), CLERK, NOW)
    kept = there.client.get_item(TableName=TABLE, Key=there.key("CHUNK#01"))["Item"]
    store.put(an_agency("parks"), CLERK, NOW)
    assert agencies(there.process()) == ["parks", "roads"]
    snapshot = Snapshots(store._table, store._keys)
    assert snapshot.read(replace(snapshot.head(), digest="of an earlier one")) is None
    there.client.put_item(TableName=TABLE, Item=kept)
    assert agencies(there.process()) == ["parks", "roads"]
    there.client.delete_item(TableName=TABLE, Key=there.key("CHUNK#01"))
    assert agencies(there.process()) == ["parks", "roads"]


@pytest.mark.parametrize("beyond", [-1, 0, 1])
def test_a_catalogue_too_large_for_a_snapshot_is_read_itself(
    there: City, beyond: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = there.process()
    store.put(an_agency("roads"), CLERK, NOW)
    row = {"note": {"S": random.Random(1).randbytes(2_000).hex()}}
    size = len(zlib.compress(snapshots._spelled([row])))
    monkeypatch.setattr(snapshots, "CHUNK", -(-size // (MOST_CHUNKS + beyond)))
    kept = Snapshots(store._table, store._keys)
    kept.write(kept.head(), [row])
    assert kept.head().chunks == (0 if beyond > 0 else MOST_CHUNKS + beyond)
    assert kept.read(kept.head()) == (None if beyond > 0 else [row])


def test_without_a_snapshot_a_change_is_seen_as_with_one(
    there: City, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(snapshots, "MOST_CHUNKS", 0)
    store, reader = there.process(), there.process()
    for count, code in enumerate(("a", "b", "c"), 1):
        store.put(an_agency(code), CLERK, NOW)
        there.minute += 1
        assert len(agencies(reader)) == count
    there.publish_as_the_release_before(an_agency("old"))
    there.process().mend()
    there.minute += 1
    assert "old" in agencies(reader)


def head(there: City) -> Any:
    store = there.process()
    return Snapshots(store._table, store._keys).head()


def test_how_far_a_recomputation_came_makes_no_snapshot(there: City) -> None:
    store = there.process()
    store.put(an_agency("roads"), CLERK, NOW)
    before = head(there)
    store.put(CatalogItem(kind=MARKER, code=MARKER, version=0, body={"change": "x"}), CLERK, NOW)
    store.mend()
    assert head(there) == before
    assert [item.body for item in store.items(MARKER)] == [{"change": "x"}]


def test_publishing_succeeds_where_no_snapshot_can_be_made(there: City) -> None:
    class Silent(Watching):
        def query(self, **_: Any) -> Any:
            raise EndpointConnectionError(endpoint_url="nowhere")

    there.process(Silent(there.client)).put(an_agency("roads"), CLERK, NOW)
    assert agencies(there.process()) == ["roads"]


def test_the_snapshot_says_what_the_catalogue_says(there: City) -> None:
    """Rows of every kind, large areas compressed, tombstones, and what a later release wrote."""
    store = there.process()
    ring = [[x / 10_000, 0.0] for x in range(9_999)] + [[1.0, 1.0], [0.0, 0.0]]
    area = {
        "area_code": "a",
        "name": {"en": "A"},
        "geometry": {"type": "Polygon", "coordinates": [[[lon, lat] for lon, lat in ring]]},
    }
    store.put(CatalogItem(kind="area", code="a", version=0, body=area), CLERK, NOW)
    store.put(an_agency("gone"), CLERK, NOW)
    gone = CatalogItem(kind="agency", code="gone", version=1, body={}, is_deleted=True)
    store.put(gone, CLERK, NOW)
    there.client.put_item(
        TableName=TABLE,
        Item={
            "pk": {"S": f"{there.name}#CATALOG"},
            "sk": {"S": "drone#d1"},
            "schema": {"N": "99"},
            "kind": {"S": "drone"},
            "code": {"S": "d1"},
            "version": {"N": "1"},
            "body": {"S": "{}"},
            "at": {"S": "2026-03-02T09:00:00.000000Z"},
            "marks": {"L": [{"B": b"\x00\xff"}]},
        },
    )
    store.mend()
    assert head(there).is_whole
    client = Watching(there.client)
    from_snapshot, itself = there.process(client).load(), there.process().fresh()
    assert not client.calls["query"]
    assert from_snapshot.changed_at == itself.changed_at
    assert from_snapshot.areas == itself.areas
    assert from_snapshot.agencies == itself.agencies
