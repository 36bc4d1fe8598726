"""What strangers may cause, how much of it is taken now, and what was used up; decides nothing."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from chalice.app import Response

from chalicelib.handlers.console.door.visit import room, show
from chalicelib.handlers.http import Call
from chalicelib.identity.accounts import Act
from chalicelib.tickets.catalog import Policy
from chalicelib.tickets.catalog.allowances import ROWS, Per, Row, percent
from chalicelib.tickets.ports import CityUse


@room("/console/allowances", Act.READ_STATISTICS)
def show_allowances(call: Call) -> Response:
    """The table of allowances with what of it is taken; the door to its numbers for who may change them."""
    policy, now = call.services.catalog.load().policy, call.services.clock.now()
    use = call.services.store.used_by_city(now)
    context = {
        "groups": [(per, [_line(row, policy, use) for row in _of(per)]) for per in Per],
        "used_up": sum(1 for number in use.over.values() if number),
        "may_write": call.person.staff.may(Act.WRITE_CATALOG),
    }
    return show(call, "allowances", context, here="sending")


def _of(per: Per) -> list[Row]:
    return [row for row in ROWS.values() if row.per is per]


def _line(row: Row, policy: Policy, use: CityUse) -> Mapping[str, Any]:
    most, taken = getattr(policy, row.name), use.taken.get(row.name, 0)
    return {
        "row": row,
        "most": most,
        "taken": taken if row.per is Per.CITY else None,
        "percent": min(100, percent(row.name, taken, policy)),
        "over": use.over.get(row.name, 0),
    }
