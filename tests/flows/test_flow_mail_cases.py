"""What is left of the catalogue of inbound mail: E03, E07, E08, E14, E18, E20, E28, and the windows."""

from __future__ import annotations

from datetime import timedelta

import pytest

from chalicelib.channels.reply_address import make_reply_address
from chalicelib.messages import Audience
from chalicelib.signing import Signer
from chalicelib.tickets.model.records import Change
from tests.channels.mails import raw_mail
from tests.citizens import (
    ANA,
    DESK,
    a_mail,
    act,
    answer_to,
    kinds,
    reported_by_mail,
    ticket_of,
    timeline_of,
    to,
    tracking_path,
)
from tests.harness import Harness

MALLORY = "mallory@evil.example"
pytestmark = pytest.mark.parametrize("town", ["moto"], indirect=True)


def _resolved(town: Harness, *, then_closed: bool = False) -> str:
    ticket_id = str(reported_by_mail(town)["ticket_id"])
    act(town, ticket_id, "status", status="resolved", reason="Filled.")
    if then_closed:
        act(town, ticket_id, "status", status="closed", reason="Done.")
    town.drain()
    return ticket_id


def _others(town: Harness, ticket_id: str) -> list[dict[str, object]]:
    return [t for t in town.dump()["tickets"] if t["ticket_id"] != ticket_id]


@pytest.mark.parametrize("subject", ["Reopen it", "Re: {}"])
def test_e03_a_forged_requester_is_nobody(town: Harness, subject: str) -> None:
    ticket_id = _resolved(town)
    left = len(to(town, ANA))
    forged = a_mail("Reopen it at once.", subject=subject.format(ticket_id))
    town.mail(forged, verdicts={"dmarc": "FAIL", "spf": "FAIL"})
    town.drain()
    assert ticket_of(town, ticket_id)["status"] == "resolved"
    assert "Reopen it at once." not in str(timeline_of(town, ticket_id))
    [other] = _others(town, ticket_id)
    assert not other["is_confirmed"]
    page = town.http("GET", f"/console/tickets/{other['ticket_id']}", user="agent").text
    assert "not confirmed" in page.lower() or "unverified" in page.lower()
    assert len(to(town, ANA)) == left


def _not_tokens(town: Harness, ticket_id: str, good: str) -> list[str]:
    """Addresses that look like `good` and are worth nothing."""
    domain, city = town.services.settings.receiving_domain, town.services.settings.jurisdiction_id
    key, local = f"email:{ANA}", good.partition("@")[0]
    stranger = Signer({"k1": "not the secret of this city", "zz": "another"}, "k1")
    other_key = Signer({"zz": "another secret of nobody"}, "zz")
    ours, another = town.services.signer, "SR-AAAA-AAAA-A"
    made = [
        make_reply_address(signer, place, number, Audience.REQUESTER, key, domain)
        for signer, place, number in (
            (stranger, city, ticket_id),
            (other_key, city, ticket_id),
            (ours, "shelbyville.example", ticket_id),
            (ours, city, another),
        )
    ]
    digest = local.rpartition(".")[2]
    swapped = f"{local.partition('.')[0]}.{made[3].partition('.')[2]}"
    cut = [local[:at] for at in (6, 20, len(local) - 10, len(local) - 1)]
    return [
        *made,
        swapped,
        *(f"{each}@{domain}" for each in ("reply+", "reply", f"reply+.{digest}", *cut)),
    ]


def test_e07_what_is_not_wholly_our_reply_address_is_none(town: Harness) -> None:
    """Cut short, empty, of another ticket, another city, another key: one path, no error."""
    ticket = reported_by_mail(town)
    ticket_id = str(ticket["ticket_id"])
    good = to(town, ANA)[0].reply_to.rpartition("<")[2].rstrip(">")
    wrong = _not_tokens(town, ticket_id, good)
    for number, address in enumerate(wrong):
        town.mail(a_mail(f"Number {number}", sender=MALLORY, to=address), to=address)
    town.drain(500)
    stored = town.dump()
    assert stored["dead_letters"] == []
    assert kinds(town, ticket_id) == ["opened"]
    assert len(stored["tickets"]) == 1 + len(wrong)
    town.mail(a_mail("Whole.", to=good), to=good)
    town.drain()
    assert kinds(town, ticket_id) == ["opened", "appended"]


def test_e08_a_third_partys_mail_is_on_no_tracking_page_before_staff_say_so(town: Harness) -> None:
    ticket_id = str(reported_by_mail(town)["ticket_id"])
    [sent] = to(town, ANA)
    secret = "Your code is 771 304."
    town.mail(answer_to(sent, secret, sender="verify@service.example"))
    town.drain()
    path = tracking_path(sent.text)
    assert secret not in town.http("GET", path).text
    [entry] = [e for e in timeline_of(town, ticket_id) if e["text"] == secret]
    assert act(town, ticket_id, f"entries/{entry['number']}/accept").status == 200
    assert secret in town.http("GET", path).text


