"""One endpoint over HTTP: asked once for each address, read in both formats; knows no box."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
import xml.etree.ElementTree as ET
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

TIMEOUT = 30
Fields = Mapping[str, Any]

# Containers of the standard, whose children are always a list.
LISTS = {
    "attributes",
    "endpoints",
    "errors",
    "formats",
    "service_request_updates",
    "service_requests",
    "services",
    "values",
}


@dataclass(frozen=True)
class Answer:
    """What came back."""

    url: str
    status: int
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)

    def header(self, name: str) -> str:
        """A header, whatever the case of its name."""
        return self.headers.get(name.lower(), "")

    @property
    def text(self) -> str:
        """The body, as it can be read."""
        return self.body.decode("utf-8", "replace")

    @cached_property
    def json(self) -> Any:
        """The body as JSON; None when it is none."""
        try:
            return json.loads(self.body)
        except ValueError:
            return None

    @cached_property
    def xml(self) -> ET.Element | None:
        """The body as XML; None when it is none."""
        try:
            return ET.fromstring(self.body)  # noqa: S314 - entities are not expanded beyond their size
        except ET.ParseError:
            return None

    @property
    def is_ok(self) -> bool:
        """Whether it was served."""
        return 200 <= self.status < 300


@dataclass
class Endpoint:
    """`base` is the versioned address, such as https://city.example/open311/v2.

    `key` is an API key; without one nothing is posted. `place` is a latitude and a longitude to post at.
    """

    base: str
    key: str = ""
    jurisdiction_id: str = ""
    place: tuple[str, str] | None = None
    asked: int = 0
    _kept: dict[str, Answer] = field(default_factory=dict, repr=False)

    def get(self, path: str, headers: Mapping[str, str] | None = None, **query: Any) -> Answer:
        """Ask for a resource; the same question is asked once."""
        if self.jurisdiction_id:
            query.setdefault("jurisdiction_id", self.jurisdiction_id)
        address = f"{self.base}/{path}" if "://" not in path else path
        if query:
            address += f"{'&' if '?' in address else '?'}{urlencode(query, doseq=True)}"
        name = f"{address} {sorted((headers or {}).items())}"
        if name not in self._kept:
            self._kept[name] = self.send("GET", address, headers=headers)
        return self._kept[name]

    def fresh(self, path: str, **query: Any) -> Answer:
        """Ask again, whatever was answered before."""
        self._kept.clear()
        return self.get(path, **query)

    def post(self, path: str, fields: Fields, headers: Mapping[str, str] | None = None) -> Answer:
        """Post a form with the key, unless `fields` say another."""
        shared = {"api_key": self.key, "jurisdiction_id": self.jurisdiction_id}
        form = {name: value for name, value in {**shared, **fields}.items() if value}
        kind = {"Content-Type": "application/x-www-form-urlencoded; charset=utf-8"}
        body = urlencode(form, doseq=True).encode()
        return self.send("POST", f"{self.base}/{path}", body, {**kind, **(headers or {})})

    def send(
        self,
        method: str,
        url: str,
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """One call. Raises `OSError` when nobody answers."""
        if urlsplit(url).scheme not in ("http", "https"):
            raise OSError(f"{url} is no web address.")
        self.asked += 1
        request = urllib.request.Request(  # noqa: S310 - checked above
            url, data=body, method=method, headers=dict(headers or {})
        )
        try:
            with urllib.request.urlopen(request, timeout=TIMEOUT) as reply:  # noqa: S310
                return _answer(url, reply.status, reply.headers, reply.read())
        except urllib.error.HTTPError as error:
            return _answer(url, error.code, error.headers, error.read())

    # -- what the boxes begin with -----------------------------------------------------------------

    @property
    def services(self) -> list[dict[str, Any]]:
        """The services as JSON records; empty when they cannot be read."""
        found = self.get("services.json").json
        return [each for each in found if isinstance(each, dict)] if isinstance(found, list) else []

    @property
    def requests(self) -> list[dict[str, Any]]:
        """The latest requests as JSON records; empty when there are none."""
        found = self.get("requests.json").json
        return [each for each in found if isinstance(each, dict)] if isinstance(found, list) else []

    def definition(self, service_code: str) -> dict[str, Any]:
        """The definition of a service as a JSON record; empty when there is none."""
        found = self.get(f"services/{quote(service_code, safe='')}.json").json
        return found if isinstance(found, dict) else {}

    def discovery(self, kind: str) -> Answer:
        """The discovery document, at the versioned base or one level above it."""
        first = self.get(f"discovery.{kind}")
        return (
            first if first.is_ok else self.get(f"{self.base.rpartition('/')[0]}/discovery.{kind}")
        )


def _answer(url: str, status: int, headers: Any, body: bytes) -> Answer:
    return Answer(url, status, {name.lower(): value for name, value in headers.items()}, body)


def plain(element: ET.Element) -> Any:
    """XML under the standard's mapping to JSON, with every leaf as text."""
    if element.tag in LISTS:
        return [plain(child) for child in element]
    if len(element):
        return {child.tag: plain(child) for child in element}
    return element.text or ""


def leaves_as_text(value: Any) -> Any:
    """JSON with every leaf as text, to compare with `plain`."""
    if isinstance(value, list):
        return [leaves_as_text(each) for each in value]
    if isinstance(value, dict):
        return {name: leaves_as_text(each) for name, each in value.items()}
    if isinstance(value, bool):
        return str(value).lower()
    return "" if value is None else str(value)
