"""`make conformance URL=… [KEY=…]`: tick every box of GeoReport v2 against an endpoint.

    python -m conformance https://city.example/open311/v2 [--key KEY] [--jurisdiction ID]
                          [--place 44.05,-123.02] [--report conformance.html]

Reads only, unless a key is given: then requests are posted, each of them marked as a test. Ends with 1
when a box fails, with 2 when nobody answers.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from conformance.boxes import Tick, Verdict
from conformance.endpoint import Endpoint
from conformance.report import line, page, summary
from conformance.ticking import tick


def main(arguments: Sequence[str] | None = None) -> int:
    """Tick, print, write the report."""
    given = _given(arguments)
    place = tuple(given.place.split(",")) if given.place else None
    if place and len(place) != 2:
        sys.stderr.write("--place is a latitude and a longitude, such as 44.05,-123.02\n")
        return 2
    endpoint = Endpoint(given.url.rstrip("/"), given.key, given.jurisdiction, place)
    ticks: list[Tick] = []
    try:
        for each in tick(endpoint):
            ticks.append(each)
            sys.stdout.write(f"{line(each)}\n")
            sys.stdout.flush()
    except OSError as error:
        sys.stderr.write(f"{given.url} does not answer: {error}\n")
        return 2
    sys.stdout.write(f"\n{summary(ticks)}, {endpoint.asked} calls\n")
    if given.report:
        Path(given.report).write_text(page(endpoint.base, ticks), encoding="utf-8")
        sys.stdout.write(f"report: {given.report}\n")
    return int(any(each.verdict is Verdict.FAIL for each in ticks))


def _given(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make conformance", description=__doc__)
    parser.add_argument("url", help="the versioned base, such as https://city.example/open311/v2")
    parser.add_argument("--key", default="", help="an API key; with it, requests are posted")
    parser.add_argument("--jurisdiction", default="", help="the jurisdiction_id to send")
    parser.add_argument("--place", default="", help="where to post, such as 44.05,-123.02")
    parser.add_argument("--report", default="", help="write a page of HTML to this file")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main())
