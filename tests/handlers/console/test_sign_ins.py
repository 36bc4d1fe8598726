"""Sign-ins at the console end when they should: by hand, by time, by a new password, a lost role."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import fields
from datetime import timedelta

import pytest
from botocore.exceptions import ClientError

from chalicelib.config import Settings
from chalicelib.errors import NotSignedIn
from infra.local.people import PASSWORD
from infra.local.pool import mailed_code
from infra.local.stack import client
from tests.handlers.desk_work import hidden
from tests.handlers.staff_browser import (
    NEW,
    SIGN_IN,
    Browser,
    Desk,
    account,
    bearer,
    finish,
    hire,
    renew,
    session_of,
)
from tests.harness import Harness

SECURE = {"X-Forwarded-Proto": "https"}


@pytest.fixture(scope="module")
def town() -> Iterator[Harness]:
    """One town for the module: every test hires its own people."""
    with Harness.boot() as booted:
        yield booted


def sign_out(browser: Browser) -> None:
    token = hidden(browser.send("GET", "/console"), "form_token")
    browser.send("POST", "/console/sign-out", form={"form_token": token})
    assert browser.cookies["staff"] == ""


def named(town: Harness, name: str) -> dict[str, str]:
    return {"UserPoolId": town.services.settings.user_pool_id, "Username": name}


def test_signing_out_ends_the_cookie_and_every_token_here_and_at_the_pool(town: Harness) -> None:
    """M1: an old cookie and an administrator's old token open nothing, the key page least of all."""
    browser = Browser(town)
    browser.sign_in("administrator@city.example")
    kept, session = browser.cookies["staff"], session_of(town, browser)
    assert town.http("GET", "/api/v1/me", headers=bearer(session)).status == 200
    sign_out(browser)
    browser.cookies["staff"] = kept
    assert browser.send("GET", "/console").status == 303
    assert town.http("GET", "/api/v1/me", headers=bearer(session)).status == 401
    with pytest.raises(NotSignedIn):
        town.services.accounts.refresh(session.refresh_token, session.pool_name)


def test_what_another_process_ended_is_over_at_once_where_it_cannot_be_taken_back(
    town: Harness,
) -> None:
    """M1: no live key by a token that was signed out a second ago elsewhere."""
    browser = Browser(town)
    browser.sign_in("administrator@city.example")
    session = session_of(town, browser)
    assert town.http("GET", "/api/v1/me", headers=bearer(session)).status == 200
    Desk(town).sessions.leave(browser.cookies["staff"])
    assert town.http("GET", "/api/v1/api-keys", headers=bearer(session)).status == 401
    assert browser.send("GET", "/console/keys").status == 303


def test_what_another_process_ended_is_out_within_a_minute(town: Harness) -> None:
    browser = hire(town, "lou@city.example")
    here, there = Desk(town), Desk(town)
    session = here.sessions.enter(browser.cookies["staff"])
    there.sessions.end(session)
    here.now += timedelta(seconds=61)
    with pytest.raises(NotSignedIn):
        here.sessions.enter(browser.cookies["staff"])


def test_signing_out_hours_later_still_reaches_the_pool(town: Harness) -> None:
    """M2: the access token is long over; the refresh token must not outlive the button."""
    browser = Browser(town)
    browser.sign_in("supervisor@city.example")
    session = session_of(town, browser)
    Desk(town, hours=7).sessions.leave(browser.cookies["staff"])
    with pytest.raises(NotSignedIn):
        town.services.accounts.refresh(session.refresh_token, session.pool_name)


def test_an_ended_sign_in_keeps_no_token(town: Harness) -> None:
    browser = hire(town, "uma@city.example")
    session = session_of(town, browser)
    sign_out(browser)
    stored = Desk(town).shelf.get(session.digest)
    assert stored is not None
    assert (stored.access_token, stored.refresh_token) == ("", "")


def test_over_https_the_cookie_is_bound_to_this_very_host(town: Harness) -> None:
    """L2: nothing but the `__Host-` name is read there, so no neighbour can plant a session."""
    browser = Browser(town)
    token = hidden(browser.send("GET", SIGN_IN, headers=SECURE), "form_token")
    fields = {"form_token": token, "username": "agent@city.example", "password": PASSWORD}
    answer = browser.send("POST", SIGN_IN, form=fields, headers=SECURE)
    (kept,) = (text for text in answer.headers.get_all("Set-Cookie") if "staff" in text)
    assert kept.startswith("__Host-staff=")
    assert "; Path=/; " in kept
    assert kept.endswith("; HttpOnly; SameSite=Strict; Secure")
    assert browser.send("GET", "/console", headers=SECURE).status == 200
    browser.cookies = {"staff": browser.cookies["__Host-staff"]}
    assert browser.send("GET", "/console", headers=SECURE).status == 303


