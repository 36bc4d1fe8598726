"""Escalation rules as administrators write them; pure data and its checks."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from chalicelib.tickets.sla import Code, Model


class Condition(Model):
    """Which tickets: a leaf (`field` is one of `values`) or a nest (`all`, `any`, `none`)."""

    field: str = ""
    values: tuple[str, ...] = ()
    all: tuple[Condition, ...] = ()
    any: tuple[Condition, ...] = ()
    none: tuple[Condition, ...] = ()


class Action(Model):
    """What a step does: the name of an action and what it needs."""

    do: str
    to: str = ""


class Step(Model):
    """One rung: at a share of the clock's target, or some minutes before (negative) or after its end."""

    code: Code
    share: int | None = Field(default=None, ge=1, le=1000)
    minutes: int | None = None
    is_working_time: bool = True
    actions: tuple[Action, ...]


class Rule(Model):
    """For which tickets, on which clock, which steps. Lower `order` first."""

    rule_id: Code
    name: str
    order: int = 100
    is_enabled: bool = True
    when: Condition = Condition()
    clock: Literal[
        "first_response", "next_update", "resolution", "acceptance", "informed", "staff_silence"
    ]
    steps: tuple[Step, ...] = Field(min_length=1)
