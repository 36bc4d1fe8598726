"""What cannot be read: tickets, why and since when, with another try, and what administrators wrote."""

from __future__ import annotations

from chalice.app import Response

from chalicelib.handlers.console.door.visit import room, show
from chalicelib.handlers.http import Call
from chalicelib.identity.accounts import Act


@room("/console/parked", Act.READ_QUARANTINE)
def show_parked(call: Call) -> Response:
    """What is in no other list."""
    return _show(call)


@room("/console/parked", Act.DECIDE_QUARANTINE, methods=["POST"])
def retry(call: Call) -> Response:
    """Read them once more, and say which are well."""
    return _show(call, call.services.retry_parked())


def _show(call: Call, well: list[str] | None = None) -> Response:
    context = {
        "tickets": call.services.store.parked(),
        "well": well,
        "unreadable": call.services.catalog.fresh().unreadable,
        "may_retry": call.person.staff.may(Act.DECIDE_QUARANTINE),
    }
    return show(call, "parked", context, here="parked")
