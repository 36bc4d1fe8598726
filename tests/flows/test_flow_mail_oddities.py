"""Odd and hostile mail, each through the whole town (catalogue E05 to E28)."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from tests.channels.mails import raw_mail
from tests.citizens import (
    ANA,
    DESK,
    a_mail,
    act,
    answer_to,
    kinds,
    newest_ticket,
    reported_by_mail,
    submit_report,
    ticket_of,
    timeline_of,
    to,
)
from tests.harness import Harness

MALLORY = "mallory@evil.example"
pytestmark = pytest.mark.parametrize("town", ["moto"], indirect=True)


def _assigned(town: Harness) -> tuple[str, str]:
    """A ticket of one colleague, and the colleague's address; the notice is in the outbox."""
    ticket_id = reported_by_mail(town)["ticket_id"]
    clerk = str(town.services.accounts.staff(town.token("agent")).username)
    act(town, ticket_id, "assign", user="supervisor", assignee=clerk)
    town.drain()
    return ticket_id, clerk


def _doubts(town: Harness) -> list[str]:
    return [a["subject"] for a in town.dump()["audit"] if a["action"] == "staff_reply_not_taken"]


def test_e05_a_forged_colleague_is_never_relayed(town: Harness) -> None:
    ticket_id, clerk = _assigned(town)
    left = len(to(town, ANA))
    forged = answer_to(to(town, clerk)[-1], "We will tear down your house.")
    town.mail(forged, verdicts={"dmarc": "FAIL", "spf": "FAIL"})
    town.drain()
    assert len(to(town, ANA)) == left
    entry = timeline_of(town, ticket_id)[-1]
    assert (entry["is_verified"], entry["visibility"]) == (False, "staff")
    assert _doubts(town) == [ticket_id]


def test_e06_a_reply_address_ends_with_the_assignment(town: Harness) -> None:
    ticket_id, clerk = _assigned(town)
    notice = to(town, clerk)[-1]
    act(town, ticket_id, "assign", user="supervisor", assignee="me")
    town.drain()
    before = ticket_of(town, ticket_id).get("last_staff_action_at")
    left = len(to(town, ANA))
    town.mail(answer_to(notice, "Done, close it."))
    town.drain()
    entry = timeline_of(town, ticket_id)[-1]
    assert entry["actor"]["kind"] == "stranger" and not entry["is_verified"]
    assert ticket_of(town, ticket_id).get("last_staff_action_at") == before
    assert len(to(town, ANA)) == left
    assert _doubts(town) == [ticket_id]


def test_a_colleague_who_has_the_ticket_is_taken_at_their_word(town: Harness) -> None:
    ticket_id, clerk = _assigned(town)
    town.mail(answer_to(to(town, clerk)[-1], "The crew is on its way."))
    town.drain()
    entry = timeline_of(town, ticket_id)[-1]
    assert (entry["actor"]["kind"], entry["is_verified"]) == ("agency", True)
    assert _doubts(town) == []


@pytest.mark.parametrize("address", [DESK, "support+x@report.springfield.example"])
def test_e08_the_form_takes_no_address_of_our_own(town: Harness, address: str) -> None:
    answer = submit_report(town, email=address, **{"attribute[size]": "plate"})
    assert answer.status == 400
    assert town.dump()["tickets"] == []


CHARSETS = ("charset_unknown", "charset_utf_7", "charset_zlib_is_no_charset", "base64_broken")


@pytest.mark.parametrize("name", CHARSETS)
def test_e16_a_wrong_charset_is_a_ticket_with_its_original(town: Harness, name: str) -> None:
    town.mail(raw_mail(name), to=DESK)
    town.drain()
    [message] = town.dump()["messages"]
    assert message["outcome"] == "opened"
    assert town.services.files.raw(message["raw_key"]) == raw_mail(name)
    newest_ticket(town)["description"].encode("utf-8")


def test_e18_controls_and_turned_letters_reach_no_page(town: Harness) -> None:
    town.mail(raw_mail("subject_bidi_and_nul"), to=DESK)
    town.drain()
    ticket = newest_ticket(town)
    assert not set(ticket["subject"]) & set("\x00\x07\u202e\u2066")
    page = town.http("GET", f"/console/tickets/{ticket['ticket_id']}", user="agent")
    assert page.status == 200 and "\u202e" not in page.text and "\x00" not in page.text
    town.http("GET", f"/api/v1/tickets/{ticket['ticket_id']}", user="agent").json()


