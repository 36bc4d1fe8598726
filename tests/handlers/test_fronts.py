"""Behind a stage, a domain or a path of one: nothing that we say of our addresses leads nowhere."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from html import unescape
from html.parser import HTMLParser
from typing import Any, NamedTuple
from urllib.parse import urljoin, urlsplit

import pytest

from chalicelib.tickets.ports import NotificationKey
from tests.handlers.fronts import DOMAIN, MAPPED, STAGE, Front, FrontedGateway
from tests.handlers.visitor import Page
from tests.harness import Harness, Response

MOST_OF_A_ROUTE = 4
ADDRESSES = ("href", "src", "action", "formaction", "poster")
ADDRESS_DATA = re.compile(r"data-(?:[\w-]*url|uploads|nearby|preview|progress|script|photo|tiles)")
ACCEPT = "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8"
ELSEWHERE = ("tel:", "mailto:", "data:", "#")


class Lead(NamedTuple):
    """Something on a page that names an address: where, how it is asked for, and what it says."""

    page: str
    method: str
    address: str


class Leads(HTMLParser):
    """Every address that a page names."""

    def __init__(self, page: str, text: str) -> None:
        super().__init__()
        self.page, self.found, self._method = page, list[Lead](), "GET"
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            self._method = given.get("method", "get").upper()
        for name, value in given.items():
            if value and (name in ADDRESSES or ADDRESS_DATA.fullmatch(name)):
                is_form = name in ("action", "formaction")
                is_post = name in ("data-uploads", "data-preview")
                method = self._method if is_form else "POST" if is_post else "GET"
                self.found.append(Lead(self.page, method, value))
        if tag == "form" and "action" not in given:
            self.found.append(Lead(self.page, self._method, self.page))


class Guest:
    """Somebody at a front, signed in or not."""

    def __init__(self, town: Harness, front: Front, user: str | None = None) -> None:
        self.town, self.front, self.user = town, front, user
        self.gateway: Any = town._town.gateway

    def get(self, address: str) -> Response:
        headers = {"Accept": ACCEPT}
        return self.town.http("GET", self._target(address), user=self.user, headers=headers)

    def send(self, address: str, fields: Mapping[str, Any], to: str = "") -> Response:
        """Fill in a page's last form as a browser does."""
        page = Page(self.get(address).text)
        headers = {"Origin": f"https://{self.front.host}", "Sec-Fetch-Site": "same-origin"}
        target = self._target(to or address)
        given = {**page.hidden, **fields}
        return self.town.http("POST", target, form=given, user=self.user, headers=headers)

    def follow(self, answer: Response) -> Response:
        """Where a redirect leads, which must be here."""
        assert answer.status == 303, answer.text
        where = answer.headers["Location"]
        assert where.startswith(f"{self.front.prefix}/"), where
        found = self.get(where)
        assert found.status == 200, (where, found.status)
        return found

    def _target(self, address: str) -> str:
        """What a browser asks the gateway for."""
        parts = urlsplit(address)
        assert parts.netloc in ("", self.front.host), address
        return f"{parts.path}?{parts.query}" if parts.query else parts.path


@pytest.fixture(scope="module", params=[STAGE, DOMAIN, MAPPED], ids=["stage", "domain", "mapped"])
def front(request: pytest.FixtureRequest) -> Front:
    return request.param  # type: ignore[no-any-return]


@pytest.fixture(scope="module")
def town(front: Front) -> Iterator[Harness]:
    tiles = "/static/tile.svg?z={z}&x={x}&y={y}"
    with Harness.boot(public_url=front.url, map_tiles=tiles) as booted:
        booted._town.gateway = FrontedGateway(booted._town.gateway._app, front)
        yield booted


@pytest.fixture
def guest(town: Harness, front: Front) -> Guest:
    return Guest(town, front)


def reported(guest: Guest, **fields: str) -> Response:
    """A report by the form; the page that confirms it."""
    given = {"description": "Paint on the wall", "address": "Elm Street 5", "follow": "none"}
    given |= {"contact": "email", "email": "ana@example.org", **fields}
    answer = guest.send(f"{guest.front.prefix}/report?service=graffiti", given)
    assert answer.status == 200, answer.text
    return answer