def test_an_unused_sign_in_ends_after_the_setting_and_a_used_one_after_twelve_hours(
    town: Harness,
) -> None:
    browser = hire(town, "ian@city.example")
    secret, desk = browser.cookies["staff"], Desk(town)
    for hours in (7, 4):
        desk.now += timedelta(hours=hours)
        assert desk.sessions.enter(secret)
    desk.now += timedelta(hours=1.1)
    with pytest.raises(NotSignedIn):
        desk.sessions.enter(secret)
    idle = hire(town, "ida@city.example")
    with pytest.raises(NotSignedIn):
        Desk(town, hours=8.1).sessions.enter(idle.cookies["staff"])


def test_a_taken_away_group_ends_the_sign_in_and_a_new_one_does_not(town: Harness) -> None:
    browser = hire(town, "rob@city.example")
    accounts, sessions = town.services.accounts, town.services.sessions
    parks = {"GroupName": "agency:parks", **named(town, "rob@city.example")}
    client("cognito-idp").admin_add_user_to_group(**parks)
    staff = accounts.confirm(accounts.staff(session_of(town, browser).access_token))
    assert not sessions.hold(session_of(town, browser), staff)
    assert sessions.hold(session_of(town, browser), staff)
    client("cognito-idp").admin_remove_user_from_group(**parks)
    with pytest.raises(NotSignedIn):
        sessions.hold(session_of(town, browser), accounts.confirm(staff))


def test_a_dismissal_ends_all_sign_ins_for_good(town: Harness) -> None:
    first, second = hire(town, "dan@city.example"), Browser(town)
    second.sign_in("dan@city.example")
    session = session_of(town, second)
    client("cognito-idp").admin_disable_user(**named(town, "dan@city.example"))
    town.restart()
    assert first.send("GET", "/console").status == 303
    client("cognito-idp").admin_enable_user(**named(town, "dan@city.example"))
    town.restart()
    assert second.send("GET", "/console").status == 303
    assert Desk(town).sessions.of(session.pool_name) == []


def test_nobody_guesses_passwords_past_the_console(town: Harness) -> None:
    """L10: the right password alone opens nothing at the pool itself (Amazon Cognito developer guide,
    "Computing secret hash values")."""
    with pytest.raises(ClientError) as refused:
        client("cognito-idp").initiate_auth(
            ClientId=town.services.settings.user_pool_client_id,
            AuthFlow="USER_PASSWORD_AUTH",
            AuthParameters={"USERNAME": "agent@city.example", "PASSWORD": PASSWORD},
        )
    assert refused.value.response["Error"]["Code"] == "NotAuthorizedException"
    assert hire(town, "hal@city.example").send("GET", "/console").status == 200


def test_who_loses_a_group_is_signed_out_everywhere(town: Harness) -> None:
    first, second = hire(town, "eva@city.example"), Browser(town)
    second.sign_in("eva@city.example")
    client("cognito-idp").admin_remove_user_from_group(
        GroupName="agency:*", **named(town, "eva@city.example")
    )
    town.restart()
    assert first.send("GET", "/console/account").status == 303
    assert second.send("GET", "/console/account").status == 303
    assert Browser(town).sign_in("eva@city.example").status == 303


def test_a_dismissed_clerk_does_not_come_back_with_the_account(town: Harness) -> None:
    browser = hire(town, "max@city.example")
    pool_name = session_of(town, browser).pool_name
    Desk(town).sessions.end_all(pool_name)
    town.restart()
    assert browser.send("GET", "/console").status == 303


# -- one's own account


def test_one_sees_where_one_is_signed_in_and_ends_what_one_does_not_know(town: Harness) -> None:
    browser, other = hire(town, "sue@city.example"), Browser(town)
    phone = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Version/18.0 Safari/605.1.15"
    other.sign_in("sue@city.example", headers={"User-Agent": phone})
    page = browser.send("GET", "/console/account")
    assert "Safari, iPhone" in page.text
    (digest,) = re.findall(r'name="sign_in" value="(\w+)"', page.text)
    assert account(browser, do="end", sign_in=digest).status == 303
    assert other.send("GET", "/console").status == 303
    assert browser.send("GET", "/console").status == 200


