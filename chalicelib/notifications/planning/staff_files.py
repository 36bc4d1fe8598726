"""What a notice says of files: of staff's the names, of those that did not fit the number; pure.

The files themselves stay on the report's page: when the mail leaves, the scanner has not spoken yet.
"""

from __future__ import annotations

from collections.abc import Sequence

from chalicelib.messages import Audience
from chalicelib.tickets.model.excerpts import excerpt
from chalicelib.tickets.model.records import Notification
from chalicelib.tickets.model.ticket import Entry

NAMES = 600  # letters of all names; each is on the report's page


def enclose(planned: list[Notification], entries: Sequence[Entry]) -> list[Notification]:
    """The same notifications; those to the requester name the files of a reply among `entries`.

    Of files that were left out they say the number alone: an unproven sender chose their names.
    """
    names = [file.filename for e in entries if e.kind == "replied" for file in e.attachments]
    left_out = sum(int(e.data.get("left_out_count", 0)) for e in entries)
    said = {"files": excerpt(", ".join(names), NAMES), "left_out": left_out}
    facts = {name: value for name, value in said.items() if value}
    for notification in planned:
        if notification.audience is Audience.REQUESTER:
            notification.context = {**notification.context, **facts}
    return planned
