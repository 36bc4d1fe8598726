"""Who it is, is the user pool's `sub`: a name makes nobody somebody else, and no agency opens no ticket."""

from __future__ import annotations

from typing import Any

import pytest

from infra.local.people import Person, hire
from infra.local.stack import client
from tests.citizens import ANA, a_mail, act, answer_to, newest_ticket, reported_by_mail, to
from tests.flows.test_flow_directory import named
from tests.handlers.api.test_broadcasts import TEMPLATE
from tests.harness import Harness

EVE = "eve@evil.example"


def rename(town: Harness, user: str, address: str) -> None:
    """Somebody rewrites their own address by their token, in a pool as it was before: Cognito's
    "UpdateUserAttributes" then takes the value at once, and calls it unverified."""
    pool, mail = client("cognito-idp"), f"{user}@city.example"
    changed = [{"Name": "email", "Value": address}]
    whose = sub_of(town, mail)
    pool.update_user_attributes(AccessToken=town.token(user), UserAttributes=changed)
    doubt = [{"Name": "email_verified", "Value": "false"}]
    pool.admin_update_user_attributes(**named(town, whose), UserAttributes=doubt)
    town.restart()


def sub_of(town: Harness, address: str) -> str:
    return town.services.directory.person(address)


def take(town: Harness, user: str, group: str) -> None:
    """A group is taken away in mid-session; `restart` stands for the minute that a profile is kept."""
    whose = named(town, f"{user}@city.example")
    client("cognito-idp").admin_remove_user_from_group(GroupName=group, **whose)
    town.restart()


def drafted(town: Harness, user: str) -> str:
    path = "/api/v1/notices/water_off.en"
    wish = {"body": TEMPLATE, "version": 0}
    assert town.http("PUT", path, json=wish, user="administrator").status == 200
    rows = {"name": "Water", "template": "water_off", "rows": "email,street\nz@example.org,Elm\n"}
    made = town.http("POST", "/api/v1/broadcasts", json=rows, user=user)
    assert made.status == 200, made.text
    return str(made.json()["id"])


def approve(town: Harness, name: str, user: str) -> int:
    return town.http("POST", f"/api/v1/broadcasts/{name}/approve", json={}, user=user).status


def mine(town: Harness, user: str) -> list[str]:
    answer = town.http("GET", "/api/v1/tickets?assignee=me", user=user).json()
    return [ticket["ticket_id"] for ticket in answer["tickets"]]


def test_h1_a_new_name_does_not_make_a_second_person_for_four_eyes(town: Harness) -> None:
    name = drafted(town, "supervisor")
    rename(town, "supervisor", EVE)
    assert approve(town, name, "supervisor") == 403
    assert approve(town, name, "administrator") == 200


def test_h1_an_unverified_address_is_no_label_and_gets_no_citizens_words(town: Harness) -> None:
    ticket_id = reported_by_mail(town)["ticket_id"]
    assert act(town, ticket_id, "assign", "agent", assignee="me").status == 200
    given = town.dump()["entries"][-1]
    assert given["actor"]["key"] == given["data"]["to"] == sub_of(town, "agent@city.example")
    rename(town, "agent", EVE)
    me = town.http("GET", "/api/v1/me", user="agent").json()
    assert (me["email"], EVE in me["username"]) == ("", False)
    [received] = to(town, ANA)
    town.mail(answer_to(received, "My number is +1 202 555 0123."))
    town.drain()
    assert to(town, EVE) == []
    assert act(town, ticket_id, "note", "agent", text="Seen").status == 200
    noted = town.dump()["entries"][-1]
    assert noted["actor"]["key"] == sub_of(town, "agent@city.example")
    assert EVE not in str(town.dump()["entries"])


def test_a_new_address_that_an_administrator_gave_changes_no_history(town: Harness) -> None:
    ticket_id, name = reported_by_mail(town)["ticket_id"], drafted(town, "supervisor")
    assert act(town, ticket_id, "assign", "supervisor", assignee="me").status == 200
    whose = named(town, sub_of(town, "supervisor@city.example"))
    told = {"email": "sam@city.example", "email_verified": "true"}
    changed = [{"Name": key, "Value": value} for key, value in told.items()]
    client("cognito-idp").admin_update_user_attributes(**whose, UserAttributes=changed)
    town.restart()
    town.services.roll_call.ask(whose["Username"])
    assert mine(town, "supervisor") == [ticket_id]
    assert approve(town, name, "supervisor") == 403
    town.mail(answer_to(to(town, ANA)[0], "It has grown."))
    town.drain()
    assert to(town, "sam@city.example")[-1].to == "sam@city.example"


def test_h1_a_stolen_name_is_not_staffs_for_forwards(town: Harness) -> None:
    rename(town, "agent", EVE)
    town.services.roll_call.run()
    assert not town.services.roll_call.is_working(EVE)


def test_h5_who_lost_their_only_agency_sees_no_ticket(
    town: Harness,
) -> None:
    ticket_id = reported_by_mail(town)["ticket_id"]
    path = f"/api/v1/tickets/{ticket_id}"
    assert town.http("GET", path, user="roads").status == 200
    take(town, "roads", "agency:public-works")
    assert town.http("GET", path, user="roads").status == 403
    assert town.http("GET", "/api/v1/tickets", user="roads").status == 403
    assert town.http("GET", "/console", user="roads").status == 303, "the sign-in has ended"


