"""Lists services, files a request and reads it back with the client of the published library `civicbot`."""

import json
import sys

from civicbot import Endpoint, Open311Client

endpoint, key = sys.argv[1:]
city = Open311Client(Endpoint(id="town", name="Town", base_url=endpoint, write=True))
sent = city.create_request(
    "pothole",
    lat=44.05,
    lng=-123.02,
    attributes={"size": "larger"},
    description="A hole, by civicbot",
    api_key=key,
    validate_remote=True,
    dry_run=False,
    confirm="SEND",
)
[made] = sent.response
found = {
    "services": [each["service_code"] for each in city.list_services()],
    "definition": city.get_service_definition("pothole")["service_code"],
    "warnings": sent.warnings,
    "made": made,
    "read": city.get_request(made["service_request_id"]),
    "listed": city.list_requests(service_code="pothole", status="open", page_size=10),
}
print(json.dumps(found))
