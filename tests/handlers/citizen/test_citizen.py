"""The citizens' pages, through the gateway of a town."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterator
from datetime import timedelta

import pytest

from tests.handlers.visitor import PNG, Page, Visitor, multipart
from tests.harness import Harness

LOCALES = ("en", "es", "fa", "zh")

NOT_LOADED = ("canonical", "alternate")  # said to search engines and feed readers


@pytest.fixture(scope="module")
def town() -> Iterator[Harness]:
    """One town for the whole module: each test makes its own report."""
    with Harness.boot() as booted:
        yield booted


@pytest.fixture
def visitor(town: Harness) -> Visitor:
    return Visitor(town)


def ticket_of(town: Harness, path: str) -> dict:
    ticket_id = path.split("/")[2]
    return next(each for each in town.dump()["tickets"] if each["ticket_id"] == ticket_id)


# -- reporting -------------------------------------------------------------------------------------


def test_report_opens_a_ticket_and_shows_reference_and_tracking_link(
    town: Harness, visitor: Visitor
) -> None:
    answer, page = visitor.send(
        "/report?service=graffiti",
        {
            "description": "Paint on the wall\r\nsince Monday",
            "address": "Elm Street 5",
            "contact": "email",
            "name": "Ana",
            "email": "Ana@example.org",
        },
    )
    reference = re.search(r"SR-\w{4}-\w{4}-\w", page.words)
    assert answer.status == 200
    assert reference
    assert any(f"/t/{reference[0]}/" in link for link in page.links)
    assert "What happens next" in page.words
    ticket = next(t for t in town.dump()["tickets"] if t["ticket_id"] == reference[0])
    assert ticket["description"] == "Paint on the wall\nsince Monday"
    assert ticket["channel"] == "web"


def test_report_is_acknowledged_by_mail_with_the_same_link(town: Harness, visitor: Visitor) -> None:
    path = visitor.report(email="bea@example.org")
    town.drain()
    mail = next(sent for sent in town.outbox if "bea@example.org" in str(sent.to))
    assert path in mail.text


def test_double_press_opens_one_ticket(town: Harness, visitor: Visitor) -> None:
    _, form = visitor.load("/report?service=graffiti")
    fields = {**form.hidden, "description": "Twice", "address": "A", "contact": "anonymous"}
    first = town.http("POST", "/report?service=graffiti", form=fields)
    again = town.http("POST", "/report?service=graffiti", form=fields)
    references = {re.search(r"SR-[\w-]{11}", each.text)[0] for each in (first, again)}
    assert len(references) == 1
    assert len([t for t in town.dump()["tickets"] if t["description"] == "Twice"]) == 1


def test_report_without_answers_names_every_field_and_leads_to_it(visitor: Visitor) -> None:
    answer, page = visitor.send("/report?service=pothole", {})
    assert answer.status == 400
    anchors = {link[1:] for link in page.links if link.startswith("#") and link != "#main"}
    assert {"description", "address", "contact", "q-size"} <= anchors
    assert anchors <= page.ids


def test_form_keeps_what_was_written_when_something_is_wrong(visitor: Visitor) -> None:
    answer, _ = visitor.send(
        "/report?service=graffiti", {"description": "Zebra <b>", "email": "nonsense"}
    )
    assert answer.status == 400
    assert "Zebra &lt;b&gt;" in answer.text
    assert 'value="nonsense"' in answer.text


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", "Ana\r\nBcc: eve@example.org"),
        ("name", "Ana\u2028Eve"),
        ("email", "ana@example.org\n"),
        ("email", "a@x.org,b@y.org"),
        ("email", "a@[127.0.0.1]"),
        ("email", "a@localhost"),
        ("email", "report@city.example"),
        ("phone", "not a number"),
        ("lat", "91"),
        ("description", "x" * 1_200_001),
        ("address", "x" * 401),
    ],
)
def test_wrong_field_is_refused_by_name(
    town: Harness, visitor: Visitor, field: str, value: str
) -> None:
    own = town.services.settings.intake_addresses[0]
    value = own if value == "report@city.example" else value
    given = {"description": "Hm", "address": "A", "contact": "email", "email": "ana@example.org"}
    before = len(town.dump()["tickets"])
    answer, page = visitor.send("/report?service=graffiti", {**given, "long": "1", field: value})
    assert answer.status == 400
    assert f"#{field}" in page.links
    assert len(town.dump()["tickets"]) == before


def test_forbidden_fields_have_no_effect(town: Harness, visitor: Visitor) -> None:
    path = visitor.report(status="closed", priority="p1", assignee="eve", is_public="", version="9")
    ticket = ticket_of(town, path)
    assert (ticket["status"], ticket.get("assignee") or "") == ("new", "")


def test_service_questions_are_kept_with_the_ticket(town: Harness, visitor: Visitor) -> None:
    answer, _ = visitor.send(
        "/report?service=pothole",
        {
            "description": "Hole",
            "address": "A",
            "contact": "anonymous",
            "attribute[size]": "larger",
            "attribute[depth]": "۱۲",
        },
    )
    assert answer.status == 200
    reference = re.search(r"SR-[\w-]{11}", answer.text)[0]
    ticket = next(t for t in town.dump()["tickets"] if t["ticket_id"] == reference)
    assert ticket["attributes"] == {"size": "larger", "depth": "12"}


def test_something_else_goes_by_its_words(town: Harness, visitor: Visitor) -> None:
    answer, _ = visitor.send(
        "/report?service=other",
        {"description": "There is a pothole in the road", "contact": "anonymous"},
    )
    reference = re.search(r"SR-[\w-]{11}", answer.text)[0]
    ticket = next(t for t in town.dump()["tickets"] if t["ticket_id"] == reference)
    assert ticket["service_code"] == "pothole"


def test_anonymous_report_keeps_no_contact(town: Harness, visitor: Visitor) -> None:
    path = visitor.report(contact="anonymous", name="Ana", email="ana@example.org")
    assert "ana" not in str(ticket_of(town, path)["requester"]).lower()


def test_photos_are_kept_under_safe_names(town: Harness, visitor: Visitor) -> None:
    fields = {"description": "See", "address": "A", "contact": "anonymous"}
    answer, _ = visitor.send(
        "/report?service=graffiti", fields, files={"photos:..\\..\\evil\u202e.html": PNG}
    )
    assert answer.status == 200
    path = re.search(r'(/t/[^"]+)"', answer.text)[1]
    _tracking, page = visitor.load(path)
    link = next(link for link in page.links if "/files/" in link)
    file = town.http("GET", link)
    assert file.body == PNG
    expected = "attachment; filename=\"evil.png\"; filename*=UTF-8''evil.png"
    assert file.headers["Content-Disposition"] == expected
    assert "sandbox" in file.headers["Content-Security-Policy"]
    assert file.headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize("content", [b"<script>alert(1)</script>", b"<svg onload=alert(1)>", b"MZ"])
def test_file_that_is_no_photo_is_refused(visitor: Visitor, content: bytes) -> None:
    fields = {"description": "See", "address": "A", "contact": "anonymous"}
    answer, page = visitor.send(
        "/report?service=graffiti", fields, files={"photos:nice.png": content}
    )
    assert answer.status == 400
    assert "#photos" in page.links


def test_too_large_a_form_says_the_limit(town: Harness, visitor: Visitor) -> None:
    kind, body = multipart(
        {"description": "What I wrote"}, {"photos:a.png": PNG + b"\x00" * 4_500_000}
    )
    answer = town.http("POST", "/report", body=body, headers={"Content-Type": kind})
    assert answer.status == 413
    assert "What I wrote" in answer.text and "together at most 4 MB" in Page(answer.text).words


EVIL = '"><img src=x onerror=alert(1)>'


def test_markup_in_every_field_is_shown_as_words(town: Harness, visitor: Visitor) -> None:
    """As name, words, place, file name and search term; in the form's errors, too."""
    fields = {"description": EVIL, "address": f"{EVIL} 1", "name": EVIL, "photo_place": EVIL}
    wrong, _ = visitor.send("/report?service=graffiti", {**fields, "email": EVIL})
    right = {**fields, "contact": "email", "email": "evil@example.org"}
    answer, _ = visitor.send("/report?service=graffiti", right, files={f"photos:{EVIL}.png": PNG})
    path = re.search(r'(/t/[^"]+)"', answer.text)[1]
    paths = [path, f"/tickets/{path.split('/')[2]}", "/my", f"{path}/holdings", "/report"]
    shown = [town.http("GET", each) for each in paths]
    shown += [town.http("GET", f"/report?q={EVIL}"), town.http("GET", f"/track?reference={EVIL}")]
    found, _ = visitor.send(path, {"text": "x" * 1_200_001 + EVIL}, to=f"{path}/messages")
    for each in [wrong, answer, found, *shown]:
        if "html" in each.headers["Content-Type"]:
            assert "<img" not in each.text, each.text[:200]
        assert each.headers["X-Content-Type-Options"] == "nosniff"


