"""Tickets and sign-ins for tests of the staff's doors, made the way citizens and staff make them."""

from __future__ import annotations

import html
import re
from typing import Any

from chalicelib.messages import Channel, InboundMessage, Party, Proof
from tests.harness import Harness, Response


def report(
    town: Harness,
    words: str = "The street light is broken",
    *,
    service: str = "streetlight",
    key: str = "",
    **more: Any,
) -> str:
    """The id of a new ticket that came by the web."""
    message = InboundMessage(
        channel=Channel.WEB,
        message_id=key or words,
        sender=Party(name="Ana Quist", email="ana@example.org"),
        received_at=town.now,
        text=words,
        service_code=service,
        proof=Proof.PROVEN,
        address="12 Mill Lane",
        **more,
    )
    outcome = town.services.desk.receive(message)
    assert outcome.ticket_id
    return outcome.ticket_id


def case(town: Harness, ticket_id: str, user: str = "agent") -> Any:
    """A ticket's whole file by the API."""
    answer = town.http("GET", f"/api/v1/tickets/{ticket_id}", user=user)
    assert answer.status == 200, answer.text
    return answer.json()


def act(town: Harness, ticket_id: str, name: str, user: str = "agent", **body: Any) -> Response:
    """One act by the API."""
    return town.http("POST", f"/api/v1/tickets/{ticket_id}/{name}", json=body, user=user)


def hidden(page: Response, name: str) -> str:
    """The value of the first hidden field of this name."""
    found = re.search(rf'name="{name}" value="([^"]*)"', page.text)
    assert found, f"no field {name}"
    return html.unescape(found[1])


def post(town: Harness, page_at: str, path: str, user: str = "agent", **fields: Any) -> Response:
    """A form sent from the page at `page_at`, with its hidden fields."""
    page = town.http("GET", page_at, user=user)
    sent = {"form_token": hidden(page, "form_token")}
    for name in ("version", "seen"):
        if f'name="{name}"' in page.text:
            sent[name] = hidden(page, name)
    return town.http("POST", path, form={**sent, **fields}, user=user)
