"""Files: what comes in is checked, what goes out is a download, and nothing tells where one lives."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import quote

import pytest
from botocore.exceptions import ReadTimeoutError

from infra.local import ears, engine
from infra.local.stack import client
from tests.citizens import PNG, a_mail, form_token, newest_ticket, to, tracking_path
from tests.handlers.visitor import multipart
from tests.harness import Harness, Response
from tests.photographs import EICAR, SPRINGFIELD, jpeg

ROLES = ("agent", "supervisor", "administrator", "auditor")
SVG = b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"><script>alert(2)</script></svg>'
HIDDEN = b"%PDF-1.4\n" + EICAR
TAGGING = "s3.GetObjectTagging"


@contextmanager
def no_verdict_yet() -> Iterator[None]:
    """GuardDuty has not come to look."""
    ears.LISTENER.scans = False
    yield
    ears.LISTENER.scans = True


@contextmanager
def scanner_down() -> Iterator[None]:
    def fault(name: str, call: Any) -> Any:
        if name == TAGGING:
            raise ReadTimeoutError(endpoint_url="https://aws.example")
        return call()

    with engine.faults(fault):
        yield


def _sent(town: Harness, **files: bytes) -> dict[str, Any]:
    town.mail(a_mail(files={name.replace("__", "."): data for name, data in files.items()}))
    town.drain()
    return newest_ticket(town)


def _doors(town: Harness, ticket: dict[str, Any]) -> list[str]:
    digest = ticket["attachments"][0]["digest"]
    return [
        f"/console/tickets/{ticket['ticket_id']}/files/{digest}",
        f"/api/v1/tickets/{ticket['ticket_id']}/files/{digest}",
    ]


def _is_safe_download(answer: Response) -> bool:
    return (
        answer.status == 200
        and answer.headers["Content-Disposition"].startswith("attachment")
        and answer.headers["Content-Type"] == "application/octet-stream"
        and answer.headers["X-Content-Type-Options"] == "nosniff"
        and "sandbox" in answer.headers["Content-Security-Policy"]
    )


HOSTILE = {
    "X03 svg": ("lamp.svg", SVG),
    "X04 html called png": ("photo.png", b"<!doctype html><script>alert(1)</script>"),
    "X04 gif and script": ("photo.gif", b"GIF89a<script>alert(1)</script>"),
    "X04 pdf with a tail": ("plan.pdf", b"%PDF-1.7\n<html><script>alert(1)</script>"),
    "X04 two endings": ("plan.pdf.exe", b"MZ" + bytes(60)),
    "X06 zip of zeros": ("zeros.zip", b"PK\x03\x04" + bytes(1_000)),
}


def _bomb() -> bytes:
    """A document that would unpack to a hundred megabytes, and a link out of its folder."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as bomb:
        bomb.writestr("word/document.xml", bytes(100_000_000))
        link = zipfile.ZipInfo("link")
        link.external_attr = 0o120777 << 16
        bomb.writestr(link, "/etc/passwd")
    return made.getvalue()


def test_x06_what_is_packed_stays_packed(town: Harness) -> None:
    bomb = _bomb()
    ticket = _sent(town, report__docx=bomb)
    [file] = ticket["attachments"]
    assert (file["filename"], file["size"]) == ("report.docx", len(bomb))
    assert town.http("GET", _doors(town, ticket)[0], user="agent").body == bomb


@pytest.mark.parametrize(("name", "content"), HOSTILE.values(), ids=HOSTILE)
def test_x03_x04_x06_whatever_it_is_it_leaves_as_a_download(
    town: Harness, name: str, content: bytes
) -> None:
    town.mail(a_mail(files={name: content}))
    town.drain()
    ticket = newest_ticket(town)
    for door in _doors(town, ticket):
        answer = town.http("GET", door, user="agent")
        assert _is_safe_download(answer)
        assert answer.body == content
    tracking = tracking_path(to(town, "ana@example.org")[0].text)
    digest = ticket["attachments"][0]["digest"]
    assert _is_safe_download(town.http("GET", f"{tracking}/files/{digest}"))