def test_first_visit_weighs_less_than_sixty_kilobytes(town: Harness, visitor: Visitor) -> None:
    tracking = visitor.report()
    shown = (
        "/",
        "/report",
        "/report?service=pothole",
        "/reports",
        "/performance",
        "/data",
        tracking,
    )
    public = f"/tickets/{tracking.split('/')[2]}"
    for path in (*shown, public):
        answer, page = visitor.load(path, **{"Accept-Language": "fa"})
        pieces = [a["href"] for tag, a in page.tags if tag == "link" and "/static/" in a["href"]]
        pieces += [a["src"] for tag, a in page.tags if tag == "script"]
        weight = len(answer.body) + sum(len(town.http("GET", piece).body) for piece in pieces)
        assert weight < 60_000, (path, weight)


def test_no_page_needs_unsafe_inline(town: Harness, visitor: Visitor) -> None:
    for path in ("/", "/report?service=pothole", "/track", "/my", visitor.report()):
        answer, page = visitor.load(path)
        policy = answer.headers["Content-Security-Policy"]
        assert "unsafe" not in policy and "default-src 'none'" in policy
        assert not [a for tag, a in page.tags if tag == "script" and "src" not in a]
        assert not [a for _, a in page.tags if "style" in a or any(n[:2] == "on" for n in a)]


