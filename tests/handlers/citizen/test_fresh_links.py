"""An old link shows what identifies a person to a browser that knows the report, or after a fresh link."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from http.cookies import SimpleCookie

import pytest

from chalicelib.handlers.citizen.browsers import FRESH, KNOWN
from tests.handlers.visitor import PNG, Visitor, confirm, pass_time
from tests.harness import Harness, Response

STRANGER = {"Cookie": ""}
A_MINUTE = timedelta(minutes=1)


@pytest.fixture
def town() -> Iterator[Harness]:
    with Harness.boot() as booted:
        yield booted


def photographed(town: Harness, email: str = "vera@example.org") -> tuple[str, str]:
    """A confirmed report with a photo: its link, and the address of the photo behind it."""
    visitor = Visitor(town)
    given = {"description": "Paint on the wall", "address": "Elm Street 5", "follow": "none"}
    given |= {"contact": "email", "email": email}
    visitor.send("/report?service=graffiti", given, files={"photos:a.png": PNG})
    town.drain()
    (ticket,) = [t for t in town.dump()["tickets"] if t["requester"]["email"] == email]
    stored = town.services.store.get(ticket["ticket_id"])
    path = confirm(town, f"/t/{stored.ticket_id}/x")
    (digest,) = {a["digest"] for e in town.dump()["entries"] for a in e.get("attachments", ())}
    return path, f"{path}/files/{digest}"


def known(answer: Response) -> str:
    """The cookie by which a browser is known afterwards, or empty."""
    texts = answer.headers.get_all("Set-Cookie")
    found = [SimpleCookie(text)[KNOWN] for text in texts if text.startswith(f"{KNOWN}=")]
    return f"{KNOWN}={found[0].value}" if found else ""


def asks(town: Harness, path: str, cookie: str = "") -> int:
    return town.http("GET", path, headers={"Cookie": cookie}).status


def test_a_link_of_a_day_opens_everything_in_any_browser(town: Harness) -> None:
    path, photo = photographed(town)
    pass_time(town, FRESH)
    assert asks(town, f"{path}/holdings") == 200
    assert asks(town, photo) != 403


def test_an_old_link_shows_a_new_browser_the_report_and_neither_files_nor_the_export(
    town: Harness,
) -> None:
    path, photo = photographed(town)
    pass_time(town, FRESH + A_MINUTE)
    assert asks(town, path) == 200
    for closed in (photo, f"{path}/holdings", f"{path}/holdings?save=yes"):
        answer = town.http("GET", closed, headers=STRANGER)
        assert answer.status == 403
        assert "vera@example.org" not in answer.text
        assert f'action="{path}/link"' in answer.text
    assert not known(town.http("GET", path, headers=STRANGER)), "looking is no proof"


def test_a_browser_that_saw_the_report_in_its_first_day_is_never_asked(town: Harness) -> None:
    path, photo = photographed(town)
    cookie = known(town.http("GET", path, headers=STRANGER))
    pass_time(town, timedelta(days=100))
    assert asks(town, f"{path}/holdings", cookie) == 200
    assert asks(town, photo, cookie) != 403


def test_the_browser_that_sent_the_report_is_known_when_its_address_is_confirmed_late(
    town: Harness,
) -> None:
    visitor = Visitor(town)
    given = {"description": "Paint", "address": "Elm Street 5", "follow": "none"}
    given |= {"contact": "email", "email": "late@example.org"}
    answer, _ = visitor.send("/report?service=graffiti", given)
    cookie = known(answer)
    (ticket,) = [t for t in town.dump()["tickets"] if t["requester"]["email"] == "late@example.org"]
    pass_time(town, timedelta(days=2))
    path = confirm(town, f"/t/{ticket['ticket_id']}/x")
    pass_time(town, timedelta(days=2))
    assert asks(town, f"{path}/holdings") == 403
    assert asks(town, f"{path}/holdings", cookie) == 200


def test_another_reports_and_a_forged_cookie_prove_nothing(town: Harness) -> None:
    path, _ = photographed(town)
    other = confirm(town, Visitor(town).report(email="other@example.org"))
    cookie = known(town.http("GET", other, headers=STRANGER))
    assert cookie
    pass_time(town, FRESH + A_MINUTE)
    for given in (cookie, f"{KNOWN}=k1.{'a' * 26}", f"{KNOWN}=x"):
        assert asks(town, f"{path}/holdings", given) == 403


def test_the_fresh_link_goes_to_the_address_alone_and_opens_everything(town: Harness) -> None:
    path, _ = photographed(town)
    pass_time(town, FRESH + A_MINUTE)
    town.drain()
    town.outbox.clear()
    answer, _ = Visitor(town).send(path, {}, to=f"{path}/link")
    town.drain()
    assert answer.status == 303
    assert "/t/" not in answer.headers["Location"].replace(path, "")
    (sent,) = town.outbox
    assert sent.to == "vera@example.org"
    found = re.search(r"https?://[^/\s]+(/t/\S+)", sent.text)
    assert found
    assert asks(town, f"{found[1]}/holdings") == 200
    assert asks(town, f"{path}/holdings") == 410, "the old link has ended"


def test_who_confirmed_no_address_is_shown_no_person_and_asked_for_nothing(town: Harness) -> None:
    path = Visitor(town).report(email="never@example.org")
    pass_time(town, FRESH + A_MINUTE)
    answer = town.http("GET", f"{path}/holdings?save=yes", headers=STRANGER)
    assert answer.status == 200
    assert "never@example.org" not in answer.text
