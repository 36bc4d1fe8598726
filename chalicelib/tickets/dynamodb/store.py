"""The one class that serves `TicketStore` and `NotificationStore` from DynamoDB."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from chalicelib.signing import Signer
from chalicelib.tickets.dynamodb.items.keys import Keys
from chalicelib.tickets.dynamodb.paging import Pages
from chalicelib.tickets.dynamodb.stores.followers import Followers
from chalicelib.tickets.dynamodb.stores.lists import Lists
from chalicelib.tickets.dynamodb.stores.notifications import Notifications
from chalicelib.tickets.dynamodb.table import Table
from chalicelib.tickets.dynamodb.timelines import Timelines
from chalicelib.tickets.ports import People, Strangers


class DynamoStore(Timelines, Lists, Followers, Notifications):
    """Tickets and what hangs on them, of one jurisdiction, on one table.

    `client` is a botocore client; give it a short read timeout and few attempts of its own, since
    this store repeats what is only busy. `signer` is asked for when a
    page token is, `now` when a ticket is parked, `people` when a ticket names somebody as earlier
    releases did. `shards` must not fall while a table is in use;
    `spread` may.
    """

    def __init__(
        self,
        client: Any,
        *,
        table_name: str,
        jurisdiction_id: str,
        signer: Callable[[], Signer],
        shards: int = 4,
        spread: int = 1,
        pause: Callable[[float], None] = time.sleep,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        people: People | None = None,
    ) -> None:
        self._now, self._noted, self._left = now, set(), {}
        self._people = people or Strangers()
        self._table = Table(client, table_name, pause)
        self._keys = Keys(jurisdiction_id, shards, spread)
        self._pages = Pages(signer, jurisdiction_id)
