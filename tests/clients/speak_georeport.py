"""Lists services and reads a request with the published library `georeport`, in both formats."""

import json
import sys

from georeport import GeoReport

endpoint, request_id = sys.argv[1:]
found = {}
for kind in ("json", "xml"):
    city = GeoReport(endpoint, output_format=kind)
    found[kind] = {
        "services": [each["service_code"] for each in city.get_service_list()],
        "definition": city.get_service_definition("pothole")["service_code"],
        "read": city.get_service_request(request_id),
    }
print(json.dumps(found))
