"""What a text by a borrowed number can do: networks let a number be forged, and nothing shows it."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.harness import Harness

ANA = "+12025550143"
# As a forger sends them: the words are theirs, the number is Ana's.
FORGED = ("STOP", "STATUS", "HELP", "NEW", "START", "And tell me who reported it")


def text(town: Harness, body: str) -> None:
    town.text(body, sender=ANA)
    town.drain()


def close(town: Harness) -> str:
    at = f"/api/v1/tickets/{town.dump()['tickets'][0]['ticket_id']}"
    for step in (("in_progress", "We look"), ("resolved", "It is filled")):
        version = town.http("GET", at, user="agent").json()["ticket"]["version"]
        wish = dict(zip(("status", "reason"), step, strict=True)) | {"version": version}
        assert town.http("POST", f"{at}/status", json=wish, user="agent").status == 200
    town.drain()
    return at


def test_whatever_a_borrowed_number_asks_is_answered_to_its_owner_alone(town: Harness) -> None:
    text(town, "There is a pothole on Elm Street")
    for body in FORGED:
        text(town, body)
    texts = [message for message in town.outbox if message["channel"] == "sms"]
    assert {message["to"] for message in texts} == {ANA}
    assert any("/t/" in message["text"] for message in texts)


def test_a_borrowed_numbers_stop_is_told_to_its_owner_changes_no_report_and_is_taken_back(
    town: Harness,
) -> None:
    text(town, "There is a pothole on Elm Street")
    before = town.dump()["tickets"]
    town.outbox.clear()
    text(town, "STOP")
    assert [message["to"] for message in town.outbox] == [ANA]
    assert town.dump()["tickets"] == before
    text(town, "START")
    town.outbox.clear()
    close(town)
    assert ANA in {message["to"] for message in town.outbox}


def test_a_borrowed_numbers_appeal_reopens_and_its_owner_and_staff_see_it(town: Harness) -> None:
    text(town, "There is a pothole on Elm Street")
    at = close(town)
    text(town, "It is not filled at all")
    ticket = town.http("GET", at, user="agent").json()
    said = [entry for entry in ticket["entries"] if entry["text"] == "It is not filled at all"]
    assert [(entry["channel"], entry["actor"]["kind"]) for entry in said] == [("sms", "requester")]
    assert ticket["ticket"]["status"] not in ("resolved", "cancelled")
    assert town.dump()["tickets"][0]["requester"]["phone"] == ANA
