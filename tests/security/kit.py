"""A private case and the people around it, and what a table holds before and after somebody knocked."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from email.message import EmailMessage
from itertools import count
from typing import Any

from chalicelib.tickets.model.references import new_ticket_id
from infra.local import people
from tests.citizens import DESK, tracking_path
from tests.handlers.desk_work import hidden
from tests.harness import Harness, Response
from tests.photographs import jpeg

WHOLE_CITY = ("agency:*",)
_hired = count(1)
ROLES = ("agent", "supervisor", "administrator", "auditor")


@dataclass(frozen=True)
class Case:
    """A private ticket with words, a formatted mail and a picture, another one of its agency, and the
    reference of a ticket that does not exist."""

    ticket_id: str
    main: str
    agency: str
    digest: str
    mail: str
    link: str
    absent: str

    def fill(self, route: str, ticket_id: str = "") -> str:
        """The address of a route, of this ticket or of another."""
        known = {"ticket_id": ticket_id or self.ticket_id, "digest": self.digest}
        known |= {"number": self.mail if "/mail/" in route else "1", "secret": self.link}
        return re.sub(r"\{(\w+)\}", lambda found: known.get(found[1], "x"), route)


def private_case(town: Harness) -> Case:
    """By mail, about noise: a service that is never public."""
    main, _ = _opened(town, "Loud music from the bar every night, Mill Lane 3")
    ticket, path = _opened(town, "My neighbour of Elm Street 45 makes noise every night")
    files = [row for row in town.dump()["entries"] if row["ticket_id"] == ticket["ticket_id"]]
    digest = re.search(
        r'"(?:digest|key)": "(?:[^"]*/)?([0-9a-f]{64})', json.dumps(files, default=str)
    )
    assert digest, files
    link = path.split("/")[3]
    named = (ticket["ticket_id"], main["ticket_id"], ticket["agency_code"], digest[1], "1")
    return Case(*named, link, new_ticket_id())


def _opened(town: Harness, words: str) -> tuple[dict[str, Any], str]:
    known = {ticket["ticket_id"] for ticket in town.dump()["tickets"]}
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = "Ana Ortiz <ana@example.org>", DESK, "Noise"
    mail["Message-ID"] = f"<{abs(hash(words))}@mail.example>"
    mail.set_content(words)
    mail.add_alternative(f"<p>{words}, <b>really</b></p>", subtype="html")
    mail.add_attachment(jpeg(), maintype="image", subtype="jpeg", filename="noise.jpg")
    town.mail(bytes(mail))
    town.drain()
    [opened] = [t for t in town.dump()["tickets"] if t["ticket_id"] not in known]
    return opened, tracking_path(town.outbox[-1].text)


def hired(town: Harness, role: str, *agencies: str) -> str:
    """The address of somebody with this role and these groups of agencies."""
    person = people.Person(f"{role}{next(_hired)}", f"The {role}", (role, *agencies))
    people.hire(town.services.settings.user_pool_id, [person])
    return person.email


def kept(town: Harness) -> str:
    """All that the city holds and sent; what only counts or remembers a visit is left out."""
    held = {kind: rows for kind, rows in town.dump().items() if kind != "audit"}
    return json.dumps([held, len(town.outbox)], sort_keys=True, default=str)


def own_token(town: Harness, user: str | None) -> str:
    """The form token of this person's browser."""
    return hidden(town.http("GET", "/console/sign-in", user=user), "form_token")


def plainly(answer: Response, ticket_id: str) -> tuple[int, str]:
    """What an answer says, without what differs between any two."""
    text = answer.text.replace(ticket_id, "SR")
    text = re.sub(r'"request_id": ?"[^"]*"|[0-9a-f]{8}-[0-9a-f-]{27}', "", text)
    text = re.sub(r'value="k\d+\.[^"]*"', "", text)
    return answer.status, text


def knock(
    town: Harness, method: str, address: str, user: str, body: Mapping[str, Any] | None
) -> Response:
    """One request as somebody signed in: a form with its token at the console, JSON at the API."""
    if method == "GET":
        return town.http("GET", address, user=user)
    if address.startswith("/console"):
        return town.http(
            "POST", address, user=user, form={"form_token": own_token(town, user), **(body or {})}
        )
    return town.http(method, address, user=user, json=dict(body or {}))
