"""Counters and the change feed as JSON; counts nothing itself."""

from __future__ import annotations

import re

from chalice.app import Response

from chalicelib.errors import InvalidRequest
from chalicelib.handlers.api.doors import Argument, door
from chalicelib.handlers.api.schemas.plain import moment
from chalicelib.handlers.api.tickets import size_of
from chalicelib.handlers.http import Call, json_answer
from chalicelib.identity.accounts import Act
from chalicelib.tickets.publishing.months import months_before

TAG = "Statistics"
_POSITION = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z#[A-Z0-9-]{1,40})?", re.ASCII)


@door(
    "GET",
    "/statistics/requests",
    Act.READ_TICKETS,
    summary="What was asked for in a month, by channel, language, hour, agency, service and area",
    tag=TAG,
    answers="AskedShape",
    arguments=(Argument(name="month", description="YYYY-MM, of this year or the one before."),),
)
def get_request_statistics(call: Call) -> Response:
    """Read from counters; those who work for some agencies are told of these alone."""
    services = call.services
    months = [m.name for m in months_before(services.clock.now(), services.settings.timezone)]
    month = call.arg("month") or months[0]
    if month not in months:
        raise InvalidRequest(
            "There are no figures of it.", {"month": f"One of {', '.join(months)}."}
        )
    found = services.figures.asked(month, call.person.scope)
    return json_answer(
        {"month": month, "rows": {row: dict(counts) for row, counts in found.items()}}
    )


@door(
    "GET",
    "/statistics/queue",
    Act.READ_TICKETS,
    summary="How many tickets there are now, by status, priority and whether anybody has them",
    tag=TAG,
    answers="QueueStatistics",
)
def get_queue_statistics(call: Call) -> Response:
    """Of the person's agencies, or of the city; `counted_at` says as of when."""
    staff = call.person
    found, _, at = call.services.figures.queue(
        staff.scope, *call.services.directory.names(staff.sub)
    )
    late = call.services.figures.late(staff.scope)
    return json_answer(
        {
            "tickets": [each._asdict() for each in sorted(found)],
            "late": {code: n for row in late.rows.values() for code, n in row.items()},
            "counted_at": moment(at),
        }
    )


@door(
    "GET",
    "/changes",
    Act.READ_TICKETS,
    summary="Which tickets have changed, oldest change first, each once at its latest change",
    tag="Tickets",
    answers="ChangePage",
    arguments=(
        Argument(name="after", description="The `position` of the page before; empty to begin."),
        Argument(name="size", description="How many at once, 1 to 100."),
    ),
)
def list_changes(call: Call) -> Response:
    """A feed to follow: keep `position` and ask again with it, at once while `is_more`."""
    after = call.arg("after")
    if not _POSITION.fullmatch(after):
        raise InvalidRequest("This is no position.", {"after": "Give the `position` of a page."})
    found = call.services.figures.changes(after, size_of(call), call.person.scope)
    items = [change._asdict() | {"at": moment(change.at)} for change in found.items]
    return json_answer({**found._asdict(), "items": items})
