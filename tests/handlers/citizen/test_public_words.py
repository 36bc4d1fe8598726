"""What everybody may read of a report: one derived copy, whatever the door."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from chalicelib.tickets.model.ticket import Actor
from tests.handlers.visitor import PNG, Visitor, tracking_path
from tests.harness import Harness

WORDS = (
    "Paint on the wall of the school. My neighbour John Smith did it, plate ABC-1234."
    " I live at 12 Mill Lane, call me on 555-0134 or write to spy@example.org."
)
PRIVATE = ("John Smith", "ABC-1234", "12 Mill Lane", "555-0134", "spy@example.org", "Torres")


@pytest.fixture(scope="module")
def town() -> Iterator[Harness]:
    with Harness.boot() as booted:
        yield booted


@pytest.fixture
def visitor(town: Harness) -> Visitor:
    return Visitor(town)


def reported(visitor: Visitor, **fields: str) -> tuple[str, str]:
    """The reference and the tracking path of a report full of private facts."""
    given = {
        "description": WORDS,
        "name": "Ana Torres",
        "address": "Elm Street 5, flat 2",
        **fields,
    }
    path = visitor.publish(**given)
    return path.split("/")[2], path


def everywhere(town: Harness, ticket_id: str) -> str:
    """All that the doors without a key say about a ticket."""
    paths = (
        f"/tickets/{ticket_id}",
        f"/open311/v2/requests/{ticket_id}.json?extensions=true",
        f"/open311/v2/requests/{ticket_id}.xml?extensions=true",
        "/open311/v2/requests.json?extensions=true",
    )
    answers = [town.http("GET", path, user=None) for path in paths]
    assert [answer.status for answer in answers] == [200] * len(paths)
    return "".join(answer.text for answer in answers)


def test_every_public_door_shows_the_copy_and_never_the_original(
    town: Harness, visitor: Visitor
) -> None:
    ticket_id, _ = reported(visitor)
    shown = everywhere(town, ticket_id)
    assert [part for part in (*PRIVATE, "flat 2") if part in shown] == []
    assert "Paint on the wall of the school." in shown
    assert "Elm Street" in shown, "the place of the matter is what it is about"
    assert "Elm Street 5" not in shown, "the house is nobody's business"


def test_no_public_index_holds_the_original(town: Harness, visitor: Visitor) -> None:
    ticket_id, _ = reported(visitor)
    rows = [row for row in town._town.rows() if row["pk"]["S"].endswith(ticket_id)]
    [facts] = [row["facts"]["S"] for row in rows if "facts" in row]
    assert "Paint on the wall" in facts
    assert [part for part in PRIVATE if part in facts] == []


def test_staff_read_the_original_and_put_the_copy_right(town: Harness, visitor: Visitor) -> None:
    ticket_id, _ = reported(visitor)
    path = f"/console/tickets/{ticket_id}"
    page = town.http("GET", path, user="agent").text
    assert "John Smith" in page
    fields = {"version": _hidden(page, "version"), "seen": "1", "public": "A wall at 12 Mill Lane."}
    fields["form_token"] = _hidden(page, "form_token")
    answer = town.http("POST", f"{path}/public-words", form=fields, user="agent")
    assert answer.status == 303, answer.text
    assert "A wall at 12 Mill Lane." in everywhere(town, ticket_id)
    page = town.http("GET", path, user="agent").text
    assert "The public words were changed" in page
    assert "put right by staff" in page


def _publish(town: Harness, ticket_id: str, *photos: str, **fields: str) -> None:
    """Staff tick the photos that everybody may see, and leave the words as they are."""
    path = f"/console/tickets/{ticket_id}"
    page = town.http("GET", path, user="agent").text
    shown = re.search(r'name="public"[^>]*>([^<]*)<', page)
    given = {"version": _hidden(page, "version"), "seen": "1", "photo": list(photos)}
    given |= {
        "form_token": _hidden(page, "form_token"),
        "public": shown[1].replace("\n", "\r\n") if shown else "",
    }
    answer = town.http("POST", f"{path}/public-words", form=given | fields, user="agent")
    assert answer.status == 303, answer.text


def _with_photos(town: Harness, visitor: Visitor) -> tuple[str, list[str]]:
    """A report with two photos and a paper, all of them clean; its reference and the digests."""
    fields = {
        "description": "Paint on a wall\r\nand a door",
        "address": "Elm Street 7",
        "contact": "anonymous",
    }
    files = {"photos:a.png": PNG, "photos:b.png": PNG + b"b", "photos:c.pdf": b"%PDF-1.7 c"}
    answer, _ = visitor.send("/report?service=graffiti", fields | {"follow": "none"}, files=files)
    ticket_id = tracking_path(answer.text).split("/")[2]
    town.drain()
    return ticket_id, [a.digest for a in town.services.store.get(ticket_id).attachments]


def test_a_photo_is_for_everybody_when_staff_say_so_and_no_longer(
    town: Harness, visitor: Visitor
) -> None:
    ticket_id, (first, second, paper) = _with_photos(town, visitor)
    assert first not in everywhere(town, ticket_id)
    assert town.http("GET", f"/tickets/{ticket_id}/photos/{first}").status == 404
    _publish(town, ticket_id, second, paper, "f" * 64)
    photo = f"/tickets/{ticket_id}/photos/{second}"
    answer = town.http("GET", photo)
    assert (answer.status, answer.body) == (200, PNG + b"b")
    assert answer.headers["Content-Type"] == "image/png"
    assert "sandbox" in answer.headers["Content-Security-Policy"]
    shown = everywhere(town, ticket_id)
    assert f'src="{photo}"' in shown
    assert first not in shown and paper not in shown
    [record] = town.http("GET", f"/open311/v2/requests/{ticket_id}.json?extensions=true").json()
    assert record["media_url"].endswith(photo) and record["media_url"].startswith("http")
    assert [p["media_url"] for p in record["extended_attributes"]["photos"]] == [
        record["media_url"]
    ]
    for digest in (first, paper):
        assert town.http("GET", f"/tickets/{ticket_id}/photos/{digest}").status == 404
    _publish(town, ticket_id)
    assert second not in everywhere(town, ticket_id)
    assert town.http("GET", photo).status == 404


PICTURES = {
    "image/png": PNG,
    "image/gif": b"GIF89a\xff\xfe",
    "image/jpeg": b"\xff\xd8\xff\xd9",
    "image/webp": b"RIFF\x08\x00\x00\x00WEBP\xff\xfe\xfd\xfc",
}


@pytest.mark.parametrize("kind", PICTURES)
@pytest.mark.parametrize("accept", ["*/*", "text/html", "image/avif,image/webp,*/*;q=0.8"])
def test_a_picture_of_every_kind_arrives_whole(
    town: Harness, visitor: Visitor, kind: str, accept: str
) -> None:
    fields = {"description": "Paint", "address": "Elm Street 9", "contact": "anonymous"}
    files = {"photos:a.bin": PICTURES[kind]}
    answer, _ = visitor.send("/report?service=graffiti", fields | {"follow": "none"}, files=files)
    ticket_id = tracking_path(answer.text).split("/")[2]
    [kept] = town.services.store.get(ticket_id).attachments
    _publish(town, ticket_id, kept.digest)
    path = f"/tickets/{ticket_id}/photos/{kept.digest}"
    photo = town.http("GET", path, headers={"Accept": accept})
    assert (photo.status, photo.headers["Content-Type"]) == (200, kind)
    assert photo.body == town.services.files.get(kept.digest)


def test_showing_a_photo_leaves_the_words_to_be_derived(town: Harness, visitor: Visitor) -> None:
    ticket_id, (first, _, _) = _with_photos(town, visitor)
    _publish(town, ticket_id, first)
    ticket = town.services.store.get(ticket_id)
    assert ticket.public_words is not None
    assert (ticket.public_words.by, ticket.public_words.photos) == ("", (first,))
    _publish(town, ticket_id, first, public="A wall")
    ticket = town.services.store.get(ticket_id)
    assert ticket.public_words is not None
    assert (ticket.public_words.by, ticket.public_words.photos) == ("staff", (first,))


def test_what_was_put_right_stays_when_the_ticket_moves_on(town: Harness, visitor: Visitor) -> None:
    ticket_id, path = reported(visitor)
    _hide(visitor, path, "Paint on the wall.")
    version = town.http("GET", f"/api/v1/tickets/{ticket_id}", user="agent").json()
    version = version["ticket"]["version"]
    reply = {"text": "We asked John Smith on 555-0134.", "version": version}
    answer = town.http("POST", f"/api/v1/tickets/{ticket_id}/reply", json=reply, user="agent")
    assert answer.status == 200, answer.text
    shown = everywhere(town, ticket_id)
    assert "Paint on the wall of the school" not in town.http("GET", f"/tickets/{ticket_id}").text
    assert "555-0134" not in shown, "the city's own words are masked as well"


def test_the_author_takes_words_out_but_puts_none_in(town: Harness, visitor: Visitor) -> None:
    ticket_id, path = reported(visitor)
    answer, page = _hide(visitor, path, "Paint on the wall.")
    assert answer.status == 303
    _, page = visitor.load(f"{path}?sent=public")
    assert "as you left them" in page.words
    assert "of the school" not in town.http("GET", f"/tickets/{ticket_id}").text
    answer, page = _hide(visitor, path, "Paint on the mayor.")
    assert answer.status == 400
    assert "only take words out" in page.words
    assert "mayor" not in town.http("GET", f"/tickets/{ticket_id}").text


def test_the_history_says_that_it_was_changed_and_tells_no_citizen(
    town: Harness, visitor: Visitor
) -> None:
    ticket_id, path = reported(visitor)
    before = len(re.findall("<time", town.http("GET", f"/tickets/{ticket_id}").text))
    _hide(visitor, path, "Paint.")
    assert len(re.findall("<time", town.http("GET", f"/tickets/{ticket_id}").text)) == before
    sent = len(town.outbox)
    town.drain()
    assert all("Paint." not in mail.text for mail in town.outbox[sent:])


def test_a_private_report_has_no_public_words_to_change(town: Harness, visitor: Visitor) -> None:
    ticket_id, path = reported(visitor)
    codes = town.services.catalog.load().services
    private = next(code for code, service in codes.items() if not service.is_public)
    at = f"/api/v1/tickets/{ticket_id}"
    version = town.http("GET", at, user="agent").json()["ticket"]["version"]
    wish = {"service_code": private, "reason": "it is", "version": version}
    assert town.http("POST", f"{at}/reclassify", json=wish, user="agent").status == 200
    _, page = visitor.load(path)
    assert "What everybody can read" not in page.words
    answer, _ = _hide(visitor, path, "x")
    assert answer.status == 409


def _hide(visitor: Visitor, path: str, words: str):  # type: ignore[no-untyped-def]
    return visitor.send(path, {"public": words}, to=f"{path}/public")


def _hidden(page: str, name: str) -> str:
    found = re.search(rf'name="{name}" value="([^"]*)"', page)
    assert found
    return found[1]


def test_nobody_but_staff_learns_who_of_the_staff_answered(town: Harness, visitor: Visitor) -> None:
    ticket_id, path = reported(visitor)
    desk, clerk = town.services.desk, Actor("staff", "cleo@city.example", "Cleo Canary")
    version = desk.case(ticket_id).ticket.version
    desk.reply(ticket_id, clerk, "We look at it.", version=version)
    found = desk.case(ticket_id)
    for audience in ("requester", "public"):
        shown = repr(desk.view(found, "en", audience))
        assert "Canary" not in shown and "cleo@" not in shown, audience
    assert "Canary" in repr(desk.view(found, "en", "staff"))
    page = town.http("GET", path).text
    assert "We look at it." in page
    assert "Canary" not in page and "cleo@" not in page
