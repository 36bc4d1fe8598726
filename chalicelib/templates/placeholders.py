"""What a notice may say: every name a template can use, with an example; renders nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from chalicelib.errors import InvalidRequest


@dataclass(frozen=True, slots=True)
class Placeholder:
    """One name: what it means, a believable example, and what stands there when it is not given."""

    meaning: str
    example: Any
    empty: Any = ""


PLACEHOLDERS: Mapping[str, Placeholder] = {
    "reference": Placeholder("the report's reference", "SR-7K3M-9QX2-H"),
    "city_name": Placeholder("the city's name", "Maplewood"),
    "timezone": Placeholder("the city's time zone", "America/New_York"),
    "service_name": Placeholder("what is asked for", "Street light out"),
    "status": Placeholder("where the report stands", "in_progress"),
    "reason": Placeholder("why, in the words of staff", "The lamp needs a part that is ordered."),
    "message": Placeholder("what was written, word for word", "Which side of the road is it on?"),
    "is_cut": Placeholder("whether only the beginning of the words is given", "", ""),
    "files": Placeholder("the names of files that staff sent along", "plan.pdf, crossing.jpg"),
    "left_out": Placeholder("how many files of a message did not fit", 3, 0),
    "agency_name": Placeholder("who answers for it", "Street Lighting"),
    "more": Placeholder("how many other reports of danger waited with it", 3, 0),
    "tracking_url": Placeholder(
        "the requester's own link",
        "https://maplewood.example/t/SR-7K3M-9QX2-H/k1.mnbvcxzasdfghjklpoiuytrewq",
    ),
    "expected_at": Placeholder("when it should be done", "2026-11-24T22:00:00+00:00"),
    "reopen_until": Placeholder("until when a reply reopens it", "2026-12-08T22:00:00+00:00"),
    "description": Placeholder(
        "a piece of the requester's words", "The lamp by the school is out."
    ),
    "console_url": Placeholder(
        "the report in the staff console",
        "https://maplewood.example/console/tickets/SR-7K3M-9QX2-H",
    ),
    "step_name": Placeholder("the escalation step", "No answer after two days"),
    "due_at": Placeholder("the deadline that matters", "2026-11-23T15:00:00+00:00"),
    "hours_late": Placeholder("hours past the deadline", 30, 0),
    "level": Placeholder("how often it has escalated", 2, 0),
    "tickets": Placeholder(
        "open reports to choose from: number, reference, service_name",
        (
            {
                "number": 1,
                "reference": "SR-7K3M-9QX2-H",
                "service_name": "Street light out",
                "status": "in_progress",
                "words": "",
            },
            {
                "number": 2,
                "reference": "SR-2B4D-6FGH-J",
                "service_name": "Pothole",
                "status": "resolved",
                "words": "",
            },
        ),
        (),
    ),
    "sides": Placeholder(
        "what a report near a border may lie in: number, name",
        ({"number": 1, "name": "North"}, {"number": 2, "name": "Centre"}),
        (),
    ),
    "emergency_number": Placeholder("the number to call in danger", "911"),
    "emergency_text": Placeholder(
        "what the city says about danger", "Leave the house first, then call."
    ),
    "confirm_url": Placeholder(
        "the link that confirms the address",
        "https://maplewood.example/confirm/SR-7K3M-9QX2-H/6ae1.k1.mnbvcxzasdfghjklpoiuytrewq",
    ),
    "confirm_code": Placeholder("the code that confirms the number", "402917"),
    "browser_code": Placeholder("the code that a new browser is asked for", "730155"),
    "preferences_url": Placeholder(
        "where its reader chooses what is sent",
        "https://maplewood.example/preferences/SR-7K3M-9QX2-H/0123abcd/k1.mnbvcxzasdfghjklpoiuytrewq",
    ),
    "brand_colour": Placeholder("the city's colour in mail", "#1d4e89", "#1d4e89"),
}
_ALWAYS = ("city_name", "timezone")
_WITHOUT_REPORT = frozenset(
    {
        "unproven_received",
        "sms_help",
        "sms_stopped",
        "sms_started",
        "sms_new",
        "sms_status",
        "sms_choose",
        "sms_need_place",
        "my_cases",
    }
)
_ALSO = {
    "browser_code": ("browser_code",),
    "sms_choose": ("tickets",),
    "border_question": ("sides",),
    "updates_joined": ("tickets",),
    "emergency_received": ("emergency_number",),
    "emergency_duty": ("emergency_number",),
}


def required_names(notice: str) -> tuple[str, ...]:
    """The names without which the notice would have a gap."""
    reference = () if notice in _WITHOUT_REPORT else ("reference",)
    return (*_ALWAYS, *reference, *_ALSO.get(notice, ()))


def missing_values(notice: str, context: Mapping[str, Any]) -> list[str]:
    """The required names that `context` lacks; a notice that lacks one must not be queued."""
    return [name for name in required_names(notice) if not context.get(name)]


def complete(notice: str, context: Mapping[str, Any]) -> dict[str, Any]:
    """`context` with every optional name present. Raises `InvalidRequest` naming what is missing."""
    if lacking := missing_values(notice, context):
        raise InvalidRequest(
            f"The notice {notice!r} lacks {', '.join(lacking)}; give a value for each.",
            dict.fromkeys(lacking, "A value is required."),
        )
    given = {name: value for name, value in context.items() if value is not None}
    return {**_EMPTY, **given}


def empty_context() -> dict[str, Any]:
    """Every name with what stands there when nothing is given."""
    return dict(_EMPTY)


def example_context() -> dict[str, Any]:
    """Every name with its example, for previews and tests."""
    return {name: placeholder.example for name, placeholder in PLACEHOLDERS.items()}


_EMPTY = {name: placeholder.empty for name, placeholder in PLACEHOLDERS.items()}
