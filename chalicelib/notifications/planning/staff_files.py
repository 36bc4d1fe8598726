"""What a notice says of files that staff sent with their words; pure, knows no store.

The files themselves stay on the report's page: when the mail leaves, the scanner has not spoken yet.
"""

from __future__ import annotations

from collections.abc import Sequence

from chalicelib.messages import Audience
from chalicelib.tickets.model.records import Notification
from chalicelib.tickets.model.ticket import Entry


def enclose(planned: list[Notification], entries: Sequence[Entry]) -> list[Notification]:
    """The same notifications; those to the requester name the files of a reply among `entries`."""
    names = [file.filename for e in entries if e.kind == "replied" for file in e.attachments]
    for notification in planned:
        if names and notification.audience is Audience.REQUESTER:
            notification.context = {**notification.context, "files": ", ".join(names)}
    return planned
