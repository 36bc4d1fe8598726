"""The audit trail as a page; decides nothing itself."""

from __future__ import annotations

from chalice.app import Response

from chalicelib.handlers.console.door.visit import room, show
from chalicelib.handlers.http import Call
from chalicelib.identity.accounts import Act

SIZE = 50


@room("/console/audit", Act.READ_AUDIT)
def show_audit(call: Call) -> Response:
    """Who did what outside a ticket's timeline, newest first."""
    all_ = call.services.store.audit(SIZE, call.arg("token"))
    page = call.services.narrowing.audit(call.person.staff, all_)
    context = {
        "records": page.items,
        "next": f"/console/audit?token={page.next_token}" if page.next_token else "",
    }
    return show(call, "audit", context, here="audit")
