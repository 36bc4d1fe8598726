"""A message on the wrong ticket is put on the right one, and both say who did it and why."""

from __future__ import annotations

from typing import Any

from tests.citizens import (
    ANA,
    a_mail,
    act,
    answer_to,
    form_token,
    kinds,
    reported_by_mail,
    ticket_of,
    timeline_of,
    to,
    tracking_path,
)
from tests.harness import Harness

WHY = "She meant the streetlight."


def _two(town: Harness) -> tuple[dict[str, Any], dict[str, Any]]:
    first = reported_by_mail(town)
    town.mail(answer_to(to(town, ANA)[0], "The lamp is dark again."))
    town.mail(a_mail("A street light is out.", subject="Streetlight"))
    town.drain()
    tickets = town.dump()["tickets"]
    [second] = [t for t in tickets if t["ticket_id"] != first["ticket_id"]]
    return first, second


def test_a_message_moves_with_its_reason_on_both_timelines(town: Harness) -> None:
    first, second = _two(town)
    answer = act(
        town,
        first["ticket_id"],
        "entries/2/move",
        to_ticket_id=second["ticket_id"].lower(),
        reason=WHY,
    )
    assert answer.status == 200
    left = timeline_of(town, first["ticket_id"])[-1]
    assert (left["kind"], left["text"]) == ("moved", WHY)
    assert left["data"]["to"] == second["ticket_id"]
    came = timeline_of(town, second["ticket_id"])[-1]
    assert came["text"] == "The lamp is dark again."
    assert came["data"]["reason"] == WHY
    assert came["data"]["moved_from"] == first["ticket_id"]
    assert came["is_verified"]


def test_moved_words_leave_the_citizens_page_of_the_first(town: Harness) -> None:
    first, second = _two(town)
    paths = {
        reference: tracking_path(sent.text)
        for sent in to(town, ANA)
        for reference in (first["ticket_id"], second["ticket_id"])
        if reference in sent.subject
    }
    words = "The lamp is dark again."
    assert words in town.http("GET", paths[first["ticket_id"]]).text
    move = {"to_ticket_id": second["ticket_id"], "reason": WHY}
    act(town, first["ticket_id"], "entries/2/move", **move)
    assert words not in town.http("GET", paths[first["ticket_id"]]).text
    assert words in town.http("GET", paths[second["ticket_id"]]).text


def test_a_strangers_words_stay_unverified_where_they_go(town: Harness) -> None:
    first = reported_by_mail(town)
    town.mail(a_mail("Mine is open too.", sender="bo@example.org", subject="Hole"))
    town.drain()
    second = next(t for t in town.dump()["tickets"] if t["ticket_id"] != first["ticket_id"])
    act(town, first["ticket_id"], "status", status="resolved", reason="Done.")
    move = {"to_ticket_id": first["ticket_id"], "reason": "Same hole."}
    assert act(town, second["ticket_id"], "entries/1/move", **move).status == 200
    came = timeline_of(town, first["ticket_id"])[-1]
    assert not came["is_verified"] and came["visibility"] == "staff"
    assert ticket_of(town, first["ticket_id"])["status"] == "resolved"


def test_what_cannot_be_moved_says_so(town: Harness) -> None:
    first, second = _two(town)
    one = first["ticket_id"]
    wrong = [
        ("entries/2/move", {"to_ticket_id": one, "reason": WHY}, 422),
        ("entries/2/move", {"to_ticket_id": "SR-XXXX", "reason": WHY}, 422),
        ("entries/2/move", {"to_ticket_id": second["ticket_id"], "reason": " "}, 422),
        ("entries/9/move", {"to_ticket_id": second["ticket_id"], "reason": WHY}, 404),
    ]
    for path, body, status in wrong:
        assert act(town, one, path, **body).status == status, body
    good = {"to_ticket_id": second["ticket_id"], "reason": WHY}
    assert act(town, one, "entries/2/move", **good, version=0).status in (409, 422)
    assert act(town, one, "entries/2/move", **good).status == 200
    assert act(town, one, "entries/2/move", **good).status == 404
    assert kinds(town, one).count("moved") == 1


def test_the_console_moves_by_form(town: Harness) -> None:
    first, second = _two(town)
    path = f"/console/tickets/{first['ticket_id']}"
    page = town.http("GET", path, user="agent")
    assert f"{path}/move-entry" in page.text
    form = {
        "form_token": form_token(page),
        "version": ticket_of(town, first["ticket_id"])["version"],
        "seen": 2,
        "message": "2",
        "to_ticket_id": second["ticket_id"],
        "reason": WHY,
    }
    answer = town.http("POST", f"{path}/move-entry", user="agent", form=form)
    assert answer.status == 303
    there = town.http("GET", f"/console/tickets/{second['ticket_id']}", user="agent").text
    assert WHY in there and first["ticket_id"] in there