def wishes_of(town: Harness) -> str:
    """The address of somebody's preferences, as a broadcast's mail names it."""
    sent = town.dump()["notifications"][-1]
    key = NotificationKey(sent["ticket_id"], sent["notification_id"])
    return f"{town.services.settings.public_url}{town.services.preferences.link(key)}"


def links_in_mails(town: Harness) -> set[str]:
    town.drain()
    said = [f"{sent.text} {unescape(sent.html or '')} {sent.headers}" for sent in town.outbox]
    found = re.findall(r"https?://[^\s\"'<>)\]]+", " ".join(said))
    return {address.rstrip(".,;") for address in found}


def walk(guest: Guest, starts: list[str]) -> Iterator[str]:
    """Go through every page that can be reached, some of each kind; yields what leads nowhere."""
    waiting, seen, visits = list(dict.fromkeys(starts)), set(starts), Counter[str]()
    while waiting:
        address = waiting.pop(0)
        route = guest.gateway.route_of(urlsplit(address).path)
        if visits[route] >= MOST_OF_A_ROUTE:
            continue
        visits[route] += 1
        answer = guest.get(address)
        if answer.status >= 400 or answer.status in (301, 302):
            yield f"{address}: {answer.status}"
        if answer.status == 303:
            waiting.append(urljoin(address, answer.headers["Location"]))
        if not answer.headers.get("Content-Type", "").startswith("text/html"):
            continue
        for lead in Leads(address, answer.text).found:
            if lead.address.startswith(ELSEWHERE):
                continue
            where = urljoin(f"https://{guest.front.host}{address}", lead.address)
            parts = urlsplit(where)
            if parts.netloc != guest.front.host:
                yield f"{address}: leads away to {where}"
            elif not guest.gateway.allows(lead.method, parts.path):
                yield f"{address}: {lead.method} {lead.address}"
            elif lead.method == "GET" and where not in seen:
                seen.add(where)
                waiting.append(f"{parts.path}?{parts.query}" if parts.query else parts.path)
    yield from (f"never seen: {each}" for each in expected(guest) - set(visits))


def expected(guest: Guest) -> set[str]:
    """Routes that the walk must have come by, or it proves little."""
    if guest.user:
        return {"/console", "/console/queue", "/console/rules", "/console/keys"} & set(
            guest.gateway._app.routes
        )
    return {
        "/",
        "/report",
        "/reports",
        "/t/{ticket_id}/{secret}",
        "/tickets/{ticket_id}",
        "/confirm/{ticket_id}/{secret}",
        "/preferences/{ticket_id}/{notification_id}/{secret}",
        "/static/{name}",
        "/data/{name}",
        "/reports/feed.atom",
    }


def test_every_link_and_form_of_a_citizens_pages_leads_somewhere(
    town: Harness, guest: Guest
) -> None:
    prefix = guest.front.prefix
    confirmed = reported(guest)
    reported(guest, contact="anonymous", email="", description="Paint for everybody to see")
    mailed = links_in_mails(town) | {wishes_of(town)}
    assert [each for each in mailed if not each.startswith(f"{guest.front.url}/")] == []
    paths = [urlsplit(each).path for each in sorted(mailed)]
    starts = [f"{prefix}/", f"{prefix}/report?service=pothole", f"{prefix}/track", *paths]
    shown = Leads(f"{prefix}/report", confirmed.text).found
    starts += [urlsplit(lead.address).path for lead in shown if lead.method == "GET"]
    assert list(walk(guest, [each for each in starts if each])) == []


def test_every_link_and_form_of_the_console_leads_somewhere(town: Harness, front: Front) -> None:
    reported(Guest(town, front))
    guest = Guest(town, front, "administrator")
    assert list(walk(guest, [f"{front.prefix}/console"])) == []


def test_redirects_stay_here(town: Harness, guest: Guest) -> None:
    prefix = guest.front.prefix
    page = reported(guest, contact="anonymous").text
    tracking = unescape(re.search(r'id="tracking" href="[^"]*?(/t/[^"]+)"', page)[1])  # type: ignore[index]
    path = f"{prefix}{tracking}"
    said = guest.send(path, {"text": "It grows."}, to=f"{path}/messages")
    assert "It grows." in guest.follow(said).text
    guest.follow(guest.send(path, {"locale": "fa"}, to=f"{path}/preferences"))
    guest.follow(guest.send(f"{prefix}/my", {"address": "ana@example.org"}))
    guest.follow(
        guest.send(f"{prefix}/track", {"reference": "x", "code": "y"}, to=f"{prefix}/claim")
    )
    town.drain()
    guest.follow(
        guest.send(
            urlsplit(wishes_of(town)).path, {"locale": "es", "timezone": "", "quiet_hours": ""}
        )
    )


