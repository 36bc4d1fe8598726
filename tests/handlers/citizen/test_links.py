"""The link that opens a report: whose it is, when it ends, how another is had, and what it never shows."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from tests.handlers.visitor import Page, Visitor, confirm, pass_time, tracking_path
from tests.harness import Harness


@pytest.fixture(scope="module")
def town() -> Iterator[Harness]:
    with Harness.boot() as booted:
        yield booted


@pytest.fixture
def visitor(town: Harness) -> Visitor:
    town.drain()
    town.outbox.clear()
    return Visitor(town)


def links_to(town: Harness, address: str) -> list[str]:
    """The tracking links that an address was sent, oldest first."""
    town.drain()
    texts = [sent.text for sent in town.outbox if address in str(sent.to)]
    return [found for text in texts for found in re.findall(r"https?://[^/\s]+(/t/\S+)", text)]


def press(visitor: Visitor, path: str) -> Any:
    answer, _ = visitor.send(path, {}, to=f"{path}/link")
    return answer


def act(town: Harness, path: str, name: str, **wish: Any) -> None:
    at = f"/api/v1/tickets/{path.split('/')[2]}"
    version = town.http("GET", at, user="agent").json()["ticket"]["version"]
    answer = town.http("POST", f"{at}/{name}", json={**wish, "version": version}, user="agent")
    assert answer.status == 200, answer.text


def close(town: Harness, path: str) -> None:
    act(town, path, "status", status="cancelled", reason="It was sent twice")


def test_confirming_ends_the_link_that_the_form_showed_and_mails_the_new_one_to_the_address_alone(
    town: Harness, visitor: Visitor
) -> None:
    shown = visitor.report(email="vic@example.org")
    town.drain()
    town.outbox.clear()
    new = confirm(town, shown)
    assert town.http("GET", shown).status == 410
    assert town.http("GET", f"{shown}/holdings").status == 410
    assert "vic@" not in town.http("GET", shown).text
    assert links_to(town, "vic@example.org") == [new]
    assert {str(sent.to) for sent in town.outbox} == {str(town.outbox[0].to)}
    assert town.http("GET", new).status == 200


def test_words_sent_by_an_ended_link_are_not_the_owners(town: Harness, visitor: Visitor) -> None:
    shown = visitor.report(email="wyn@example.org")
    _, page = visitor.load(shown)
    confirm(town, shown)
    form = {**page.hidden, "text": "I never wrote this"}
    answer = town.http("POST", f"{shown}/messages", form=form)
    assert answer.status == 410
    assert "/my" in Page(answer.text).links  # a way on, not a dead end
    file = town.services.store.read(shown.split("/")[2])
    assert all("never wrote" not in entry.text for entry in file.entries)


def test_mail_from_the_address_itself_ends_the_link_that_the_form_showed(
    town: Harness, visitor: Visitor
) -> None:
    shown = visitor.report(contact="sms", phone="+1 202 555 0147", email="")
    town.drain()
    town.text(f"{shown.split('/')[2]} it grows", sender="+12025550147")
    new = links_to(town, "+12025550147")[-1]
    assert new != shown
    assert town.http("GET", shown).status == 410
    assert town.http("GET", new).status == 200


def test_before_it_is_confirmed_the_link_shows_the_report_and_not_the_person(
    town: Harness, visitor: Visitor
) -> None:
    shown = visitor.report(email="xan@example.org", name="Xan Private")
    pages = [town.http("GET", path).text for path in (shown, f"{shown}/holdings")]
    assert all("Paint on the wall" in text for text in pages[1:])
    assert all("xan@" not in text and "Xan Private" not in text for text in pages)


def test_an_ended_link_leads_to_one_page_and_the_new_link_goes_to_the_address_on_file(
    town: Harness, visitor: Visitor
) -> None:
    shown = visitor.report(email="yaz@example.org")
    new = confirm(town, shown)
    town.drain()
    town.outbox.clear()
    ended = Page(town.http("GET", shown).text)
    assert "This link has ended" in ended.words
    answers = [press_ended(town, shown) for _ in range(6)]
    assert {(each.status, each.headers["Location"]) for each in answers} == {
        (303, f"{shown}?sent=link")
    }
    assert links_to(town, "yaz@example.org") == [new] * 3  # the day's share
    assert town.http("GET", f"{shown[:-1]}{'a' if shown[-1] != 'a' else 'b'}").status == 404


def press_ended(town: Harness, path: str) -> Any:
    page = Page(town.http("GET", path).text)
    return town.http("POST", f"{path}/link", form={"form_token": page.hidden["form_token"]})


def test_citizen_makes_a_new_link_which_goes_to_the_confirmed_address(
    town: Harness, visitor: Visitor
) -> None:
    path = visitor.publish(email="zoe@example.org")
    town.drain()
    town.outbox.clear()
    answer = press(visitor, path)
    assert answer.headers["Location"] == f"{path}?sent=link"  # which holds nothing that opens
    (new,) = links_to(town, "zoe@example.org")
    assert [town.http("GET", each).status for each in (path, new)] == [410, 200]


def test_a_link_without_an_address_is_renewed_in_this_browser(
    town: Harness, visitor: Visitor
) -> None:
    fields = {"description": "Nobody's", "address": "A", "contact": "anonymous"}
    answer, _ = visitor.send("/report?service=graffiti", fields)
    path = tracking_path(answer.text)
    new = str(press(visitor, path).headers["Location"]).partition("?")[0]
    assert [town.http("GET", each).status for each in (path, new)] == [410, 200]


def test_staff_end_every_link_and_the_history_names_them(town: Harness, visitor: Visitor) -> None:
    path = visitor.publish(email="abe@example.org")
    town.drain()
    town.outbox.clear()
    act(town, path, "link/renew")
    (new,) = links_to(town, "abe@example.org")
    assert [town.http("GET", each).status for each in (path, new)] == [410, 200]
    last = town.services.store.read(path.split("/")[2]).entries[-1]
    assert (last.kind, last.actor.kind) == ("link_renewed", "staff")


def test_the_link_of_a_closed_report_ends_after_the_days_of_the_policy_and_can_be_had_anew(
    town: Harness, visitor: Visitor
) -> None:
    path = visitor.publish(email="bea@example.org")
    close(town, path)
    days = town.services.catalog.load().policy.link_days
    pass_time(town, timedelta(days=days))
    assert town.http("GET", path).status == 200
    pass_time(town, timedelta(minutes=1))
    assert town.http("GET", path).status == 410
    town.drain()
    town.outbox.clear()
    press_ended(town, path)
    (new,) = links_to(town, "bea@example.org")
    assert [town.http("GET", each).status for each in (path, new)] == [410, 200]


def test_claim_code_opens_an_anonymous_report_whose_link_ended(
    town: Harness, visitor: Visitor
) -> None:
    fields = {"description": "Long ago", "address": "A", "contact": "anonymous"}
    answer, _ = visitor.send("/report?service=graffiti", fields)
    path = tracking_path(answer.text)
    code = re.search(r'id="claim-code">([^<]+)<', answer.text)
    assert code
    close(town, path)
    pass_time(town, timedelta(days=town.services.catalog.load().policy.link_days, minutes=1))
    assert town.http("GET", path).status == 410
    _, page = visitor.load("/track")
    form = {**page.hidden, "reference": path.split("/")[2], "code": code[1]}
    assert town.http("POST", "/claim", form=form).headers["Location"] == path
    assert town.http("GET", path).status == 200
