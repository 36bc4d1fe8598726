"""Forwarded mail: a colleague's opens the citizen's ticket, a citizen's stays their own."""

from __future__ import annotations

from typing import Any

import pytest

from tests.citizens import ANA, a_mail, newest_ticket, timeline_of, to
from tests.harness import Harness

CLERK = "agent@springfield.example"
FORWARD = f"""Please see to this.

---------- Forwarded message ---------
From: Ana Ortiz <{ANA}>
Date: Mon, Mar 2, 2026 at 9:00 AM
Subject: Pothole
To: Council <council@springfield.example>

There is a deep pothole in front of 45 Elm Street.
"""


def _forward(town: Harness, sender: str, **given: Any) -> dict[str, Any]:
    town.mail(a_mail(FORWARD, sender=sender, subject="Fwd: Pothole"), **given)
    town.drain()
    return newest_ticket(town)


def _clerk(town: Harness) -> str:
    return str(town.services.accounts.staff(town.token("agent")).username)


def test_a_colleagues_forward_is_the_citizens_ticket(town: Harness) -> None:
    clerk = _clerk(town)
    ticket = _forward(town, clerk)
    assert ticket["requester"]["email"] == ANA
    assert not ticket["is_confirmed"]
    assert "45 Elm Street" in ticket["description"]
    opened = timeline_of(town, ticket["ticket_id"])[0]
    assert opened["data"]["source"] == f"forwarded by {clerk}"
    assert not opened["is_verified"]
    assert to(town, clerk) == []
    assert len(to(town, ANA)) == 1
    assert "pothole in front" not in to(town, ANA)[0].text


def test_a_forward_that_only_looks_like_a_colleagues_opens_nothing_for_others(
    town: Harness,
) -> None:
    ticket = _forward(town, _clerk(town), verdicts={"dmarc": "FAIL"})
    assert ticket["requester"]["email"] != ANA
    assert to(town, ANA) == []


@pytest.mark.parametrize("sender", ["bo@example.org", "mallory@evil.example"])
def test_a_citizens_forward_stays_their_own(town: Harness, sender: str) -> None:
    ticket = _forward(town, sender)
    assert ticket["requester"]["email"] == sender
    assert to(town, ANA) == []
