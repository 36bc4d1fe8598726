"""Any GeoReport v2 endpoint is read whole: by windows, by pages, in halves, again when it is busy."""

from __future__ import annotations

import json
import urllib.error
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.message import Message
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from chalicelib.bootstrap import Services
from chalicelib.tickets.model.references import ticket_id_for
from chalicelib.tickets.model.ticket import Status
from infra.moving.cases import Case, Unmapped
from infra.moving.converted import Files, convert
from infra.moving.folder import MovingError
from infra.moving.mapping import Mapping, Words
from infra.moving.open311 import STATUSES, Open311, _SameHost
from tests.moving.cities import NOW, move_in

URL = "https://other.example/open311/v2"
START = datetime(2025, 1, 1, tzinfo=UTC)
END = START + timedelta(days=90)


class Endpoint:
    """A city elsewhere with so many requests, one every hour and a bit; knows pages or does not."""

    def __init__(self, size: int, limit: int = 50, *, has_pages: bool = True) -> None:
        self.requests = [request(number) for number in range(size)]
        self.limit, self.has_pages = limit, has_pages
        self.asked: list[str] = []
        self.faults: list[Exception] = []

    def __call__(self, address: str) -> bytes:
        self.asked.append(address)
        if self.faults:
            raise self.faults.pop(0)
        asked = {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}
        found = [
            each
            for each in self.requests
            if asked["start_date"] <= each["requested_datetime"] <= asked["end_date"]
        ]
        first = (int(asked["page"]) - 1) * self.limit if self.has_pages else 0
        return json.dumps(found[first : first + self.limit]).encode()


def request(number: int) -> dict[str, Any]:
    at = START + timedelta(minutes=70 * number)
    return {
        "service_request_id": str(number),
        "status": "closed" if number % 2 else "open",
        "status_notes": "Filled." if number % 2 else None,
        "service_name": "Pothole",
        "service_code": "006",
        "description": f"Hole {number}",
        "requested_datetime": f"{at:%Y-%m-%dT%H:%M:%SZ}",
        "updated_datetime": f"{at + timedelta(days=1):%Y-%m-%dT%H:%M:%SZ}",
        "address": "Elm Street 3",
        "lat": 44.04,
        "long": -123.02,
        "media_url": "https://other.example/photo.jpg",
    }


def reader(endpoint: Callable[[str], bytes], **given: Any) -> Open311:
    unmapped = Unmapped()
    words = Words(Mapping(services={"006": "pothole"}), unmapped, STATUSES)
    pauses: list[float] = []
    return Open311(
        given.pop("url", URL),
        words,
        unmapped,
        START,
        END,
        fetch=endpoint,
        pause=pauses.append,
        **given,
    )


def references(cases: Any) -> list[str]:
    return sorted((case.reference for case in cases), key=int)


@pytest.mark.parametrize("has_pages", [True, False])
@pytest.mark.parametrize("size", [0, 1, 50, 51, 1_500])
def test_every_request_is_read_once(size: int, has_pages: bool) -> None:
    found = references(reader(Endpoint(size, has_pages=has_pages)).cases())
    assert found == [str(number) for number in range(size)]


def test_an_hour_with_more_than_the_endpoint_tells_is_reported() -> None:
    endpoint = Endpoint(0, has_pages=False)
    endpoint.requests = [request(0) | {"service_request_id": str(n)} for n in range(80)]
    reading = reader(endpoint)
    assert len(list(reading.cases())) == 50
    assert any("more than the endpoint lists" in line for line in reading.unmapped.lines())


def busy(code: int) -> Exception:
    return urllib.error.HTTPError(URL, code, "no", Message(), None)


def test_a_busy_endpoint_is_asked_again_a_few_times() -> None:
    endpoint = Endpoint(3)
    endpoint.faults = [busy(503), TimeoutError(), busy(429)]
    assert references(reader(endpoint).cases()) == ["0", "1", "2"]
    endpoint.faults = [busy(503)] * 4
    with pytest.raises(MovingError, match="did not answer 4 times"):
        list(reader(endpoint).cases())


def test_a_refusal_is_not_asked_again() -> None:
    endpoint = Endpoint(3)
    endpoint.faults = [busy(403)]
    with pytest.raises(MovingError, match="answers 403"):
        list(reader(endpoint).cases())
    assert len(endpoint.asked) == 1


@pytest.mark.parametrize("answer", [b"<html>", b'{"error": 1}', b"[1]"])
def test_what_is_no_list_of_requests_is_refused(answer: bytes) -> None:
    with pytest.raises(MovingError, match="does not answer with"):
        list(reader(lambda _: answer).cases())


@pytest.mark.parametrize("url", ["file:///etc/passwd", "ftp://other.example/", "other.example"])
def test_only_web_addresses_are_asked(url: str) -> None:
    with pytest.raises(MovingError, match="is no web address"):
        list(reader(Endpoint(1), url=url).cases())


@pytest.mark.parametrize("to", ["http://169.254.169.254/latest", "file:///etc/passwd"])
def test_a_redirect_to_elsewhere_is_not_followed(to: str) -> None:
    asked = urllib.request.Request(f"{URL}/requests.json")
    with pytest.raises(MovingError, match="give that address if it is meant"):
        _SameHost().redirect_request(asked, None, 302, "Found", Message(), to)


def test_a_request_without_an_id_is_reported_and_the_others_come() -> None:
    endpoint = Endpoint(2)
    endpoint.requests[0] |= {"service_request_id": None, "token": "t1"}
    reading = reader(endpoint)
    assert references(reading.cases()) == ["1"]
    assert reading.unmapped.lines() == ["       1  request without an id: t1"]


def test_what_is_asked_names_key_and_jurisdiction() -> None:
    endpoint = Endpoint(1)
    list(reader(endpoint, api_key="k", jurisdiction_id="j.example").cases())
    assert "jurisdiction_id=j.example" in endpoint.asked[0]
    assert "api_key=k" in endpoint.asked[0]


def test_requests_become_public_tickets(there: Services, tmp_path: Path) -> None:
    cases: list[Case] = list(reader(Endpoint(2)).cases())
    convert("open311", "other.example", cases, Files(tmp_path / "out"), tmp_path / "out", NOW)
    move_in(there, tmp_path / "out")
    found = there.store.read(ticket_id_for("open311:other.example:1"))
    ticket = found.ticket
    assert ticket.status is Status.CLOSED
    assert ticket.status_notes == "Filled."
    assert ticket.is_listed
    assert ticket.requested_at == START + timedelta(minutes=70)
    assert ticket.closed_at == ticket.requested_at + timedelta(days=1)
    assert ticket.media_urls == ("https://other.example/photo.jpg",)
    assert found.notifications == []