def test_e14_a_mail_to_two_addresses_at_once_is_one_ticket_in_one_queue(town: Harness) -> None:
    raw = a_mail(to=f"{DESK}, roads@report.springfield.example")
    town.mail(raw, to=[DESK, "roads@report.springfield.example"])
    town.mail(raw, to="roads@report.springfield.example")
    town.drain()
    assert len(town.dump()["tickets"]) == 1
    assert len(to(town, ANA)) == 1
    assert sorted(m["outcome"] for m in town.dump()["messages"]) == ["duplicate", "opened"]


def test_e18_staff_are_told_that_something_was_hidden(town: Harness) -> None:
    town.mail(raw_mail("subject_bidi_and_nul"), to=DESK)
    town.mail(a_mail("سلام. چراغ خیابان خاموش است.", subject="چراغ خیابان می‌سوزد"))
    town.drain()
    opened = {e["text"]: e["data"] for e in town.dump()["entries"] if e["kind"] == "opened"}
    assert sorted(data.get("disguised", "") for data in opened.values()) == ["", "yes"]
    [odd] = [t for t in town.dump()["tickets"] if "سلام" not in t["description"]]
    page = town.http("GET", f"/console/tickets/{odd['ticket_id']}", user="agent").text
    assert "hide or turn" in page


def _siblings(many: int) -> bytes:
    head = f"From: {ANA}\r\nTo: {DESK}\r\nSubject: Hole\r\n"
    head += "Content-Type: multipart/mixed; boundary=b\r\n\r\n"
    return head.encode() + b"--b\r\n\r\nx\r\n" * many + b"--b--\r\n"


def test_e20_twenty_thousand_parts_are_kept_and_stop_nothing(town: Harness) -> None:
    town.mail(_siblings(20_000))
    town.mail(a_mail("The light is dark.", sender="bo@example.org"))
    town.drain()
    stored = town.dump()
    assert stored["dead_letters"] == []
    assert len(stored["messages"]) == 2 and len(to(town, "bo@example.org")) == 1
    first = next(m for m in stored["messages"] if m["sender_key"] != "email:bo@example.org")
    assert town.services.files.raw(first["raw_key"]) == _siblings(20_000)
    opened = [e["data"].get("nature") for e in stored["entries"] if e["kind"] == "opened"]
    assert sorted(map(str, opened)) == ["None", "unreadable"]


def test_e28_mail_for_a_city_that_is_not_served_here_waits_for_a_person(town: Harness) -> None:
    there = "help@report.shelbyville.example"
    town.mail(a_mail(to=there), to=there)
    town.drain()
    stored = town.dump()
    assert stored["tickets"] == [] and town.outbox == []
    assert [h["reason"] for h in stored["quarantine"]] == [
        "sent to an address that is not this city's"
    ]
    page = town.http("GET", "/console/quarantine", user="supervisor").text
    assert "not this city" in page


def test_a_reply_to_a_merged_ticket_lands_on_the_survivor(town: Harness) -> None:
    first = str(reported_by_mail(town)["ticket_id"])
    town.mail(a_mail("The same hole.", subject="Hole on Elm"))
    town.drain()
    second = str(_others(town, first)[0]["ticket_id"])
    merged = town.services.store.get(first)
    merged.merged_into = second
    town.services.store.save(Change(ticket=merged))
    town.mail(answer_to(to(town, ANA)[0], "It is deep."))
    town.drain()
    assert kinds(town, first) == ["opened"]
    entry = timeline_of(town, second)[-1]
    assert (entry["text"], entry["is_verified"]) == ("It is deep.", True)
    assert len(town.dump()["tickets"]) == 2


def test_a_changed_subject_on_a_closed_ticket_is_a_new_matter(town: Harness) -> None:
    ticket_id = _resolved(town, then_closed=True)
    raw = answer_to(to(town, ANA)[-1], "The lamp in our street is dark.")
    head, _, body = raw.partition(b"\n\n")
    lines = [b"Subject: A dark lamp" if n.startswith(b"Subject:") else n for n in _unfold(head)]
    town.mail(b"\n".join(lines) + b"\n\n" + body)
    town.drain()
    [other] = _others(town, ticket_id)
    assert other["linked_to"] == []
    assert ticket_of(town, ticket_id)["status"] == "closed"
    assert other["subject"] == "A dark lamp"


def _unfold(head: bytes) -> list[bytes]:
    return head.replace(b"\n ", b" ").split(b"\n")


def test_a_reply_after_the_window_opens_a_linked_ticket(town: Harness) -> None:
    ticket_id = _resolved(town)
    town._town.clock.move_to(town.now + timedelta(days=15))  # no run has closed it yet
    town.mail(answer_to(to(town, ANA)[-1], "It broke again."))
    town.drain()
    [other] = _others(town, ticket_id)
    assert other["linked_to"] == [ticket_id]
    assert "reopened" not in kinds(town, ticket_id)
