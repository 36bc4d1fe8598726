"""Mail that staff look at: its layout without its tricks, its bytes with a line in the audit trail."""

from __future__ import annotations

from email.message import EmailMessage
from urllib.parse import quote, unquote

import pytest

from chalicelib.channels import bounds
from chalicelib.channels.mime.safe_html import safe_html
from tests.citizens import ANA, DESK, PNG, a_mail, form_token, newest_ticket
from tests.harness import Harness

EVIL = """<html><head><base href="https://evil.example/"><meta http-equiv="refresh" content="0;url=//x">
<style>@import url(//evil.example/a.css)</style></head><body onload="alert(1)"><h1>The lamp is dark</h1>
<script>alert(1)</script><img src="https://evil.example/pixel.png" onerror="alert(1)">
<a href="javascript:alert(1)">one</a><a href="data:text/html,<script>alert(1)</script>">two</a>
<svg onload="alert(1)"><a xlink:href="javascript:alert(1)"><text>x</text></a></svg>
<form action="//evil.example"><input name="password"></form><iframe srcdoc="<script>1</script>"></iframe>
<p style="background:url(//evil.example/b.png)" class="x">On Elm Street</p>
<math><mi><mglyph><style><!--</style><img title="--&gt;&lt;img src=1 onerror=alert(1)&gt;"></math>
</body></html>"""
BAD = (
    "script",
    "onload",
    "onerror",
    "javascript:",
    "data:",
    "evil.example",
    "<form",
    "<svg",
    "<style",
)


def _html_mail() -> bytes:
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = ANA, DESK, "Lamp"
    mail.set_content("The lamp is dark.")
    mail.add_alternative(EVIL, subtype="html")
    return bytes(mail)


def _written_down(town: Harness) -> list[str]:
    actions = [record["action"] for record in town.dump()["audit"]]
    return [action for action in actions if action != "catalog_published"]


def _key(town: Harness) -> str:
    [held] = town.dump()["quarantine"]
    return quote(f"email:{held['message_id']}", safe="")


def test_x01_the_layout_is_shown_without_its_tricks(town: Harness) -> None:
    town.mail(_html_mail())
    town.drain()
    base = f"/console/tickets/{newest_ticket(town)['ticket_id']}/mail/1"
    framed = town.http("GET", f"{base}/html", user="agent")
    assert framed.status == 200
    assert "The lamp is dark" in framed.text and "On Elm Street" in framed.text
    assert not [bad for bad in BAD if bad in framed.text.lower()]
    policy = framed.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy and "; sandbox;" in policy
    page = town.http("GET", base, user="agent")
    assert '<iframe sandbox title="' in page.text
    assert "frame-src 'self'" in page.headers["Content-Security-Policy"]
    assert "unsafe-inline" not in page.headers["Content-Security-Policy"]


def test_x01_a_held_mail_is_looked_at_in_the_same_way(town: Harness) -> None:
    town.mail(_html_mail(), verdicts={"spam": "FAIL"})
    town.drain()
    framed = town.http("GET", f"/console/quarantine/html?message={_key(town)}", user="supervisor")
    assert framed.status == 200
    assert not [bad for bad in BAD if bad in framed.text.lower()]
    assert (
        town.http("GET", f"/console/quarantine/html?message={_key(town)}", user="agent").status
        == 403
    )


def test_only_the_frame_may_be_framed(town: Harness) -> None:
    town.mail(_html_mail())
    town.drain()
    base = f"/console/tickets/{newest_ticket(town)['ticket_id']}/mail/1"
    assert (
        "frame-ancestors 'none'"
        in town.http("GET", base, user="agent").headers["Content-Security-Policy"]
    )
    framed = town.http("GET", f"{base}/html", user="agent")
    assert "frame-ancestors 'self'" in framed.headers["Content-Security-Policy"]


@pytest.mark.parametrize("html", ["<div>" * 30_000, "a" * 500_000, ""])
def test_layout_that_costs_too_much_is_not_shown(html: str) -> None:
    assert safe_html(html) == ""


@pytest.mark.parametrize(
    "html", [EVIL, "<scr<script>ipt>alert(1)</scr</script>ipt>", "&lt;script&gt;"]
)
def test_nothing_unsafe_comes_back_by_cleaning_twice(html: str) -> None:
    once = safe_html(html)
    assert safe_html(once) == once
    assert "<script" not in once


def test_a_mails_bytes_are_for_staff_and_leave_a_line(town: Harness) -> None:
    raw = a_mail(files={"hole.png": PNG})
    town.mail(raw)
    town.drain()
    path = f"/console/tickets/{newest_ticket(town)['ticket_id']}/mail/1/raw"
    answer = town.http("GET", path, user="agent")
    assert answer.body == raw
    assert answer.headers["Content-Disposition"].startswith("attachment")
    assert _written_down(town) == ["raw_mail_downloaded"]


def test_a_held_mails_bytes_leave_a_line(town: Harness) -> None:
    town.mail(a_mail(), verdicts={"spam": "FAIL"})
    town.drain()
    path = f"/console/quarantine/raw?message={_key(town)}"
    assert town.http("GET", path, user="supervisor").body == a_mail()
    assert _written_down(town) == ["raw_mail_downloaded"]


@pytest.mark.parametrize("beyond", [-1, 0, 1])
def test_a_reason_that_was_cut_shows_it(town: Harness, beyond: int) -> None:
    town.mail(a_mail(), verdicts={"spam": "FAIL"})
    town.drain()
    reason = "r" * (bounds.NOTE + beyond)
    page = town.http("GET", "/console/quarantine", user="supervisor")
    form = {"form_token": form_token(page), "message": unquote(_key(town)), "decision": "discard"}
    town.http("POST", "/console/quarantine", user="supervisor", form=form | {"reason": reason})
    [kept] = [e["data"]["reason"] for e in town.dump()["audit"] if "reason" in e["data"]]
    assert (kept == reason, kept.endswith("…")) == (beyond <= 0, beyond > 0)


@pytest.mark.parametrize("decision", ["release", "discard"])
def test_e25_a_decision_over_a_held_mail_is_written_down(town: Harness, decision: str) -> None:
    town.mail(a_mail(), verdicts={"spam": "FAIL"})
    town.drain()
    [held] = town.dump()["quarantine"]
    body = {"message_key": f"email:{held['message_id']}"}
    body |= {"reason": "An advertisement."} if decision == "discard" else {}
    answer = town.http("POST", f"/api/v1/quarantine/{decision}", user="supervisor", json=body)
    assert answer.status == 200
    town.drain()
    stored = town.dump()
    assert len(stored["tickets"]) == (decision == "release")
    assert _written_down(town) in (["message_released"], ["message_discarded"])
    assert town.outbox == []


REASONS = {"spam": "هرزنامه شناخته شد", "virus": "ویروس دارد"}


@pytest.mark.parametrize("verdict", REASONS)
def test_why_a_mail_is_held_is_said_in_the_readers_language(town: Harness, verdict: str) -> None:
    town.mail(a_mail(), verdicts={verdict: "FAIL"})
    town.drain()
    page = town.http("GET", "/console/quarantine?lang=fa", user="supervisor").text
    assert REASONS[verdict] in page
