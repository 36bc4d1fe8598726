"""Markup, templates, formulas and broken headers, through every channel into every page and file."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from email.message import EmailMessage

import pytest

from tests.citizens import DESK, tracking_path
from tests.handlers.desk_work import act
from tests.handlers.programs import Program
from tests.handlers.visitor import Visitor
from tests.harness import Harness
from tests.security.table import PUBLIC, STAFF

RAW = ("<script", "<img src=x", "<svg", "onerror=a", "javascript:alert")
EVIL = (
    "\"'><script>alert(1)</script><img src=x onerror=alert(1)><svg/onload=alert(1)> "
    "{{ 7191 * 7193 }} ${7191*7193} {% raw %} javascript:alert(1) xq7evil"
)
EVALUATED = str(7191 * 7193)
BREAK = "x\r\nBcc: thief@evil.example\r\nX-Evil: yes"
FORMULAS = ("=cmd|' /C calc'!A0", "+1+1", "-1+1", "@SUM(1)", "\t=1+1", "\r=1+1")


@pytest.fixture(scope="module")
def town() -> Iterator[Harness]:
    """A town to which somebody has written the worst, through every channel, and staff, too."""
    with Harness.boot() as booted:
        _write(booted)
        yield booted


def _write(town: Harness) -> None:
    visitor, program = Visitor(town), Program(town)
    visitor.publish(description=EVIL, address=EVIL, name=EVIL)
    for number, formula in enumerate(FORMULAS):
        visitor.publish(description=formula, address=f"{formula} {number}", name=formula.strip())
    program.make(description=EVIL, first_name=EVIL, address_string=EVIL, email="eve@example.org")
    mail = EmailMessage()
    mail["From"], mail["To"] = f"{_quoted(EVIL)} <mallory@example.org>", DESK
    mail["Subject"], mail["Message-ID"] = f"Pothole {EVIL}", "<evil@mail.example>"
    mail.set_content(EVIL)
    mail.add_alternative(f"<p>{EVIL}</p><script>alert(1)</script>", subtype="html")
    mail.add_attachment(b"%PDF-1.4", maintype="application", subtype="pdf", filename=f"{EVIL}.pdf")
    town.mail(bytes(mail))
    town.text(f"Pothole {EVIL}", sender="+15550102233")
    town.drain()
    for ticket in town.dump()["tickets"]:
        for name in ("reply", "note"):
            now = next(t for t in town.dump()["tickets"] if t["ticket_id"] == ticket["ticket_id"])
            done = act(town, ticket["ticket_id"], name, text=EVIL, version=now["version"])
            assert done.status == 200, done.text
    town.drain()


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "").replace('"', "'") + '"'


def _addresses(town: Harness) -> Iterator[tuple[str, str | None]]:
    """Every page and file that can be had, of every ticket that there is."""
    tickets = [ticket["ticket_id"] for ticket in town.dump()["tickets"]]
    links = {path.split("/")[2]: path.split("/")[3] for path in _links(town)}
    for method, route in [*PUBLIC, *STAFF]:
        if method != "GET":
            continue
        user = "administrator" if (method, route) in STAFF else None
        for ticket_id in tickets if "{ticket_id}" in route else tickets[:1]:
            known = {"ticket_id": ticket_id, "secret": links.get(ticket_id, "x"), "number": "1"}
            known |= {"resource": "requests.xml", "request_id": f"{ticket_id}.json"}
            known |= {"name": "requests.csv" if "/data/" in route else "site.css"}
            yield re.sub(r"\{(\w+)\}", lambda hit, given=known: given.get(hit[1], "x"), route), user
    yield f"/track?q={EVIL.split(maxsplit=1)[0]}", None
    yield from ((f"/open311/v2/{name}", None) for name in ("requests.json", "bulk.csv"))


def _links(town: Harness) -> set[str]:
    return {tracking_path(sent.text) for sent in town.outbox if "/t/SR-" in sent.text}


def test_no_page_shows_what_somebody_wrote_as_markup_or_works_it_out(town: Harness) -> None:
    wrong, seen = [], 0
    for address, user in _addresses(town):
        answer = town.http("GET", address, user=user, headers={"Accept": "text/html"})
        kind = answer.headers["Content-Type"]
        assert answer.status < 500, address
        body = answer.body.decode("utf-8", "replace")
        seen += "xq7evil" in body
        wrong += [(address, "worked out")] if EVALUATED in body else []
        if kind.startswith(("text/html", "application/xml", "text/xml", "application/atom+xml")):
            own = re.sub(r"<script src=[^>]+></script>|<svg class=[^>]*>", "", body)
            wrong += [(address, mark) for mark in _marks(own)]
        else:
            assert answer.headers["X-Content-Type-Options"] == "nosniff", address
    assert wrong == []
    assert seen > 20, "the words stand on many pages, as words"


def _marks(page: str) -> list[str]:
    """Tags that nobody but a stranger would open, and handlers within a tag."""
    tags = re.findall(r"<(?:script|img|svg)\b[^>]*>", page)
    return [tag for tag in tags if "alert(1)" in tag or "src=x" in tag or tag == "<script>"]


def test_no_mail_or_text_carries_markup_or_a_header_of_a_strangers(town: Harness) -> None:
    assert len(town.outbox) > 10
    for sent in town.outbox:
        assert not _marks(sent.html or ""), sent.subject
        assert EVALUATED not in (sent.html or "") + sent.text
        assert "\n" not in sent.subject and "\r" not in sent.subject
        assert not any("\n" in str(value) for value in sent.headers.values())


@pytest.mark.parametrize("field", ["name", "description", "address", "email", "phone"])
def test_a_line_break_in_a_field_begins_no_header(town: Harness, field: str) -> None:
    given = {"description": "Paint", "address": "Elm Street 5", "email": f"{field}@example.org"}
    given |= {"contact": "email", "follow": "none", field: BREAK}
    Visitor(town).send("/report?service=graffiti", given)
    town.drain()
    assert not {name.lower() for mail in town.outbox for name in mail.headers} & {"bcc", "x-evil"}
    assert not [mail for mail in town.outbox if "thief" in mail.to]


def test_no_sheet_holds_a_formula(town: Harness) -> None:
    cells = 0
    for address in ("/data/requests.csv", "/open311/v2/bulk.csv"):
        answer = town.http("GET", address)
        if answer.status != 200:
            continue
        for row in csv.reader(io.StringIO(answer.text)):
            for cell in row:
                is_number = re.fullmatch(r"[+-]?[\d.]+", cell)
                assert is_number or not cell.startswith(("=", "+", "-", "@", "\t", "\r")), cell
                cells += 1
    assert cells > 20
