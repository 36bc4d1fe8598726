"""The send rate: one item says until when the account's rate is taken, by whichever worker."""

from __future__ import annotations

from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from chalicelib import logs
from chalicelib.errors import StoreBusy
from chalicelib.tickets.dynamodb.errors import CONDITION_ERROR, code_of
from chalicelib.tickets.dynamodb.items.codec import Item, integer, number, text
from chalicelib.tickets.dynamodb.items.keys import Keys
from chalicelib.tickets.dynamodb.table import Table

log = logs.Log(__name__)

TRIES = 4
# Nobody is that far ahead by right: somebody's clock was wrong, and its turns are not waited for.
FARTHEST_MS = 60_000
BEHIND = "taken_until BETWEEN :now AND :farthest"
FREE = f"attribute_not_exists(taken_until) OR NOT {BEHIND}"


class DynamoSendRate:
    """Gives out the time in which messages of a `kind` may leave, each second once; usually one call."""

    def __init__(
        self, client: Any, *, table_name: str, jurisdiction_id: str, kind: str = "MAIL"
    ) -> None:
        self._table = Table(client, table_name)
        self._key: Item = {"pk": text(Keys(jurisdiction_id, 1).of("PACE")), "sk": text(kind)}
        self._until = 0

    def take(self, span: float, now: float) -> float | None:
        """The next `span` seconds of sending that nobody has, at `now` (seconds since 1970) or later:
        when they begin; None when that cannot be told."""
        for _ in range(TRIES):
            try:
                return self._taken(round(span * 1000), round(now * 1000))
            except (BotoCoreError, ClientError, StoreBusy) as error:
                if not isinstance(error, ClientError) or code_of(error) != CONDITION_ERROR:
                    log.failure("no turn can be taken", error)
                    return None
        return None

    def _taken(self, span: int, now: int) -> float:
        """Behind the others, or from now on: first what was true the last time, then the other."""
        is_behind = self._until > now
        self._until = 0 if is_behind else now + span
        answer = self._table.update(
            Key=self._key,
            UpdateExpression="SET taken_until = "
            + ("taken_until + :span" if is_behind else ":now + :span"),
            ConditionExpression=BEHIND if is_behind else FREE,
            ExpressionAttributeValues={
                ":span": number(span),
                ":now": number(now),
                ":farthest": number(now + FARTHEST_MS),
            },
            ReturnValues="UPDATED_NEW",
        )
        self._until = integer(answer["Attributes"], "taken_until")
        return (self._until - span) / 1000
