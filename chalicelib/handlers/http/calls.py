"""One HTTP request as the doors see it: decoded once, within bounds; knows no route."""

from __future__ import annotations

import re
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from hmac import compare_digest
from http.cookies import CookieError, SimpleCookie
from typing import Any
from urllib.parse import urlsplit

from chalicelib import bootstrap
from chalicelib.bootstrap import Services
from chalicelib.channels import bounds
from chalicelib.errors import InvalidMessage, WrongWayIn
from chalicelib.handlers.http.bodies import (
    Form,
    read_form,
    read_json,
    read_words,
)
from chalicelib.templates import available_locales

LOCALES = available_locales()
FRONT = "x-civicline-front"  # infra/front.yaml makes CloudFront send it


@dataclass(frozen=True)
class Call:
    """A request. `base` is what stands before our paths (a gateway's stage), without a slash at the end.
    `route` is `GREEDY` where none of ours is at the address.

    Header names are lower case. `person` is who signed in, on routes that ask for it.
    """

    method: str
    route: str
    base: str = ""
    path: str = "/"
    headers: Mapping[str, str] = field(default_factory=dict)
    query: Mapping[str, Sequence[str]] = field(default_factory=dict)
    body: bytes = field(default=b"", repr=False)
    request_id: str = ""
    source_ip: str = ""
    person: Any = None

    @classmethod
    def from_chalice(cls, request: Any) -> Call:
        """The call in Chalice's current request."""
        context = request.context
        # Slashes in a row would make links to another host of a page's own address.
        path = re.sub("/+", "/", f"/{context.get('path') or request.path}")
        below = (request.uri_params or {}).get("proxy", request.path)
        return cls(
            method=request.method,
            route=request.path,
            base=_base(path, below),
            path=path,
            headers=dict(request.headers),
            query=dict(request.query_params._dict) if request.query_params else {},
            body=request.raw_body or b"",
            request_id=context.get("requestId") or uuid.uuid4().hex,
            source_ip=(context.get("identity") or {}).get("sourceIp") or "",
        )

    @property
    def services(self) -> Services:
        """What this process works with. Raises `ConfigurationError` naming what is missing."""
        return bootstrap.services()

    def header(self, name: str) -> str:
        """A header's value, or empty."""
        return self.headers.get(name.lower()) or ""

    def arg(self, name: str, default: str = "") -> str:
        """The last value of a query argument."""
        values = self.query.get(name)
        return values[-1] if values else default

    def url(self, path: str) -> str:
        """The address of one of our paths, for links within the site."""
        return f"{self.base}{path}"

    @cached_property
    def cookies(self) -> dict[str, str]:
        """Cookies by name; those that cannot be read are left out."""
        try:
            return {name: c.value for name, c in SimpleCookie(self.header("cookie")).items()}
        except CookieError:
            return {}

    @cached_property
    def form(self) -> Form:
        """The posted form. Raises `InvalidMessage` or `InvalidRequest`."""
        return read_form(self.header("content-type"), self.body)

    @property
    def is_too_large(self) -> bool:
        """Whether the body is more than the platform carries."""
        return len(self.body) > bounds.REQUEST_BYTES

    @property
    def words(self) -> Form:
        """The fields of a form that is too large, for showing it again with what was written."""
        return read_words(self.header("content-type"), self.body)

    @cached_property
    def json(self) -> dict[str, Any]:
        """The JSON object in the body. Raises `InvalidMessage`, or `InvalidRequest` for its size."""
        kind = self.header("content-type").partition(";")[0].strip().lower()
        if kind != "application/json":
            raise InvalidMessage("Send the body as application/json.")
        return read_json(self.body)

    @cached_property
    def wanted_locale(self) -> str:
        """The language asked for by hand (`?lang=`, then cookie), or empty."""
        chosen = (self.arg("lang"), self.cookies.get("lang", ""))
        return next((code for code in chosen if code in LOCALES), "")

    @cached_property
    def browser_locale(self) -> str:
        """The shipped language that the browser likes best, or empty."""
        return pick_locale(self.header("accept-language"))

    def locale(self, default: str = "en") -> str:
        """Chosen by hand, else the browser's, else `default`."""
        return self.wanted_locale or self.browser_locale or default

    @property
    def is_through_front(self) -> bool:
        """Whether our own CloudFront distribution sent it: nobody else knows the secret."""
        secret = self.services.settings.front_secret
        given = self.header(FRONT).encode(errors="replace")
        return bool(secret) and compare_digest(given, secret.encode())

    @property
    def visitor_ip(self) -> str:
        """Whose request it is. What a header says of that counts only where our distribution wrote it."""
        told = self.header("cloudfront-viewer-address") if self.is_through_front else ""
        return told.rpartition(":")[0].strip("[]") or self.source_ip

    def check_way_in(self) -> None:
        """Raises `WrongWayIn` where visitors come through our distribution only, and this one did not."""
        if self.services.settings.front_only and not self.is_through_front:
            raise WrongWayIn("Nobody gets in here. Use the city's own web address.")

    @property
    def is_https(self) -> bool:
        """Whether the visitor's side of the connection is encrypted."""
        return self.header("x-forwarded-proto").partition(",")[0].strip() == "https"

    @property
    def origin(self) -> str:
        """Scheme and host as the visitor wrote them."""
        scheme = "https" if self.is_https else "http"
        return f"{scheme}://{self.header('host') or 'localhost'}"

    def site(self, public_url: str) -> str:
        """Where citizens reach us: the setting, or the address of this call."""
        return public_url or f"{self.origin}{self.base}"

    def is_from(self, public_url: str, origin: str) -> bool:
        """Whether `origin` names this very site."""
        known = {urlsplit(url).netloc for url in (public_url, self.origin)}
        return urlsplit(origin).netloc in known - {""}


def pick_locale(accept_language: str) -> str:
    """The first shipped language by the weights of an Accept-Language header, or empty."""
    ranked: list[tuple[float, int, str]] = []
    for place, item in enumerate(accept_language[: bounds.LANGUAGES].split(",")):
        tag, _, weight = item.strip().partition(";q=")
        code = tag.partition("-")[0].lower()
        if code in LOCALES:
            ranked.append((-_weight(weight), place, code))
    return min(ranked, default=(0.0, 0, ""))[2]


def _weight(text: str) -> float:
    try:
        return float(text) if text else 1.0
    except ValueError:
        return 0.0


def _base(path: str, below: str) -> str:
    """What is left of `path` when as many segments as `below` has are cut off its end."""
    segments = [part for part in below.split("/") if part]
    kept = path.rstrip("/").split("/")
    return "/".join(kept[: max(0, len(kept) - len(segments))])
