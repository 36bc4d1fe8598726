"""The city's pages for citizens: report, follow, read; every view parses, calls one use case, shows."""

from chalicelib.handlers.citizen import (
    browsing,
    cases,
    confirming,
    feeds,
    home,
    nearby,
    open_data,
    performing,
    publishing,
    reporting,
    tracking,
    uploads,
    wishes,
)
from chalicelib.handlers.citizen.blueprint import routes

__all__ = [
    "browsing",
    "cases",
    "confirming",
    "feeds",
    "home",
    "nearby",
    "open_data",
    "performing",
    "publishing",
    "reporting",
    "routes",
    "tracking",
    "uploads",
    "wishes",
]
