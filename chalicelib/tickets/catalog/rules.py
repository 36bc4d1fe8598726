"""Escalation rules as administrators write them, and which tickets they mean; pure, knows no clock."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Annotated, Literal, NamedTuple

from chalicelib.tickets.model.fields import Administered, Code, Text, Title, between
from chalicelib.tickets.model.ticket import ClockEvent, Ticket
from chalicelib.tickets.model.wording import fold, mentions

YEAR_MINUTES = 366 * 24 * 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition(Administered):
    """Which tickets: a leaf (`field` is one of `values`) or a nest (`all`, `any`, `none`).

    An empty condition means every ticket. Parts that stand together must all hold, so
    `{"field": "status", "values": ["new"], "none": [...]}` is a leaf with exceptions.
    """

    field: str = ""
    values: tuple[str, ...] = ()
    all: tuple[Condition, ...] = ()
    any: tuple[Condition, ...] = ()
    none: tuple[Condition, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Action(Administered):
    """What a step does: the name of an action and what it needs."""

    do: str
    to: Text = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Step(Administered):
    """One rung: at a share of the clock's target, or some minutes before (negative) or after its end.

    For the clock `staff_silence`, which has no target, minutes count from the last staff action.
    """

    code: Code
    share: Annotated[int, between(1, 1000)] | None = None
    minutes: Annotated[int, between(-YEAR_MINUTES, YEAR_MINUTES)] | None = None
    is_working_time: bool = True
    actions: tuple[Action, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule(Administered):
    """For which tickets, on which clock, which steps. Lower `order` first."""

    rule_id: Code
    name: Title
    order: Annotated[int, between(0, 100_000)] = 100
    is_enabled: bool = True
    when: Condition = field(default_factory=Condition)
    clock: Literal[
        "first_response",
        "next_update",
        "resolution",
        "acceptance",
        "informed",
        "appeal",
        "staff_silence",
    ]
    steps: tuple[Step, ...]
    version: int = 0


def about(rule: Rule, person: Callable[[str], str]) -> Rule:
    """The rule with those whom it names by mail address as they are known: `person` tells who it is."""
    steps = tuple(
        replace(step, actions=tuple(_given(action, person) for action in step.actions))
        for step in rule.steps
    )
    return replace(rule, when=_asked(rule.when, person), steps=steps)


def _given(action: Action, person: Callable[[str], str]) -> Action:
    is_named = action.do == "reassign" and "@" in action.to
    return replace(action, to=person(action.to)) if is_named else action


def _asked(condition: Condition, person: Callable[[str], str]) -> Condition:
    values = condition.values
    if condition.field == "assignee":
        values = tuple(person(value) if "@" in value else value for value in values)
    return replace(
        condition,
        values=values,
        all=tuple(_asked(part, person) for part in condition.all),
        any=tuple(_asked(part, person) for part in condition.any),
        none=tuple(_asked(part, person) for part in condition.none),
    )


class Facts(NamedTuple):
    """What a condition may ask about a ticket besides its own fields."""

    group: str = ""
    areas: tuple[str, ...] = ()


NO_FACTS = Facts()
READERS: Mapping[str, Callable[[Ticket, Facts], tuple[str, ...]]] = {
    "service": lambda ticket, _: (ticket.service_code,),
    "group": lambda _, facts: (facts.group,),
    "agency": lambda ticket, _: (ticket.agency_code,),
    "priority": lambda ticket, _: (ticket.priority,),
    "status": lambda ticket, _: (ticket.status,),
    "channel": lambda ticket, _: (ticket.channel,),
    "tag": lambda ticket, _: ticket.tags,
    "locale": lambda ticket, _: (ticket.locale,),
    "assignee": lambda ticket, _: (ticket.assignee or "nobody",),
    "level": lambda ticket, _: (str(ticket.escalation_level),),
    "area": lambda _, facts: facts.areas,
    "answer": lambda ticket, _: _answers(ticket),  # "who=business"
    "sender": lambda ticket, _: _sender(ticket),
    "affected": lambda ticket, _: _up_to(_affected(ticket)),  # "5": five or more
    "reopened": lambda ticket, _: _up_to(_reopenings(ticket)),  # "2": twice or more
}
WORD_FIELD = "words"  # a leaf on words asks whether one of them stands in the report


def _affected(ticket: Ticket) -> int:
    return 1 + max(ticket.me_too, len(ticket.linked_to))


def _reopenings(ticket: Ticket) -> int:
    return sum(mark.event is ClockEvent.REOPENED for mark in ticket.ledger)


def _answers(ticket: Ticket) -> tuple[str, ...]:
    """What the citizen answered to the service's questions, each as `question=answer`."""
    pairs = ticket.attributes.items()
    listed = ((name, [v] if isinstance(v, str) else v) for name, v in pairs)
    return tuple(f"{name}={value}" for name, values in listed for value in values)


def _sender(ticket: Ticket) -> tuple[str, ...]:
    """The sender's address, its domain such as `@school.example`, and whether there is one."""
    address = (ticket.requester.email or "").casefold()
    domain = f"@{address.rpartition('@')[2]}" if address else ""
    known = "known" if ticket.requester.key else "anonymous"
    return tuple(each for each in (address, domain, ticket.requester.phone or "", known) if each)


def _up_to(count: int) -> tuple[str, ...]:
    return tuple(str(number) for number in range(1, count + 1))


def matches(condition: Condition, ticket: Ticket, facts: Facts = NO_FACTS) -> bool:
    """Whether the ticket is one that the condition means."""
    return (
        (not condition.field or _leaf(condition, ticket, facts))
        and all(matches(part, ticket, facts) for part in condition.all)
        and (not condition.any or any(matches(part, ticket, facts) for part in condition.any))
        and not any(matches(part, ticket, facts) for part in condition.none)
    )


def _leaf(condition: Condition, ticket: Ticket, facts: Facts) -> bool:
    if condition.field == WORD_FIELD:
        text = fold(f"{ticket.subject} {ticket.description}")
        return any(mentions(text, fold(word)) for word in condition.values)
    read = READERS.get(condition.field)
    return read is not None and any(value in condition.values for value in read(ticket, facts))


def reasons(condition: Condition, ticket: Ticket, facts: Facts = NO_FACTS) -> str:
    """In words, which facts made the condition hold: `area is north and service is pothole`."""
    found = list[str]()
    if condition.field == WORD_FIELD:
        text = fold(f"{ticket.subject} {ticket.description}")
        said = next((word for word in condition.values if mentions(text, fold(word))), "")
        found.append(f"the report says {said!r}")
    elif condition.field:
        had = [v for v in READERS[condition.field](ticket, facts) if v in condition.values]
        found.append(f"{condition.field} is {', '.join(had)}")
    parts = [part for part in condition.all if part != Condition()]
    parts += [part for part in condition.any if matches(part, ticket, facts)][:1]
    found += [words for part in parts if (words := reasons(part, ticket, facts))]
    return " and ".join(found)


def when(**fields: str | tuple[str, ...]) -> Condition:
    """A condition in short: `when(service="pothole", priority=("p1", "p2"))` asks for both."""
    leaves = tuple(
        Condition(field=name, values=(values,) if isinstance(values, str) else values)
        for name, values in fields.items()
    )
    return leaves[0] if len(leaves) == 1 else Condition(all=leaves)