def test_too_many_files_are_refused(visitor: Visitor) -> None:
    files = {f"photos:{n}.png": PNG for n in range(51)}
    answer, _ = visitor.send("/report?service=graffiti", {"description": "x"}, files=files)
    assert answer.status == 400


# -- forgery ---------------------------------------------------------------------------------------


def test_post_without_token_changes_nothing_and_keeps_the_words(town: Harness) -> None:
    fields = {"description": "Forged", "address": "A", "contact": "anonymous"}
    answer = town.http("POST", "/report?service=graffiti", form=fields)
    assert answer.status == 403
    assert "Forged" in answer.text
    assert not [t for t in town.dump()["tickets"] if t["description"] == "Forged"]


@pytest.mark.parametrize(
    "headers",
    [{"Origin": "https://evil.example"}, {"Sec-Fetch-Site": "cross-site"}],
)
def test_post_from_another_site_changes_nothing(
    town: Harness, visitor: Visitor, headers: dict[str, str]
) -> None:
    fields = {"description": "Foreign", "address": "A", "contact": "anonymous"}
    answer, _ = visitor.send("/report?service=graffiti", fields, **headers)
    assert answer.status == 403
    assert not [t for t in town.dump()["tickets"] if t["description"] == "Foreign"]


def test_token_of_another_visitor_is_no_good(town: Harness, visitor: Visitor) -> None:
    _, form = visitor.load("/report?service=graffiti")
    fields = {**form.hidden, "description": "Stolen", "address": "A", "contact": "anonymous"}
    answer = town.http(
        "POST", "/report?service=graffiti", form=fields, headers={"Cookie": "visit=" + "a" * 24}
    )
    assert answer.status == 403


# -- tracking --------------------------------------------------------------------------------------


def test_tracking_page_shows_the_story_to_its_holder(visitor: Visitor) -> None:
    answer, page = visitor.load(visitor.report(description="Paint <i>everywhere</i>"))
    assert answer.status == 200
    assert "Received" in page.words
    assert "Paint <i>everywhere</i>" in page.words
    assert "What has happened" in page.words


