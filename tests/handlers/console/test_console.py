"""The console's pages through the gateway: sign-in, queue, ticket, conflicts, quarantine."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator

import pytest

from infra.local.people import PASSWORD
from infra.local.stack import client
from tests.handlers.desk_work import act, case, hidden, post, report
from tests.handlers.staff_browser import SIGN_IN, Browser, Desk, account, hire
from tests.harness import Harness, Response


@pytest.fixture(scope="module")
def town() -> Iterator[Harness]:
    """One town for the module: every test makes its own tickets."""
    with Harness.boot() as booted:
        yield booted


@pytest.fixture
def ticket_id(town: Harness, request: pytest.FixtureRequest) -> str:
    """A fresh ticket of Public Works."""
    return report(town, f"For {request.node.name}", service="pothole")


def at(ticket_id: str) -> str:
    return f"/console/tickets/{ticket_id}"


def said(page: Response) -> str:
    """The words of a page, without its markup."""
    return html.unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page.text)))


# -- signing in


def test_signing_in_opens_the_console_with_cookies_out_of_reach(town: Harness) -> None:
    browser = Browser(town)
    answer = browser.sign_in("agent@city.example")
    assert (answer.status, answer.headers["Location"]) == (303, "/console")
    (kept,) = (text for text in answer.headers.get_all("Set-Cookie") if text.startswith("staff"))
    assert "; Path=/; " in kept
    assert kept.endswith("; HttpOnly; SameSite=Strict")
    assert kept.count(".") == 0, "no token of the user pool goes to a browser"
    assert browser.send("GET", "/console").status == 200


def test_over_https_the_cookies_stay_encrypted(town: Harness) -> None:
    browser = Browser(town)
    headers = {"X-Forwarded-Proto": "https"}
    token = hidden(browser.send("GET", SIGN_IN, headers=headers), "form_token")
    fields = {"form_token": token, "username": "agent@city.example", "password": PASSWORD}
    answer = browser.send("POST", SIGN_IN, form=fields, headers=headers)
    assert all("Secure" in text for text in answer.headers.get_all("Set-Cookie"))


@pytest.mark.parametrize(
    ("name", "password"),
    [
        ("agent@city.example", "not-my-secret"),
        ("nobody@city.example", PASSWORD),
        ("agent", "x" * 3000),
    ],
)
def test_a_failed_sign_in_is_told_alike_and_audited_at_most_once(
    town: Harness, name: str, password: str
) -> None:
    before = len(town.dump()["audit"])
    answer = Browser(town).sign_in(name, password)
    assert answer.status == 401
    assert "Name or password is wrong" in answer.text
    assert password not in answer.text
    assert not [t for t in answer.headers.get_all("Set-Cookie") if t.startswith("staff_")]
    assert len(town.dump()["audit"]) <= before + 1, "one line for each hour, network and colleague"


def test_a_first_sign_in_sets_a_password_of_ones_own(town: Harness) -> None:
    pool_id = town.services.settings.user_pool_id
    named = {"UserPoolId": pool_id, "Username": "new@city.example"}
    client("cognito-idp").admin_create_user(TemporaryPassword="Temporary-311", **named)
    for group in ("agent", "agency:*"):
        client("cognito-idp").admin_add_user_to_group(GroupName=group, **named)
    browser = Browser(town)
    asked = browser.sign_in("new@city.example", "Temporary-311")
    assert asked.status == 200
    fields = {n: hidden(asked, n) for n in ("form_token", "step", "kind", "session", "username")}
    for answer, again, problem in (
        ("Springfield-312", "Springfield-313", "differ"),
        ("short", "short", "too short"),
    ):
        refused = browser.send("POST", SIGN_IN, form={**fields, "answer": answer, "again": again})
        assert refused.status == 401
        assert problem in refused.text
    both = {"answer": "ten words of our own", "again": "ten words of our own"}
    assert browser.send("POST", SIGN_IN, form={**fields, **both}).status == 303
    assert browser.send("GET", "/console").status == 200


def test_one_is_sent_on_to_where_one_wanted_but_never_elsewhere(town: Harness) -> None:
    asked = town.http("GET", "/console/rules?x=1", headers={"Cookie": "none=1"})
    assert asked.headers["Location"] == f"{SIGN_IN}?next=%2Fconsole%2Frules%3Fx%3D1"
    browser = Browser(town)
    wanted = browser.sign_in("agent@city.example", next="/console/rules?x=1")
    assert wanted.headers["Location"] == "/console/rules?x=1"
    for elsewhere in (
        "https://evil.example",
        "//evil.example",
        "/\\evil",
        "/console/\\evil",
        "/report",
    ):
        answer = Browser(town).sign_in("agent@city.example", next=elsewhere)
        assert answer.headers["Location"] == "/console"


def test_an_old_token_is_renewed_on_the_way_in(town: Harness) -> None:
    browser = Browser(town)
    browser.sign_in("agent@city.example")
    old = town.services.sessions.enter(browser.cookies["staff"])
    later = Desk(town, hours=1.1)
    fresh = later.sessions.enter(browser.cookies["staff"])
    assert fresh.access_token != old.access_token
    assert town.services.accounts.staff(fresh.access_token).email == "agent@city.example"


def test_one_changes_ones_own_password(town: Harness) -> None:
    browser = hire(town, "pat@city.example")
    new = {"do": "password", "new": "nine words of my own", "again": "nine words of my own"}
    assert "not your present" in account(browser, old="wrong", **new).text
    differs = account(browser, old=PASSWORD, **{**new, "again": "other"})
    assert (differs.status, "differ" in differs.text) == (400, True)
    before = len(town.dump()["audit"])
    assert account(browser, old=PASSWORD, **new).status == 303
    assert len(town.dump()["audit"]) <= before + 1, "one line for each hour, network and colleague"
    assert browser.send("GET", "/console").status == 303, "a new password ends every sign-in"
    assert Browser(town).sign_in("pat@city.example").status == 401
    assert Browser(town).sign_in("pat@city.example", "nine words of my own").status == 303


def test_one_sets_up_codes_and_is_asked_for_them(town: Harness) -> None:
    browser = hire(town, "kim@city.example")
    begun = account(browser, do="begin", present=PASSWORD)
    assert "otpauth://totp/" in begun.text
    assert account(browser, do="finish", code="123 456").status == 303
    again = Browser(town)
    asked = again.sign_in("kim@city.example")
    assert "authenticator app" in asked.text
    fields = {n: hidden(asked, n) for n in ("form_token", "step", "kind", "session", "username")}
    entered = again.send("POST", SIGN_IN, form={**fields, "answer": "123456"})
    assert entered.status == 303


def test_nobody_gives_themselves_a_role(town: Harness) -> None:
    browser = hire(town, "eve@city.example")
    account(browser, do="password", roles="administrator", groups="administrator")
    assert account(browser, do="promote").status == 404
    assert browser.send("GET", "/console/audit").status == 403


def test_who_comes_by_a_link_from_a_mail_goes_on_with_the_sign_in_they_have(town: Harness) -> None:
    browser = Browser(town)
    browser.sign_in("agent@city.example")
    page = browser.send("GET", f"{SIGN_IN}?next=%2Fconsole%2Frules")
    assert '<a href="/console/rules">Already signed in? Go on</a>' in page.text
    assert "Already signed in" not in browser.send("GET", f"{SIGN_IN}?next=//evil.example").text


# -- forms that only our own pages can send


def test_a_post_from_elsewhere_changes_nothing(town: Harness, ticket_id: str) -> None:
    path, words = f"{at(ticket_id)}/note", {"text": "forged", "version": "1", "seen": "1"}
    assert town.http("POST", path, form=words, user="agent").status == 403
    wrong = {**words, "form_token": "k1.aaaaaaaaaaaaaaaaaaaaaaaaaa"}
    assert town.http("POST", path, form=wrong, user="agent").status == 403
    token = hidden(town.http("GET", at(ticket_id), user="agent"), "form_token")
    for headers in ({"Origin": "https://evil.example"}, {"Sec-Fetch-Site": "cross-site"}):
        sent = {**words, "form_token": token}
        assert town.http("POST", path, form=sent, headers=headers, user="agent").status == 403
    assert len(case(town, ticket_id)["entries"]) == 1


def test_fields_that_a_form_does_not_have_do_nothing(town: Harness, ticket_id: str) -> None:
    extra = {"status": "closed", "priority": "p1", "assignee": "eve", "is_verified": "no"}
    sent = {"text": "only this", "visibility": "public", "actor": "eve", **extra}
    answer = post(town, at(ticket_id), f"{at(ticket_id)}/note", **sent)
    assert answer.status == 303
    found = case(town, ticket_id)
    assert (found["ticket"]["status"], found["ticket"]["priority"]) == ("new", "p3")
    assert found["entries"][-1]["visibility"] == "staff"
    clerk = town.services.directory.person("agent@city.example")
    assert found["entries"][-1]["actor"]["key"] == clerk


PAGES = ["/console", "/console/rules", "/console/rules/new", "/console/catalogue", "/console/audit"]
PAGES += ["/console/account"]
PAGES += [
    "/console/quarantine",
    "/console/catalogue/service/pothole",
    SIGN_IN,
    "/console/tickets/x",
]


@pytest.mark.parametrize("path", PAGES)
def test_every_page_is_locked_down_and_free_of_inline_code(town: Harness, path: str) -> None:
    page = town.http("GET", path, user="administrator")
    policy = page.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "frame-ancestors 'none'" in policy
    assert page.headers["Cache-Control"] == "no-store"
    assert page.headers["X-Content-Type-Options"] == "nosniff"
    assert page.headers["Referrer-Policy"] == "no-referrer"
    assert not re.search(r"<style|style=|<script(?![^>]* src=)| on\w+=", page.text)


# -- queue


def test_a_filter_that_nobody_offers_is_passed_over(town: Harness, ticket_id: str) -> None:
    page = town.http("GET", "/console?status=nonsense&priority=p9&view=odd&agency=", user="agent")
    assert page.status == 200


# -- the ticket


def test_the_citizens_words_stay_words(town: Harness) -> None:
    nasty = '<script>alert(1)</script> <img src=x onerror="x"> {{ 7 * 7 }} \u202eevil'
    ticket = report(town, nasty, service="pothole")
    page = town.http("GET", at(ticket), user="agent")
    assert "<script>alert" not in page.text
    assert "<img" not in page.text
    assert "{{ 7 * 7 }}" in html.unescape(page.text)
    assert re.search(r'class="words panel" dir="auto"', page.text)


def test_a_reply_that_resolves_is_one_act(town: Harness, ticket_id: str) -> None:
    answer = post(
        town, at(ticket_id), f"{at(ticket_id)}/reply", text="Filled in today.", then="resolved"
    )
    assert answer.status == 303
    assert answer.headers["Location"].startswith(f"{at(ticket_id)}#entry-")
    town.drain()
    page = town.http("GET", at(ticket_id), user="agent")
    assert page.text.count("Filled in today.") == 1
    assert "Status: Received → Resolved" in said(page)
    assert "Sent Email: done → ana@example.org" in said(page)


def test_what_is_missing_is_named_at_its_field_and_the_rest_is_kept(
    town: Harness, ticket_id: str
) -> None:
    path = f"{at(ticket_id)}/priority"
    answer = post(town, at(ticket_id), path, priority="p1", reason="  ")
    assert answer.status == 400
    assert re.search(r'id="priority-reason-error">Write at least one word', answer.text)
    assert '<option value="p1" selected>' in answer.text
    assert 'aria-invalid="true"' in answer.text


def test_of_two_who_save_at_once_the_later_sees_what_changed_and_keeps_the_words(
    town: Harness, ticket_id: str
) -> None:
    page = town.http("GET", at(ticket_id), user="agent")
    fields = {n: hidden(page, n) for n in ("form_token", "version", "seen")}
    act(town, ticket_id, "note", user="supervisor", text="I was first", version=1)
    late = {**fields, "text": "My long and careful answer"}
    answer = town.http("POST", f"{at(ticket_id)}/reply", form=late, user="agent")
    assert answer.status == 409
    assert "Somebody else was faster" in answer.text
    assert "My long and careful answer</textarea>" in answer.text
    assert "Note for colleagues , Sam Supervisor" in said(answer)
    assert [e["kind"] for e in case(town, ticket_id)["entries"]] == ["opened", "noted"]
    again = {**late, **{n: hidden(answer, n) for n in ("version", "seen")}}
    assert town.http("POST", f"{at(ticket_id)}/reply", form=again, user="agent").status == 303


def test_an_act_that_there_is_not_is_not_found(town: Harness, ticket_id: str) -> None:
    assert post(town, at(ticket_id), f"{at(ticket_id)}/explode").status == 404


def test_handing_over_ones_last_view_leads_back_to_the_queue(town: Harness, ticket_id: str) -> None:
    path = f"{at(ticket_id)}/hand-over"
    answer = post(town, at(ticket_id), path, "roads", agency_code="parks", reason="A tree")
    assert (answer.status, answer.headers["Location"]) == (303, "/console")
    assert town.http("GET", at(ticket_id), user="roads").status == 404
    assert town.http("GET", at(ticket_id), user="parks").status == 200


def test_an_auditor_reads_without_a_single_button(town: Harness, ticket_id: str) -> None:
    page = town.http("GET", at(ticket_id), user="auditor")
    assert page.status == 200
    assert set(re.findall(r'action="([^"]+)"', page.text)) == {"/console/sign-out"}


MAIL = (
    b"From: Lu Reporter <lu@example.org>\r\nTo: help@city.example\r\nSubject: Pothole on Elm\r\n"
    b"Message-ID: <one@example.org>\r\nDate: Mon, 2 Mar 2026 10:00:00 +0000\r\n"
    b"Content-Type: text/html\r\n\r\n<p>A pothole <script>alert(1)</script>on Elm</p>"
)


@pytest.fixture(scope="module")
def mailed(town: Harness) -> str:
    """A ticket that came by mail and got a stranger's answer."""
    before = len(town.outbox)
    town.mail(MAIL, to="help@report.springfield.example")
    town.drain()
    sent = next(mail for mail in town.outbox[before:] if mail.to == "lu@example.org")
    stranger = MAIL.replace(b"lu@example.org", b"eve@example.net").replace(b"one@", b"two@")
    town.mail(stranger, to=re.sub(r".*<|>.*", "", sent.headers["Reply-To"]))
    town.drain()
    listed = town.http("GET", "/api/v1/tickets?size=100", user="agent").json()["tickets"]
    return str(next(t["ticket_id"] for t in listed if t["requester"]["email"] == "lu@example.org"))


