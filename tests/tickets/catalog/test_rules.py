"""Which tickets a rule means, and what is said about a rule that cannot work."""

from __future__ import annotations

from typing import Any

import pytest

from chalicelib.errors import InvalidRequest
from chalicelib.messages import Channel
from chalicelib.tickets.catalog.bodies import read_body, spell_out, write_body
from chalicelib.tickets.catalog.rule_checks import Known, check_rule
from chalicelib.tickets.catalog.rules import (
    Action,
    Condition,
    Facts,
    Rule,
    Step,
    about,
    matches,
    when,
)
from chalicelib.tickets.catalog.seed import seed
from chalicelib.tickets.escalation import ACTIONS
from chalicelib.tickets.model.ticket import ClockEvent, ClockMark, Priority, Status
from tests.examples import NOW, a_ticket

CATALOG = seed()
INTAKE = ("desk@city.example",)


def a_rule(**given: Any) -> dict[str, Any]:
    step = {"code": "late", "share": 100, "actions": [{"do": "remind_agency"}]}
    facts = {"rule_id": "roads", "name": "Roads", "clock": "resolution", "steps": [step]}
    return facts | given


def a_step(**given: Any) -> list[dict[str, Any]]:
    return [{"code": "late", "share": 100, "actions": [{"do": "remind_agency"}], **given}]


def problems(body: dict[str, Any]) -> dict[str, str]:
    with pytest.raises(InvalidRequest) as caught:
        check_rule(body, Known(CATALOG, ACTIONS, INTAKE))
    return caught.value.fields


@pytest.mark.parametrize(
    ("body", "field", "reason"),
    [
        (a_rule(rule_id="Bad Id"), "rule_id", "must be a code"),
        (a_rule(name=" "), "name", "1 to 100 characters"),
        (a_rule(order=-1), "order", "between 0 and"),
        (a_rule(order="often"), "order", "integer"),
        (a_rule(clock="lunch"), "clock", "should be"),
        (a_rule(clock="informed"), "clock", "no target promises"),
        (a_rule(stepz=[]), "stepz", "not known"),
        (a_rule(steps=[]), "steps", "at least one step"),
        ({"rule_id": "x", "name": "x", "clock": "resolution"}, "steps", "is missing"),
        (a_rule(when={"priority": ["p9"]}), "when.values[0]", "there is no priority 'p9'"),
        (a_rule(when={"service": ["bakery"]}), "when.values[0]", "there is no service 'bakery'"),
        (a_rule(when={"agency": "nobody"}), "when.values[0]", "there is no agency 'nobody'"),
        (a_rule(when={"channel": "pigeon"}), "when.values[0]", "there is no channel"),
        (a_rule(when={"group": "Sports"}), "when.values[0]", "there is no group"),
        (a_rule(when={"status": ["asleep"]}), "when.values[0]", "there is no status"),
        (a_rule(when={"status": ["resolved"]}), "when.values", "does not escalate"),
        (a_rule(when={"colour": ["red"]}), "when.colour", "not known"),
        (a_rule(when={"field": "colour", "values": ["red"]}), "when.field", "not a field"),
        (a_rule(when={"field": "priority", "values": []}), "when.values", "at least one value"),
        (
            a_rule(when={"any": [{"service": "pothole"}, {"none": [{"priority": "p7"}]}]}),
            "when.any[1].none[0].values[0]",
            "there is no priority",
        ),
        (a_rule(when={"any": [{}]}), "when.any[0]", "is empty"),
        (a_rule(steps=a_step(code="A")), "steps[0].code", "must be a code"),
        (a_rule(steps=a_step() + a_step()), "steps[1].code", "stands there twice"),
        (a_rule(steps=a_step(share=0)), "steps[0].share", "between 1 and 1000"),
        (a_rule(steps=a_step(share=None)), "steps[0].share", "either a share"),
        (a_rule(steps=a_step(minutes=5)), "steps[0].share", "either a share"),
        (
            a_rule(steps=a_step(share=None, minutes=-60_000)),
            "steps[0].minutes",
            "before the clock starts",
        ),
        (a_rule(clock="staff_silence"), "steps[0].share", "no target to take a share of"),
        (
            a_rule(clock="staff_silence", steps=a_step(share=None, minutes=0)),
            "steps[0].minutes",
            "must be 1 or more",
        ),
        (a_rule(steps=a_step(actions=[])), "steps[0].actions", "at least one action"),
        (
            a_rule(steps=a_step(actions=[{"do": "remind_agency"}] * 6)),
            "steps[0].actions",
            "5 is the most",
        ),
        (
            a_rule(steps=a_step(actions=[{"do": "remind_agency"}, {"do": "shout"}])),
            "steps[0].actions[1].do",
            "there is no action 'shout'",
        ),
        (a_rule(steps=a_step(actions=[{}])), "steps[0].actions[0].do", "is missing"),
        (
            a_rule(steps=a_step(actions=[{"do": "hand_over"}])),
            "steps[0].actions[0].to",
            "needs the agency",
        ),
        (
            a_rule(steps=a_step(actions=[{"do": "hand_over", "to": "nobody"}])),
            "steps[0].actions[0].to",
            "choose one of",
        ),
        (
            a_rule(steps=a_step(actions=[{"do": "raise_priority", "to": "p0"}])),
            "steps[0].actions[0].to",
            "choose one of p1, p2",
        ),
        (
            a_rule(steps=a_step(actions=[{"do": "change_status", "to": "closed"}])),
            "steps[0].actions[0].to",
            "choose one of",
        ),
        (
            a_rule(steps=a_step(actions=[{"do": "notify_supervisor", "to": "Desk@city.example"}])),
            "steps[0].actions[0].to",
            "would write to itself",
        ),
        (
            a_rule(steps=a_step(actions=[{"do": "notify_supervisor", "to": "me@home.example"}])),
            "steps[0].actions[0].to",
            "takes no 'to'",
        ),
    ],
)
def test_a_mistake_is_named_at_its_field(body: dict[str, Any], field: str, reason: str) -> None:
    found = problems(body)
    assert reason in found[field], found