def test_reference_alone_or_a_wrong_secret_opens_nothing(town: Harness, visitor: Visitor) -> None:
    path = visitor.report(description="Secret words", email="s@example.org")
    ticket_id = path.split("/")[2]
    wrong = town.http("GET", f"{path[:-1]}{'a' if path[-1] != 'a' else 'b'}")
    absent = town.http("GET", "/t/SR-0000-0000-0/a.aaaa")
    assert wrong.status == absent.status == 404
    numbers = re.compile(r"[0-9a-f]{32}|[0-9a-f-]{36}")
    strip = re.compile(r"/t/[^\"]+")
    bodies = {strip.sub("", numbers.sub("", each.text)) for each in (wrong, absent)}
    assert len(bodies) == 1
    public = town.http("GET", f"/tickets/{ticket_id}")
    assert "s@example.org" not in public.text


def test_private_service_has_no_public_page(town: Harness, visitor: Visitor) -> None:
    answer, _ = visitor.send(
        "/report?service=noise",
        {
            "description": "Drums",
            "address": "A",
            "contact": "anonymous",
            "attribute[times]": "At night",
        },
    )
    found = re.search(r"SR-\w{4}-\w{4}-\w", answer.text)
    assert found, answer.text
    assert town.http("GET", f"/tickets/{found[0]}").status == 404


def test_holder_adds_words_and_photos(town: Harness, visitor: Visitor) -> None:
    path = visitor.report()
    answer, _ = visitor.send(
        path, {"text": "It is green"}, to=f"{path}/messages", files={"photos:a.png": PNG}
    )
    assert answer.status == 303
    _, page = visitor.load(path)
    assert "It is green" in page.words
    assert any("/files/" in link for link in page.links)


def test_empty_addition_is_named(visitor: Visitor) -> None:
    path = visitor.report()
    answer, page = visitor.send(path, {"text": "  "}, to=f"{path}/messages")
    assert answer.status == 400
    assert "#text" in page.links


def test_not_fixed_reopens_a_resolved_report(town: Harness, visitor: Visitor) -> None:
    path = visitor.report()
    ticket_id = path.split("/")[2]
    resolve(town, ticket_id)
    _, page = visitor.load(path)
    assert "This is not fixed" in page.words
    answer, _ = visitor.send(path, {"text": "", "not_fixed": "yes"}, to=f"{path}/messages")
    assert answer.status == 303
    assert ticket_of(town, path)["status"] == "in_progress"


def resolve(town: Harness, ticket_id: str) -> None:
    from chalicelib.tickets.model.ticket import Actor, Status

    desk = town.services.desk
    version = desk.case(ticket_id).ticket.version
    clerk = Actor("staff", "clerk@city.example", "Cleo Clerk")
    desk.change_status(ticket_id, clerk, Status.RESOLVED, "Painted over.", version=version)


def test_notes_and_staff_names_never_reach_the_tracking_page(
    town: Harness, visitor: Visitor
) -> None:
    from chalicelib.tickets.model.ticket import Actor

    path = visitor.report()
    ticket_id = path.split("/")[2]
    desk = town.services.desk
    clerk = Actor("staff", "clerk@city.example", "Cleo Canary")
    version = desk.case(ticket_id).ticket.version
    version = desk.note(ticket_id, clerk, "canary in the note", version=version).version
    desk.reply(ticket_id, clerk, "We are on it.", version=version)
    for page in (path, f"/tickets/{ticket_id}", f"/open311/v2/requests/{ticket_id}.json"):
        assert "canary" not in town.http("GET", page).text.lower()
    assert "We are on it." in visitor.load(path)[1].words


def test_language_and_channel_are_changed_from_the_tracking_page(
    town: Harness, visitor: Visitor
) -> None:
    path = visitor.report(phone="+12025550123")
    answer, _ = visitor.send(path, {"locale": "fa", "channel": "sms"}, to=f"{path}/preferences")
    assert answer.status == 303
    ticket = ticket_of(town, path)
    assert (ticket["locale"], ticket["preferred_channel"]) == ("fa", "sms")
    visitor.load("/?lang=en")


