"""5. Staff: sign-in, queue, ticket, every act, the same as JSON; two at once."""

from __future__ import annotations

import pytest

from infra.local.people import PASSWORD
from tests.citizens import (
    ANA,
    a_mail,
    act,
    form_token,
    kinds,
    newest_ticket,
    reported_by_mail,
    ticket_of,
    to,
)
from tests.harness import Harness

SERVICES = {"pothole": "Pothole", "streetlight": "Streetlight dark", "noise": "Loud music"}


def test_nobody_comes_in_without_signing_in(town: Harness) -> None:
    assert town.http("GET", "/api/v1/tickets").status == 401
    page = town.http("GET", "/console")
    assert page.status == 303
    assert "/console/sign-in" in page.headers["Location"]


def test_signing_in_against_the_user_pool_opens_the_queue(town: Harness) -> None:
    page = town.http("GET", "/console/sign-in")
    form = {"form_token": form_token(page), "username": "agent@city.example", "password": PASSWORD}
    wrong = town.http("POST", "/console/sign-in", form={**form, "password": "wrong"})
    assert wrong.status == 401
    entered = town.http("POST", "/console/sign-in", form=form)
    assert entered.status == 303
    assert town.http("GET", "/console").status == 200


def test_the_queue_filters_and_pages(town: Harness) -> None:
    for number in range(5):
        words = f"A pothole at {number} Elm Street"
        town.mail(a_mail(words, subject=words, sender=f"p{number}@example.org"))
    town.mail(
        a_mail("Loud music every night from the bar", subject="Noise", sender="n@example.org")
    )
    town.drain()
    seen: list[str] = []
    token = ""
    for _ in range(10):
        page = town.http(
            "GET", f"/api/v1/tickets?agency=public-works&size=2&token={token}", user="agent"
        ).json()
        seen += [ticket["ticket_id"] for ticket in page["tickets"]]
        token = page["next_token"]
        if not token:
            break
    assert len(seen) == len(set(seen)) == 5
    mine = town.http("GET", "/api/v1/tickets?assignee=me", user="agent").json()
    assert mine["tickets"] == []
    act(town, seen[0], "assign", assignee="me")
    mine = town.http("GET", "/api/v1/tickets?assignee=me", user="agent").json()
    assert [ticket["ticket_id"] for ticket in mine["tickets"]] == [seen[0]]
    free = town.http("GET", "/api/v1/tickets?unassigned=true", user="agent").json()
    assert len(free["tickets"]) == 5


def test_every_act_is_on_the_timeline_with_its_reason(town: Harness) -> None:
    ticket_id = reported_by_mail(town)["ticket_id"]
    acts = (
        ("assign", {"assignee": "me"}),
        ("priority", {"priority": "p2", "reason": "A busy street"}),
        ("note", {"text": "Needs a saw cut"}),
        ("reply", {"text": "A crew comes tomorrow."}),
        ("hand-over", {"agency_code": "parks", "reason": "It lies in the park"}),
        ("status", {"status": "resolved", "reason": "Filled"}),
    )
    for what, body in acts:
        assert act(town, ticket_id, what, **body).status == 200, what
    town.drain()
    happened = kinds(town, ticket_id)
    for kind in (
        "assigned",
        "priority_changed",
        "noted",
        "replied",
        "handed_over",
        "status_changed",
    ):
        assert kind in happened
    stored = ticket_of(town, ticket_id)
    assert (stored["priority"], stored["agency_code"]) == ("p2", "parks")
    assert "A crew comes tomorrow." in "".join(sent.text for sent in to(town, ANA))


def test_two_people_at_once_one_is_told_and_nothing_is_overwritten(town: Harness) -> None:
    ticket = reported_by_mail(town)
    version = ticket["version"]
    first = act(town, ticket["ticket_id"], "note", text="First", version=version)
    second = act(
        town, ticket["ticket_id"], "note", user="supervisor", text="Second", version=version
    )
    assert (first.status, second.status) == (200, 409)
    assert kinds(town, ticket["ticket_id"]).count("noted") == 1


def test_a_change_that_the_tickets_life_does_not_allow_is_refused(town: Harness) -> None:
    ticket_id = reported_by_mail(town)["ticket_id"]
    assert act(town, ticket_id, "status", status="closed", reason="Done").status == 409
    assert ticket_of(town, ticket_id)["status"] == "new"


@pytest.mark.parametrize(
    ("user", "status"),
    [("agent", 200), ("supervisor", 200), ("administrator", 200), ("auditor", 403)],
)
def test_roles_decide_who_may_change_a_ticket(town: Harness, user: str, status: int) -> None:
    ticket_id = reported_by_mail(town)["ticket_id"]
    assert act(town, ticket_id, "note", user=user, text="Looked at it").status == status
    assert town.http("GET", f"/api/v1/tickets/{ticket_id}", user=user).status == 200


def test_an_agencys_own_people_see_only_its_tickets(town: Harness) -> None:
    ticket_id = reported_by_mail(town)["ticket_id"]
    assert town.http("GET", f"/api/v1/tickets/{ticket_id}", user="roads").status == 200
    foreign = town.http("GET", f"/api/v1/tickets/{ticket_id}", user="parks")
    absent = town.http("GET", "/api/v1/tickets/SR-0000-0000-0", user="parks")
    assert (foreign.status, absent.status) == (404, 404)


def test_the_console_page_shows_the_ticket_and_replies_from_it(town: Harness) -> None:
    town.mail(a_mail())
    town.drain()
    ticket_id = newest_ticket(town)["ticket_id"]
    page = town.http("GET", f"/console/tickets/{ticket_id}", user="agent")
    assert page.status == 200
    assert "deep pothole" in page.text
    form = {
        "form_token": form_token(page),
        "version": str(ticket_of(town, ticket_id)["version"]),
        "text": "We are on it.",
    }
    answered = town.http("POST", f"/console/tickets/{ticket_id}/reply", user="agent", form=form)
    assert answered.status == 303, answered.text[:500]
    town.drain()
    assert "We are on it." in to(town, ANA)[-1].text


def test_what_is_not_json_is_named(town: Harness) -> None:
    ticket_id = reported_by_mail(town)["ticket_id"]
    answer = town.http(
        "POST",
        f"/api/v1/tickets/{ticket_id}/note",
        user="agent",
        headers={"Content-Type": "application/json"},
        body="{not json",
    )
    assert answer.status == 400
    assert "JSON" in answer.text
