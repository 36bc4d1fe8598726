"""What escalation steps can do; each only changes the ticket and records it, none sends."""

from __future__ import annotations

from chalicelib.errors import InvalidRequest
from chalicelib.tickets.casework.incidents import TAG, Scope, join
from chalicelib.tickets.escalation.registry import Occasion, action
from chalicelib.tickets.model.ticket import SYSTEM, Priority, Status, Visibility


@action()
def remind_agency(occasion: Occasion) -> None:
    """Remind the agency that holds the ticket."""
    occasion.record()


@action()
def remind_assignee(occasion: Occasion) -> None:
    """Remind the person the ticket is assigned to, or the agency when it is nobody.

    While the person is away, who stands in is reminded; where nobody does, the agency.
    """
    ticket = occasion.ticket
    present = occasion.stand_in(ticket.assignee, ticket.agency_code)
    if present:
        occasion.record({"to": present, **_instead(ticket.assignee, present)})
    else:
        occasion.record({"action": "remind_agency", "asked": "remind_assignee"})


@action()
def notify_supervisor(occasion: Occasion) -> None:
    """Notify the supervisor of the agency."""
    occasion.record()


@action()
def notify_duty(occasion: Occasion) -> None:
    """Notify the city's contact on duty."""
    occasion.record()


@action()
def ask_for_call(occasion: Occasion) -> None:
    """Ask whoever holds the ticket to call the citizen."""
    occasion.record({"contact": occasion.ticket.requester.phone or ""})


@action()
def tell_citizen(occasion: Occasion) -> None:
    """Tell the citizen that it takes longer, and who holds it now."""
    occasion.record(visibility=Visibility.REQUESTER)


@action(needs="priority", may_lack_to=True)
def raise_priority(occasion: Occasion) -> None:
    """Raise the priority, by one or to the one named; never lower it."""
    ticket = occasion.ticket
    before = ticket.priority
    ticket.priority = min(before, _raised(before, occasion.action.to))
    change = {"from": str(before), "to": str(ticket.priority)}
    if ticket.priority is not before:
        _record_change(occasion, "priority_changed", change)
    occasion.record(change)


@action(needs="user", may_lack_to=True)
def reassign(occasion: Occasion) -> None:
    """Give the ticket to another person, or back to the whole agency.

    While that person is away it goes to who stands in; where nobody does, to the whole agency.
    """
    ticket = occasion.ticket
    to = occasion.stand_in(occasion.action.to, ticket.agency_code)
    if to and to == ticket.appealed_against:
        raise InvalidRequest("the citizen appealed against this person's decision")
    change = {"from": ticket.assignee, "to": to, **_instead(occasion.action.to, to)}
    if ticket.assignee != to:
        ticket.assignee = to
        _record_change(occasion, "assigned", change)
    occasion.record(change)


def _instead(asked: str, present: str) -> dict[str, str]:
    return {} if asked == present else {"instead_of": asked}


@action(needs="agency")
def hand_over(occasion: Occasion) -> None:
    """Hand the ticket to another agency; its clocks keep running and the citizen is told."""
    ticket, to = occasion.ticket, occasion.action.to
    if to not in occasion.catalog.agencies:
        raise InvalidRequest(f"There is no agency {to!r}; correct the rule.")
    change = {"from": ticket.agency_code, "to": to, "agency_code": to}
    if ticket.agency_code != to:
        ticket.agency_code, ticket.assignee, ticket.offered_from = to, "", ""
        _record_change(occasion, "handed_over", change)
    occasion.record(change)


@action(needs="status")
def change_status(occasion: Occasion) -> None:
    """Move the ticket to another status; the citizen is told as for any change."""
    before, to = occasion.ticket.status, Status(occasion.action.to)
    if before is not to:
        occasion.ticket.change_status(to, occasion.now, SYSTEM)
    occasion.record({"from": str(before), "to": str(to)})


@action()
def close(occasion: Occasion) -> None:
    """Close a resolved ticket; resolve an open one, so that the citizen can still object."""
    ticket, before = occasion.ticket, occasion.ticket.status
    to = Status.CLOSED if before is Status.RESOLVED else Status.RESOLVED
    ticket.change_status(to, occasion.now, SYSTEM)
    occasion.record({"from": str(before), "to": str(to)})


@action(needs="system")
def call_webhook(occasion: Occasion) -> None:
    """Call another system of the city: signed, and repeated until it answers or is given up."""
    occasion.record({"to": occasion.action.to})


@action()
def open_incident(occasion: Occasion) -> None:
    """Put it under one incident for all such reports of the group and area; open that if needed."""
    ticket = occasion.ticket
    if TAG in ticket.tags or ticket.part_of:
        occasion.record({"incident": ticket.part_of or ticket.ticket_id, "is_new": False})
        return
    rule, facts = (
        occasion.due.rule,
        occasion.catalog.facts(ticket.service_code, ticket.lat, ticket.long),
    )
    group, area = facts.group or ticket.service_code, next(iter(facts.areas), "")
    scope = Scope(ticket.jurisdiction_id, rule.rule_id, occasion.due.step.code, group, area)
    incident, is_new = join(ticket, scope, rule.name, occasion.incidents, occasion.now)
    occasion.record({"incident": incident.ticket_id, "is_new": is_new})


def _raised(priority: Priority, to: str) -> Priority:
    if to:
        return Priority(to)
    ladder = list(Priority)
    return ladder[max(ladder.index(priority) - 1, 0)]


def _record_change(occasion: Occasion, kind: str, change: dict[str, str]) -> None:
    occasion.ticket.record(
        kind,
        occasion.now,
        SYSTEM,
        visibility=Visibility.STAFF,
        data={**change, "rule": occasion.due.rule.rule_id},
    )