def test_additions_after_closing_open_a_linked_report(town: Harness, visitor: Visitor) -> None:
    from chalicelib.tickets.model.ticket import Actor, Status

    path = visitor.report()
    ticket_id = path.split("/")[2]
    resolve(town, ticket_id)
    desk = town.services.desk
    version = desk.case(ticket_id).ticket.version
    desk.change_status(ticket_id, Actor("staff", "c"), Status.CLOSED, "Done.", version=version)
    answer, _ = visitor.send(path, {"text": "Again!"}, to=f"{path}/messages")
    assert answer.status == 303
    assert ticket_id not in answer.headers["Location"]
    assert town.http("GET", answer.headers["Location"]).status == 200


# -- the site --------------------------------------------------------------------------------------


@pytest.mark.parametrize("locale", LOCALES)
@pytest.mark.parametrize("path", ["/", "/report", "/report?service=pothole", "/track", "/nowhere"])
def test_pages_speak_every_language(visitor: Visitor, path: str, locale: str) -> None:
    answer, page = visitor.load(path, **{"Accept-Language": f"{locale};q=0.9, xx", "Cookie": "a=b"})
    if path == "/nowhere":
        assert answer.status in (403, 404)
        return
    tag = next(attrs for tag, attrs in page.tags if tag == "html")
    assert (tag["lang"], tag["dir"]) == (locale, "rtl" if locale == "fa" else "ltr")


def test_language_chosen_by_hand_is_remembered(town: Harness, visitor: Visitor) -> None:
    visitor.load("/?lang=es")
    assert 'lang="es"' in town.http("GET", "/track", headers={"Accept-Language": "zh"}).text
    visitor.load("/?lang=en")


@pytest.mark.parametrize(
    "path",
    ["/", "/report", "/track", "/report?service=pothole", "/t/x/y", "/health", "/robots.txt"],
)
def test_every_answer_carries_the_security_headers(town: Harness, path: str) -> None:  # A20
    headers = town.http("GET", path).headers
    policy = headers["Content-Security-Policy"]
    assert "unsafe-inline" not in policy
    assert "frame-ancestors 'none'" in policy
    assert "max-age" in headers["Strict-Transport-Security"]
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "no-referrer"
    assert "Permissions-Policy" in headers


@pytest.mark.parametrize("path", ["/", "/report", "/report?service=pothole", "/track"])
def test_pages_hold_no_inline_style_or_script_and_load_nothing_from_elsewhere(
    visitor: Visitor, path: str
) -> None:
    answer, page = visitor.load(path)
    assert "<style" not in answer.text
    assert not re.search(r"<script(?![^>]*src=)", answer.text)
    assert not [attrs for _, attrs in page.tags if "style" in attrs or "onclick" in attrs]
    loaded = [
        a.get("src") or a.get("href", "")
        for tag, a in page.tags
        if tag in ("script", "link", "img") and a.get("rel") not in NOT_LOADED
    ]
    assert loaded
    assert all(each.startswith("/static/") for each in loaded)


def test_static_files_are_kept_by_browsers_and_asked_for_by_tag(
    town: Harness, visitor: Visitor
) -> None:
    _, page = visitor.load("/")
    sheet = next(a["href"] for tag, a in page.tags if a.get("rel") == "stylesheet")
    first = town.http("GET", sheet)
    assert "immutable" in first.headers["Cache-Control"]
    again = town.http("GET", sheet, headers={"If-None-Match": first.headers["ETag"]})
    assert again.status == 304
    assert town.http("GET", "/static/..%2fpages.py").status == 404


@pytest.mark.parametrize("typed", ["sr 4k7d", "x", "<script>"])
def test_reference_that_is_none_is_said_so(visitor: Visitor, typed: str) -> None:
    from urllib.parse import quote

    answer, _page = visitor.load(f"/track?reference={quote(typed)}")
    assert answer.status == 400
    assert "<script>" not in answer.text


