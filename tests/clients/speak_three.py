"""Lists services, files a request and reads it back with the published library `three`, unchanged."""

import itertools
import json
import sys

itertools.ifilter = filter  # the library was written for a Python that still had it

from three import Three  # noqa: E402

endpoint, key = sys.argv[1:]
city = Three(endpoint, api_key=key)
codes = [each["service_code"] for each in city.services()]
made = city.post(
    "graffiti",
    address="5 Elm Street",
    lat="44.05",
    long="-123.02",
    name="Ana Canary",
    description="Paint, by three",
)
read = city.request(made[0]["service_request_id"])
listed = city.requests("graffiti", count=10)
print(json.dumps({"services": codes, "made": made, "read": read, "listed": listed}))