def test_h5_the_page_tells_who_has_no_agency_whom_to_ask(town: Harness) -> None:
    hire(town.services.settings.user_pool_id, [Person("newcomer", "Nia", ("agent",))])
    page = town.http("GET", "/console", user="newcomer")
    assert (page.status, "ask an administrator for one" in page.text) == (403, True)
    assert town.http("GET", "/console/account", user="newcomer").status == 200


def test_h5_no_list_no_figure_and_no_page_of_tickets_opens_without_an_agency(town: Harness) -> None:
    ticket_id = reported_by_mail(town)["ticket_id"]
    take(town, "administrator", "agency:*")
    pages = ["", "/late", "/kept", "/figures", "/quarantine", "/parked", f"/tickets/{ticket_id}"]
    for page in pages:
        assert town.http("GET", f"/console{page}", user="administrator").status == 403, page
    for path in ["tickets", "people", "changes", "quarantine", "parked", "statistics/queue"]:
        answer = town.http("GET", f"/api/v1/{path}", user="administrator")
        assert answer.status in (403, 404), path
    assert town.http("GET", "/console/rules", user="administrator").status == 200
    assert town.http("GET", "/console/keys", user="administrator").status == 200


def test_m3_what_is_taken_away_in_mid_session_is_gone_with_the_same_token(town: Harness) -> None:
    for path in ("/console/audit", "/api/v1/audit"):
        assert town.http("GET", path, user="auditor").status == 200
    before = town.token("auditor")
    take(town, "auditor", "auditor")
    assert town.http("GET", "/api/v1/audit", user="auditor").status == 403
    assert town.http("GET", "/console/audit", user="auditor").status == 303
    assert town.token("auditor") == before


def as_before(town: Harness, ticket_id: str, **facts: str) -> None:
    """The ticket as an earlier release wrote it: people by their mail address."""
    store = town.services.store
    item = {"pk": {"S": store._keys.ticket(ticket_id)}, "sk": {"S": "TICKET"}}
    facts["assignee_key"] = store._keys.assignee(facts["assignee"], is_open=True)
    town.services.client("dynamodb").update_item(
        TableName=town.services.settings.table_name,
        Key=item,
        UpdateExpression="SET " + ", ".join(f"{name} = :{name}" for name in facts),
        ExpressionAttributeValues={f":{name}": {"S": value} for name, value in facts.items()},
    )


def test_a_ticket_of_an_earlier_release_is_the_same_persons(town: Harness) -> None:
    ticket_id = reported_by_mail(town)["ticket_id"]
    as_before(town, ticket_id, assignee="roads@city.example")
    assert mine(town, "roads") == [ticket_id]
    told = town.http("GET", f"/api/v1/tickets/{ticket_id}", user="roads").json()["ticket"]
    assert told["assignee"] == "roads@city.example"
    assert told["assignee_id"] == sub_of(town, "roads@city.example") != "roads@city.example"
    [received] = to(town, ANA)
    town.mail(answer_to(received, "It has grown."))
    town.drain()
    assert len(to(town, "roads@city.example")) == 1
    assert mine(town, "roads") == [ticket_id]


def test_a_broadcast_of_an_earlier_release_is_not_approved_by_who_made_it(town: Harness) -> None:
    name = drafted(town, "supervisor")
    store = town.services.broadcasts.store
    made: Any = store.get(name)
    made.author = "supervisor@city.example"
    store.save(made)
    assert approve(town, name, "supervisor") == 403


def test_an_address_that_is_nobodys_gets_no_mail_and_the_office_does(town: Harness) -> None:
    ticket_id = reported_by_mail(town)["ticket_id"]
    as_before(town, ticket_id, assignee=EVE)
    [received] = to(town, ANA)
    town.mail(answer_to(received, "It has grown."))
    town.drain()
    assert to(town, EVE) == []


@pytest.mark.parametrize("who", ["sub", "address", "me"])
def test_a_ticket_is_given_by_identity_or_by_what_somebody_signs_in_with(
    town: Harness, who: str
) -> None:
    town.mail(a_mail())
    town.drain()
    ticket_id, person = newest_ticket(town)["ticket_id"], sub_of(town, "agent@city.example")
    wish = {"sub": person, "address": "Agent@City.example", "me": "me"}[who]
    given = act(town, ticket_id, "assign", "agent", assignee=wish).json()
    assert (given["assignee_id"], given["assignee"]) == (person, "agent@city.example")
    page = town.http("GET", f"/console/tickets/{ticket_id}", user="agent").text
    assert "Ana Agent" in page


def test_pages_say_what_people_are_called_and_never_an_identity(town: Harness) -> None:
    name, sam = drafted(town, "supervisor"), sub_of(town, "supervisor@city.example")
    ticket_id = reported_by_mail(town)["ticket_id"]
    assert act(town, ticket_id, "assign", "supervisor", assignee="me").status == 200
    pages = ["broadcasts", f"broadcasts/{name}", f"tickets/{ticket_id}", "audit", "late"]
    for page in ["", *(f"/{page}" for page in pages)]:
        told = town.http("GET", f"/console{page}", user="administrator").text
        shown = told.replace(
            f'value="{sam}"', ""
        )  # whom a ticket can be given to, as a form says it
        assert sam not in shown, page
    for page in ["", f"/broadcasts/{name}", f"/tickets/{ticket_id}", "/audit"]:
        told = town.http("GET", f"/console{page}", user="administrator").text
        assert "Sam Supervisor" in told, page