def test_all_mistakes_are_named_at_once() -> None:
    body = a_rule(when={"service": "bakery"}, steps=a_step(share=None, actions=[{"do": "shout"}]))
    assert set(problems(body)) == {"when.values[0]", "steps[0].share", "steps[0].actions[0].do"}


def test_a_rule_on_a_clock_without_any_target_cannot_fire() -> None:
    bare = seed()
    bare.targets = ()
    with pytest.raises(InvalidRequest) as caught:
        check_rule(a_rule(), Known(bare, ACTIONS))
    assert "no step can fire" in caught.value.fields["clock"]


def a_handing_rule(rule_id: str, start: str, to: str, **given: Any) -> dict[str, Any]:
    steps = a_step(actions=[{"do": "hand_over", "to": to}])
    return a_rule(rule_id=rule_id, when={"agency": start}, steps=steps, **given)


def test_two_rules_that_hand_a_ticket_back_and_forth_are_refused() -> None:
    catalog = seed()
    there = check_rule(a_handing_rule("there", "parks", "sanitation"), Known(catalog, ACTIONS))
    catalog.rules = (there,)
    back = a_handing_rule("back", "sanitation", "parks")
    with pytest.raises(InvalidRequest) as caught:
        check_rule(back, Known(catalog, ACTIONS))
    assert "'there' undoes this" in caught.value.fields["steps[0].actions[0].to"]
    assert check_rule(back | {"is_enabled": False}, Known(catalog, ACTIONS))
    assert check_rule(a_handing_rule("on", "sanitation", "public-works"), Known(catalog, ACTIONS))


def test_rules_that_hand_a_ticket_round_in_a_circle_are_refused() -> None:
    catalog = seed()
    catalog.rules = tuple(
        check_rule(a_handing_rule(start, start, to), Known(catalog, ACTIONS))
        for start, to in (("parks", "sanitation"), ("sanitation", "customer-desk"))
    )
    last = a_handing_rule("last", "customer-desk", "parks")
    with pytest.raises(InvalidRequest) as caught:
        check_rule(last, Known(catalog, ACTIONS))
    assert (
        "'parks', then 'sanitation' bring it back" in caught.value.fields["steps[0].actions[0].to"]
    )
    assert check_rule(
        a_handing_rule("out", "customer-desk", "public-works"), Known(catalog, ACTIONS)
    )