def test_reference_leads_to_the_public_page(town: Harness, visitor: Visitor) -> None:
    ticket_id = visitor.report().split("/")[2]
    typed = ticket_id.lower().replace("-", " ").replace(" ", "+")
    answer = town.http("GET", f"/track?reference={typed}")
    assert answer.headers["Location"] == f"/tickets/{ticket_id}"
    assert ticket_id in town.http("GET", f"/tickets/{ticket_id}").text


def test_search_finds_services_by_everyday_words_of_any_language(visitor: Visitor) -> None:
    for query in ("hole+in+the+road", "bache", "%DA%86%D8%A7%D9%84%D9%87"):
        _, page = visitor.load(f"/report?q={query}")
        assert "/report?service=pothole" in page.links
        assert "/report?service=noise" not in page.links


def test_tracking_page_costs_at_most_two_calls(town: Harness, visitor: Visitor) -> None:
    path = visitor.report()
    visitor.load(path)
    town.clear_calls()
    visitor.load(path)
    assert town.calls.total() <= 2


def test_web_report_costs_at_most_five_calls_until_it_is_answered(
    town: Harness, visitor: Visitor
) -> None:
    town.drain()
    _, form = visitor.load("/report?service=graffiti")
    fields = {**form.hidden, "description": "Calls", "address": "A"}
    fields |= {"contact": "email", "email": "calls@example.org"}
    town.clear_calls()
    town.http("POST", "/report?service=graffiti", form=fields)
    town.drain()
    assert town.calls.total() <= 5, town.calls


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH"])
def test_other_methods_are_refused_in_our_own_shape(town: Harness, method: str) -> None:
    answer = town.http(method, "/report", headers={"X-HTTP-Method-Override": "GET"})
    assert answer.status in (403, 404, 405)
    assert "Content-Security-Policy" in answer.headers
    assert "Code" not in answer.text


def test_reply_window_ends(town: Harness, visitor: Visitor) -> None:
    path = visitor.report()
    resolve(town, path.split("/")[2])
    days = town.services.catalog.load().policy.reopen_days
    later = town.now + timedelta(days=days, hours=1)
    town.tick(later)
    assert "This is not fixed" not in visitor.load(path)[1].words


def test_public_page_masks_private_words(town: Harness, visitor: Visitor) -> None:
    path = visitor.report(description="Call me: 202 555 0123 or ana@example.org")
    page = Page(town.http("GET", f"/tickets/{path.split('/')[2]}").text)
    assert "555" not in page.words
    assert "ana@" not in page.words


# -- hostile and broken ----------------------------------------------------------------------------


class Exploding:
    """A part that breaks on every touch, with words that nobody may see."""

    def __getattr__(self, name: str) -> None:
        raise RuntimeError("canary ana@example.org in an exception")


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/report",
        "/report?service=pothole",
        "/t/SR-0000-0000-0/x.y",
        "/tickets/SR-0000-0000-0",
        "/open311/v2/services.json",
        "/open311/v2/requests.xml",
        "/open311/v2/requests/SR-0000-0000-0.json",
    ],
)
def test_bug_shows_a_number_that_the_log_knows_and_nothing_else(
    town: Harness, path: str, caplog: pytest.LogCaptureFixture
) -> None:
    services = town.services
    kept = {name: vars(services).get(name) for name in ("catalog", "desk", "store")}
    vars(services).update(dict.fromkeys(kept, Exploding()))
    try:
        answer = town.http("GET", path)
    finally:
        for name, part in kept.items():
            vars(services).pop(name)
            vars(services).update({name: part} if part else {})
    assert answer.status == 500
    assert "canary" not in answer.text + caplog.text
    assert "Traceback" not in answer.text + caplog.text
    logged = [record.request_id for record in caplog.records if hasattr(record, "request_id")]
    assert any(number in answer.text for number in logged)


@pytest.mark.parametrize(
    "path", ["/t/{}/", "/T/{}/x", "/t//{}", "/t/{}/%2e%2e", "/t/{}/..;/", "/tickets/{}/../../t"]
)
def test_bent_paths_open_nothing(town: Harness, visitor: Visitor, path: str) -> None:
    tracking = visitor.report(description="Bent words")
    answer = town.http("GET", path.format(tracking.split("/")[2]))
    assert answer.status in (400, 403, 404)
    assert "Bent words" not in answer.text