def test_nobody_ends_the_sign_in_of_somebody_else(town: Harness) -> None:
    browser, victim = hire(town, "mal@city.example"), hire(town, "vic@city.example")
    assert account(browser, do="end", sign_in=session_of(town, victim).digest).status == 303
    assert account(browser, do="end_others").status == 303
    assert victim.send("GET", "/console").status == 200


def test_ending_all_others_leaves_this_one(town: Harness) -> None:
    browser, others = hire(town, "oli@city.example"), [Browser(town), Browser(town)]
    for other in others:
        other.sign_in("oli@city.example")
    assert account(browser, do="end_others").status == 303
    assert [other.send("GET", "/console").status for other in others] == [303, 303]
    assert browser.send("GET", "/console").status == 200


def test_a_new_password_ends_every_sign_in_and_every_token(town: Harness) -> None:
    """M4: access and refresh lived on after a new password."""
    browser, thief = hire(town, "ned@city.example"), Browser(town)
    thief.sign_in("ned@city.example")
    stolen = session_of(town, thief)
    new = {"new": "new words for the desk", "again": "new words for the desk"}
    answer = account(browser, do="password", old=PASSWORD, **new)
    assert answer.headers["Location"] == f"{SIGN_IN}?done=password"
    assert thief.send("GET", "/console").status == 303
    assert town.http("GET", "/api/v1/me", headers=bearer(stolen)).status == 401
    with pytest.raises(NotSignedIn):
        town.services.accounts.refresh(stolen.refresh_token, stolen.pool_name)
    assert Browser(town).sign_in("ned@city.example", "new words for the desk").status == 303


@pytest.mark.parametrize("password", ["", "not-the-password"])
def test_an_open_browser_is_not_enough_to_bind_an_app(town: Harness, password: str) -> None:
    """M4: the password is asked for, at the pool, before a secret is shown."""
    browser = hire(town, f"bo{len(password)}@city.example")
    answer = account(browser, do="begin", present=password)
    assert (answer.status, "otpauth" in answer.text) == (400, False)
    assert "otpauth" in account(browser, do="begin", present=PASSWORD).text


def test_codes_are_demanded_of_administrators_and_supervisors_where_nothing_is_said() -> None:
    usual = {field.name: field.default for field in fields(Settings)}["codes_demanded_of"]
    assert usual == ("administrator", "supervisor")


# -- a forgotten password


def code_for(town: Harness, name: str) -> str:
    return mailed_code(town.services.settings.user_pool_client_id, name)


def test_who_forgot_the_password_sets_a_new_one_by_a_mailed_code(town: Harness) -> None:
    """L9; a thief who is still signed in is not, afterwards."""
    name = "fay@city.example"
    signed_in, browser = hire(town, name), Browser(town)
    assert "Forgot your password?" in browser.send("GET", SIGN_IN).text
    assert renew(browser, name).status == 200
    answer = finish(browser, name, code_for(town, name))
    assert (answer.status, answer.headers["Location"]) == (303, f"{SIGN_IN}?done=password")
    assert signed_in.send("GET", "/console").status == 303
    assert Browser(town).sign_in(name, NEW).status == 303


def test_the_page_does_not_tell_who_has_an_account(town: Harness) -> None:
    hire(town, "gil@city.example")
    fired = hire(town, "gus@city.example")
    client("cognito-idp").admin_disable_user(**named(town, "gus@city.example"))
    said = []
    for name in ("gil@city.example", "gus@city.example", "none@city.example"):
        browser = Browser(town)
        pages = (renew(browser, name), finish(browser, name, "000000"))
        said.append([re.sub(rf'{name}|value="[^"]+"', "", page.text) for page in pages])
    assert said[0] == said[1] == said[2]
    assert fired.cookies


@pytest.mark.parametrize("new", ["too short", "Password2026!!", "Springfield-2026"])
def test_a_common_password_is_refused_on_every_way(town: Harness, new: str) -> None:
    browser = hire(town, f"cy{len(new)}@city.example")
    changed = account(browser, do="password", old=PASSWORD, new=new, again=new)
    assert changed.status == 400
    name = f"cy{len(new)}@city.example"
    renew(browser, name)
    assert finish(browser, name, code_for(town, name), new).status == 400
    assert Browser(town).sign_in(name).status == 303, "the old one holds"
