"""A citizen with a browser that knows no scripts: loads pages, fills in forms, keeps cookies."""

from __future__ import annotations

import re
import secrets
from collections.abc import Mapping
from datetime import timedelta
from html import unescape
from html.parser import HTMLParser
from typing import Any

from chalicelib.tickets.intake.confirmation import link_secret
from tests.harness import Harness, Response

PNG = b"\x89PNG\r\n\x1a\n" + b"\x00" * 40


class Page(HTMLParser):
    """What a test wants to know of a page: its words, links, fields and ids."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.words = ""
        self.links: list[str] = []
        self.hidden: dict[str, str] = {}
        self.ids: set[str] = set()
        self.tags: list[tuple[str, dict[str, str]]] = []
        self.feed(text)
        self.words = " ".join(self.words.split())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = {name: value or "" for name, value in attrs}
        self.tags.append((tag, found))
        self.ids |= {found["id"]} if "id" in found else set()
        self.links += [found["href"]] if tag == "a" and "href" in found else []
        if tag == "input" and found.get("type") == "hidden" and found["name"] not in self.hidden:
            self.hidden[found["name"]] = found["value"]

    def handle_data(self, data: str) -> None:
        self.words += f"{data} "


class Visitor:
    """Somebody who visits the city's pages, from one network."""

    def __init__(self, town: Harness, source_ip: str = "203.0.113.10") -> None:
        self.town = town
        self.source_ip = source_ip

    def _ask(self, method: str, path: str, **given: Any) -> Response:
        return self.town.http(method, path, source_ip=self.source_ip, **given)

    def load(self, path: str, **headers: str) -> tuple[Response, Page]:
        """A page."""
        answer = self._ask("GET", path, headers={"Accept": "text/html", **headers})
        return answer, Page(answer.text)

    def send(
        self,
        form_path: str,
        fields: Mapping[str, Any],
        *,
        to: str = "",
        files: Mapping[str, bytes] | None = None,
        **headers: str,
    ) -> tuple[Response, Page]:
        """Load a page, fill in its form, post it (to `to`, else to the page's own address)."""
        _, page = self.load(form_path)
        given = {**page.hidden, **fields}
        if files is None:
            answer = self._ask("POST", to or form_path, form=given, headers=headers)
        else:
            kind, body = multipart(given, files)
            answer = self._ask(
                "POST", to or form_path, body=body, headers={"Content-Type": kind, **headers}
            )
        return answer, Page(answer.text)

    def report(self, **fields: Any) -> str:
        """Report a graffiti; the path of its tracking page."""
        given = {"description": "Paint on the wall", "address": "Elm Street 5"}
        given |= {"contact": "email", "email": "ana@example.org", "follow": "none", **fields}
        answer, _ = self.send("/report?service=graffiti", given)
        assert answer.status == 200, answer.text
        return tracking_path(answer.text)

    def publish(self, **fields: Any) -> str:
        """The same, with the address confirmed, so that everybody may know of it."""
        path = self.report(**fields)
        return confirm(self.town, path)


def pass_time(town: Harness, span: timedelta) -> None:
    """Move the clock alone: no schedule runs."""
    town._town.clock.move_to(town.now + span)


def tracking_path(text: str) -> str:
    """The path of the tracking link on a confirmation page."""
    found = re.search(r'id="tracking" href="[^"]*?(/t/[^"]+)"', text)
    assert found, text
    return unescape(found[1])


def multipart(fields: Mapping[str, Any], files: Mapping[str, bytes]) -> tuple[str, bytes]:
    """A multipart body; files by `field:name`."""
    edge = secrets.token_hex(8)
    parts = [
        f'--{edge}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{each}\r\n'.encode()
        for name, value in fields.items()
        for each in (value if isinstance(value, list) else [value])
    ]
    for place, content in files.items():
        field, _, name = place.partition(":")
        head = f'--{edge}\r\nContent-Disposition: form-data; name="{field}"; filename="{name}"\r\n'
        parts.append(f"{head}Content-Type: text/html\r\n\r\n".encode() + content + b"\r\n")
    return f"multipart/form-data; boundary={edge}", b"".join([*parts, f"--{edge}--\r\n".encode()])


def confirm(town: Harness, path: str) -> str:
    """Press the button behind the link that its author was sent, for the report tracked at `path`; the
    path of its new tracking link."""
    ticket = town.services.store.get(path.split("/")[2])
    link = f"/confirm/{ticket.ticket_id}/{link_secret(town.services.signer, ticket)}"
    page = Page(town.http("GET", link).text)
    answer = town.http("POST", link, form={"form_token": page.hidden["form_token"]})
    assert answer.status == 303, answer.text
    return answer.headers["Location"].partition("?")[0]
