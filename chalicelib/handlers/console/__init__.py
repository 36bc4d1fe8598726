"""Pages for staff and administrators under /console; `routes` is the blueprint."""

from chalicelib.handlers.console.administration import (
    calendars,
    catalogue,
    keys,
    notices,
    questions,
    rule_pages,
    versions,
)
from chalicelib.handlers.console.broadcasts import files, form, pages
from chalicelib.handlers.console.desk import mail_frames, queue, ticket
from chalicelib.handlers.console.door import account, new_password, sign_in, sign_on
from chalicelib.handlers.console.door.visit import routes
from chalicelib.handlers.console.oversight import (
    allowances,
    audit_trail,
    delivery_figures,
    figures,
    parked,
    promises,
    quarantine,
)
from chalicelib.handlers.console.people import everybody, person

__all__ = [
    "account",
    "allowances",
    "audit_trail",
    "calendars",
    "catalogue",
    "delivery_figures",
    "everybody",
    "figures",
    "files",
    "form",
    "keys",
    "mail_frames",
    "new_password",
    "notices",
    "pages",
    "parked",
    "person",
    "promises",
    "quarantine",
    "questions",
    "queue",
    "routes",
    "rule_pages",
    "sign_in",
    "sign_on",
    "ticket",
    "versions",
]
