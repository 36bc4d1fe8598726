"""The few roles that the rules need from outside, as protocols; fakes and AWS adapters fit them."""

from chalicelib.tickets.ports.catalogue import MARKER, CatalogItem, CatalogStore
from chalicelib.tickets.ports.followers import FollowerStore
from chalicelib.tickets.ports.notifications import (
    NotificationKey,
    NotificationStore,
    Patience,
    Planner,
)
from chalicelib.tickets.ports.outside import (
    Clock,
    DeliveryQueue,
    FileStore,
    Sender,
    StandIn,
    themselves,
)
from chalicelib.tickets.ports.pages import Page
from chalicelib.tickets.ports.people import People, Strangers
from chalicelib.tickets.ports.tickets import CityUse, PublicQuery, QueueQuery, TicketStore

__all__ = [
    "MARKER",
    "CatalogItem",
    "CatalogStore",
    "CityUse",
    "Clock",
    "DeliveryQueue",
    "FileStore",
    "FollowerStore",
    "NotificationKey",
    "NotificationStore",
    "Page",
    "Patience",
    "People",
    "Planner",
    "PublicQuery",
    "QueueQuery",
    "Sender",
    "StandIn",
    "Strangers",
    "TicketStore",
    "themselves",
]
