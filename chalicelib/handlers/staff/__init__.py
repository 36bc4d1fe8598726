"""JSON for staff and administrators under /api/v1; `routes` is the blueprint."""

from chalicelib.handlers.staff import (
    acts,
    broadcasts,
    catalogue,
    contacts,
    document,
    orders,
    oversight,
    promises,
    service_keys,
    statistics,
    tickets,
    wording,
)
from chalicelib.handlers.staff.doors import DOORS, routes

__all__ = [
    "DOORS",
    "acts",
    "broadcasts",
    "catalogue",
    "contacts",
    "document",
    "orders",
    "oversight",
    "promises",
    "routes",
    "service_keys",
    "statistics",
    "tickets",
    "wording",
]
