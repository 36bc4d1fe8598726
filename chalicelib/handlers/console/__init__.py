"""Pages for staff and administrators under /console; `routes` is the blueprint."""

from chalicelib.handlers.console import (
    account,
    calendars,
    case,
    entrance,
    held,
    keys,
    mail_frames,
    notices,
    promises,
    questions,
    queue,
    rule_pages,
    things,
    trail,
    versions,
)
from chalicelib.handlers.console.visit import routes

__all__ = [
    "account",
    "calendars",
    "case",
    "entrance",
    "held",
    "keys",
    "mail_frames",
    "notices",
    "promises",
    "questions",
    "queue",
    "routes",
    "rule_pages",
    "things",
    "trail",
    "versions",
]
