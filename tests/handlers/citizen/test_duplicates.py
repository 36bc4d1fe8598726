"""The same matter again: shown before sending, followed or not, never hidden, taken apart by staff."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from chalicelib.tickets.intake.duplicates import is_same_place
from chalicelib.tickets.model.ticket import Actor, Status
from tests.handlers.visitor import PNG, Page, Visitor, pass_time, tracking_path
from tests.harness import Harness

CLERK = Actor("staff", "clerk@city.example", "Cleo Clerk")


@pytest.fixture(scope="module")
def town() -> Iterator[Harness]:
    with Harness.boot() as booted:
        yield booted


@pytest.fixture
def visitor(town: Harness) -> Visitor:
    town.drain()
    town.outbox.clear()
    return Visitor(town)


def ticket(town: Harness, path: str) -> Any:
    return town.services.store.get(path.split("/")[2])


def ask(visitor: Visitor, **fields: str) -> tuple[Any, Page]:
    given = {"description": "Paint again", "contact": "email", "email": "ben@example.org"}
    return visitor.send("/report?service=graffiti", given | fields)


def follow(town: Harness, page: Page, choice: str) -> str:
    form = page.hidden | {"follow": choice}
    return tracking_path(town.http("POST", "/report?service=graffiti", form=form).text)


@pytest.mark.parametrize(
    ("one", "other", "is_same"),
    [
        ("12 Mill Lane", "12 mill ln, by the library", True),
        ("12 Mill Lane", "14 Mill Lane", False),
        ("Mill Lane", "in Mill Lane 12", True),
        ("Mill Lane", "Elm Street", False),
        ("Street", "Elm Street", False),
        ("Calle Olmo 5", "c/ Olmo 5", True),
        ("خیابان آسیاب ۱۲", "خیابان اسیاب 12", True),
        ("中山路12号", "在中山路12号门口", True),
        ("中山路12号", "中山路18号", False),
        ("", "Elm Street", False),
    ],
)
def test_same_place_in_other_words(one: str, other: str, is_same: bool) -> None:
    assert is_same_place(one, other) is is_same


def test_step_before_sending_shows_the_public_report_and_follows_it(
    town: Harness, visitor: Visitor
) -> None:
    first = visitor.publish(address="77 Quay Street", email="first@example.org", name="Fia First")
    before = len(town.dump()["tickets"])
    answer, page = ask(visitor, address="77 Quay St")
    assert (answer.status, len(town.dump()["tickets"])) == (200, before)
    assert "Is it one of these?" in page.words
    assert "first@example.org" not in answer.text and "Fia" not in answer.text
    path = follow(town, page, first.split("/")[2])
    report, main = ticket(town, path), ticket(town, first)
    assert (report.follows, main.me_too) == (main.ticket_id, 1)
    assert (report.description, report.requester.email) == ("Paint again", "ben@example.org")
    followers = town.services.store.followers(main.ticket_id).items
    assert report.is_open and list(followers) == [report.ticket_id]
    assert main.ticket_id in visitor.load(path)[1].words
    assert "1 other person reported this" in visitor.load(first)[1].words


def test_whoever_says_it_is_another_matter_is_not_asked_twice_and_loses_nothing(
    town: Harness, visitor: Visitor
) -> None:
    visitor.publish(address="81 Quay Street")
    fields = {"description": "Another", "address": "81 Quay Street", "contact": "anonymous"}
    _, page = visitor.send("/report?service=graffiti", fields, files={"photos:a.png": PNG})
    path = follow(town, page, "none")
    assert ticket(town, path).follows == ""
    assert [link for link in visitor.load(path)[1].links if "/files/" in link]


def test_place_within_the_services_radius_is_the_same_and_beyond_it_is_not(
    town: Harness, visitor: Visitor
) -> None:
    radius = town.services.catalog.load().services["graffiti"].duplicate_radius_metres
    visitor.publish(address="", lat="39.5", long="-89.5")
    near, far = (str(39.5 + metres / 111_320) for metres in (radius * 0.9, radius + 120))
    assert "Is it one of these?" in ask(visitor, lat=near, long="-89.5")[1].words
    assert "Is it one of these?" not in ask(visitor, lat=far, long="-89.5")[1].words


def test_private_closed_old_and_other_reports_are_never_shown(
    town: Harness, visitor: Visitor
) -> None:
    fields = {"description": "Drums", "address": "9 Hush Road", "contact": "anonymous"}
    fields |= {"attribute[times]": "At night", "follow": "none"}
    visitor.send("/report?service=noise", fields)
    answer, _ = visitor.send("/report?service=noise", {**fields, "follow": ""})
    assert 'id="tracking"' in answer.text
    assert town.http("GET", "/report/nearby?service=noise&address=9+Hush+Road").json() == []
    other = "/report/nearby?service=pothole&address=77+Quay+Street"
    assert town.http("GET", other).json() == []
    closed = visitor.publish(address="5 Done Street")
    held = ticket(town, closed)
    town.services.desk.change_status(
        held.ticket_id, CLERK, Status.RESOLVED, "Done.", version=held.version
    )
    done = "/report/nearby?service=graffiti&address=5+Done+Street"
    assert town.http("GET", done).json() == []


def test_emergency_is_not_held_up_by_the_question(town: Harness, visitor: Visitor) -> None:
    visitor.publish(address="3 Gas Street")
    _, page = ask(visitor, address="3 Gas Street", description="There is a gas leak")
    assert "tel:911" in page.links


def test_followers_are_told_in_their_own_way_when_the_matter_is_done(
    town: Harness, visitor: Visitor
) -> None:
    first = visitor.publish(address="90 Ring Road", email="one@example.org")
    _, page = ask(visitor, address="90 Ring Road", email="two@example.org")
    second = follow(town, page, first.split("/")[2])
    town.drain()
    town.outbox.clear()
    main = ticket(town, first)
    reason = "Done; call Ana on 555 0100 4477."
    town.services.desk.change_status(
        main.ticket_id, CLERK, Status.RESOLVED, reason, version=main.version
    )
    town.tick(town.now + timedelta(minutes=1))
    town.drain()
    assert ticket(town, second).status is Status.RESOLVED
    told = {str(sent.to): sent.text for sent in town.outbox}
    (theirs,) = [text for to, text in told.items() if "two@example.org" in to]
    assert second.split("/")[2] in theirs and "4477" not in theirs
    visitor.send(second, {"text": "Not here", "not_fixed": "yes"}, to=f"{second}/messages")
    assert ticket(town, second).status is Status.IN_PROGRESS
    assert ticket(town, first).status is Status.RESOLVED


def test_giving_one_up_gives_no_other_up(town: Harness, visitor: Visitor) -> None:
    first = visitor.publish(address="92 Ring Road")
    _, page = ask(visitor, address="92 Ring Road")
    second = follow(town, page, first.split("/")[2])
    main = ticket(town, first)
    town.services.desk.change_status(
        main.ticket_id, CLERK, Status.CANCELLED, "Withdrawn.", version=main.version
    )
    town.tick(town.now + timedelta(minutes=1))
    assert ticket(town, second).is_open


def test_staff_see_a_text_about_the_same_place_join_it_and_take_it_apart(
    town: Harness, visitor: Visitor
) -> None:
    first = visitor.publish(address="14 Brook Street", lat="39.7", long="-89.7")
    second = visitor.publish(address="14 Brook Street", description="The same paint")
    one, other = (path.split("/")[2] for path in (first, second))
    case = town.http("GET", f"/console/tickets/{other}", user="administrator")
    assert "Perhaps the same matter" in case.text and one in case.text
    assert ticket(town, second).follows == ""  # a person decides, nothing joins itself
    joined = town.http(
        "POST",
        f"/api/v1/tickets/{other}/join",
        user="administrator",
        json={"main": one, "version": ticket(town, second).version},
    )
    assert joined.status == 200, joined.text
    assert (ticket(town, second).follows, ticket(town, first).me_too) == (one, 1)
    page = town.http("GET", f"/console/tickets/{other}", user="administrator")
    token = re.search(r'name="form_token" value="([^"]+)"', page.text)[1]
    version = str(ticket(town, second).version)
    form = {"form_token": token, "version": version, "seen": "1"}
    apart = town.http("POST", f"/console/tickets/{other}/split", user="administrator", form=form)
    assert apart.status == 303
    assert (ticket(town, second).follows, ticket(town, first).me_too) == ("", 0)


def test_old_report_is_not_asked_about(town: Harness, visitor: Visitor) -> None:
    visitor.publish(address="1 Past Street")
    pass_time(town, timedelta(days=31))
    assert "Is it one of these?" not in ask(visitor, address="1 Past Street")[1].words
