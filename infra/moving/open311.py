"""What any GeoReport v2 endpoint lists, as cases: asked for in windows of time, page by page.

Only the address that the operator gives is asked, and no more often than needed.
"""

from __future__ import annotations

import json
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.client import HTTPException
from typing import Any
from urllib.parse import urlencode, urlsplit

from chalicelib.messages import Channel
from chalicelib.tickets.model.ticket import Status
from infra.moving.cases import CITIZEN, Case, Said, Unmapped
from infra.moving.folder import MovingError
from infra.moving.mapping import Words

PRODUCT = "open311"
STATUSES = {"open": Status.NEW, "closed": Status.CLOSED}
WINDOW = timedelta(days=30)  # the standard lets an endpoint refuse more than 90
SHORTEST = timedelta(hours=1)
# An answer of exactly so many may be cut, where pages are not known.
LIMITS = frozenset({20, 25, 50, 100, 200, 250, 500, 1000})
MOST_PAGES = 1_000
MOST_BYTES = 32 << 20
TRIES, PAUSE, PATIENCE = 4, 2.0, 60.0
PASSING = frozenset({408, 429, 500, 502, 503, 504})
Fetch = Callable[[str], bytes]


@dataclass(slots=True)
class Open311:
    """Reads one endpoint, such as `https://city.example/open311/v2`."""

    url: str
    words: Words
    unmapped: Unmapped
    start: datetime
    end: datetime
    jurisdiction_id: str = ""
    api_key: str = ""
    fetch: Fetch = field(default_factory=lambda: fetch)
    pause: Callable[[float], None] = time.sleep
    _seen: set[str] = field(default_factory=set, init=False)

    def cases(self) -> Iterator[Case]:
        """Every request that was asked for between start and end. Raises `MovingError`."""
        if urlsplit(self.url).scheme not in ("http", "https"):
            raise MovingError(f"{self.url!r} is no web address. Begin it with https://.")
        begin = self.start
        while begin < self.end:
            until = min(begin + WINDOW, self.end)
            for record in self._window(begin, until):
                if case := self._case(record):
                    yield case
            begin = until

    def _window(self, begin: datetime, until: datetime) -> Iterator[dict[str, Any]]:
        """What lies in a stretch of time; in halves where its answer may have been cut."""
        first = self._page(begin, until, 1)
        others = self._page(begin, until, 2) if first else []
        has_pages = bool(others) and _id(others[0]) not in {_id(each) for each in first}
        is_cut = not has_pages and len(first) in LIMITS
        if is_cut and until - begin > SHORTEST:
            middle = begin + (until - begin) / 2
            yield from self._window(begin, middle)
            yield from self._window(middle, until)
            return
        if is_cut:
            self.unmapped.note("hour that may hold more than the endpoint lists", f"{begin:%c}")
        yield from first
        number = 2
        while has_pages and others:
            yield from others
            number += 1
            if number > MOST_PAGES:
                raise MovingError(f"{self.url} has no last page for {begin:%d %b %Y}.")
            others = self._page(begin, until, number)

    def _page(self, begin: datetime, until: datetime, number: int) -> list[dict[str, Any]]:
        asked = {
            "start_date": _moment(begin),
            "end_date": _moment(until),
            "page": str(number),
            "jurisdiction_id": self.jurisdiction_id,
            "api_key": self.api_key,
        }
        query = urlencode({name: value for name, value in asked.items() if value})
        data = self._asked(f"{self.url.rstrip('/')}/requests.json?{query}")
        try:
            found = json.loads(data)
        except ValueError as error:
            raise MovingError(f"{self.url} does not answer with JSON: {error}.") from error
        if not isinstance(found, list) or not all(isinstance(each, dict) for each in found):
            raise MovingError(f"{self.url} does not answer with a list of requests.")
        return found

    def _asked(self, address: str) -> bytes:
        """The answer; tried again a few times while the endpoint is only busy."""
        for attempt in range(TRIES):
            try:
                return self.fetch(address)
            except urllib.error.HTTPError as error:
                if error.code not in PASSING:
                    raise MovingError(f"{self.url} answers {error.code} {error.reason}.") from error
                last: Exception = error
            except (OSError, HTTPException) as error:
                last = error
            self.pause(PAUSE * 2**attempt)
        raise MovingError(f"{self.url} did not answer {TRIES} times: {last}. Try later.") from last

    def _case(self, record: dict[str, Any]) -> Case | None:
        reference = _id(record)
        if not reference:
            self.unmapped.note("request without an id", str(record.get("token") or ""))
        if not reference or reference in self._seen:
            return None
        self._seen.add(reference)
        try:
            return self._read(record, reference)
        except (TypeError, ValueError) as error:
            raise MovingError(f"Request {reference} cannot be read: {error}.") from error

    def _read(self, record: dict[str, Any], reference: str) -> Case:
        asked = _at(_text(record, "requested_datetime"))
        updated = _text(record, "updated_datetime")
        lat, long = record.get("lat"), record.get("long")
        return Case(
            reference=reference,
            subject=_text(record, "service_name"),
            requested_at=asked,
            updated_at=max(_at(updated), asked) if updated else asked,
            status=self.words.status(_text(record, "status")),
            status_notes=_text(record, "status_notes"),
            said=[Said(by=CITIZEN, at=asked, text=_text(record, "description"))],
            channel=Channel.OPEN311,
            service_code=self.words.service(
                _text(record, "service_code"), _text(record, "service_name")
            ),
            agency_code=self.words.agency(_text(record, "agency_responsible")),
            is_public=True,
            address=_text(record, "address"),
            lat=float(lat) if lat not in (None, "") else None,
            long=float(long) if long not in (None, "") else None,
            media_urls=_media(record),
        )


def _id(record: dict[str, Any]) -> str:
    return _text(record, "service_request_id")


def _text(record: dict[str, Any], name: str) -> str:
    value = record.get(name)
    return "" if value is None else str(value).strip()


def _media(record: dict[str, Any]) -> tuple[str, ...]:
    address = _text(record, "media_url")
    return (address,) if urlsplit(address).scheme in ("http", "https") else ()


def _at(text: str) -> datetime:
    at = datetime.fromisoformat(text)
    return at if at.tzinfo else at.replace(tzinfo=UTC)


def _moment(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


class _SameHost(urllib.request.HTTPRedirectHandler):
    """Follows a redirect only where it stays with the host that was named."""

    def redirect_request(
        self, req: urllib.request.Request, fp: Any, code: int, msg: str, headers: Any, newurl: str
    ) -> urllib.request.Request | None:
        there = urlsplit(newurl)
        if (
            there.scheme not in ("http", "https")
            or there.hostname != urlsplit(req.full_url).hostname
        ):
            raise MovingError(
                f"{req.full_url} leads to {newurl}; give that address if it is meant."
            )
        return super().redirect_request(req, fp, code, msg, headers, newurl)


def fetch(address: str) -> bytes:
    """One answer, of at most 32 MB."""
    opener = urllib.request.build_opener(_SameHost)
    asked = urllib.request.Request(address, headers={"Accept": "application/json"})
    with opener.open(asked, timeout=PATIENCE) as answer:
        data: bytes = answer.read(MOST_BYTES + 1)
    if len(data) > MOST_BYTES:
        raise MovingError(f"{address} answers with more than {MOST_BYTES >> 20} MB.")
    return data