def test_handing_a_ticket_to_the_agency_that_has_it_is_refused() -> None:
    found = problems(a_handing_rule("loop", "parks", "parks"))
    assert "no need to go there" in found["steps[0].actions[0].to"]


@pytest.mark.parametrize("text", ["", "all", "[]", 7, None, [1]])
def test_a_condition_that_is_no_object_is_refused_not_crashed_on(text: Any) -> None:
    assert any(path.startswith("when") for path in problems(a_rule(when=text)))


def test_conditions_can_be_written_in_short() -> None:
    short = {"service": "pothole", "priority": ["p1", "p2"], "none": [{"channel": "sms"}]}
    assert spell_out(short) == {
        "none": [{"field": "channel", "values": ["sms"]}],
        "all": [
            {"field": "service", "values": ["pothole"]},
            {"field": "priority", "values": ["p1", "p2"]},
        ],
    }
    rule = check_rule(a_rule(when=short), Known(CATALOG, ACTIONS))
    assert matches(rule.when, a_ticket(priority=Priority.P2))
    assert not matches(rule.when, a_ticket(priority=Priority.P2, channel=Channel.SMS))


def test_a_saved_rule_reads_back_as_it_was() -> None:
    rule = check_rule(a_rule(when={"priority": ["p1"]}), Known(CATALOG, ACTIONS))
    assert read_body("rule", write_body(rule)) == rule


LEAF_P1 = when(priority="p1")
LEAF_POTHOLE = when(service="pothole")


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        (Condition(), True),
        (LEAF_POTHOLE, True),
        (LEAF_P1, False),
        (when(service="pothole", priority="p3"), True),
        (when(service="pothole", priority=("p1", "p2")), False),
        (Condition(any=(LEAF_P1, LEAF_POTHOLE)), True),
        (Condition(all=(LEAF_P1, LEAF_POTHOLE)), False),
        (Condition(none=(LEAF_P1,)), True),
        (Condition(none=(LEAF_P1, LEAF_POTHOLE)), False),
        (Condition(any=(Condition(none=(LEAF_P1,)), LEAF_P1)), True),
        (when(status="new"), True),
        (when(channel="email"), True),
        (when(agency="roads"), True),
        (when(tag="school"), True),
        (when(tag="night"), False),
        (when(assignee="nobody"), True),
        (when(level="0"), True),
        (when(locale="en"), True),
        (when(group="Streets"), True),
        (when(words="HOLE"), True),
        (when(words="hol"), False),
        (when(words=("fire", "the road")), True),
        (Condition(field="shoe size", values=("44",)), False),
    ],
)
def test_which_tickets_a_condition_means(condition: Condition, expected: bool) -> None:
    ticket = a_ticket(tags=("school",), status=Status.NEW)
    assert matches(condition, ticket, Facts(group="Streets")) is expected


def test_a_rule_can_ask_for_reports_that_were_reopened_twice_or_more() -> None:
    ticket = a_ticket()
    for times, expected in ((0, False), (1, False), (2, True), (3, True)):
        marks = [ClockMark(ClockEvent.REOPENED, NOW, n) for n in range(times)]
        ticket.ledger = tuple(marks)
        assert matches(when(reopened="2"), ticket) is expected


def test_a_rule_that_names_somebody_by_address_means_the_person() -> None:
    """Earlier releases wrote addresses, and people still do; citizens' addresses stay what they are."""
    people = {"ana@city.example": "0a"}

    def person(name: str) -> str:
        return people.get(name, name)

    asked = Condition(
        field="assignee",
        values=("ana@city.example", "nobody"),
        none=(Condition(field="sender", values=("ana@city.example",)),),
    )
    given = Action(do="reassign", to="ana@city.example")
    told = Action(do="remind_agency")
    step = Step(code="one", share=50, actions=(given, told))
    rule = Rule(rule_id="r", name="R", when=asked, clock="resolution", steps=(step,))
    found = about(rule, person)
    assert found.when.values == ("0a", "nobody")
    assert found.when.none[0].values == ("ana@city.example",)
    assert [action.to for action in found.steps[0].actions] == ["0a", ""]
