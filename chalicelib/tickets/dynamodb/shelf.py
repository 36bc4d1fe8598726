"""What every small store starts with: its table and the keys of its jurisdiction; knows no item."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from chalicelib.tickets.dynamodb.items.keys import Keys
from chalicelib.tickets.dynamodb.table import Table


class Shelf:
    """A place on the one table. `pause` waits between tries; tests give one that does not.
    `ticks` are seconds that only go on, for what a process keeps and looks at again.
    """

    def __init__(
        self,
        client: Any,
        *,
        table_name: str,
        jurisdiction_id: str,
        pause: Callable[[float], None] = time.sleep,
        ticks: Callable[[], float] = time.monotonic,
    ) -> None:
        self._table = Table(client, table_name, pause)
        self._ticks = ticks
        self._keys = Keys(jurisdiction_id, 1)
