"""The audit trail can be looked through by person, action, subject and day, and says how far it looked."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

import pytest

from chalicelib.handlers.audit_search import LOOKS
from chalicelib.tickets.model.records import AuditRecord, Change
from chalicelib.tickets.model.ticket import Actor
from tests.harness import Harness
from tests.security.kit import hired, private_case

ANA, BEN = Actor("staff", "sub-ana", "Ana Old-Name"), Actor("staff", "sub-ben", "Ben")


@pytest.fixture(scope="module")
def town() -> Iterator[Harness]:
    """A town with lines of six days, the newest by Ben about a key."""
    with Harness.boot() as booted:
        agent = booted.http("GET", "/api/v1/me", user="agent").json()["sub"]
        keep(
            booted, 1, Actor("staff", agent, "a name of before"), "catalogue_exported", "catalogue"
        )
        keep(booted, 2, ANA, "key_made", "key:one")
        keep(booted, 3, BEN, "key_made", "key:two")
        keep(booted, 4, BEN, "key_revoked", "key:one")
        yield booted


def keep(town: Harness, days: int, actor: Actor, action: str, subject: str, name: str = "") -> None:
    record = AuditRecord(
        audit_id=name or f"line{days}",
        at=town.now - timedelta(days=10 - days),
        actor=actor,
        action=action,
        subject=subject,
    )
    town.services.store.save(Change(audit=[record]))


def found(town: Harness, user: str = "administrator", **asked: Any) -> list[str]:
    answer = town.http("GET", f"/api/v1/audit?{urlencode(asked)}", user=user)
    assert answer.status == 200
    return [r["audit_id"] for r in answer.json()["records"] if r["audit_id"].startswith("line")]


def day(town: Harness, days: int) -> str:
    return f"{town.now - timedelta(days=10 - days):%Y-%m-%d}"


@pytest.mark.parametrize(
    ("asked", "lines"),
    [
        ({"person": "old-name"}, ["line2"]),
        ({"person": "sub-ben"}, ["line4", "line3"]),
        ({"person": "agent@city.example"}, ["line1"]),
        ({"action": "key_made"}, ["line3", "line2"]),
        ({"action": "key made"}, ["line3", "line2"]),
        ({"subject": "KEY:one"}, ["line4", "line2"]),
        ({"person": "ben", "action": "key_made", "subject": "key"}, ["line3"]),
        ({"person": "ben", "subject": "catalogue"}, []),
    ],
)
def test_each_filter_and_all_together_leave_what_fits(
    town: Harness, asked: dict[str, str], lines: list[str]
) -> None:
    assert found(town, **asked) == lines


def test_days_hold_their_first_and_their_last(town: Harness) -> None:
    both = {"from": day(town, 2), "until": day(town, 3)}
    assert found(town, **both) == ["line3", "line2"]
    assert found(town, **both, person="ben") == ["line3"]
    assert found(town, until=day(town, 1)) == ["line1"]
    assert found(town, **both, size=1) == ["line3"]


def test_a_page_that_the_looks_end_says_up_to_when_and_goes_on(town: Harness) -> None:
    for number in range(LOOKS + 3):
        keep(town, 9, BEN, "person_changed", "other", f"other{number:02}")
    asked = {"person": "old-name", "size": 1}
    first = town.http("GET", f"/api/v1/audit?{urlencode(asked)}", user="administrator").json()
    assert first["records"] == [] and first["looked_to"] and first["next_token"]
    seen, token = [], first["next_token"]
    while token:
        path = f"/api/v1/audit?{urlencode({**asked, 'token': token})}"
        page = town.http("GET", path, user="administrator").json()
        seen += [record["audit_id"] for record in page["records"]]
        token = page["next_token"]
    assert seen == ["line2"] and page["looked_to"] is None


@pytest.mark.parametrize("name", ["person", "action", "subject", "from", "until"])
def test_what_is_no_day_or_too_long_is_refused_by_name(town: Harness, name: str) -> None:
    answer = town.http("GET", f"/api/v1/audit?{name}={'9' * 101}", user="administrator")
    assert answer.status == 422 and name in answer.text
    page = town.http("GET", f"/console/audit?{name}={'9' * 101}", user="administrator")
    assert page.status == 200 and f'id="{name}-error"' in page.text


@pytest.mark.parametrize("days", ["from=2026-02-30", "from=2026-03-03&until=2026-03-02", "until=x"])
def test_days_that_are_none_are_refused(town: Harness, days: str) -> None:
    assert town.http("GET", f"/api/v1/audit?{days}", user="administrator").status == 422


def test_the_page_keeps_what_was_asked_and_says_when_nothing_fits(town: Harness) -> None:
    page = town.http("GET", "/console/audit?person=%3Cb%3Enobody", user="administrator").text
    assert "Nothing fits." in page and "&lt;b&gt;nobody" in page
    page = town.http("GET", "/console/audit?person=old-name", user="administrator").text
    assert "key:one" in page and "key:two" not in page


def test_no_filter_shows_a_line_of_another_agencys_report(town: Harness) -> None:
    case = private_case(town)
    keep(town, 5, BEN, "raw_mail_downloaded", case.ticket_id)
    theirs = hired(town, "administrator", f"agency:{case.agency}")
    others = hired(town, "administrator", "agency:nowhere")
    for asked in ({"subject": case.ticket_id}, {"person": "ben", "action": "raw mail"}):
        assert found(town, theirs, **asked) == ["line5"]
        assert found(town, others, **asked) == []


def test_the_page_is_persian_for_who_reads_persian(town: Harness) -> None:
    asked = "/console/audit?person=nobody&lang=fa"
    page = town.http("GET", asked, user="administrator")
    assert "موردی یافت نشد." in page.text and 'dir="rtl"' in page.text
