"""Every route, as every role, from every agency: who may, and that a refusal leaves nothing behind."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from chalicelib.handlers.http import PUBLIC_ROUTES
from tests.harness import Harness
from tests.security.kit import ROLES, WHOLE_CITY, Case, hired, kept, knock, plainly, private_case
from tests.security.table import ACTS, OBJECTS, PUBLIC, STAFF

OLD = 999_999  # no ticket has this version: who may is told so, and nothing changes


@pytest.fixture(scope="module")
def town() -> Iterator[Harness]:
    with Harness.boot() as booted:
        yield booted


@pytest.fixture(scope="module")
def case(town: Harness) -> Case:
    return private_case(town)


def registered() -> set[tuple[str, str]]:
    """Every method of every route there is; HEAD is GET without a body, OPTIONS tells of methods."""
    from app import app  # not before the town has set the names that it reads

    doors = {(method, path) for path, methods in app.routes.items() for method in methods}
    return {door for door in doors if door[0] not in ("HEAD", "OPTIONS")}


def test_every_route_has_a_row_and_every_row_a_route(town: Harness) -> None:
    assert registered() == PUBLIC.keys() | STAFF.keys()
    assert not PUBLIC.keys() & STAFF.keys()
    assert {path for _, path in PUBLIC} == PUBLIC_ROUTES & {path for _, path in registered()}


def test_every_route_of_one_ticket_stands_among_the_objects(town: Harness) -> None:
    from chalicelib.handlers.console.desk import ticket_acts

    assert {door for door in STAFF if "{ticket_id}" in door[1]} == set(OBJECTS)
    assert set(ACTS) == set(ticket_acts.ACTS)


def test_whom_a_role_keeps_out_leaves_nothing_behind(town: Harness, case: Case) -> None:
    before, wrong = kept(town), []
    for role in ROLES:
        person = hired(town, role, *WHOLE_CITY)
        for (method, route), roles in STAFF.items():
            if role in roles:
                continue
            body = {**OBJECTS.get((method, route), {}), "version": 1}
            status = knock(town, method, case.fill(route), person, body).status
            wrong += [(role, method, route, status)] if status not in (401, 403) else []
    assert wrong == []
    assert kept(town) == before


def test_a_stranger_gets_through_no_door_of_the_staff(town: Harness, case: Case) -> None:
    before, wrong = kept(town), []
    for method, route in STAFF:
        body = {**OBJECTS.get((method, route), {}), "version": 1}
        given = {"json": body} if method != "GET" else {}
        answer = town.http(method, case.fill(route), **given)
        is_sent_away = answer.status == 303 and "/sign-in" in answer.headers["Location"]
        wrong += [] if is_sent_away or answer.status in (401, 403) else [(method, route)]
    assert wrong == []
    assert kept(town) == before


def doors_of(case: Case) -> Iterator[tuple[str, str, dict[str, object]]]:
    """Each door of one ticket with what its form or body says; each act of its page is a door."""
    for (method, route), given in OBJECTS.items():
        acts = ACTS.items() if "{act}" in route else [("", given)]
        for act, body in acts:
            filled = {name: text.replace("{main}", case.main) for name, text in body.items()}
            yield method, route.replace("{act}", act), {**filled, "version": OLD}


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("groups", [("agency:parks",), ()], ids=["another agency", "no agency"])
def test_another_agencys_private_ticket_is_as_an_absent_one(
    town: Harness, case: Case, role: str, groups: tuple[str, ...]
) -> None:
    stranger = hired(town, role, *groups)
    assert case.agency != "parks"
    before, wrong = kept(town), []
    for method, route, body in doors_of(case):
        there = knock(town, method, case.fill(route), stranger, body)
        absent = knock(town, method, case.fill(route, case.absent), stranger, body)
        is_kept_out = not groups or (role == "auditor" and method == "POST")
        is_right = there.status == (403 if is_kept_out else 404)
        is_same = plainly(there, case.ticket_id) == plainly(absent, case.absent)
        wrong += [] if is_right and is_same else [(method, route, there.status, absent.status)]
    assert wrong == []
    assert kept(town) == before


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("place", ["its own agency", "the whole city"])
def test_who_answers_for_a_ticket_opens_its_doors(
    town: Harness, case: Case, role: str, place: str
) -> None:
    groups = (f"agency:{case.agency}",) if place == "its own agency" else WHOLE_CITY
    person = hired(town, f"{role}", *groups)
    before, wrong = kept(town), []
    for method, route, body in doors_of(case):
        status = knock(town, method, case.fill(route), person, body).status
        is_open = status not in (401, 403, 404) and status < 500
        may = method == "GET" or role != "auditor"
        wrong += [(method, route, status)] if is_open != may else []
    assert wrong == []
    assert kept(town) == before, "an old version changes nothing"
