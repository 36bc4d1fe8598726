"""JSON for staff and administrators under /api/v1; `routes` is the blueprint."""

from chalicelib.handlers.staff import (
    acts,
    catalogue,
    document,
    oversight,
    promises,
    tickets,
    wording,
)
from chalicelib.handlers.staff.doors import DOORS, routes

__all__ = ["DOORS", "acts", "catalogue", "document", "oversight", "promises", "routes", "tickets", "wording"]
