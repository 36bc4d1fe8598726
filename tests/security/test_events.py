"""What happens to sign-ins, rights and exports is told: in the trail, in the log, to whom it concerns."""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest

from chalicelib import metrics
from chalicelib.handlers import looking
from tests.handlers.visitor import Visitor, confirm, pass_time
from tests.harness import Harness
from tests.security.kit import own_token

SIGN_IN = "/console/sign-in"


@contextmanager
def told() -> Iterator[list[str]]:
    """The names of all metrics that are told meanwhile."""
    lines: list[str] = []
    metrics.LISTENERS.append(lines.append)
    names: list[str] = []
    try:
        yield names
    finally:
        metrics.LISTENERS.remove(lines.append)
        names += [next(name for name in json.loads(line) if name != "_aws") for line in lines]


def trail(town: Harness, action: str) -> list[dict[str, Any]]:
    return [line for line in town.dump()["audit"] if line["action"] == action]


def enter(town: Harness, username: str, password: str, network: str = "198.51.100.7") -> int:
    """One try at the sign-in from a browser that has been there before."""
    headers = {"X-Forwarded-For": network}
    form = {"form_token": own_token(town, None), "username": username, "password": password}
    return town.http("POST", SIGN_IN, form=form, headers=headers).status


def test_a_sign_in_is_in_the_trail_under_the_persons_own_id(town: Harness) -> None:
    assert enter(town, "supervisor@city.example", "Springfield-311") == 303
    me = town.http("GET", "/api/v1/me", user="supervisor").json()
    [line] = [line for line in trail(town, "signed_in") if line["subject"] == me["sub"]][-1:]
    assert "supervisor@city.example" not in json.dumps(line, default=str)


def test_names_that_nobody_has_are_counted_and_not_kept(town: Harness) -> None:
    with told() as names:
        for number in range(5):
            assert enter(town, f"{number}{'x' * 200}", "wrong") == 401
    assert names.count("WrongSignIns") == 5
    [line] = trail(town, "sign_in_failed")
    assert "xxx" not in json.dumps(line, default=str)


def test_a_colleague_whose_password_is_guessed_is_named_once_an_hour(town: Harness) -> None:
    agent = town.http("GET", "/api/v1/me", user="agent").json()["sub"]
    for _ in range(3):
        enter(town, "agent@city.example", "wrong")
    assert [line["subject"] for line in trail(town, "sign_in_failed")] == [agent]
    town.tick(town.now + timedelta(hours=1))
    enter(town, "agent@city.example", "wrong")
    assert len(trail(town, "sign_in_failed")) == 2


@pytest.mark.parametrize(
    ("user", "headers", "path"),
    [
        ("agent", {}, "/api/v1/audit"),
        ("agent", {}, "/console/audit"),
        (None, {"Authorization": "Bearer a.b.c"}, "/api/v1/me"),
    ],
    ids=["a right at the API", "a right at the console", "a token that is none"],
)
def test_a_refusal_is_counted_and_logged_by_its_route(
    town: Harness,
    caplog: pytest.LogCaptureFixture,
    user: str | None,
    headers: dict[str, str],
    path: str,
) -> None:
    town.http("GET", "/api/v1/me", user=user)
    with told() as names, caplog.at_level(logging.WARNING):
        assert town.http("GET", path, user=user, headers=headers).status in (401, 403)
    assert names == ["RefusedAccess"]
    [line] = [line for line in caplog.records if line.message == "refused"]
    assert line.__dict__["route"] == path


def test_a_wrong_key_is_counted_and_a_right_one_is_logged_by_its_id(
    town: Harness, caplog: pytest.LogCaptureFixture
) -> None:
    given = {"service_code": "graffiti", "description": "Paint", "address_string": "Elm Street 5"}
    with told() as names, caplog.at_level(logging.INFO):
        for key in ("cvl_live_none_x", town.api_key):
            town.http("POST", "/open311/v2/requests.json", form={"api_key": key, **given})
    assert names.count("RefusedAccess") == 1
    [line] = [line for line in caplog.records if line.message == "a key was used"]
    assert line.__dict__["key_id"] == "towndemokey0"
    assert town.api_key not in json.dumps([line.__dict__ for line in caplog.records], default=str)


def test_who_was_not_signed_in_and_showed_nothing_is_no_refusal(town: Harness) -> None:
    with told() as names:
        assert town.http("GET", "/console").status == 303
        assert town.http("GET", "/api/v1/me").status == 401
    assert names == []


@pytest.mark.parametrize("path", ["/api/v1/catalogue", "/console/exchange/catalogue.json"])
def test_an_export_of_the_catalogue_is_in_the_trail(town: Harness, path: str) -> None:
    assert town.http("GET", path, user="agent").status == 200
    assert len(trail(town, "catalogue_exported")) == 1


def test_whoever_opens_very_many_tickets_in_an_hour_is_told_of_once(town: Harness) -> None:
    with told() as names:
        for _ in range(looking.MANY + 5):
            looking.looked("one", town.now)
            looking.looked("other", town.now)
        for _ in range(looking.MANY - 1):
            looking.looked("third", town.now)
        looking.looked("third", town.now + timedelta(hours=1))
    assert names == ["MassReading"] * 2


@pytest.mark.parametrize("door", ["/api/v1/tickets", "/console/tickets"])
def test_each_opened_ticket_counts_at_both_doors(town: Harness, door: str) -> None:
    from tests.handlers.desk_work import report

    ticket_id = report(town)
    with told() as names:
        for _ in range(looking.MANY):
            assert town.http("GET", f"{door}/{ticket_id}", user="agent").status == 200
    assert names.count("MassReading") == 1


def test_what_is_taken_out_counts_as_much_as_what_is_opened(town: Harness) -> None:
    town.mail(
        b"From: ida@example.org\r\nTo: help@city.example\r\nSubject: Bin\r\n\r\nFull, Elm Street 5."
    )
    town.drain()
    ticket_id = town.dump()["tickets"][-1]["ticket_id"]
    with told() as names:
        for _ in range(looking.MANY):
            raw = town.http("GET", f"/console/tickets/{ticket_id}/mail/1/raw", user="supervisor")
            assert raw.status == 200
    assert names.count("MassReading") == 1


def test_wrong_codes_of_citizens_are_counted_and_right_ones_are_not(town: Harness) -> None:
    visitor = Visitor(town)
    path = visitor.report(contact="sms", phone="+1 202 555 0142", email="")
    town.drain()
    [text] = [sent.text for sent in town.outbox if "+12025550142" in str(sent.to)]
    code = re.search(r"code: (\d{6})", text)[1]
    wrong = "000000" if code != "000000" else "111111"
    with told() as names:
        for _ in range(2):
            visitor.send(path, {"again": "", "code": wrong}, to=f"{path}/confirmation")
    assert names.count("WrongCodes") == 2
    with told() as names:
        answer, _ = visitor.send(path, {"again": "", "code": code}, to=f"{path}/confirmation")
    assert "confirmed" in answer.headers["Location"] and "WrongCodes" not in names


def test_wrong_codes_for_a_new_browser_are_counted_as_well(town: Harness) -> None:
    visitor = Visitor(town)
    path = confirm(town, visitor.report(email="codes@example.org"))
    pass_time(town, timedelta(days=2))
    with told() as names:
        visitor.send(path, {"send": "", "code": "000000"}, to=f"{path}/code")
    assert names.count("WrongCodes") == 1
