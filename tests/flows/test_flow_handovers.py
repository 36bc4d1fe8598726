"""Whose ticket it is, from outside: offered, taken, refused, decided by the arbiter, seen by all."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest

from tests.citizens import ANA, act, kinds, reported_by_mail, ticket_of, to, tracking_path
from tests.handlers.desk_work import post
from tests.harness import Harness


@pytest.fixture(scope="module")
def town() -> Iterator[Harness]:
    with Harness.boot() as booted:
        yield booted


def reported(town: Harness, subject: str) -> str:
    town.tick(town.now + timedelta(minutes=1))
    ticket_id: str = reported_by_mail(town, subject=subject)["ticket_id"]
    return ticket_id


def test_a_misdirected_report_travels_by_the_api_until_the_arbiter_decides(town: Harness) -> None:
    ticket_id = reported(town, "Pothole")
    due_at = town.services.store.get(ticket_id).ledger[0].at
    assert act(town, ticket_id, "hand-over", agency_code="parks", reason="A root").status == 200
    offered = ticket_of(town, ticket_id)
    assert (offered["agency_code"], offered["offered_from"]) == ("parks", "public-works")
    away = {"agency_code": "sanitation", "reason": "It is waste, not a root"}
    assert act(town, ticket_id, "hand-over/refuse", "parks", **away).status == 200
    assert act(town, ticket_id, "hand-over/accept", "parks").status == 404, "not theirs any more"
    back = {"agency_code": "parks", "reason": "It is a root after all"}
    assert act(town, ticket_id, "hand-over/refuse", "sanitation", **back).status == 200
    assert act(town, ticket_id, "hand-over/refuse", "parks", **away).status == 200
    ended = ticket_of(town, ticket_id)
    assert (ended["agency_code"], ended["offered_from"]) == ("customer-desk", "")
    nowhere = act(town, ticket_id, "hand-over/refuse", agency_code="parks", reason="Not ours")
    assert nowhere.status == 409, "what comes to the arbiter stays until it decides"
    assert act(town, ticket_id, "hand-over", agency_code="parks", reason="Yours").status == 200
    assert act(town, ticket_id, "hand-over/refuse", "parks", **away).status == 409
    ledger = town.services.store.get(ticket_id).ledger
    assert ledger[0].at == due_at and ledger[0].event == "started", "the clock never began anew"
    town.drain()
    page = town.http("GET", tracking_path(to(town, ANA)[0].text)).text
    chain = ["Parks", "Sanitation", "Customer"]
    assert all(name in page for name in chain) and "A root" not in page


def test_the_console_offers_takes_and_refuses(town: Harness) -> None:
    ticket_id = reported(town, "Another pothole")
    at = f"/console/tickets/{ticket_id}"
    post(town, at, f"{at}/hand-over", agency_code="parks", reason="A tree")
    page = town.http("GET", at, user="parks").text
    assert "accept-hand-over" in page and "refuse-hand-over" in page
    same = post(town, at, f"{at}/refuse-hand-over", "parks", agency_code="parks", reason="No")
    assert same.status == 400 and "Choose another agency" in same.text
    silent = post(town, at, f"{at}/refuse-hand-over", "parks", agency_code="", reason="")
    assert silent.status == 400, "a refusal says why"
    refused = post(town, at, f"{at}/refuse-hand-over", "parks", agency_code="", reason="No tree")
    assert refused.status == 303
    assert ticket_of(town, ticket_id)["agency_code"] == "customer-desk"
    post(town, at, f"{at}/hand-over", agency_code="public-works", reason="Yours")
    assert "accept-hand-over" not in town.http("GET", at, user="roads").text
    other = reported(town, "A third pothole")
    at = f"/console/tickets/{other}"
    post(town, at, f"{at}/hand-over", agency_code="parks", reason="A tree")
    assert post(town, at, f"{at}/accept-hand-over", "parks").status == 303
    assert "hand_over_accepted" in kinds(town, other)
    assert "accept-hand-over" not in town.http("GET", at, user="parks").text
