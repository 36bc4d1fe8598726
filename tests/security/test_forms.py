"""Every route that a browser can post to, without a form of ours and with another browser's."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.handlers.desk_work import hidden
from tests.harness import Harness
from tests.security.kit import Case, kept, own_token, private_case
from tests.security.table import ACTS, FORM, LINK_AND_FORM, ONE_CLICK, PUBLIC, STAFF

WORDS = {
    "text": "x",
    "public": "Paint",
    "locale": "fa",
    "address": "x@example.org",
    "description": "x",
}
WORDS |= {
    "type": "image/png",
    "name": "x.png",
    "contact": "anonymous",
    "reason": "x",
    "version": "1",
}
WORDS |= {"username": "agent@city.example", "password": "x", "action": "delete", "code": "123456"}


@pytest.fixture(scope="module")
def town() -> Iterator[Harness]:
    with Harness.boot() as booted:
        yield booted


@pytest.fixture(scope="module")
def case(town: Harness) -> Case:
    return private_case(town)


def posts(case: Case) -> Iterator[tuple[str, str | None]]:
    """Every address that takes a form, and who sends it; each act of a ticket's page is one."""
    for (method, route), proof in PUBLIC.items():
        if method == "POST" and proof in (FORM, LINK_AND_FORM, ONE_CLICK):
            yield case.fill(route), None
    for method, route in STAFF:
        if method == "POST" and route.startswith("/console"):
            for act in ACTS if "{act}" in route else ("",):
                yield case.fill(route.replace("{act}", act)), "administrator"


def foreign_token(town: Harness) -> str:
    """A form token that some other browser was given; this one begins a visit of its own after that."""
    theirs, _ = (town.http("GET", "/console/sign-in", headers={"Cookie": ""}) for _ in range(2))
    return hidden(theirs, "form_token")


@pytest.mark.parametrize("kind", ["none", "foreign", "changed", "another site's page"])
def test_a_form_that_is_not_this_browsers_own_changes_nothing(
    town: Harness, case: Case, kind: str
) -> None:
    before, wrong, foreign = kept(town), [], foreign_token(town)
    for address, user in posts(case):
        own = own_token(town, user)
        token = {"none": "", "foreign": foreign, "changed": own[:-1]}.get(kind, own)
        headers = {"Sec-Fetch-Site": "cross-site"} if kind == "another site's page" else {}
        form = {**WORDS, "form_token": token}
        status = town.http("POST", address, form=form, user=user, headers=headers).status
        wrong += [(address, status)] if status not in (400, 403, 404) else []
        wrong += [(address, status)] if user and status != 403 else []
    assert wrong == []
    assert kept(town) == before


def test_a_sign_in_of_another_browser_is_no_way_to_post(town: Harness, case: Case) -> None:
    """A thief who brings the form token and visit of their own, and only asks the victim to click."""
    before, foreign = kept(town), foreign_token(town)
    for address, user in posts(case):
        if user:
            form = {**WORDS, "form_token": foreign}
            headers = {"Origin": "https://evil.example"}
            answer = town.http("POST", address, form=form, user=user, headers=headers)
            assert answer.status == 403, address
    assert kept(town) == before
