"""Escalation: the registry of actions, the firing of due steps, one run; never sends, knows no table."""

from chalicelib.tickets.escalation import actions as _registered
from chalicelib.tickets.escalation.registry import ACTIONS, ActionKind, Occasion, action
from chalicelib.tickets.escalation.runs import HANDS, Committer, Escalations, RunReport
from chalicelib.tickets.escalation.steps import fire, fire_due_steps

__all__ = [
    "ACTIONS",
    "HANDS",
    "ActionKind",
    "Committer",
    "Escalations",
    "Occasion",
    "RunReport",
    "_registered",
    "action",
    "fire",
    "fire_due_steps",
]
