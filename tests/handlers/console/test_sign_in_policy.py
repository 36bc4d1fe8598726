"""What a city demands of who signs in, and how often somebody may try; each test boots its own town."""

from __future__ import annotations

from infra.local.people import PASSWORD
from tests.handlers.desk_work import hidden
from tests.handlers.staff_browser import (
    SIGN_IN,
    Browser,
    account,
    bearer,
    finish,
    renew,
    session_of,
)
from tests.harness import Harness


def test_who_must_have_codes_reaches_the_account_alone_until_they_are_set_up() -> None:
    """M4: administrators and supervisors by default, at the console and at the API."""
    with Harness.boot(codes_demanded_of=["administrator", "supervisor"]) as strict:
        browser = Browser(strict)
        browser.sign_in("supervisor@city.example")
        token = session_of(strict, browser)
        sent = browser.send("GET", "/console")
        assert (sent.status, sent.headers["Location"]) == (303, "/console/account")
        refused = strict.http("GET", "/api/v1/tickets", headers=bearer(token))
        assert (refused.status, refused.json()["error"]["code"]) == (403, "codes_owed")
        assert "Your role demands codes" in browser.send("GET", "/console/account").text
        account(browser, do="begin", present=PASSWORD)
        assert account(browser, do="finish", code="123456").status == 303
        assert browser.send("GET", "/console").status == 200
        assert strict.http("GET", "/api/v1/tickets", headers=bearer(token)).status == 200
        agent = Browser(strict)
        agent.sign_in("agent@city.example")
        assert agent.send("GET", "/console").status == 200


def test_guessing_mailed_codes_ends_by_person_and_by_network() -> None:
    with Harness.boot() as city:
        tries = [finish(Browser(city), "agent@city.example", f"{n:06}") for n in range(17)]
        assert [page.status for page in tries].count(400) == 15
        assert tries[-1].status == 429
        others = [renew(Browser(city), f"p{n}@city.example").status for n in range(20)]
        assert others.count(200) == 30 - 15, "one network has thirty steps an hour"


def test_trying_names_and_passwords_ends_for_a_network() -> None:
    with Harness.boot() as city:
        browser = Browser(city)
        token = hidden(browser.send("GET", SIGN_IN), "form_token")
        form = {"form_token": token, "username": "", "password": ""}
        tries = [browser.send("POST", SIGN_IN, form=form).status for _ in range(302)]
        assert (tries.count(401), tries[-1]) == (300, 429)
