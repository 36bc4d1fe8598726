"""One incident over many reports of the same matter: found, opened, joined; knows no table.

An incident is a ticket of its own. Its id follows from what it is about and how many there were
before, so that two runs which open it at once meet at the same item, and one of them finds it there.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import NamedTuple, Protocol

from chalicelib.errors import TicketNotFound
from chalicelib.messages import Channel, Party
from chalicelib.tickets.model.references import ticket_id_for
from chalicelib.tickets.model.ticket import SYSTEM, ClockEvent, Ticket, Visibility

TAG = "incident"
MOST_LISTED = 500  # reports named on the incident itself; its timeline names all of them


class Scope(NamedTuple):
    """What an incident is about: the step that opens it, the services' group and the area."""

    jurisdiction_id: str
    rule_id: str
    step: str
    group: str
    area: str

    def name(self, number: int) -> str:
        """The `number`-th incident of this scope, counted from 1."""
        return "/".join([*self, str(number)])


class Incidents(Protocol):
    """Where incidents are found and who is told that one changed."""

    def latest(self, scope: Scope) -> tuple[int, Ticket | None]:
        """How many there were, and the last of them."""
        ...

    def keep(self, scope: Scope, incident: Ticket) -> None:
        """Have an incident saved with the report that joined it."""
        ...


class Imagined:
    """Incidents of a trial, which nobody ever sees."""

    def __init__(self) -> None:
        self.opened: dict[Scope, Ticket] = {}

    def latest(self, scope: Scope) -> tuple[int, Ticket | None]:
        """See `Incidents.latest`."""
        return int(scope in self.opened), self.opened.get(scope)

    def keep(self, scope: Scope, incident: Ticket) -> None:
        """See `Incidents.keep`."""
        self.opened[scope] = incident


class Stored:
    """Incidents among the stored tickets; `changed` are those to be saved. For one report."""

    def __init__(self, get: Callable[[str], Ticket]) -> None:
        self._get = get
        self.changed: dict[Scope, Ticket] = {}

    def latest(self, scope: Scope) -> tuple[int, Ticket | None]:
        """See `Incidents.latest`. They were opened one after the other, so of very many a few reads
        find the last."""
        low, high, last = 0, 1, None
        while found := self._find(scope, high):
            low, high, last = high, high * 2, found
        while high - low > 1:
            middle = (low + high) // 2
            if found := self._find(scope, middle):
                low, last = middle, found
            else:
                high = middle
        return low, last

    def _find(self, scope: Scope, number: int) -> Ticket | None:
        try:
            return self._get(ticket_id_for(scope.name(number)))
        except TicketNotFound:
            return None

    def keep(self, scope: Scope, incident: Ticket) -> None:
        """See `Incidents.keep`."""
        self.changed[scope] = incident


def join(
    report: Ticket, scope: Scope, title: str, incidents: Incidents, now: datetime
) -> tuple[Ticket, bool]:
    """Put a report under the open incident of its scope, or under a new one; whether it is new.

    Both timelines say so. A report belongs to one incident, and an incident to none.
    """
    number, incident = incidents.latest(scope)
    is_new = incident is None or not _takes(incident, scope.name(number))
    if incident is None or is_new:
        incident = _open(report, scope.name(number + 1), title, now)
    report.part_of = incident.ticket_id
    incident.linked_to = (*incident.linked_to, report.ticket_id)[:MOST_LISTED]
    if not is_new:
        data = {"report": report.ticket_id}
        incident.record("linked", now, SYSTEM, visibility=Visibility.STAFF, data=data)
    incidents.keep(scope, incident)
    return incident, is_new


def _takes(incident: Ticket, name: str) -> bool:
    """Whether it is still open, and no report whose random id happens to be the same."""
    return incident.is_open and incident.attributes.get(TAG) == name


def _open(report: Ticket, name: str, title: str, now: datetime) -> Ticket:
    incident = Ticket(
        ticket_id=ticket_id_for(name),
        jurisdiction_id=report.jurisdiction_id,
        channel=Channel.WEB,
        service_code=report.service_code,
        service_name=report.service_name,
        agency_code=report.agency_code,
        requester=Party(),
        description=title,
        subject=title,
        requested_at=now,
        updated_at=now,
        priority=report.priority,
        locale=report.locale,
        address=report.address,
        lat=report.lat,
        long=report.long,
        attributes={TAG: name},
        tags=(TAG,),
    )
    entry = incident.record(
        "opened",
        now,
        SYSTEM,
        visibility=Visibility.STAFF,
        text=title,
        data={TAG: name, "report": report.ticket_id},
    )
    incident.mark(ClockEvent.STARTED, entry)
    return incident
