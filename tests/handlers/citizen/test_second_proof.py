"""An old link in an unknown browser: the report, and not who its owner is, until a code proves it."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator
from datetime import timedelta
from itertools import count
from typing import Any

import pytest

from chalicelib.signing import Signer
from chalicelib.tickets.intake.claims import claim_code
from chalicelib.tickets.people.browsers import make_code, make_mark
from tests.citizens import act
from tests.handlers.visitor import PNG, Page, Visitor, confirm, pass_time, tracking_path
from tests.harness import Harness

DAY = timedelta(days=1)
WEB = count(1)
OLD = timedelta(days=1, minutes=1)


@pytest.fixture(scope="module")
def town() -> Iterator[Harness]:
    with Harness.boot() as booted:
        yield booted


@pytest.fixture
def visitor(town: Harness) -> Visitor:
    town.drain()
    town.outbox.clear()
    return Visitor(town)


class Browser:
    """A browser with cookies of its own, none at first."""

    def __init__(self, town: Harness, **cookies: str) -> None:
        self.town, self.cookies = town, cookies

    def get(self, path: str) -> Any:
        return self._ask("GET", path)

    def page(self, path: str) -> Page:
        return Page(self.get(path).text)

    def post(self, path: str, to: str, **fields: str) -> Any:
        token = self.page(path).hidden["form_token"]
        return self._ask("POST", to, form={"form_token": token, **fields})

    def _ask(self, method: str, path: str, **given: Any) -> Any:
        kept = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        answer = self.town.http(method, path, headers={"Cookie": kept or "none=1"}, **given)
        for line in answer.headers.get_all("set-cookie"):
            name, _, value = line.partition(";")[0].partition("=")
            self.cookies[name] = value
        return answer


def own(town: Harness) -> Browser:
    """The browser that every `Visitor` uses."""
    return Browser(town, **town._cookies.get(None, {}))


def reported(visitor: Visitor, **fields: Any) -> str:
    """A report with a photo, its address confirmed; the path of its link."""
    number = next(WEB)
    given = {"description": f"Paint {number}", "address": f"Proof Street {number}"}
    given |= {"contact": "email", "email": f"proof{number}@example.org", "follow": "none", **fields}
    answer, _ = visitor.send("/report?service=graffiti", given, files={"photos:wall.png": PNG})
    assert answer.status == 200, answer.text
    path = tracking_path(answer.text)
    return confirm(visitor.town, path) if given["contact"] != "anonymous" else path


def ticket_of(town: Harness, path: str) -> Any:
    return town.services.store.get(path.split("/")[2])


def file_of(town: Harness, path: str) -> str:
    return f"{path}/files/{ticket_of(town, path).attachments[0].digest}?entry=1"


def code_to(town: Harness, address: str) -> str:
    town.drain()
    texts = [sent.text for sent in town.outbox if address in str(sent.to)]
    found = re.findall(r"(?<!\w)(\d{6})(?!\w)", texts[-1])
    assert len(found) == 1, texts[-1]
    return str(found[0])


def shows_all(browser: Browser, path: str) -> bool:
    """Whether page, export and file are of one mind, and the answer to it."""
    statuses = {
        browser.get(f"{path}/holdings").status,
        browser.get(file_of(browser.town, path)).status,
    }
    page = browser.page(path)
    is_shown = "preferences" in page.ids
    assert is_shown == any("/holdings" in link for link in page.links)
    assert is_shown == any("/files/" in link for link in page.links)
    assert (403 not in statuses) == is_shown, statuses
    return is_shown


def test_an_old_link_in_a_new_browser_shows_the_report_and_not_the_person(
    town: Harness, visitor: Visitor
) -> None:
    path = reported(visitor)
    pass_time(town, OLD)
    page = Browser(town).page(path)
    assert re.search(r"Paint \d+", page.words)
    assert "code-panel" in page.ids
    assert not shows_all(Browser(town), path)


def test_the_browser_that_reported_is_never_asked(town: Harness, visitor: Visitor) -> None:
    path = reported(visitor, contact="anonymous", email="")
    pass_time(town, timedelta(days=90))
    assert shows_all(own(town), path)
    assert not shows_all(Browser(town), path)


def test_the_browser_that_confirmed_is_never_asked(town: Harness, visitor: Visitor) -> None:
    path = reported(visitor)
    pass_time(town, timedelta(days=90))
    assert shows_all(own(town), path)


def test_a_link_within_a_day_of_its_making_is_never_asked(town: Harness, visitor: Visitor) -> None:
    path = reported(visitor)
    pass_time(town, DAY - timedelta(minutes=5))
    assert shows_all(Browser(town), path)
    visitor.send(path, {}, to=f"{path}/link")
    pass_time(town, DAY - timedelta(minutes=5))
    town.drain()
    new = re.findall(r"https?://[^/\s]+(/t/\S+)", town.outbox[-1].text)[0]
    assert new != path and shows_all(Browser(town), new)


def test_a_code_goes_to_the_confirmed_address_alone_and_shows_everything(
    town: Harness, visitor: Visitor
) -> None:
    path = reported(visitor)
    address = str(ticket_of(town, path).requester.email)
    pass_time(town, OLD)
    town.drain()
    town.outbox.clear()
    browser = Browser(town)
    answer = browser.post(path, f"{path}/code", send="yes")
    assert answer.headers["Location"] == f"{path}?sent=code#code-panel"
    assert "on its way" in browser.page(f"{path}?sent=code").words
    code = code_to(town, address)
    assert {str(sent.to) for sent in town.outbox} == {address}
    answer = browser.post(path, f"{path}/code", code=code)
    assert answer.headers["Location"] == f"{path}?sent=proven"
    assert shows_all(browser, path)
    assert not shows_all(Browser(town), path), "the cookie is that browser's alone"


def test_a_code_comes_by_text_to_a_number(town: Harness, visitor: Visitor) -> None:
    path = reported(visitor, contact="sms", phone="+1 202 555 0161", email="")
    pass_time(town, OLD)
    browser = Browser(town)
    browser.post(path, f"{path}/code", send="yes")
    browser.post(path, f"{path}/code", code=code_to(town, "+12025550161"))
    assert shows_all(browser, path)


def test_a_code_works_for_an_hour_at_least_and_not_for_three(
    town: Harness, visitor: Visitor
) -> None:
    path = reported(visitor)
    pass_time(town, OLD)
    code = make_code(town.services.signer, ticket_of(town, path), town.now)
    pass_time(town, timedelta(hours=1))
    browser = Browser(town)
    assert "proven" in browser.post(path, f"{path}/code", code=code).headers["Location"]
    pass_time(town, timedelta(hours=2))
    stale = Browser(town).post(path, f"{path}/code", code=code)
    assert stale.headers["Location"] == f"{path}?sent=wrong&code=wrong_code"


def test_the_code_of_another_report_proves_nothing(town: Harness, visitor: Visitor) -> None:
    path, other = reported(visitor), reported(visitor)
    pass_time(town, OLD)
    browser = Browser(town)
    code = make_code(town.services.signer, ticket_of(town, other), town.now)
    answer = browser.post(path, f"{path}/code", code=code)
    assert "wrong_code" in answer.headers["Location"]
    assert "not the code we sent" in browser.page(answer.headers["Location"]).words
    assert not shows_all(browser, path)


def test_the_cookie_of_another_report_and_a_forged_one_show_nothing(
    town: Harness, visitor: Visitor
) -> None:
    path, other = reported(visitor), reported(visitor)
    pass_time(town, OLD)
    signer = town.services.signer
    mine = make_mark(signer, ticket_of(town, path), town.now)
    forger = Signer({"k1": "another secret of a forger"}, "k1")
    forged = make_mark(forger, ticket_of(town, path), town.now)
    until, _, signature = mine.partition(".")
    later = f"{int(until, 16) + 1:x}.{signature}"
    code = make_code(signer, ticket_of(town, path), town.now)
    for mark in (make_mark(signer, ticket_of(town, other), town.now), forged, later, code, "x.y~"):
        assert not shows_all(Browser(town, known=mark), path), mark
    assert shows_all(Browser(town, known=f"{forged}~{mine}"), path)


def test_a_cookie_ends_after_a_year_and_with_a_new_link(town: Harness, visitor: Visitor) -> None:
    path = reported(visitor)
    ticket, signer = ticket_of(town, path), town.services.signer
    long_ago = make_mark(signer, ticket, town.now - timedelta(days=364))
    ticket.renew_link(town.now)
    newer = make_mark(signer, ticket, town.now)
    pass_time(town, timedelta(days=1, hours=1))
    for mark in (long_ago, newer):
        assert not shows_all(Browser(town, known=mark), path)


def test_a_browser_keeps_twenty_reports_and_the_newest_of_them(
    town: Harness, visitor: Visitor
) -> None:
    path = reported(visitor)
    ticket, signer = ticket_of(town, path), town.services.signer
    pass_time(town, OLD)
    others = "~".join(f"{n}.k1.{'a' * 26}" for n in range(30))
    browser = Browser(town, known=others)
    browser.post(path, f"{path}/code", code=make_code(signer, ticket, town.now))
    assert len(browser.cookies["known"].split("~")) == 20
    assert shows_all(browser, path)


def test_wrong_codes_end_by_the_days_allowance_and_the_right_one_after_them_shows_nothing(
    town: Harness, visitor: Visitor
) -> None:
    """`wrong_codes_a_day`, whichever browser they are tried in."""
    path = reported(visitor)
    pass_time(town, OLD)
    right = make_code(town.services.signer, ticket_of(town, path), town.now)
    wrong = "000000" if right != "000000" else "111111"
    tried = [Browser(town).post(path, f"{path}/code", code=wrong) for _ in range(10)]
    assert {"wrong_code" in each.headers["Location"] for each in tried} == {True}
    browser = Browser(town)
    answer = browser.post(path, f"{path}/code", code=right)
    assert "tried_today" in answer.headers["Location"]
    assert "make a new link" in browser.page(answer.headers["Location"]).words
    assert not shows_all(browser, path)
    pass_time(town, DAY)
    right = make_code(town.services.signer, ticket_of(town, path), town.now)
    browser.post(path, f"{path}/code", code=right)
    assert shows_all(browser, path)


def test_codes_are_sent_as_often_as_the_days_allowance_says(
    town: Harness, visitor: Visitor
) -> None:
    """`codes_a_day`: over it nothing is sent, and the page says so."""
    path = reported(visitor)
    address = str(ticket_of(town, path).requester.email)
    pass_time(town, timedelta(days=2))
    town.drain()
    town.outbox.clear()
    browser = Browser(town)
    asked = [browser.post(path, f"{path}/code", send="yes").headers["Location"] for _ in range(4)]
    assert ["not_now" in each for each in asked] == [False] * 3 + [True]
    town.drain()
    assert len([sent for sent in town.outbox if address in str(sent.to)]) == 3
    assert "cannot send" in browser.page(f"{path}?sent=not_now").words


def allow(town: Harness, **limits: int) -> None:
    url = "/api/v1/policies/policy"
    item = town.http("GET", url, user="administrator").json()
    wanted = {"version": item["version"], "body": item["body"] | limits}
    assert town.http("PUT", url, user="administrator", json=wanted).status == 200
    town.restart()


def test_one_network_asks_and_tries_as_often_as_its_allowances_say(
    town: Harness, visitor: Visitor
) -> None:
    """`network_codes_an_hour` and `network_wrong_codes_an_hour`, over several reports."""
    paths = [reported(visitor) for _ in range(3)]
    pass_time(town, timedelta(days=3))
    allow(town, network_codes_an_hour=2, network_wrong_codes_an_hour=2)
    asked = [Browser(town).post(each, f"{each}/code", send="yes") for each in paths]
    assert ["not_now" in each.headers["Location"] for each in asked] == [False, False, True]
    tried = [Browser(town).post(each, f"{each}/code", code="12") for each in paths]
    assert ["tried_today" in each.headers["Location"] for each in tried] == [False, False, True]
    allow(town, network_codes_an_hour=30, network_wrong_codes_an_hour=60)


def test_an_anonymous_report_asks_for_its_claim_code_and_is_not_taken_over_without(
    town: Harness, visitor: Visitor
) -> None:
    path = reported(visitor, contact="anonymous", email="")
    code = claim_code(town.services.signer, ticket_of(town, path))
    pass_time(town, OLD)
    thief = Browser(town)
    assert "claim-code" not in thief.page(path).ids
    for way, fields in {
        "link": {},
        "contact": {"email": "thief@example.org"},
        "preferences": {"locale": "es"},
    }.items():
        answer = thief.post(path, f"{path}/{way}", **fields)
        assert answer.status == 403 and "code-panel" in Page(answer.text).ids, way
    kept = {"kept": path.split("/")[2], "secret": path.split("/")[3]}
    withdrawn = thief.post(path, "/report?service=graffiti", **kept)
    assert code not in withdrawn.text
    assert "wrong_claim" in thief.post(path, f"{path}/code", code="k1-aaaa").headers["Location"]
    assert not shows_all(thief, path)
    thief.post(path, f"{path}/code", code=code)
    assert shows_all(thief, path)


def test_the_claim_page_makes_a_browser_known(town: Harness, visitor: Visitor) -> None:
    path = reported(visitor, contact="anonymous", email="")
    code = claim_code(town.services.signer, ticket_of(town, path))
    pass_time(town, OLD)
    browser = Browser(town)
    browser.post("/track", "/claim", reference=path.split("/")[2], code=code)
    assert shows_all(browser, path)


def test_a_new_link_of_an_anonymous_report_comes_with_a_new_claim_code(
    town: Harness, visitor: Visitor
) -> None:
    path = reported(visitor, contact="anonymous", email="")
    before = claim_code(town.services.signer, ticket_of(town, path))
    browser = Browser(town)
    new = browser.post(path, f"{path}/link").headers["Location"]
    code = claim_code(town.services.signer, ticket_of(town, path))
    assert code != before and code in browser.get(new).text
    assert code not in Browser(town).get(new).text
    pass_time(town, OLD)
    assert shows_all(browser, new.partition("?")[0])


def test_a_file_of_the_city_is_shown_without_a_code(town: Harness, visitor: Visitor) -> None:
    path = reported(visitor)
    ticket_id = path.split("/")[2]
    file = {"filename": "plan.pdf", "content": base64.b64encode(b"%PDF-1.7\nthe plan").decode()}
    act(town, ticket_id, "reply", text="Here is the plan.", files=[file])
    town.drain()
    pass_time(town, OLD)
    browser = Browser(town)
    (link,) = [each for each in browser.page(path).links if "/files/" in each]
    assert browser.get(link).body == b"%PDF-1.7\nthe plan"
    number = link.partition("entry=")[2]
    theirs = file_of(town, path).partition("?")[0]
    assert browser.get(f"{theirs}?entry={number}").status == 403
    assert browser.get(theirs).status == 403


def test_a_file_that_was_added_later_is_the_citizens_too(town: Harness, visitor: Visitor) -> None:
    path = reported(visitor)
    added = {"text": "Seen from behind", "not_fixed": ""}
    visitor.send(path, added, to=f"{path}/messages", files={"photos:behind.png": PNG + b"1"})
    entries = town.services.store.read(path.split("/")[2]).entries
    (entry,) = [each for each in entries if each.attachments and each.kind == "appended"]
    link = f"{path}/files/{entry.attachments[0].digest}?entry={entry.number}"
    pass_time(town, OLD)
    assert Browser(town).get(link).status == 403
    assert not any("/files/" in each for each in Browser(town).page(path).links)


def test_before_the_address_is_confirmed_its_confirmation_is_the_second_proof(
    town: Harness, visitor: Visitor
) -> None:
    answer, _ = visitor.send(
        "/report?service=graffiti",
        {
            "description": "Paint",
            "address": "Late 5",
            "contact": "email",
            "email": "late@example.org",
            "follow": "none",
        },
        files={"photos:wall.png": PNG},
    )
    path = tracking_path(answer.text)
    pass_time(town, OLD)
    town.drain()
    town.outbox.clear()
    browser = Browser(town)
    assert not shows_all(browser, path)
    assert "unconfirmed" in browser.page(path).ids
    browser.post(path, f"{path}/code", send="yes")
    town.drain()
    assert not town.outbox, "nobody has said that the address is theirs"
    code = make_code(town.services.signer, ticket_of(town, path), town.now)
    assert "wrong_code" in browser.post(path, f"{path}/code", code=code).headers["Location"]


def test_preferences_are_not_changed_before_the_code(town: Harness, visitor: Visitor) -> None:
    path = reported(visitor)
    pass_time(town, OLD)
    answer = Browser(town).post(path, f"{path}/preferences", locale="es")
    assert answer.status == 403
    assert ticket_of(town, path).locale == "en"


def test_whoever_says_that_a_confirmed_report_is_confirmed_proves_nothing(
    town: Harness, visitor: Visitor
) -> None:
    path = reported(visitor)
    pass_time(town, OLD)
    browser = Browser(town)
    browser.post(path, f"{path}/confirmation", code="123456")
    assert not shows_all(browser, path)


def test_taking_back_a_danger_by_an_old_link_makes_no_browser_known(
    town: Harness, visitor: Visitor
) -> None:
    path = reported(visitor)
    pass_time(town, OLD)
    browser = Browser(town)
    kept = {"kept": path.split("/")[2], "secret": path.split("/")[3]}
    assert browser.post(path, "/report?service=graffiti", **kept).status == 200
    assert not shows_all(browser, path)


def test_a_new_link_that_a_stranger_makes_does_not_make_them_known(
    town: Harness, visitor: Visitor
) -> None:
    path = reported(visitor)
    pass_time(town, OLD)
    browser = Browser(town)
    browser.post(path, f"{path}/link")
    assert "known" not in browser.cookies


@pytest.mark.parametrize("language", ["en", "es", "fa", "zh"])
def test_every_language_leads_to_the_code(town: Harness, visitor: Visitor, language: str) -> None:
    path = reported(visitor)
    pass_time(town, OLD)
    answer = Browser(town).get(f"{path}/holdings?lang={language}")
    assert answer.status == 403 and answer.headers["Content-Language"] == language
    page = Page(answer.text)
    actions = [found["action"] for tag, found in page.tags if tag == "form" and "action" in found]
    assert actions.count(f"{path}/code") == 2
    assert path in page.links
