"""The registry of escalation actions: what a step may do by name; knows no action itself."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from chalicelib.tickets.casework.incidents import Incidents
from chalicelib.tickets.catalog import Catalog
from chalicelib.tickets.catalog.rules import Action
from chalicelib.tickets.clocks.deadlines import DueStep
from chalicelib.tickets.model.ticket import SYSTEM, Entry, Ticket, Visibility
from chalicelib.tickets.ports import StandIn, themselves

LATE_AFTER = timedelta(minutes=15)  # a step this far behind its moment is marked as late


class Occasion(NamedTuple):
    """One action of one due step for one ticket; all that an action may use."""

    ticket: Ticket
    due: DueStep
    action: Action
    catalog: Catalog
    now: datetime
    incidents: Incidents
    stand_in: StandIn = themselves

    def record(
        self, data: Mapping[str, Any] | None = None, *, visibility: Visibility = Visibility.STAFF
    ) -> Entry:
        """Put on the timeline that this was done, by which rule and step; notices follow from it."""
        return self.ticket.record(
            "escalated",
            self.now,
            SYSTEM,
            visibility=visibility,
            data={**self._origin(), **(data or {})},
        )

    def _origin(self) -> dict[str, Any]:
        rule, late = self.due.rule, self.now - self.due.due_at
        return {
            "rule": rule.rule_id,
            "rule_name": rule.name,
            "rule_version": rule.version,
            "clock": rule.clock,
            "step": self.due.step.code,
            "level": self.due.level,
            "action": self.action.do,
            "step_due_at": self.due.due_at.isoformat(),
            "deadline": self.due.deadline.isoformat() if self.due.deadline else "",
            "is_late": late > LATE_AFTER,
            "late_minutes": max(int(late / timedelta(minutes=1)), 0),
        }


Act = Callable[[Occasion], None]


class ActionKind(NamedTuple):
    """A registered action. `needs` says what its `to` names: agency, status, priority, user, system,
    or empty for actions that take none; `may_lack_to` where leaving it out has a meaning."""

    name: str
    does: str
    act: Act
    needs: str = ""
    may_lack_to: bool = False


ACTIONS: dict[str, ActionKind] = {}


def action(*, needs: str = "", may_lack_to: bool = False) -> Callable[[Act], Act]:
    """Register a function as an escalation action under its own name.

    The first line of its docstring is what administrators read. It may change the ticket by its
    methods and record entries, and does nothing else: it never sends and never saves.
    """

    def register(act: Act) -> Act:
        name = getattr(act, "__name__", "")
        does = (act.__doc__ or name).strip().splitlines()[0]
        ACTIONS[name] = ActionKind(name, does, act, needs, may_lack_to)
        return act

    return register
