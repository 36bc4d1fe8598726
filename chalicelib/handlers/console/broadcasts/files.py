"""What became of each message of a broadcast, as a file for a spreadsheet; decides nothing itself."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

from chalice.app import Response

from chalicelib.errors import NotFound
from chalicelib.handlers.console.broadcasts.pages import COUNTED, ONE
from chalicelib.handlers.console.door.visit import room
from chalicelib.handlers.downloads import download, note_access
from chalicelib.handlers.http import Call, Services
from chalicelib.handlers.looking import looked
from chalicelib.identity.accounts import Act
from chalicelib.notifications.broadcasts.csv_files import write_sheet
from chalicelib.notifications.broadcasts.dispatch import CHUNK, partitions
from chalicelib.tickets.model.records import Notification
from chalicelib.tickets.people.broadcasts import Broadcast

HEADING = ("email", "phone", "status", "reason", "sent_at")


@room(ONE + "/results/{part}", Act.READ_BROADCASTS)
def download_results(call: Call, broadcast_id: str, part: str) -> Response:
    """One part of it (the first is 1) as CSV, with a line in the audit trail."""
    number = int(part) if part.isascii() and part.isdigit() and len(part) < 5 else 0
    found = call.services.broadcasts.store.get(broadcast_id)
    if not 1 <= number <= 1 + max(found.rows - 1, 0) // COUNTED:
        raise NotFound("The broadcast has no such part.")
    text = write_sheet(HEADING, map(_row, _messages(call.services, found, number)))
    note_access(
        call.services, call.person.staff.actor, "broadcast_exported", f"broadcast:{broadcast_id}"
    )
    looked(call.person.staff.sub, call.services.clock.now())
    return download(text.encode("utf-8-sig"), f"broadcast-{broadcast_id}-{number}.csv")


def _messages(services: Services, found: Broadcast, number: int) -> Iterator[Notification]:
    a_file = COUNTED // CHUNK
    deliveries = services.broadcasts.committer.deliveries
    for partition in islice(partitions(found), (number - 1) * a_file, number * a_file):
        yield from deliveries.under(partition)


def _row(found: Notification) -> tuple[str, ...]:
    sent_at = found.sent_at.isoformat() if found.sent_at else ""
    to = found.recipient
    return to.email or "", to.phone or "", str(found.status), found.reason, sent_at
