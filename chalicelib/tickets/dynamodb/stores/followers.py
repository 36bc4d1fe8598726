"""The followers of tickets on the table, and how far they are moved along."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from botocore.exceptions import ClientError

from chalicelib import logs
from chalicelib.tickets.dynamodb.errors import CONDITION_ERROR, code_of
from chalicelib.tickets.dynamodb.items.codec import Item, number, readable, text
from chalicelib.tickets.dynamodb.items.followers import (
    FOLLOWER,
    follower_id,
    followers_of,
    move_key,
    moves_queue,
    read_move,
)
from chalicelib.tickets.dynamodb.items.keys import Keys, moment
from chalicelib.tickets.dynamodb.paging import Pages, cut
from chalicelib.tickets.dynamodb.table import Table
from chalicelib.tickets.model.followers import Move
from chalicelib.tickets.ports import Page

log = logs.Log(__name__)


class Followers:
    """`FollowerStore` on one table."""

    _table: Table
    _keys: Keys
    _pages: Pages

    def followers(self, main_id: str, size: int = 50, token: str = "") -> Page[str]:
        """See `FollowerStore.followers`."""
        filters = ("followers", main_id)
        after = self._pages.position(token, filters)
        page, position = cut(self._following(main_id, "", size + 1, after), size, "sk")
        token = self._pages.token(position, filters) if position else ""
        return Page([follower_id(row) for row in page], token)

    def follows(self, main_id: str, author: str, but: str) -> bool:
        """See `FollowerStore.follows`."""
        rows = self._following(main_id, f"{author}#", 10)
        return any(follower_id(row) != but for row in rows)

    def _following(self, main_id: str, prefix: str, size: int, after: str = "") -> Iterator[Item]:
        pk = text(followers_of(self._keys, main_id))
        begun = {"ExclusiveStartKey": {"pk": pk, "sk": text(after)}} if after else {}
        return self._table.rows(
            KeyConditionExpression="pk = :pk AND begins_with(sk, :prefix)",
            FilterExpression="attribute_not_exists(expires_at)",
            ExpressionAttributeValues={":pk": pk, ":prefix": text(f"{FOLLOWER}{prefix}")},
            ConsistentRead=True,
            Limit=size,
            **begun,
        )

    def moves(self, now: datetime) -> Iterator[Move]:
        """See `FollowerStore.moves`."""
        for item in self._table.due_items(moves_queue(self._keys), now):
            yield from readable([item], read_move)

    def move_on(self, move: Move, position: str) -> bool:
        """See `FollowerStore.move_on`."""
        if position:
            values: Item = {":place": text(position)}
            return self._note(move, "SET place = :place REMOVE failures", values)
        return self._note(
            move, "REMOVE step, step_before, place, failures, due_queue, next_action_at", {}
        )

    def note_failure(self, move: Move, until: datetime) -> None:
        """See `FollowerStore.note_failure`."""
        values = {":one": number(move.failures + 1), ":until": text(moment(until))}
        self._note(move, "SET failures = :one, next_action_at = :until", values)

    def _note(self, move: Move, update: str, values: Item) -> bool:
        """Whether the move was as it was read, on condition of which it is changed."""
        was = {":was": text(move.position)} if move.position else {}
        place = "place = :was" if move.position else "attribute_not_exists(place)"
        request: dict[str, Any] = {
            "Key": move_key(self._keys, move.main_id),
            "UpdateExpression": update,
            "ConditionExpression": f"numbered = :number AND {place} AND attribute_exists(due_queue)",
            "ExpressionAttributeValues": {
                ":number": number(move.steps[-1].number),
                **was,
                **values,
            },
        }
        try:
            self._table.update(**request)
        except ClientError as error:
            if code_of(error) != CONDITION_ERROR:
                raise
            log.info("The ticket went on, or another run was faster.", ticket_id=move.main_id)
            return False
        return True