def test_words_of_an_unknown_sender_are_marked_until_accepted(town: Harness, mailed: str) -> None:
    page = town.http("GET", at(mailed), user="agent")
    assert "Not verified." in page.text
    assert "An unknown sender wrote" in page.text
    assert page.text.count("A pothole on Elm") == 3, "the report, its public copy, the mail"
    entry = re.search(r'name="entry" value="(\d+)"', page.text)
    assert entry
    answer = post(town, at(mailed), f"{at(mailed)}/accept", entry=entry[1])
    assert answer.status == 303
    after = town.http("GET", at(mailed), user="agent")
    assert "Accept as the citizen" not in after.text
    assert "accepted as the citizen's" in said(after)


def test_the_whole_mail_is_shown_as_text_and_downloaded_as_bytes(
    town: Harness, mailed: str
) -> None:
    page = town.http("GET", f"{at(mailed)}/mail/1", user="agent")
    assert page.status == 200
    assert "A pothole" in page.text
    assert "alert(1)" not in page.text
    raw = town.http("GET", f"{at(mailed)}/mail/1/raw", user="agent")
    assert raw.body == MAIL
    assert raw.headers["Content-Type"] == "application/octet-stream"
    assert raw.headers["Content-Disposition"].startswith("attachment")
    assert town.http("GET", f"{at(mailed)}/mail/99", user="agent").status == 404
    assert town.http("GET", f"{at(mailed)}/mail/1", user="parks").status == 404


# -- quarantine


def test_a_held_message_is_let_in_or_thrown_away(town: Harness) -> None:
    for number in (1, 2):
        raw = MAIL.replace(b"one@", b"spam-%d@" % number).replace(b"Pothole", b"Win %d" % number)
        town.mail(raw, to="help@report.springfield.example", verdicts={"spam": "FAIL"})
    town.drain()
    path = "/console/quarantine"
    page = town.http("GET", path, user="supervisor")
    keys = re.findall(r'name="message" value="([^"]+)"', page.text)
    assert len(set(keys)) == 2
    raw_at = f"{path}/raw?message={keys[0]}"
    assert town.http("GET", raw_at, user="supervisor").status == 200
    let_in = post(town, path, path, "supervisor", message=keys[0], decision="release")
    assert let_in.headers["Location"].startswith("/console/tickets/SR-")
    left = next(key for key in keys if key != keys[0])
    no_reason = post(town, path, path, "supervisor", message=left, decision="discard", reason="")
    assert no_reason.status == 400
    assert "Write why" in no_reason.text
    gone = post(town, path, path, "supervisor", message=left, decision="discard", reason="ads")
    assert gone.status == 303
    assert "Nothing is held" in town.http("GET", path, user="supervisor").text
