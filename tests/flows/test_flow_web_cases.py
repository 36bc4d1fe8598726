"""Odd and hostile visits through the whole service: guessed links, forged forms, odd bodies, floods.

Each test is a case of the catalogue; its number stands behind its name.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta

import pytest

from chalicelib.tickets.catalog import Policy
from chalicelib.tickets.model.references import new_ticket_id
from infra.local.gateway import Request
from tests.handlers.programs import BASE, PLACE, Program, codes
from tests.handlers.visitor import PNG, Visitor
from tests.harness import Harness, Response

EVIL = "https://evil.example"
BIG = "a" * 1_250_000
WRONG_A_MINUTE = Policy().wrong_links_a_minute


@pytest.fixture(scope="module")
def town() -> Iterator[Harness]:
    with Harness.boot() as booted:
        yield booted


@pytest.fixture
def visitor(town: Harness) -> Visitor:
    town.tick(town.now + timedelta(hours=1))
    town.drain()  # what the visits before this one caused
    return Visitor(town)


def stored(town: Harness) -> dict[str, int]:
    """How much of each kind is stored."""
    dump = town.dump()
    return {kind: len(dump[kind]) for kind in ("tickets", "entries", "messages", "contacts")}


def from_network(town: Harness, address: str, method: str, path: str) -> Response:
    """A visit from somewhere else."""
    request = Request(method, path, [("Host", "localhost:8000")], b"", address)
    return Response(town._town.gateway.serve(request))


def other(secret: str) -> str:
    """The same secret but for its last letter."""
    return secret[:-1] + ("a" if secret[-1] != "a" else "b")


# -- links -----------------------------------------------------------------------------------------


def test_a_number_opens_nothing_and_neighbours_open_nothing_of_each_other(  # A05
    town: Harness, visitor: Visitor
) -> None:
    mine = visitor.report(email="ana@example.org")
    theirs = visitor.report(email="bo@example.org")
    _, _, number, secret = mine.split("/")
    assert len(secret.partition(".")[2]) * 5 >= 128
    paths = [
        f"/t/{number}",
        f"/t/{number}/",
        f"/t/{number}/ana@example.org",
        f"/t/{number}/{theirs.split('/')[3]}",
        f"/t/{theirs.split('/')[2]}/{secret}",
        f"/t/SR-0000-0000-0/{secret}",
    ]
    answers = [town.http("GET", path) for path in paths]
    assert {each.status for each in answers} == {404}
    assert not any("Paint" in each.text for each in answers)
    varying = re.compile(r"[0-9a-f]{32}|[0-9a-f-]{36}|/t/[^\"]+")
    assert len({varying.sub("", each.text) for each in answers[2:]}) == 1


def test_guessing_ends_with_a_pause_and_the_right_link_opens_all_the_same(  # A06
    town: Harness, visitor: Visitor
) -> None:
    path = visitor.report(email="cy@example.org")
    wrong = other(path)
    tries = WRONG_A_MINUTE + 5
    statuses = [from_network(town, "198.51.100.7", "GET", wrong).status for _ in range(tries)]
    assert statuses == [404] * WRONG_A_MINUTE + [429] * 5
    refused = from_network(town, "198.51.100.7", "GET", wrong)
    assert 0 < int(refused.headers["Retry-After"]) <= 60
    assert from_network(town, "198.51.100.7", "GET", path).status == 200
    town.tick(town.now + timedelta(minutes=1))
    assert from_network(town, "198.51.100.7", "GET", wrong).status == 404


def test_guessing_at_many_reports_from_one_network_ends_too(town: Harness) -> None:  # A06
    paths = [f"/t/{new_ticket_id()}/k1.wrong" for _ in range(WRONG_A_MINUTE + 1)]
    statuses = [from_network(town, "198.51.100.99", "GET", path).status for path in paths]
    assert statuses[-2:] == [404, 429]


def test_what_is_no_reference_costs_nobody_else_a_pause(town: Harness) -> None:  # A06
    for number in range(WRONG_A_MINUTE + 1):
        answer = from_network(town, f"198.51.100.{number}", "GET", "/t/SR-typo/k1.wrong")
        assert answer.status == 404


def test_guessing_at_one_report_from_everywhere_ends_too(  # A06
    town: Harness, visitor: Visitor
) -> None:
    path = visitor.report(email="di@example.org")
    places = [f"198.51.100.{number}" for number in range(WRONG_A_MINUTE + 1)]
    statuses = [from_network(town, place, "GET", other(path)).status for place in places]
    assert statuses[-2:] == [404, 429]
    assert from_network(town, "198.51.100.200", "GET", path).status == 200


# -- forms of others -------------------------------------------------------------------------------


def test_a_form_from_another_site_changes_nothing(town: Harness, visitor: Visitor) -> None:  # A13
    path = visitor.report(email="el@example.org")
    town.drain()
    before, sent = stored(town), len(town.outbox)
    doors = ["/report?service=graffiti", f"{path}/messages", f"{path}/preferences", "/my", "/claim"]
    form = {"description": "x", "address": "A", "contact": "anonymous", "text": "x"}
    form |= {"locale": "fa", "address_typed": "el@example.org"}
    for door in doors:
        for headers in ({"Origin": EVIL}, {"Origin": "null"}, {"Sec-Fetch-Site": "cross-site"}):
            answer = town.http("POST", door, form=form, headers={**headers, "Cookie": ""})
            assert answer.status in (400, 403), (door, headers, answer.status)
    town.drain()
    assert (stored(town), len(town.outbox)) == (before, sent)


def test_every_form_of_the_citizens_pages_wants_its_token(  # A13
    town: Harness, visitor: Visitor
) -> None:
    from app import app

    path = visitor.report(email="flo@example.org")
    town.drain()
    _, _, number, secret = path.split("/")
    confirm = re.search(r"/confirm/\S+/(\S+)", town.outbox[-1].text)[1]
    wishes = re.search(r"/preferences/(\S+)/(\S+)/(\S+)", town.outbox[-1].text)
    words = {"text": "x", "public": "Paint", "locale": "fa", "address": "x@example.org"}
    words |= {"type": "image/png", "name": "x.png", "description": "x", "contact": "anonymous"}
    asked, before = 0, stored(town)
    for route, methods in app.routes.items():
        if "POST" not in methods or route.startswith(("/open311", "/api", "/console")):
            continue
        given = {"ticket_id": number, "secret": confirm if "confirm/" in route else secret}
        if wishes and route.startswith("/preferences"):
            names = ("ticket_id", "notification_id", "secret")
            given = dict(zip(names, wishes.groups(), strict=True))
        address = re.sub(r"\{(\w+)\}", lambda found, known=given: known.get(found[1], "x"), route)
        answer = town.http("POST", address, form=words)
        assert answer.status == 403, (route, answer.status)
        asked += 1
    assert asked >= 10
    town.drain()
    assert stored(town) == before


def test_every_form_of_the_console_wants_its_token(town: Harness) -> None:  # A13
    from app import app

    town.http("GET", "/console", user="administrator")  # signed in, which is written down
    before, asked = len(list(town._town.rows())), 0
    for route, methods in app.routes.items():
        if "POST" in methods and route.startswith("/console"):
            address = re.sub(r"\{\w+\}", "x", route)
            answer = town.http("POST", address, form={"text": "x"}, user="administrator")
            assert answer.status == 403, (route, answer.status)
            assert "own page" in answer.text, route
            asked += 1
    assert asked >= 20
    assert len(list(town._town.rows())) == before


def test_a_form_is_good_for_the_visit_that_loaded_it_alone(  # A13
    town: Harness, visitor: Visitor
) -> None:
    door, before = "/report?service=graffiti", stored(town)
    others = visitor.load(door, Cookie="")[1].hidden
    own = visitor.load(door, Cookie="")[1].hidden
    assert others["form_token"] != own["form_token"]
    words = {"description": "x", "address": "Mine 7", "contact": "anonymous", "follow": "none"}
    for wrong in (others["form_token"], "", own["form_token"][:-1]):
        answer = town.http("POST", door, form=own | words | {"form_token": wrong})
        assert answer.status in (400, 403), wrong
    assert stored(town) == before
    assert town.http("POST", door, form=own | words).status == 200
    once_more = own | words | {"submission": "another-submission-key-7"}
    bare = town.http("POST", door, form=once_more, headers={"Cookie": ""})
    assert bare.status in (400, 403)
    assert stored(town)["tickets"] == before["tickets"] + 1


def test_no_answer_lets_another_site_use_credentials(town: Harness) -> None:  # A13
    for method, path in (
        ("OPTIONS", f"{BASE}/requests.json"),
        ("GET", f"{BASE}/services.json"),
        ("OPTIONS", "/report"),
        ("OPTIONS", "/api/v1/tickets"),
        ("GET", "/console"),
        ("GET", "/"),
    ):
        asked = {"Origin": EVIL, "Access-Control-Request-Method": "POST"}
        headers = town.http(method, path, headers=asked).headers
        assert "Access-Control-Allow-Credentials" not in headers, path
        allowed = headers.get("Access-Control-Allow-Origin", "")
        assert allowed in ("", "*"), path
        assert allowed == "" or path.startswith("/open311"), path


@pytest.mark.parametrize(
    "headers",
    [
        {"X-HTTP-Method-Override": "GET"},
        {"X-HTTP-Method": "DELETE"},
        {"X-Method-Override": "PUT"},
        {"X-Original-URL": "/console"},
        {"X-Rewrite-URL": "/api/v1/tickets"},
        {"X-Forwarded-Path": "/console"},
    ],
)
def test_a_header_does_not_make_another_route(  # A14
    town: Harness, visitor: Visitor, headers: dict[str, str]
) -> None:
    path, before = visitor.report(email="fi@example.org"), None
    before = stored(town)
    form = {"api_key": "wrong", "service_code": "graffiti", **PLACE}
    refused = town.http("POST", f"{BASE}/requests.json", form=form, headers=headers)
    assert (refused.status, codes(refused)) == (403, ["403.api_key"])
    plain, odd = town.http("GET", path), town.http("GET", path, headers=headers)
    assert plain.status == odd.status == 200
    assert town.http("GET", other(path), headers=headers).status == 404
    assert stored(town) == before


@pytest.mark.parametrize(
    "spelling",
    [
        "/console/",
        "//console",
        "/Console",
        "/report/../console",
        "/report/%2e%2e/console",
        "/%63onsole",
        "/console%2f",
        "/api/v1/tickets/",
        "/api//v1/tickets",
        "/api/v1/Tickets",
        "/open311/%2e%2e/api/v1/tickets",
        "/api/v1/tickets/%2e%2e/people",
    ],
)
def test_another_spelling_of_a_guarded_address_opens_nothing(  # A14
    town: Harness, spelling: str
) -> None:
    answer = town.http("GET", spelling, headers={"Cookie": ""})
    assert answer.status in (303, 400, 401, 403, 404), answer.status
    if answer.status == 303:
        assert "/console/sign-in" in answer.headers["Location"]


# -- headers of every answer -----------------------------------------------------------------------


def test_every_page_of_every_route_carries_the_headers(
    town: Harness, visitor: Visitor
) -> None:  # A20
    from app import app

    path = visitor.report(email="gil@example.org")
    _, _, number, secret = path.split("/")
    given = {"ticket_id": number, "secret": secret, "name": "site.css", "digest": "0" * 64}
    opened, pages = 0, 0
    for route, methods in app.routes.items():
        if "GET" not in methods:
            continue
        address = re.sub(r"\{(\w+)\}", lambda found: given.get(found[1], "x"), route)
        user = "administrator" if route.startswith(("/console", "/api")) else None
        answer = town.http("GET", address, user=user, headers={"Accept": "text/html"})
        _expect_headers(answer, route)
        opened += 1
        pages += answer.headers["Content-Type"].startswith("text/html")
    assert opened > 80
    assert pages > 40


def _expect_headers(answer: Response, route: str) -> None:
    headers = answer.headers
    assert headers["X-Content-Type-Options"] == "nosniff", route
    assert int(re.search(r"max-age=(\d+)", headers["Strict-Transport-Security"])[1]) > 10_000_000, (
        route
    )
    policy = headers["Content-Security-Policy"]
    assert "frame-ancestors" in policy and "unsafe-inline" not in policy, route
    assert policy.startswith("default-src 'none'"), route
    assert headers["Referrer-Policy"] == "no-referrer", route
    if route.startswith(("/t/", "/console", "/api/v1/tickets", "/my", "/confirm", "/preferences")):
        assert "no-store" in headers["Cache-Control"], route


# -- bodies ----------------------------------------------------------------------------------------


def test_what_is_too_large_is_refused_with_the_limit_and_nothing_is_half_stored(  # X14
    town: Harness, visitor: Visitor
) -> None:
    program = Program(town)
    json_, long = b'{"name": "' + b"a" * 9_900_000 + b'"}', {"description": BIG}
    kind = {"Content-Type": "application/json"}
    path = visitor.report(email="hal@example.org")
    before = stored(town)
    answers = {
        r"at most 4 MB": town.http(
            "POST", "/api/v1/api-keys", body=json_, headers=kind, user="administrator"
        ),
        r"at most (1,?200,?000) characters": visitor.send(
            "/report?service=graffiti", {**long, "address": "A", "contact": "anonymous"}
        )[0],
        r"most 1,?200,?000 characters": visitor.send(path, {"text": BIG}, to=f"{path}/messages")[0],
        r"400\.too_long\.description": program.post(**PLACE, **long),
        r"[Aa]t most 10 files": _files(visitor, {f"photos:{n}.png": PNG for n in range(51)}),
        r"at most 5 files": _files(visitor, {f"photos:{n}.png": PNG for n in range(6)}),
        r"together at most 4 MB": _files(visitor, {"photos:a.png": PNG + b"\x00" * 4_500_000}),
        r"Send at most 4 MB": _files(visitor, {"photos:a.png": PNG + b"\x00" * 5_000_000}),
        r"Send at most (4) MB": _files(visitor, {"photos:a.png": PNG + b"\x00" * 11_000_000}),
    }
    for limit, answer in answers.items():
        assert answer.status in (400, 413, 422), (limit, answer.status)
        assert re.search(limit, answer.text), (limit, re.sub("<[^>]+>", "", answer.text)[:3000])
    assert stored(town) == before


def _files(visitor: Visitor, files: dict[str, bytes]) -> Response:
    fields = {"description": "x", "address": "A", "contact": "anonymous"}
    return visitor.send("/report?service=graffiti", fields, files=files)[0]


ODD_BODIES = (
    b'{"name": NaN}',
    b'{"days": Infinity}',
    b"[" * 100_000,
    b'[{"name": "a"}]',
    b'{"name": "\xff"}',
    b'\xef\xbb\xbf{"name": "a"}',
    b'{"name": "a", "kind": "live", "no_such_field": 1}',
    b'{"name": 5, "kind": "live"}',
    b'{"name": "a", "kind": "live", "days": "many"}',
    b'{"name": "a", "kind": "live", "days": 1e999}',
    b"",
)


def test_an_odd_body_is_a_problem_that_is_named_and_never_ours(town: Harness) -> None:  # X15
    before = len(list(town._town.rows()))
    kinds = dict.fromkeys(ODD_BODIES, "application/json")
    kinds[b'{"name": "a", "kind": "live"}'] = "text/plain"
    for body, kind in kinds.items():
        headers, user = {"Content-Type": kind}, "administrator"
        answer = town.http("POST", "/api/v1/api-keys", body=body, headers=headers, user=user)
        assert answer.status in (400, 415, 422), (body[:40], answer.status)
        assert answer.headers["Content-Type"].startswith("application/")
        assert answer.json()
    assert len(list(town._town.rows())) == before


def test_every_script_is_kept_letter_by_letter_and_told_in_few_texts(  # X16
    town: Harness, visitor: Visitor
) -> None:
    words = "e" + "\u0301" * 1_000 + " 👩\u200d👩\u200d👧 \U0001f573 می\u200cخواهم \u200fعربي 路面"
    name = "علی\u200cرضا ن."
    given = {"description": words, "name": name, "contact": "sms", "phone": "+12025550177"}
    path = visitor.report(**given, email="", lang="fa")
    ticket = next(t for t in town.dump()["tickets"] if t["ticket_id"] == path.split("/")[2])
    assert ticket["description"] == words
    visitor.send(path, {"text": words}, to=f"{path}/messages")
    added = [e for e in town.dump()["entries"] if e["ticket_id"] == ticket["ticket_id"]][-1]
    assert added["text"] == words
    assert ticket["requester"]["name"] == name
    town.drain()
    texts = [sent for sent in town.outbox if "2025550177" in str(sent.to)]
    assert texts
    for sent in texts:
        is_wide = any(
            ord(letter) > 0x2000 or "\u0600" <= letter <= "\u06ff" for letter in sent.text
        )
        assert len(sent.text.encode("utf-16-be")) // 2 <= (134 if is_wide else 306)
    too_long = {"description": "x" * 1_200_001, "address": "A", "contact": "anonymous"}
    answer, _ = visitor.send("/report?service=graffiti", too_long)
    assert answer.status == 400
    assert Program(town).post(**PLACE, description="👩" * 4_000).status == 200


INNER = (
    "http://169.254.169.254/latest/meta-data/",
    "http://[::ffff:169.254.169.254]/",
    "http://2852039166/",
    "http://0xa9fea9fe/",
    "http://169.254.43518/",
    "http://0xa9.0xfe.0xa9.0xfe/",
    "http://localhost:8000/",
    "https://db.internal/",
    "file:///etc/passwd",
    "gopher://example.org/",
    "https://user:word@example.org/",
)


def test_an_address_into_the_house_is_refused_wherever_one_is_taken(town: Harness) -> None:  # X17
    program, before = Program(town), stored(town)
    request_id = program.make()
    for url in INNER:
        answer = program.post(**PLACE, media_url=url)
        assert (answer.status, codes(answer)) == (400, ["400.media_url"]), url
        update = {"api_key": program.key, "service_request_id": request_id, "update_id": url}
        update |= {"updated_datetime": "2026-03-02T12:00:00Z", "status": "OPEN", "description": "x"}
        refused = town.http(
            "POST", f"{BASE}/servicerequestupdates.json", form={**update, "media_url": url}
        )
        assert (refused.status, codes(refused)) == (400, ["400.media_url"]), url
    assert stored(town)["tickets"] == before["tickets"] + 1


@pytest.mark.parametrize(
    "path",
    [
        f"{BASE}/requests.json?page_size=1000000000",
        f"{BASE}/requests.json?page_size=1001",
        f"{BASE}/requests.json?page_size=-1",
        f"{BASE}/requests.json?cursor=garbage",
        f"{BASE}/requests.json?page=٣",
        f"{BASE}/bulk.csv?cursor=garbage",
        f"{BASE}/servicerequestupdates.json?cursor=garbage",
        "/api/v1/tickets?size=1000000000",
        "/api/v1/tickets?token=garbage",
        "/api/v1/audit?token=W10",
    ],
)
def test_a_bound_that_is_no_bound_is_refused(town: Harness, path: str) -> None:  # X18
    user = "administrator" if path.startswith("/api") else None
    answer = town.http("GET", path, user=user)
    assert answer.status in (400, 422), (answer.status, answer.text[:200])
    assert "garbage" not in answer.text


@pytest.mark.parametrize(
    "path",
    [
        f"{BASE}/requests.json?sort=__class__&page_size=1&page_size=2",
        f"{BASE}/services.json?sort=__class__&limit=1000000000",
        "/reports?page=1000000000&sort=__class__&status=x&status=y",
        "/reports?token=garbage",
        "/api/v1/tickets?sort=__class__&status=open&status=new",
    ],
)
def test_an_argument_that_means_nothing_never_costs_more_than_a_page(  # X18
    town: Harness, path: str
) -> None:
    user = "administrator" if path.startswith("/api") else None
    town.clear_calls()
    answer = town.http("GET", path, user=user)
    assert answer.status in (200, 303, 400, 404, 422), answer.status
    assert town.calls.total() <= 12
    assert not any("Scan" in name for name in town.calls)


# -- floods ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("phone", "said"),
    [
        ("+1 900 234 5678", "costs too much"),
        ("+44 909 879 0123", "costs too much"),
        ("+44 7700 900123", "cannot send texts to this country"),
        ("+98 912 345 6789", "cannot send texts to this country"),
    ],
)
def test_a_number_that_costs_or_lies_elsewhere_is_refused_in_words(  # S12
    town: Harness, visitor: Visitor, phone: str, said: str
) -> None:
    before, sent = stored(town), len(town.outbox)
    fields = {"description": "x", "address": "A", "contact": "sms", "phone": phone}
    answer, page = visitor.send("/report?service=graffiti", fields)
    assert answer.status == 400
    assert said in page.words
    town.drain()
    assert (stored(town), len(town.outbox)) == (before, sent)


def test_a_form_is_no_means_to_fill_a_strangers_mailbox(
    town: Harness, visitor: Visitor
) -> None:  # L07
    rude = "You are a fool, click https://evil.example/win"
    for number in range(5):
        visitor.report(email="victim@example.org", description=f"{rude} {number}", name=rude)
    town.drain()
    mails = [sent for sent in town.outbox if "victim@example.org" in str(sent.to)]
    assert len(mails) == 1
    assert "fool" not in mails[0].subject + mails[0].text + mails[0].html
    assert "evil.example" not in mails[0].raw.decode("utf-8", "replace")
    mine = [t for t in town.dump()["tickets"] if rude in t["description"]]
    assert len(mine) == 5
    assert not any(ticket["is_confirmed"] for ticket in mine)
