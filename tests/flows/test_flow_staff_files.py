"""Files that staff send with an answer: checked, scanned, fetched from the report's page."""

from __future__ import annotations

import base64
from typing import Any

import pytest

from infra.local import ears
from tests.citizens import (
    ANA,
    PNG,
    act,
    form_token,
    kinds,
    reported_by_mail,
    ticket_of,
    timeline_of,
    to,
    tracking_path,
)
from tests.handlers.visitor import multipart
from tests.harness import Harness, Response
from tests.photographs import EICAR, jpeg

pytestmark = pytest.mark.parametrize("town", ["moto"], indirect=True)
PLAN = b"%PDF-1.7\nthe new crossing"


def _file(name: str, content: bytes) -> dict[str, str]:
    return {"filename": name, "content": base64.b64encode(content).decode()}


def _reply(town: Harness, ticket_id: str, *files: dict[str, str], **given: Any) -> Response:
    return act(town, ticket_id, "reply", text="Here is the plan.", files=list(files), **given)


def _fetched(town: Harness, ticket_id: str, number: int = 0) -> Response:
    entry = next(e for e in timeline_of(town, ticket_id) if e["kind"] == "replied")
    path = tracking_path(to(town, ANA)[-1].text)
    return town.http("GET", f"{path}/files/{entry['attachments'][number]['digest']}")


@pytest.mark.parametrize("then", [None, "pending", "resolved"])
def test_the_citizen_is_told_and_fetches_the_files(town: Harness, then: str | None) -> None:
    ticket_id = str(reported_by_mail(town)["ticket_id"])
    files = [_file("plan.pdf", PLAN), _file("hole.jpg", jpeg())]
    assert _reply(town, ticket_id, *files, then=then).status == 200
    town.drain()
    sent = to(town, ANA)[-1]
    assert "plan.pdf, hole.jpg" in sent.text and "plan.pdf" in sent.html
    page = town.http("GET", tracking_path(sent.text)).text
    assert "plan.pdf" in page and "hole.jpg" in page
    answer = _fetched(town, ticket_id)
    assert answer.body == PLAN
    assert answer.headers["Content-Disposition"].startswith("attachment")
    assert b"Ana Ortiz" not in _fetched(town, ticket_id, 1).body


def test_nothing_leaves_before_the_scanner_has_spoken(town: Harness) -> None:
    ticket_id = str(reported_by_mail(town)["ticket_id"])
    ears.LISTENER.scans = False
    _reply(town, ticket_id, _file("plan.pdf", PLAN))
    town.drain()
    assert _fetched(town, ticket_id).status == 423
    ears.LISTENER.scans = True


def test_an_infected_file_of_staff_leaves_for_nobody(town: Harness) -> None:
    ticket_id = str(reported_by_mail(town)["ticket_id"])
    _reply(town, ticket_id, _file("plan.pdf", b"%PDF-1.7\n" + EICAR))
    town.drain()
    assert _fetched(town, ticket_id).status == 451


WRONG = {
    "no picture": ([_file("run.exe", b"MZ" + bytes(60))], "Send only pictures"),
    "too many": ([_file(f"{n}.png", PNG + bytes([n])) for n in range(6)], "at most 5 files"),
    "no base 64": ([{"filename": "x.png", "content": "*"}], "files.0.content"),
    "half base 64": ([{"filename": "x.png", "content": "abcde"}], "base 64"),
    "no name": ([{"filename": "", "content": ""}], "files.0.filename"),
}


@pytest.mark.parametrize(("files", "said"), WRONG.values(), ids=WRONG)
def test_what_cannot_be_sent_says_why(town: Harness, files: list[Any], said: str) -> None:
    ticket_id = str(reported_by_mail(town)["ticket_id"])
    answer = _reply(town, ticket_id, *files)
    assert answer.status == 422
    assert said in answer.text
    assert kinds(town, ticket_id) == ["opened"]


def _form(town: Harness, ticket_id: str, name: str, content: bytes) -> Response:
    page = town.http("GET", f"/console/tickets/{ticket_id}", user="agent")
    fields = {"form_token": form_token(page), "text": "Here it is.", "then": "", "seen": "1"}
    fields["version"] = str(ticket_of(town, ticket_id)["version"])
    kind, body = multipart(fields, {f"files:{name}": content})
    path, head = f"/console/tickets/{ticket_id}/reply", {"Content-Type": kind}
    return town.http("POST", path, user="agent", headers=head, body=body)


def test_the_console_sends_files_by_form(town: Harness) -> None:
    ticket_id = str(reported_by_mail(town)["ticket_id"])
    assert _form(town, ticket_id, "plan.pdf", PLAN).status == 303
    town.drain()
    assert _fetched(town, ticket_id).body == PLAN
    assert "plan.pdf" in town.http("GET", f"/console/tickets/{ticket_id}", user="agent").text


def test_the_console_keeps_the_words_when_a_file_is_wrong(town: Harness) -> None:
    ticket_id = str(reported_by_mail(town)["ticket_id"])
    answer = _form(town, ticket_id, "run.exe", b"MZ" + bytes(60))
    assert answer.status == 400
    assert "Send only pictures" in answer.text and "Here it is." in answer.text
    assert "Choose the files again" in answer.text
    assert kinds(town, ticket_id) == ["opened"]
    town.drain()
    assert len(to(town, ANA)) == 1
