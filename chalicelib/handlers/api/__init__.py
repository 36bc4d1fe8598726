"""JSON for staff and administrators under /api/v1; `routes` is the blueprint."""

from chalicelib.handlers.api import (
    acts,
    broadcasts,
    catalogue,
    contacts,
    delivery_figures,
    figures,
    notice_drafts,
    openapi,
    orders,
    oversight,
    promises,
    service_keys,
    tickets,
)
from chalicelib.handlers.api.doors import DOORS, routes

__all__ = [
    "DOORS",
    "acts",
    "broadcasts",
    "catalogue",
    "contacts",
    "delivery_figures",
    "figures",
    "notice_drafts",
    "openapi",
    "orders",
    "oversight",
    "promises",
    "routes",
    "service_keys",
    "tickets",
]
