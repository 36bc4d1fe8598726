"""Who works here stands in the table: no page asks the user pool for it, and no mail believes the table."""

from __future__ import annotations

from datetime import timedelta

import pytest

from chalicelib.handlers.console.door.visit import WAYS
from infra.local.people import PASSWORD
from infra.local.stack import client
from tests.citizens import ANA, a_mail, act, form_token, newest_ticket, reported_by_mail
from tests.flows.test_flow_forwards import FORWARD
from tests.harness import Harness

CLERK = "agent@city.example"
LISTS = ("ListUsers", "ListUsersInGroup", "ListGroups")


def listed(town: Harness) -> list[str]:
    """Lists that this process asks the user pool for from now on."""
    found: list[str] = []

    def note(model: object, **_: object) -> None:
        name = getattr(model, "name", "")
        found.extend([name] if name in LISTS else [])

    town.services.client("cognito-idp").meta.events.register("before-call", note)
    return found


def named(town: Harness, name: str) -> dict[str, str]:
    return {"UserPoolId": town.services.settings.user_pool_id, "Username": name}


def hire(town: Harness, name: str, *groups: str) -> None:
    """Somebody whom an administrator of AWS let in by hand."""
    pool = client("cognito-idp")
    told = {"email": name, "email_verified": "true"}
    attributes = [{"Name": key, "Value": value} for key, value in told.items()]
    pool.admin_create_user(**named(town, name), UserAttributes=attributes)
    pool.admin_set_user_password(Password=PASSWORD, Permanent=True, **named(town, name))
    for group in groups:
        pool.admin_add_user_to_group(GroupName=group, **named(town, name))


def people(town: Harness) -> set[str]:
    answer = town.http("GET", "/api/v1/people", user="agent").json()
    return {person["username"] for person in answer["people"]}


def test_no_page_asks_the_user_pool_who_works_here(town: Harness) -> None:
    ticket_id = reported_by_mail(town)["ticket_id"]
    found = listed(town)
    for _, path, _ in WAYS:
        assert town.http("GET", path, user="administrator").status == 200, path
    assert "Sam Supervisor" in town.http("GET", f"/console/tickets/{ticket_id}", user="agent").text
    assert act(town, ticket_id, "assign", assignee=CLERK).status == 200
    assert CLERK in people(town)
    assert found == []


def test_who_signs_in_is_in_the_directory(town: Harness) -> None:
    hire(town, "new@city.example", "agent", "agency:parks")
    assert "new@city.example" not in people(town)
    page = town.http("GET", "/console/sign-in", user=None)
    fields = {"form_token": form_token(page), "username": "new@city.example", "password": PASSWORD}
    assert town.http("POST", "/console/sign-in", form=fields).status == 303
    assert "new@city.example" in people(town)


def test_once_a_day_the_user_pool_is_asked_about_everybody(town: Harness) -> None:
    hire(town, "new@city.example", "agent", "agency:parks")
    client("cognito-idp").admin_disable_user(**named(town, "roads@city.example"))
    town.tick(town.now + timedelta(days=1))
    assert "new@city.example" in people(town)
    assert "roads@city.example" not in people(town)


@pytest.mark.parametrize("agency, is_offered", [("parks", True), ("sanitation", False)])
def test_a_ticket_is_offered_to_those_who_serve_its_agency(
    town: Harness, agency: str, is_offered: bool
) -> None:
    ticket_id = reported_by_mail(town)["ticket_id"]
    assert act(town, ticket_id, "hand-over", agency_code=agency, reason="Yours").status == 200
    page = town.http("GET", f"/console/tickets/{ticket_id}", user="supervisor").text
    assert (f'value="{town.services.directory.person("parks@city.example")}"' in page) == is_offered


def test_a_dismissed_colleagues_forward_opens_nothing_for_others(town: Harness) -> None:
    client("cognito-idp").admin_disable_user(**named(town, CLERK))
    assert CLERK in [person.username for person in town.services.directory.colleagues()]
    town.mail(a_mail(FORWARD, sender=CLERK, subject="Fwd: Pothole"))
    town.drain()
    assert newest_ticket(town)["requester"]["email"] != ANA