NAMES = {
    "up": "../../x.png",
    "break": "a\r\nSet-Cookie: x.png",
    "turned": "\u202egnp.exe.png",
    "long": "n" * 300 + ".png",
    "nul": "a\x00b.png",
    "dots": " .hidden.png. ",
}


@pytest.mark.parametrize("name", NAMES.values(), ids=NAMES)
def test_x05_a_name_is_only_a_name(town: Harness, name: str) -> None:
    from email.mime.image import MIMEImage
    from email.mime.multipart import MIMEMultipart
    from email.utils import encode_rfc2231

    mail = MIMEMultipart()
    mail["From"], mail["To"], mail["Subject"] = (
        "ana@example.org",
        "help@report.springfield.example",
        "x",
    )
    part = MIMEImage(PNG, "png")
    part["Content-Disposition"] = f"attachment; filename*={encode_rfc2231(name, 'utf-8')}"
    mail.attach(part)
    town.mail(bytes(mail))
    town.drain()
    ticket = newest_ticket(town)
    kept = ticket["attachments"][0]["filename"]
    assert len(kept) <= 120 and kept.isprintable()
    assert "/" not in kept and "\u202e" not in kept and not kept.startswith(".")
    answer = town.http("GET", _doors(town, ticket)[0], user="agent")
    assert _is_safe_download(answer)
    assert "Set-Cookie" not in answer.headers
    assert not any(c in answer.headers["Content-Disposition"] for c in "\r\n\x00")


@pytest.mark.parametrize("role", ROLES)
def test_x07_an_infected_file_leaves_for_nobody_and_is_written_down(
    town: Harness, role: str
) -> None:
    ticket = _sent(town, invoice__com=EICAR)
    for door in _doors(town, ticket):
        answer = town.http("GET", door, user=role)
        assert answer.status == 451
        assert EICAR not in answer.body
    blocked = [a for a in town.dump()["audit"] if a["action"] == "infected_file_blocked"]
    assert len(blocked) == 2
    assert {a["subject"] for a in blocked} == {ticket["ticket_id"]}
    assert ticket["status"] == "new"


def test_x07_the_citizen_and_the_raw_mail_are_no_way_around(town: Harness) -> None:
    ticket = _sent(town, invoice__com=EICAR)
    tracking = tracking_path(to(town, "ana@example.org")[0].text)
    digest = ticket["attachments"][0]["digest"]
    assert town.http("GET", f"{tracking}/files/{digest}").status == 451
    raw = town.http("GET", f"/console/tickets/{ticket['ticket_id']}/mail/1/raw", user="agent")
    assert raw.status == 451


def test_x07_what_is_uploaded_is_looked_into_too(town: Harness) -> None:
    form = town.http("GET", "/report?service=graffiti")
    fields = {"form_token": form_token(form), "description": "Paint", "address": "A wall"}
    kind, body = multipart({**fields, "contact": "anonymous"}, {"photos:wall.pdf": HIDDEN})
    sent = town.http("POST", "/report?service=graffiti", headers={"Content-Type": kind}, body=body)
    assert sent.status < 400
    ticket = newest_ticket(town)
    assert len(ticket["attachments"]) == 1
    for door in _doors(town, ticket):
        assert town.http("GET", door, user="supervisor").status == 451
    path = tracking_path(sent.text)
    digest = ticket["attachments"][0]["digest"]
    assert town.http("GET", f"{path}/files/{digest}").status == 451


def test_x07_the_raw_mail_of_a_held_virus_leaves_for_nobody(town: Harness) -> None:
    town.mail(a_mail(files={"x.com": EICAR}), verdicts={"virus": "FAIL"})
    town.drain()
    [held] = town.dump()["quarantine"]
    key = f"email:{held['message_id']}"
    raw = f"/console/quarantine/raw?message={quote(key, safe='')}"
    assert town.http("GET", raw, user="supervisor").status == 451
    town.http("POST", "/api/v1/quarantine/release", user="supervisor", json={"message_key": key})
    path = f"/console/tickets/{newest_ticket(town)['ticket_id']}/mail/1/raw"
    assert town.http("GET", path, user="supervisor").status == 451
    actions = [a["action"] for a in town.dump()["audit"]]
    assert actions.count("infected_file_blocked") == 2


