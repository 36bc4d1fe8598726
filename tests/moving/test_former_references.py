"""A ticket from another product is found by the reference that people still hold."""

from __future__ import annotations

from pathlib import Path

import pytest

from chalicelib.messages import Party
from chalicelib.tickets.model.references import ticket_id_for
from chalicelib.tickets.model.ticket import Status
from infra.moving.cases import CITIZEN, Case, Said
from infra.moving.converted import Files, convert
from infra.moving.incoming import Import
from tests.harness import Harness


@pytest.fixture(params=[True, False], ids=["public", "private"])
def ticket_id(town: Harness, tmp_path: Path, request: pytest.FixtureRequest) -> str:
    """A ticket that was number R-9001 once."""
    now, folder = town.now, tmp_path / "out"
    case = Case(
        reference="R-9001",
        requested_at=now,
        updated_at=now,
        status=Status.NEW,
        said=[Said(by=CITIZEN, at=now, text="A hole.")],
        requester=Party(name="Nia"),
        service_code="pothole",
        is_public=request.param,
    )
    convert("fixmystreet", "old", [case], Files(folder), folder, now)
    Import(town.services, folder).run(now)
    return ticket_id_for("fixmystreet:old:R-9001")


def test_a_citizen_finds_a_public_report_and_learns_nothing_of_a_private_one(
    town: Harness, ticket_id: str
) -> None:
    answer = town.http("GET", "/track?reference=+r-9001+")
    if town.services.store.get(ticket_id).is_public:
        assert answer.status in (302, 303)
        assert answer.headers["Location"].endswith(f"/tickets/{ticket_id}")
    else:
        assert answer.status == 400
        assert ticket_id not in answer.text


def test_staff_open_it_by_its_former_reference(town: Harness, ticket_id: str) -> None:
    answer = town.http("GET", "/console/tickets/R-9001", user="supervisor")
    assert answer.headers["Location"].endswith(f"/console/tickets/{ticket_id}")
    page = town.http("GET", f"/console/tickets/{ticket_id}", user="supervisor")
    assert "R-9001" in page.text


def test_nobody_hears_of_what_came(town: Harness, ticket_id: str) -> None:
    before = len(town.outbox)
    town.tick(town.now)
    town.drain()
    assert len(town.outbox) == before
    assert town.services.store.read(ticket_id).notifications == []
