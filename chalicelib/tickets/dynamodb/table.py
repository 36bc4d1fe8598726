"""One table behind a client: the few calls that the stores make, repeated while it is only busy."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from botocore.exceptions import ClientError

from chalicelib.tickets.dynamodb.errors import LOST_ANSWERS, busy, is_passing
from chalicelib.tickets.dynamodb.items.codec import Item, Value
from chalicelib.tickets.dynamodb.items.keys import moment

TRIES = 6
FIRST_PAUSE = 0.04  # seconds; doubles, with full jitter
KEYS_A_CALL = 100


class Table:
    """Calls on one table. Raises `StoreBusy` when it stays busy; other refusals come through.

    `pause` waits between tries; tests give one that does not.
    """

    def __init__(self, client: Any, name: str, pause: Callable[[float], None] = time.sleep) -> None:
        self._client = client
        self.name = name
        self._pause = pause

    def get(self, key: Item, *, is_consistent: bool = True) -> Item | None:
        """One item."""
        answer = self._call(self._client.get_item, Key=key, ConsistentRead=is_consistent)
        item: Item | None = answer.get("Item")
        return item

    def answers(self, **query: Any) -> Iterator[tuple[list[Item], Item | None]]:
        """The pages of a query, asked for one by one, each with the key that it ends at; empty pages are
        no end, a page without such a key is."""
        while True:
            answer = self._call(self._client.query, **query)
            last: Item | None = answer.get("LastEvaluatedKey")
            yield answer["Items"], last
            if last is None:
                return
            query["ExclusiveStartKey"] = last

    def rows(self, **query: Any) -> Iterator[Item]:
        """The items of a query, page by page."""
        for page, _ in self.answers(**query):
            yield from page

    def due(self, queue: str, until: datetime, **more: Any) -> Iterator[Item]:
        """The keys of what waits in a queue of the due index for a moment that has come, soonest first."""
        return self.rows(
            IndexName="by_due",
            KeyConditionExpression="due_queue = :queue AND next_action_at <= :until",
            ExpressionAttributeValues={":queue": {"S": queue}, ":until": {"S": moment(until)}},
            **more,
        )

    def due_items(self, queue: str, until: datetime) -> Iterator[Item]:
        """The same as the items themselves, read consistently; without those that wait no more."""
        for row in self.due(queue, until):
            item = self.get({"pk": row["pk"], "sk": row["sk"]})
            if item and "due_queue" in item:
                yield item

    def under(self, partition: str) -> Iterator[Item]:
        """All items of a partition, read consistently."""
        return self.rows(
            KeyConditionExpression="pk = :pk",
            ExpressionAttributeValues={":pk": {"S": partition}},
            ConsistentRead=True,
        )

    def update(self, **request: Any) -> dict[str, Any]:
        """One conditional update; a failed condition comes through as `ClientError`."""
        return self._call(self._client.update_item, **request)

    def put(self, **request: Any) -> dict[str, Any]:
        """One conditional item; a failed condition comes through as `ClientError`."""
        return self._call(self._client.put_item, **request)

    def write(self, items: Sequence[Mapping[str, Any]], token: str) -> None:
        """One transaction; a cancelled one that is not just busy comes through as `ClientError`."""
        self.repeat(
            lambda: self._client.transact_write_items(TransactItems=items, ClientRequestToken=token)
        )

    def batch(
        self, keys: Sequence[Mapping[str, Value]], attributes: Sequence[str] = ()
    ) -> list[Item]:
        """The items under `keys` that exist, in the same order, read consistently.

        `attributes` are those to fetch, the key's own among them; all when empty.
        """
        found: dict[tuple[str, str], Item] = {}
        for start in range(0, len(keys), KEYS_A_CALL):
            for item in self._batch(list(keys[start : start + KEYS_A_CALL]), attributes):
                found[item["pk"]["S"], item["sk"]["S"]] = item
        names = [(key["pk"]["S"], key["sk"]["S"]) for key in keys]
        return [found[name] for name in names if name in found]

    def _batch(self, keys: list[Mapping[str, Value]], attributes: Sequence[str]) -> Iterator[Item]:
        for attempt in range(TRIES):
            wanted = {self.name: {"Keys": keys, "ConsistentRead": True} | _only(attributes)}
            answer = self.repeat(lambda w=wanted: self._client.batch_get_item(RequestItems=w))  # type: ignore[misc]
            yield from answer["Responses"].get(self.name, [])
            keys = answer.get("UnprocessedKeys", {}).get(self.name, {}).get("Keys", [])
            if not keys:
                return
            self._wait(attempt)
        raise busy(TimeoutError())

    def _call(self, operation: Callable[..., Any], **request: Any) -> dict[str, Any]:
        return self.repeat(lambda: operation(TableName=self.name, **request))

    def repeat(self, call: Callable[[], dict[str, Any]]) -> dict[str, Any]:
        """What `call` returns, tried again with growing pauses while the table is only busy.

        Every write carries a mark of its own, so that repeating one whose answer was lost is safe.
        """
        for attempt in range(TRIES):
            try:
                return call()
            except (ClientError, *LOST_ANSWERS) as error:
                if not is_passing(error):
                    raise
                last: Exception = error
            self._wait(attempt)
        raise busy(last) from last

    def _wait(self, attempt: int) -> None:
        # From the system: processes that start from one snapshot would all draw the same pause.
        self._pause(random.SystemRandom().uniform(0, FIRST_PAUSE * 2**attempt))


def _only(attributes: Sequence[str]) -> dict[str, Any]:
    if not attributes:
        return {}
    names = {f"#{name}": name for name in attributes}
    return {"ProjectionExpression": ", ".join(names), "ExpressionAttributeNames": names}
