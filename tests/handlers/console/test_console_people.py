"""The people page: nobody needs a shell to appoint, change, replace or dismiss a clerk."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from chalicelib.errors import NotSignedIn
from chalicelib.identity.accounts import Challenge
from infra.local.people import PASSWORD
from infra.local.stack import client
from tests.handlers.desk_work import act, case, post, report
from tests.harness import Harness, Response

LIST = "/console/people"
NEW = f"{LIST}/new"
NINA = {"name": "Nina New", "email": "nina@city.example", "roles": "agent", "agencies": "*"}


@pytest.fixture
def town() -> Iterator[Harness]:
    with Harness.boot() as booted:
        yield booted


def invite(town: Harness, **given: Any) -> Response:
    return post(town, NEW, NEW, "administrator", **{**NINA, **given})


def page_of(town: Harness, login: str) -> str:
    return f"{LIST}/{account(town, login)['Username']}"


def account(town: Harness, login: str) -> dict[str, Any]:
    pool = town.services.settings.user_pool_id
    email = login if "@" in login else f"{login}@city.example"
    found: dict[str, Any] = client("cognito-idp").admin_get_user(UserPoolId=pool, Username=email)
    return found


def groups(town: Harness, login: str) -> list[str]:
    pool, name = town.services.settings.user_pool_id, account(town, login)["Username"]
    answer = client("cognito-idp").admin_list_groups_for_user(UserPoolId=pool, Username=name)
    return sorted(group["GroupName"] for group in answer["Groups"])


def comes(town: Harness, email: str) -> None:
    """Somebody who was invited chooses a password."""
    client("cognito-idp").admin_set_user_password(
        UserPoolId=town.services.settings.user_pool_id,
        Username=email,
        Password=PASSWORD,
        Permanent=True,
    )


def change(
    town: Harness, login: str, do: str, user: str = "administrator", **given: Any
) -> Response:
    page = page_of(town, login)
    return post(town, page, page, user, do=do, **given)


def audit(town: Harness) -> list[Any]:
    return [record for record in town.services.store.audit().items if "person" in record.action]


def away(town: Harness, login: str, substitute: str, days: int = 3) -> Response:
    today = town.now.date()
    return change(
        town,
        login,
        "away",
        **{"from": today.isoformat(), "until": (today + timedelta(days=days)).isoformat()},
        substitute=account(town, substitute)["Username"],
    )


def test_only_administrators_see_people_and_the_way_there(town: Harness) -> None:
    for user in ("agent", "supervisor", "auditor"):
        for path in (LIST, NEW, page_of(town, "agent")):
            assert town.http("GET", path, user=user).status == 403
        assert f'href="{LIST}"' not in town.http("GET", "/console", user=user).text
    shown = town.http("GET", LIST, user="administrator")
    assert shown.status == 200 and f'href="{LIST}"' in shown.text
    assert "Rosa Roads" in shown.text and "roads@city.example" in shown.text


def test_who_is_invited_can_work_and_nobody_needed_a_shell(town: Harness) -> None:
    assert invite(town).status == 303
    comes(town, NINA["email"])
    assert town.http("GET", "/console", user=NINA["email"]).status == 200
    assert groups(town, "nina") == ["agency:*", "agent"]
    assert [record.action for record in audit(town)] == ["person_invited"]
    assert "Nina New" in town.http("GET", f"{LIST}?q=nina+new", user="administrator").text


def test_the_group_of_an_agency_is_made_when_it_is_missing(town: Harness) -> None:
    assert invite(town, agencies=["customer-desk"]).status == 303
    assert "agency:customer-desk" in groups(town, "nina")


def test_the_invitation_arrives_and_its_password_is_good_until_another_is_sent(
    town: Harness,
) -> None:
    invite(town)
    first = mailed(town, r"temporary password is (\S+)")
    assert isinstance(town.services.accounts.sign_in(NINA["email"], first), Challenge)
    change(town, NINA["email"], "password")
    second = mailed(town, r"temporary password is (\S+)")
    assert isinstance(town.services.accounts.sign_in(NINA["email"], second), Challenge)
    with pytest.raises(NotSignedIn):
        town.services.accounts.sign_in(NINA["email"], first)


def mailed(town: Harness, pattern: str) -> str:
    """What the newest mail to somebody who was invited says."""
    text = [sent.text for sent in town.outbox if sent.to == NINA["email"]][-1]
    found = re.search(pattern, text)
    assert found, text
    return found[1]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", " "),
        ("email", "nobody"),
        ("email", "roads@city.example"),
        ("roles", "mayor"),
        ("roles", ""),
        ("agencies", "nowhere"),
    ],
)
def test_a_mistake_is_named_at_its_field_and_nobody_is_invited(
    town: Harness, field: str, value: str
) -> None:
    answer = invite(town, **{field: value})
    assert answer.status == 400 and f'href="#{field}"' in answer.text
    assert audit(town) == []


def test_an_address_that_is_taken_is_told_in_helpful_words(town: Harness) -> None:
    assert "look for them in the list" in invite(town, email="roads@city.example").text


def test_changed_rights_hold_and_the_trail_has_before_and_after(town: Harness) -> None:
    assert change(town, "roads", "rights", roles="supervisor", agencies="parks").status == 303
    assert groups(town, "roads") == ["agency:parks", "supervisor"]
    (record,) = audit(town)
    assert record.actor.name == "Ada Administrator"
    assert "agency:public-works agent" in record.data["before"]
    assert "agency:parks supervisor" in record.data["after"]


def test_the_last_administrator_stays_one(town: Harness) -> None:
    for do, given in (
        ("rights", {"roles": "agent", "agencies": "*"}),
        ("end", {"sure": "yes"}),
    ):
        answer = change(town, "administrator", do, **given)
        assert answer.status == 400 and "appoint another one first" in answer.text
    assert "administrator" in groups(town, "administrator") and audit(town) == []


def test_who_was_invited_and_never_came_does_not_count_as_an_administrator(town: Harness) -> None:
    invite(town, roles=["administrator"])
    given = {"roles": "agent", "agencies": "*"}
    assert change(town, "administrator", "rights", **given).status == 400
    comes(town, NINA["email"])
    assert change(town, "administrator", "rights", **given).status == 303
    assert town.http("GET", LIST, user="administrator").status == 303


def test_who_is_ended_is_out_at_once_and_their_tickets_are_handed_over(town: Harness) -> None:
    ticket = report(town, service="pothole")
    act(
        town,
        ticket,
        "assign",
        "roads",
        assignee="me",
        version=case(town, ticket)["ticket"]["version"],
    )
    assert change(town, "roads", "end").status == 400  # not sure
    assert change(town, "roads", "end", sure="yes").status == 303
    assert not account(town, "roads")["Enabled"] and groups(town, "roads") == []
    town.restart()
    assert town.http("GET", "/console", user="roads").status != 200
    shown = town.http("GET", page_of(town, "roads"), user="administrator").text
    assert ticket in shown and "cannot sign in" in shown
    given = {"colleague": account(town, "agent")["Username"]}
    assert change(town, "roads", "give", **given).status == 303
    assert ticket not in town.http("GET", page_of(town, "roads"), user="administrator").text
    assert case(town, ticket)["entries"][-1]["kind"] == "assigned"


def test_a_colleague_of_another_agency_is_not_handed_the_tickets(town: Harness) -> None:
    ticket = report(town, service="pothole")
    act(
        town,
        ticket,
        "assign",
        "roads",
        assignee="me",
        version=case(town, ticket)["ticket"]["version"],
    )
    change(town, "roads", "give", colleague=account(town, "parks")["Username"])
    assert (
        case(town, ticket)["ticket"]["assignee"]
        == case(town, ticket, "roads")["ticket"]["assignee"]
    )
    assert ticket in town.http("GET", page_of(town, "roads"), user="administrator").text


def test_who_was_ended_is_let_in_again(town: Harness) -> None:
    change(town, "parks", "end", sure="yes")
    assert "Piet Parks" in town.http("GET", f"{LIST}?view=left", user="administrator").text
    assert "Piet Parks" not in town.http("GET", LIST, user="administrator").text
    assert change(town, "parks", "again", roles="agent", agencies="parks").status == 303
    town.restart()
    assert town.http("GET", "/console", user="parks").status == 200


def test_codes_are_reset_for_who_lost_the_device(town: Harness) -> None:
    pool, agent = client("cognito-idp"), town.token("agent")
    pool.associate_software_token(AccessToken=agent)
    pool.verify_software_token(AccessToken=agent, UserCode="123456")
    on = {"Enabled": True, "PreferredMfa": True}
    pool.set_user_mfa_preference(AccessToken=agent, SoftwareTokenMfaSettings=on)
    assert "Reset codes" in town.http("GET", page_of(town, "agent"), user="administrator").text
    assert change(town, "agent", "codes").status == 303
    assert account(town, "agent")["UserMFASettingList"] == []
    assert audit(town)[0].action == "person_codes_reset"


def test_a_new_invitation_or_a_new_password_is_sent(town: Harness) -> None:
    invite(town)
    name = account(town, "nina")["Username"]
    assert change(town, "nina", "password").status == 303
    assert account(town, "nina")["Username"] == name
    assert change(town, "agent", "password").status == 303
    assert account(town, "agent")["UserStatus"] == "RESET_REQUIRED"
    sent = [record for record in audit(town) if record.action == "person_password_sent"]
    assert len(sent) == 2


def test_what_is_meant_for_somebody_away_goes_to_the_substitute(town: Harness) -> None:
    assert away(town, "roads", "agent").status == 303
    ticket = report(town, service="pothole")
    version = case(town, ticket)["ticket"]["version"]
    shown = town.http("GET", f"/console/tickets/{ticket}", user="supervisor").text
    assert re.search(r"Rosa Roads \(away until [^;]+; Ana Agent stands in\)", shown)
    assert (
        act(
            town, ticket, "assign", "supervisor", assignee="roads@city.example", version=version
        ).status
        == 200
    )
    town.drain()
    assert "agent@city.example" in [mail.to for mail in town.outbox]
    shown = town.http("GET", f"/console/tickets/{ticket}", user="supervisor").text
    assert "Assigned to Ana Agent, who stands in for Rosa Roads" in shown


def case_assignee(town: Harness, login: str) -> str:
    name = account(town, login)["Username"]
    people = town.services.directory.colleagues()
    return next(p.sub for p in people if p.pool_name == name)


def test_who_takes_a_ticket_themselves_has_it_even_while_away(town: Harness) -> None:
    away(town, "roads", "agent")
    ticket = report(town, service="pothole")
    version = case(town, ticket)["ticket"]["version"]
    assert act(town, ticket, "assign", "roads", assignee="me", version=version).status == 200
    assert case(town, ticket)["ticket"]["assignee"] == "roads@city.example"


def test_nobody_is_given_a_ticket_when_all_who_stand_in_are_away(town: Harness) -> None:
    assert away(town, "roads", "agent").status == 303
    assert away(town, "agent", "supervisor").status == 303
    assert away(town, "supervisor", "agent").status == 303
    ticket = report(town, service="pothole")
    version = case(town, ticket)["ticket"]["version"]
    answer = act(
        town, ticket, "assign", "administrator", assignee="roads@city.example", version=version
    )
    assert answer.status in (400, 422) and "away" in answer.text


@pytest.mark.parametrize("substitute", ["parks", "auditor", "roads"])
def test_a_substitute_works_on_the_same_agencies_tickets(town: Harness, substitute: str) -> None:
    answer = away(town, "roads", substitute)
    assert answer.status == 400 and 'href="#substitute"' in answer.text


def test_an_absence_ends_by_itself_or_by_hand(town: Harness) -> None:
    away(town, "roads", "agent", days=1)
    assert town.services.stand_ins.instead_of(case_assignee(town, "roads"), "public-works") == (
        case_assignee(town, "agent")
    )
    town.tick(town.now + timedelta(days=3))
    assert town.services.stand_ins.instead_of(case_assignee(town, "roads"), "public-works") == (
        case_assignee(town, "roads")
    )
    away(town, "roads", "agent", days=5)
    assert change(town, "roads", "back").status == 303
    assert town.services.stand_ins.instead_of(case_assignee(town, "roads"), "public-works") == (
        case_assignee(town, "roads")
    )
    assert "person_absence_ended" in [record.action for record in audit(town)]


def test_pages_of_the_list_end_and_hold_everybody_once(
    town: Harness, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("chalicelib.handlers.console.people.everybody.SIZE", 3)
    path, seen = LIST, list[str]()
    while path:
        page = town.http("GET", path, user="administrator").text
        seen += re.findall(r'scope="row"><a href="[^"]+"><bdi>([^<]+)<', page)
        found = re.search(r'href="([^"]+)" rel="next"', page)
        path = found[1].replace("&amp;", "&") if found else ""
    assert len(seen) == len(set(seen)) == 7 and "Otto Auditor" in seen


def test_the_list_says_when_somebody_signed_in(town: Harness) -> None:
    page = town.http("GET", "/console/sign-in")
    token = re.search(r'name="form_token" value="([^"]*)"', page.text)
    assert token
    form = {
        "form_token": token[1],
        "username": "auditor@city.example",
        "password": PASSWORD,
        "step": "password",
    }
    assert town.http("POST", "/console/sign-in", form=form).status == 303
    shown = town.http("GET", page_of(town, "auditor"), user="administrator").text
    assert "Not seen yet" not in shown


def test_a_changed_person_is_asked_about_at_the_pool_and_no_stranger_is_found(
    town: Harness,
) -> None:
    assert town.http("GET", f"{LIST}/nobody", user="administrator").status == 404