def test_tracking_secret_is_in_no_log(
    town: Harness, visitor: Visitor, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG", logger="chalicelib")
    path = visitor.report()
    visitor.load(path)
    town.http("GET", path + "x")
    assert path.split("/")[3] not in caplog.text


def test_revoked_link_opens_nothing(town: Harness, visitor: Visitor) -> None:
    from chalicelib.tickets.model.records import Change

    path = visitor.report()
    ticket = town.services.store.get(path.split("/")[2])
    ticket.tracking_version += 1
    town.services.store.save(Change(ticket=ticket))
    assert town.http("GET", path).status == 410


def test_file_of_another_report_stays_shut(town: Harness, visitor: Visitor) -> None:
    fields = {"description": "See", "address": "A", "contact": "anonymous"}
    answer, _ = visitor.send(
        "/report?service=graffiti", fields, files={"photos:a.png": PNG + b"other"}
    )
    theirs = Page(visitor.load(re.search(r'(/t/[^"]+)"', answer.text)[1])[0].text)
    digest = next(link for link in theirs.links if "/files/" in link).rpartition("/")[2]
    own = visitor.report()
    assert town.http("GET", f"{own}/files/{digest}").status == 404
    assert town.http("GET", f"{own}/files/{'0' * 64}").status == 404


def test_one_form_and_one_post_are_enough(town: Harness, visitor: Visitor) -> None:
    fields = {"description": "Light out", "address": "A", "contact": "anonymous"}
    answer, _ = visitor.send("/report", {**fields, "service_code": "streetlight"})
    if answer.status == 400:  # its own questions come next
        assert "attribute[" in answer.text
    answer, _ = visitor.send("/report", {**fields, "service_code": "other"})
    assert answer.status == 200
    assert "SR-" in answer.text


def test_photos_come_along_when_the_form_is_shown_again(town: Harness, visitor: Visitor) -> None:
    answer, page = visitor.send("/report?service=graffiti", {}, files={"photos:a.png": PNG})
    assert answer.status == 400
    assert "1 file is kept already" in page.words
    fields = {"description": "With it", "address": "A", "contact": "anonymous"}
    answer = town.http("POST", "/report?service=graffiti", form=page.hidden | fields)
    path = re.search(r'(/t/[^"]+)"', answer.text)[1]
    assert [link for link in visitor.load(path)[1].links if "/files/" in link]


def test_nobody_names_a_file_that_we_gave_no_leave_for(town: Harness, visitor: Visitor) -> None:
    _, page = visitor.load("/report?service=graffiti")
    stolen = {"upload": "files/aaaa|k1.aaaaaaaaaaaaaaaaaaaaaaaaaa|a.png", "contact": "anonymous"}
    fields = page.hidden | stolen | {"description": "Hm", "address": "A"}
    answer = town.http("POST", "/report?service=graffiti", form=fields)
    path = re.search(r'(/t/[^"]+)"', answer.text)[1]
    assert not [link for link in visitor.load(path)[1].links if "/files/" in link]


def test_leave_to_post_a_photo_fixes_its_type_and_its_size(town: Harness, visitor: Visitor) -> None:
    _, page = visitor.load("/report?service=graffiti")
    form = {"form_token": page.hidden["form_token"], "type": "image/jpeg", "name": "a.jpg"}
    given = town.http("POST", "/report/uploads", form=form).json()
    policy = json.loads(base64.b64decode(given["fields"]["policy"]))
    assert {"Content-Type": "image/jpeg"} in policy["conditions"]
    assert ["content-length-range", 1, 10_000_000] in policy["conditions"]
    assert {"key": given["fields"]["key"]} in policy["conditions"]
    assert given["fields"]["x-amz-algorithm"] == "AWS4-HMAC-SHA256"
    assert town.http("POST", "/report/uploads", form=form | {"type": "text/html"}).status == 400
    assert town.http("POST", "/report/uploads", form=form | {"form_token": "x"}).status == 403
