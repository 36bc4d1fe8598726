"""The city's pages for citizens: report, follow, read; every view parses, calls one use case, shows."""

from chalicelib.handlers.citizen import (
    cases,
    confirming,
    home,
    publishing,
    reporting,
    tracking,
    wishes,
)
from chalicelib.handlers.citizen.blueprint import routes

__all__ = [
    "cases",
    "confirming",
    "home",
    "publishing",
    "reporting",
    "routes",
    "tracking",
    "wishes",
]