def test_a_form_from_another_site_is_refused_here_too(town: Harness, guest: Guest) -> None:
    address = f"{guest.front.prefix}/my"
    page = Page(guest.get(address).text)
    fields = {**page.hidden, "address": "ana@example.org"}
    headers = {"Origin": "https://evil.example", "Sec-Fetch-Site": "cross-site"}
    assert town.http("POST", address, form=fields, headers=headers).status == 403


def test_cookies_come_back_and_the_consoles_is_bound_to_this_host(
    town: Harness, front: Front
) -> None:
    answer = town.http(
        "GET", f"{front.prefix}/report?service=graffiti&lang=fa", headers={"Cookie": ""}
    )
    set_here = answer.headers.get_all("Set-Cookie")
    assert len(set_here) == 2
    assert all("Path=/;" in each and "Secure" in each for each in set_here)
    guest = Guest(town, front)
    fields = {"username": "administrator", "password": "wrong"}
    refused = guest.send(f"{front.prefix}/console/sign-in", fields)
    assert refused.status == 401
    out = guest.send(f"{front.prefix}/console/sign-in", {}, to=f"{front.prefix}/console/sign-out")
    guest.follow(out)
    ended = [each for each in out.headers.get_all("Set-Cookie") if "staff" in each]
    assert ended
    assert all(each.startswith("__Host-staff=") and "Path=/;" in each for each in ended)
    answer = town.http("GET", f"{front.prefix}/console/tickets/SR-0")
    where = urlsplit(answer.headers["Location"])
    assert where.path == f"{front.prefix}/console/sign-in"


def test_addresses_for_programs_are_whole_and_lead_here(
    town: Harness, guest: Guest, front: Front
) -> None:
    found = town.http("GET", f"{front.prefix}/open311/v2/discovery.json").json()
    bases = [each["url"] for each in found["endpoints"]]
    assert bases == [f"{front.url}/open311/v2"]
    fields = {"api_key": town.api_key, "service_code": "graffiti", "description": "Paint"}
    place = {"lat": "44.05", "long": "-123.02"}
    for _ in range(2):
        posted = guest.town.http(
            "POST", f"{front.prefix}/open311/v2/requests.json", form={**fields, **place}
        )
        assert posted.status == 200, posted.text
    where = posted.headers["Location"]
    assert where.startswith((f"{front.url}/", f"{front.prefix}/open311"))
    assert guest.get(where).status == 200
    listed = guest.get(f"{front.prefix}/open311/v2/requests.json?page_size=1")
    link = listed.headers["Link"].partition("<")[2].partition(">")[0]
    assert link.startswith(f"{front.url}/open311/v2/requests.json?")
    assert guest.get(link).status == 200
    feed = guest.get(f"{front.prefix}/reports/feed.json").json()
    named = [feed["feed_url"], feed["home_page_url"], *(item["url"] for item in feed["items"])]
    atom = guest.get(f"{front.prefix}/reports/feed.atom").text
    named += [unescape(each) for each in re.findall(r'href="([^"]+)"', atom)]
    assert [each for each in named if not each.startswith(front.url)] == []
    assert {guest.get(each).status for each in named} == {200}
    api = town.http("GET", f"{front.prefix}/api/v1/openapi.json").json()
    [server] = [each["url"].rstrip("/") for each in api["servers"]]
    doors = [(how, server + path) for path, ways in api["paths"].items() for how in ways]
    assert len(doors) > 50
    assert [d for d in doors if not guest.gateway.allows(d[0].upper(), d[1])] == []


def test_an_address_beside_the_prefix_is_not_ours(town: Harness, front: Front) -> None:
    if front.prefix:
        assert town.http("GET", "/report").status == 403
    canonical = Page(
        town.http("GET", f"{front.prefix}/reports", headers={"Accept": "text/html"}).text
    )
    links = {
        a.get("href") for tag, a in canonical.tags if tag == "link" and a.get("rel") == "canonical"
    }
    assert links == {f"{front.url}/reports"}
