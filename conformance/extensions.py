"""Extensions that are worth having: more fields, updates, data in bulk."""

from __future__ import annotations

import csv
import io
import uuid
from datetime import UTC, datetime

from conformance.boxes import NotApplicable, box, expect, expect_served
from conformance.endpoint import Endpoint
from conformance.requests import some

UPDATE = ("update_id", "service_request_id", "status", "updated_datetime", "description")
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
OPTIONAL = {"closed_date", "source", "service_subtype", "description", "agency_responsible"}


@box("extensions.fields", "X", "extensions=true adds extended_attributes and notes")
def fields(endpoint: Endpoint) -> None:
    request_id = some(endpoint)[0]["service_request_id"]
    record = expect_served(endpoint.get(f"requests/{request_id}.json", extensions="true")).json[0]
    if "extended_attributes" not in record:
        raise NotApplicable("not offered")
    for note in record.get("notes", []):
        expect(note.get("datetime") and note.get("type"), "datetime and type of every note", note)
    plain = expect_served(endpoint.get(f"requests/{request_id}.json")).json[0]
    expect("extended_attributes" not in plain, "nothing added unasked")


@box("updates.read", "X", "Updates are read by span")
def updates(endpoint: Endpoint) -> None:
    answer = endpoint.get("servicerequestupdates.json")
    if not answer.is_ok:
        raise NotApplicable("not offered")
    expect(isinstance(answer.json, list), "an array", answer)
    for each in answer.json[:100]:
        expect(set(UPDATE) <= set(each), "every field of an update", each)
    tree = endpoint.get("servicerequestupdates.xml").xml
    expect(tree is not None and tree.tag == "service_request_updates", "<service_request_updates>")
    half = endpoint.get("servicerequestupdates.xml", start_date="2026-01-01T00:00:00Z")
    expect(half.status == 400, "status 400 for half a span", half)


@box("updates.post", "X", "An update posted twice is stored once", writes=True)
def posted(endpoint: Endpoint) -> None:
    update_id = f"conformance-{uuid.uuid4().hex[:12]}"
    fields = {
        "service_request_id": some(endpoint)[0]["service_request_id"],
        "update_id": update_id,
        "updated_datetime": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "status": "OPEN",
        "description": "Conformance test, please ignore",
    }
    if not endpoint.get("servicerequestupdates.json").is_ok:
        raise NotApplicable("not offered")
    fields["updated_datetime"] = some(endpoint)[0]["updated_datetime"]
    first = expect_served(endpoint.post("servicerequestupdates.json", fields))
    again = endpoint.post("servicerequestupdates.json", fields)
    expect(again.json == first.json, "the same answer again", again)
    bad = endpoint.post("servicerequestupdates.json", {**fields, "update_id": ""})
    expect(bad.status == 400, "status 400 without update_id", bad)
    refused = endpoint.post("servicerequestupdates.json", {**fields, "api_key": "no-such-key"})
    expect(refused.status == 403, "status 403 with a wrong key", refused)


@box("bulk.csv", "X", "Bulk data are CSV with the agreed columns")
def sheet(endpoint: Endpoint) -> None:
    answer = endpoint.get("bulk.csv")
    if not answer.is_ok:
        raise NotApplicable("not offered")
    expect(answer.header("content-type").startswith("text/csv"), "Content-Type: text/csv")
    columns = next(csv.reader(io.StringIO(answer.text)))
    agreed = [name for name in COLUMNS if name in columns]
    expect(
        columns == agreed and set(COLUMNS) - set(columns) <= OPTIONAL, ",".join(COLUMNS), columns
    )
    texts = list(csv.DictReader(io.StringIO(answer.text)))
    formulas = [row["description"] for row in texts if row["description"][:1] in tuple("=+-@")]
    expect(not formulas, "no cell that a spreadsheet would run", formulas[:1])
