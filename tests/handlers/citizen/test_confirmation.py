"""Whose address it is, one's own reports, and what the city holds: proven, single, told to nobody else."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from chalicelib.tickets.model.ticket import Actor
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


def ticket_of(town: Harness, path: str) -> dict[str, Any]:
    return next(t for t in town.dump()["tickets"] if t["ticket_id"] == path.split("/")[2])


def last_to(town: Harness, address: str) -> str:
    town.drain()
    return str([sent.text for sent in town.outbox if address in str(sent.to)][-1])


def link_in(text: str, kind: str) -> str:
    return str(re.search(rf"https?://[^/\s]+(/{kind}/\S+)", text)[1])


def press(town: Harness, path: str) -> Any:
    page = Page(town.http("GET", path).text)
    return town.http("POST", path, form={"form_token": page.hidden["form_token"]})


# -- confirming ------------------------------------------------------------------------------------


def test_unconfirmed_report_reaches_staff_marked_and_a_button_confirms_it_once(
    town: Harness, visitor: Visitor
) -> None:
    path = visitor.report(email="kim@example.org")
    assert ticket_of(town, path)["is_confirmed"] is False
    case = town.http("GET", f"/console/tickets/{path.split('/')[2]}", user="agent")
    assert "Sender not proven" in case.text
    link = link_in(last_to(town, "kim@example.org"), "confirm")
    assert town.http("GET", link).status == 200
    assert (
        ticket_of(town, path)["is_confirmed"] is False
    )  # a scanner that opens links presses nothing
    assert press(town, link).status == 303
    assert ticket_of(town, path)["is_confirmed"] is True
    again = town.http("GET", link)
    assert "has been used" in Page(again.text).words and "form_token" not in again.text


def test_link_works_for_no_other_report_and_not_after_seven_days(
    town: Harness, visitor: Visitor
) -> None:
    path = visitor.report(email="lou@example.org")
    link = link_in(last_to(town, "lou@example.org"), "confirm")
    other = visitor.report(email="max@example.org").split("/")[2]
    assert town.http("GET", link.replace(path.split("/")[2], other)).status == 404
    assert town.http("GET", link[:-1] + ("a" if link[-1] != "a" else "b")).status == 404
    pass_time(town, timedelta(days=7, minutes=1))
    assert "too old" in Page(town.http("GET", link).text).words
    assert ticket_of(town, path)["is_confirmed"] is False
    visitor.send(path, {"again": "yes"}, to=f"{path}/confirmation")
    newer = link_in(last_to(town, "lou@example.org"), "confirm")
    assert newer != link
    assert press(town, newer).status == 303


def test_number_is_confirmed_by_code_and_guessing_ends_after_five_tries(
    town: Harness, visitor: Visitor
) -> None:
    path = visitor.report(contact="sms", phone="+1 202 555 0142", email="")
    code = re.search(r"code: (\d{6})", last_to(town, "+12025550142"))[1]
    wrong = "000000" if code != "000000" else "111111"
    for _ in range(5):
        answer, _ = visitor.send(path, {"again": "", "code": wrong}, to=f"{path}/confirmation")
        assert "wrong_code" in answer.headers["Location"]
    answer, _ = visitor.send(path, {"again": "", "code": code}, to=f"{path}/confirmation")
    assert "too_many_tries" in answer.headers["Location"]
    visitor.send(path, {"again": "yes"}, to=f"{path}/confirmation")
    newer = re.search(r"code is (\d{6})", last_to(town, "+12025550142"))[1]
    visitor.send(path, {"again": "", "code": newer}, to=f"{path}/confirmation")
    assert ticket_of(town, path)["is_confirmed"] is True


def test_reply_to_the_text_confirms_the_number(town: Harness, visitor: Visitor) -> None:
    path = visitor.report(contact="sms", phone="+1 202 555 0143", email="")
    town.drain()
    town.text(f"{path.split('/')[2]} it grows", sender="+12025550143")
    town.drain()
    assert ticket_of(town, path)["is_confirmed"] is True


# -- my reports ------------------------------------------------------------------------------------


def ask(town: Harness, visitor: Visitor, address: str) -> tuple[Any, dict[str, int]]:
    _, page = visitor.load("/my")
    town.clear_calls()
    answer = town.http("POST", "/my", form={**page.hidden, "address": address})
    return answer, dict(town.calls)


def test_list_goes_to_a_known_address_alone_and_the_answer_never_says_so(  # A19
    town: Harness, visitor: Visitor
) -> None:
    path = visitor.report(email="nia@example.org")
    town.drain()
    known, known_calls = ask(town, visitor, "nia@example.org")
    stranger, stranger_calls = ask(town, visitor, "nobody@example.org")
    assert (known.status, dict(known.headers)) == (stranger.status, dict(stranger.headers))
    assert known.body == stranger.body
    assert known_calls == stranger_calls
    link = link_in(last_to(town, "nia@example.org"), "my")
    assert not [sent for sent in town.outbox if "nobody@example.org" in str(sent.to)]
    assert "nia" not in link
    assert any(path in each for each in Page(town.http("GET", link).text).links)
    assert town.http("GET", link[:-1] + ("a" if link[-1] != "a" else "b")).status == 404
    pass_time(town, timedelta(days=1, minutes=1))
    assert town.http("GET", link).status == 404


def test_nobody_is_flooded_with_lists(town: Harness, visitor: Visitor) -> None:  # A19
    visitor.report(email="ola@example.org")
    town.drain()
    town.outbox.clear()
    statuses = {ask(town, visitor, "ola@example.org")[0].status for _ in range(6)}
    town.drain()
    assert statuses == {303}
    assert len([sent for sent in town.outbox if "ola@example.org" in str(sent.to)]) == 3


# -- anonymous reports -----------------------------------------------------------------------------


def anonymous(town: Harness, visitor: Visitor, words: str) -> tuple[str, str]:
    fields = {"description": words, "address": "A", "contact": "anonymous"}
    answer, _ = visitor.send("/report?service=graffiti", fields)
    code = re.search(r'id="claim-code">([^<]+)<', answer.text)[1]
    return tracking_path(answer.text), code


def claim(town: Harness, visitor: Visitor, reference: str, code: str) -> str:
    _, page = visitor.load("/track")
    form = {**page.hidden, "reference": reference, "code": code}
    return str(town.http("POST", "/claim", form=form).headers["Location"])


def test_claim_code_opens_the_report_and_no_other(town: Harness, visitor: Visitor) -> None:
    path, code = anonymous(town, visitor, "Mine")
    other, _ = anonymous(town, visitor, "Not mine")
    reference = path.split("/")[2]
    assert code not in town.http("GET", path).text  # shown once, after the report
    assert claim(town, visitor, reference, code) == path
    assert claim(town, visitor, reference.lower(), code.lower().replace("-", " ")) == path
    assert claim(town, visitor, other.split("/")[2], code) == "/track?claim=wrong"
    assert claim(town, visitor, reference, code[:-1] + "9") == "/track?claim=wrong"


def test_anonymous_holder_gives_an_address_and_nobody_takes_it_over(
    town: Harness, visitor: Visitor
) -> None:
    path, _ = anonymous(town, visitor, "Tell me after all")
    visitor.send(path, {"email": "pia@example.org"}, to=f"{path}/contact")
    assert press(town, link_in(last_to(town, "pia@example.org"), "confirm")).status == 303
    assert ticket_of(town, path)["requester"]["email"] == "pia@example.org"
    visitor.send(path, {"email": "eve@example.org"}, to=f"{path}/contact")
    assert ticket_of(town, path)["requester"]["email"] == "pia@example.org"


# -- what the city holds ---------------------------------------------------------------------------


def test_file_holds_everything_of_mine_and_nothing_of_anybody_else(
    town: Harness, visitor: Visitor
) -> None:
    shown = visitor.report(email="quin@example.org", name="Quin")
    town.drain()
    held = town.http("GET", f"{shown}/holdings").json()
    # An address that nobody confirmed says nothing of its owner.
    assert held["your_choices"] is None and held["messages_to_you"] == []
    assert "quin" not in json.dumps(held).lower()
    path = confirm(town, shown)
    town.drain()
    ticket_id, desk = path.split("/")[2], town.services.desk
    clerk = Actor("staff", "clerk@city.example", "Cleo Canary")
    version = desk.case(ticket_id).ticket.version
    version = desk.note(ticket_id, clerk, "canary note", version=version).version
    desk.reply(ticket_id, clerk, "We look at it.", version=version)
    visitor.send(path, {"text": "It is green"}, to=f"{path}/messages")
    town.drain()
    answer = town.http("GET", f"{path}/holdings")
    held = answer.json()
    assert "attachment" in answer.headers["Content-Disposition"]
    assert held["report"]["you"]["email"] == "quin@example.org"
    assert held["report"]["description"] == "Paint on the wall"
    texts = [entry["text"] for entry in held["timeline"]]
    assert {"It is green", "We look at it."} <= set(texts)
    assert len(held["messages_to_you"]) == 3
    assert "canary" not in json.dumps(held).lower()
    assert held["your_choices"] is not None
    assert town.http("GET", f"{path[:-1]}x/holdings").status == 404