ODD = (
    "message_id_of_outlook_one_off",
    "winmail_dat",
    "winmail_dat_broken",
    "smime_signed",
    "smime_opaque",
    "pgp_encrypted",
    "calendar_invite",
    "html_only",
    "text_part_empty",
    "format_flowed",
    "quoted_printable_soft_breaks",
    "text_and_html_disagree",
)


@pytest.mark.parametrize("name", ODD)
def test_e19_e22_e27_whatever_a_person_sends_is_a_ticket(town: Harness, name: str) -> None:
    town.mail(raw_mail(name), to=DESK)
    town.drain()
    stored = town.dump()
    assert [m["outcome"] for m in stored["messages"]] == ["opened"]
    assert stored["dead_letters"] == []
    assert stored["tickets"][0]["description"] or stored["tickets"][0]["attachments"]


def test_e27_an_empty_mail_is_kept(town: Harness) -> None:
    town.mail(raw_mail("empty_mail"), to=DESK)
    town.drain()
    stored = town.dump()
    assert len(stored["messages"]) == 1
    assert stored["tickets"] or stored["quarantine"]


def test_e21_the_largest_mail_is_a_ticket_with_its_file(town: Harness) -> None:
    content = b"\x89PNG\r\n\x1a\n" + bytes(29_000_000)
    town.mail(a_mail(files={"large.png": content}))
    town.drain()
    [file] = newest_ticket(town)["attachments"]
    assert file["size"] == len(content)
    assert town.dump()["dead_letters"] == []
    ticket = f"/console/tickets/{newest_ticket(town)['ticket_id']}"
    fetched = town.http("GET", f"{ticket}/files/{file['digest']}", user="agent")
    assert fetched.body == content
    assert fetched.headers["Content-Disposition"].startswith('attachment; filename="large.png"')
    assert town.http("GET", f"{ticket}/mail/1/raw", user="agent").body.startswith(b"From:")


@pytest.mark.parametrize(
    "date", ["Thu, 01 Jan 1970 00:00:00 +0000", "Fri, 31 Dec 9999 23:59:59 +9999", "", "x"]
)
def test_e24_the_clock_starts_when_the_mail_came(town: Harness, date: str) -> None:
    town.mail(a_mail(**({"Date": date} if date else {})))
    town.drain()
    requested = datetime.fromisoformat(str(newest_ticket(town)["requested_at"]))
    assert abs(requested - town.now) < timedelta(minutes=1)


@pytest.mark.parametrize("verdict", ["GRAY", "PROCESSING_FAILED", "DISABLED", ""])
def test_e26_a_verdict_that_is_no_pass_is_no_proof(town: Harness, verdict: str) -> None:
    ticket_id = reported_by_mail(town)["ticket_id"]
    act(town, ticket_id, "status", status="resolved", reason="Filled.")
    town.drain()
    town.mail(answer_to(to(town, ANA)[-1], "Reopen it."), verdicts={"dmarc": verdict})
    town.drain()
    assert ticket_of(town, ticket_id)["status"] == "resolved"
    assert not timeline_of(town, ticket_id)[-1]["is_verified"]


def test_e28_an_unknown_address_of_the_city_is_no_reason_to_drop_a_mail(town: Harness) -> None:
    town.mail(a_mail(to="nobody-knows@report.springfield.example"))
    town.drain()
    stored = town.dump()
    assert len(stored["tickets"]) + len(stored["quarantine"]) == 1
    assert {sent.to for sent in town.outbox} <= {ANA}


def test_e09_who_is_copied_hears_nothing_later_either(town: Harness) -> None:
    ticket_id = reported_by_mail(town, Cc=MALLORY)["ticket_id"]
    act(town, ticket_id, "reply", text="We come tomorrow.")
    act(town, ticket_id, "status", status="resolved", reason="Filled.")
    town.drain()
    assert to(town, MALLORY) == []
    town.mail(answer_to(to(town, ANA)[-1], "Thanks.", Cc=MALLORY))
    town.drain()
    assert to(town, MALLORY) == []
    assert kinds(town, ticket_id)[0] == "opened"
