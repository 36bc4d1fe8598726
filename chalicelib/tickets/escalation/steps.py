"""Fires the due steps of one ticket, in order and each once; saves and sends nothing."""

from __future__ import annotations

from datetime import datetime

from chalicelib.errors import DeskError
from chalicelib.tickets.casework.incidents import Imagined, Incidents
from chalicelib.tickets.catalog import Catalog
from chalicelib.tickets.clocks.deadlines import DueStep, due_steps
from chalicelib.tickets.escalation.registry import ACTIONS, Occasion
from chalicelib.tickets.model.ticket import Ticket
from chalicelib.tickets.ports import StandIn, themselves

MOST_ENTRIES = 20  # of one ticket in one run: with their notifications they fit one transaction


def fire_due_steps(
    ticket: Ticket,
    catalog: Catalog,
    now: datetime,
    incidents: Incidents | None = None,
    stand_in: StandIn = themselves,
) -> list[DueStep]:
    """Fire what is due, oldest first, and return it.

    After each step the question is asked anew, for a step may resolve the ticket, hand it to an
    agency with other hours or shorten a deadline. A fired key is never due again, so this ends.
    """
    fired, incidents = list[DueStep](), incidents or Imagined()
    while len(ticket.new_entries) < MOST_ENTRIES and (due := _ours(ticket, catalog, now)):
        fire(ticket, due[0], catalog, now, incidents, stand_in)
        fired.append(due[0])
    return fired


def _ours(ticket: Ticket, catalog: Catalog, now: datetime) -> list[DueStep]:
    """What is due, without what only a later release understands: that stays due until it comes by."""
    return [due for due in due_steps(ticket, catalog, now) if not _is_beyond_us(due, catalog)]


def _is_beyond_us(due: DueStep, catalog: Catalog) -> bool:
    name = due.rule.rule_id
    is_unheard = any(action.do not in ACTIONS for action in due.step.actions)
    return name in catalog.beyond_us or (name in catalog.newer and is_unheard)


def fire(
    ticket: Ticket,
    due: DueStep,
    catalog: Catalog,
    now: datetime,
    incidents: Incidents,
    stand_in: StandIn = themselves,
) -> None:
    """Do the actions of one step and remember that it fired.

    An action that cannot be done is recorded with its reason; it is not tried again and does not
    keep the others from being done.
    """
    ticket.fired[due.key] = now
    ticket.escalation_level = max(ticket.escalation_level, due.level)
    for wanted in due.step.actions:
        occasion = Occasion(ticket, due, wanted, catalog, now, incidents, stand_in)
        try:
            ACTIONS[wanted.do].act(occasion)
        except KeyError:
            _record_failure(occasion, f"there is no action {wanted.do!r}")
        except (DeskError, ValueError) as error:
            _record_failure(occasion, str(error))


def _record_failure(occasion: Occasion, reason: str) -> None:
    attempted = {"attempted": occasion.action.do, "failure": reason}
    occasion.record({"action": "failed", **attempted})
