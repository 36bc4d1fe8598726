"""Public reports and figures as files for everybody: CSV, JSON and GeoJSON; pure.

The names and the order of `COLUMNS` are a promise: new ones are only ever added at the end.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping, Sequence
from typing import Any

from chalicelib.notifications.broadcasts.csv_files import safe_cell

COLUMNS: Mapping[str, str] = {
    "service_request_id": "text",
    "service_code": "text",
    "service_name": "text",
    "agency_responsible": "text",
    "status": "text",
    "detailed_status": "text",
    "requested_datetime": "moment",
    "first_response_datetime": "moment",
    "resolved_datetime": "moment",
    "closed_datetime": "moment",
    "updated_datetime": "moment",
    "expected_datetime": "moment",
    "times_reopened": "number",
    "channel": "text",
    "areas": "text",
    "address": "text",
    "lat": "number",
    "long": "number",
    "description": "text",
    "status_notes": "text",
}
Row = Mapping[str, Any]


def csv_file(rows: Sequence[Row], columns: Sequence[str] = tuple(COLUMNS)) -> str:
    """The rows as CSV (RFC 4180), safe to open in a spreadsheet: no text begins a formula."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(columns)
    for row in rows:
        writer.writerow([_cell(row.get(name)) for name in columns])
    return out.getvalue()


def _cell(value: Any) -> Any:
    if isinstance(value, str):
        return safe_cell(value)
    return "" if value is None else value


def json_file(rows: Sequence[Row], about: Mapping[str, Any]) -> str:
    """The rows as JSON; `about` says of which month they are and where the file goes on."""
    return _text({**about, "requests": list(rows)})


def geojson_file(rows: Sequence[Row], about: Mapping[str, Any]) -> str:
    """Those rows that have a place, as GeoJSON (RFC 7946)."""
    return _text(
        {
            "type": "FeatureCollection",
            **about,
            "features": [_feature(row) for row in rows if row["lat"] is not None],
        }
    )


def _feature(row: Row) -> dict[str, Any]:
    facts = {name: value for name, value in row.items() if name not in ("lat", "long")}
    point = {"type": "Point", "coordinates": [row["long"], row["lat"]]}
    return {
        "type": "Feature",
        "id": row["service_request_id"],
        "geometry": point,
        "properties": facts,
    }


def _text(document: Mapping[str, Any]) -> str:
    return json.dumps(document, ensure_ascii=False, separators=(",", ":")) + "\n"
