"""Requests as open data in bulk: the agreed columns, as a sheet or as documents; pure."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from datetime import datetime

from chalicelib.channels.open311.moments import show_moment
from chalicelib.channels.open311.records import Record
from chalicelib.messages import TicketView
from chalicelib.notifications.broadcasts.csv_files import safe_cell

CSV_TYPE = "text/csv; charset=utf-8"
COLUMNS = (
    "service_request_id",
    "requested_datetime",
    "updated_datetime",
    "closed_date",
    "status_description",
    "status_notes",
    "source",
    "service_name",
    "service_subtype",
    "description",
    "agency_responsible",
    "address",
    "lat",
    "long",
)
_NUMBERS = ("lat", "long")
_SOURCES: Mapping[str, str] = {
    "email": "Email",
    "sms": "Text/SMS",
    "web": "Website",
    "open311": "Mobile App",
    "phone": "Phone",
}


def bulk_record(view: TicketView, closed_at: datetime | None, state: str) -> Record:
    """One row; `state` is the detailed status in the reader's words."""
    values = (
        view.ticket_id,
        show_moment(view.requested_at),
        show_moment(view.updated_at),
        show_moment(closed_at),
        state,
        view.status_notes or None,
        _SOURCES.get(view.channel, view.channel),
        view.service_name,
        None,
        view.description or None,
        view.agency_name or None,
        view.address or None,
        view.lat,
        view.long,
    )
    return dict(zip(COLUMNS, values, strict=True))


def sheet(records: Sequence[Record]) -> str:
    """The rows as CSV (RFC 4180) with a header; no cell is taken for a formula."""
    page = io.StringIO()
    writer = csv.writer(page, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    for record in records:
        writer.writerow([_cell(name, record[name]) for name in COLUMNS])
    return page.getvalue()


def _cell(name: str, value: object) -> str:
    text = "" if value is None else str(value).replace("\x00", "")
    return text if name in _NUMBERS else safe_cell(text)
