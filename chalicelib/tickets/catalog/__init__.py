"""What the city offers and who answers for it: the published catalogue; pure, knows no table."""

from chalicelib.tickets.catalog.classification import classify
from chalicelib.tickets.catalog.published import (
    AROUND_THE_CLOCK,
    DATATYPES,
    KINDS,
    LIST_DATATYPES,
    NOBODYS_DESK,
    THE_POLICY,
    UNCLASSIFIED,
    Agency,
    Attribute,
    AttributeValue,
    Catalog,
    Item,
    NoticeWords,
    Policy,
    Service,
)
from chalicelib.tickets.model.wording import fold, words

__all__ = [
    "AROUND_THE_CLOCK",
    "DATATYPES",
    "KINDS",
    "LIST_DATATYPES",
    "NOBODYS_DESK",
    "THE_POLICY",
    "UNCLASSIFIED",
    "Agency",
    "Attribute",
    "AttributeValue",
    "Catalog",
    "Item",
    "NoticeWords",
    "Policy",
    "Service",
    "classify",
    "fold",
    "words",
]