@pytest.mark.parametrize("trouble", [no_verdict_yet, scanner_down], ids=["slow", "down"])
def test_x08_until_the_scanner_has_spoken_nobody_fetches_it(town: Harness, trouble: Any) -> None:
    ticket = _sent(town, hole__png=PNG)
    with trouble():
        for door in _doors(town, ticket):
            answer = town.http("GET", door, user="agent")
            assert answer.status == 423
            assert "checked for viruses" in answer.text
    assert _is_safe_download(town.http("GET", _doors(town, ticket)[0], user="agent"))


def test_x08_a_verdict_over_other_bytes_is_no_verdict(town: Harness) -> None:
    """Whoever replaces the object after the scan gets a new version without a tag."""
    ticket = _sent(town, hole__png=PNG)
    digest, bucket = ticket["attachments"][0]["digest"], town.services.settings.files_bucket
    with no_verdict_yet():
        client("s3").put_object(Bucket=bucket, Key=f"files/{digest}", Body=PNG)
        assert town.http("GET", _doors(town, ticket)[0], user="agent").status == 423


def test_x08_what_is_served_is_what_was_scanned(town: Harness) -> None:
    ticket = _sent(town, hole__png=PNG)
    digest, bucket = ticket["attachments"][0]["digest"], town.services.settings.files_bucket
    client("s3").put_object(Bucket=bucket, Key=f"files/{digest}", Body=b"something else")
    assert town.http("GET", _doors(town, ticket)[0], user="agent").status == 404


def test_a_photo_by_mail_tells_staff_the_place_and_nobody_else(town: Harness) -> None:
    ticket = _sent(town, hole__jpg=jpeg())
    opened = next(e for e in town.dump()["entries"] if e["kind"] == "opened")
    assert opened["data"]["photo_place"].startswith("39.79997")
    page = town.http("GET", f"/console/tickets/{ticket['ticket_id']}", user="agent").text
    assert "39.79997" in page and "/small" in page
    served = town.http("GET", _doors(town, ticket)[0], user="agent").body
    assert b"PIXELS" in served and b"Ana Ortiz" not in served and b"S123" not in served
    tracking = tracking_path(to(town, "ana@example.org")[0].text)
    assert "39.79997" not in town.http("GET", tracking).text


def test_a_photo_has_its_small_picture(town: Harness) -> None:
    ticket = _sent(town, hole__jpg=jpeg())
    with no_verdict_yet():
        assert town.http("GET", f"{_doors(town, ticket)[0]}/small", user="agent").status == 423
    answer = town.http("GET", f"{_doors(town, ticket)[0]}/small", user="agent")
    assert answer.status == 200
    assert answer.headers["Content-Type"] == "image/jpeg"
    assert b"SMALL" in answer.body


@pytest.mark.parametrize(("wish", "is_placed"), [("yes", True), ("", False)])
def test_the_form_offers_the_photos_place(town: Harness, wish: str, is_placed: bool) -> None:
    form = town.http("GET", "/report?service=graffiti")
    assert 'name="photo_place"' in form.text
    fields = {"form_token": form_token(form), "description": "Paint", "address": "A wall"}
    fields |= {"contact": "anonymous", "photo_place": wish}
    kind, body = multipart(fields, {"photos:wall.jpg": jpeg()})
    town.http("POST", "/report?service=graffiti", headers={"Content-Type": kind}, body=body)
    ticket = newest_ticket(town)
    assert (ticket.get("lat") is not None) is is_placed
    if is_placed:
        assert (float(ticket["lat"]), float(ticket["long"])) == pytest.approx(
            SPRINGFIELD, abs=0.001
        )


def test_e25_files_of_a_mail_that_ses_calls_infected_are_not_kept(town: Harness) -> None:
    town.mail(a_mail(files={"x.com": EICAR}), verdicts={"virus": "FAIL"})
    town.drain()
    assert town.dump()["tickets"] == [] and town.outbox == []
    held = town.dump()["quarantine"]
    assert [h["attachments"] for h in held] == [[]]
