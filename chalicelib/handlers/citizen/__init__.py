"""The city's pages for citizens: report, follow, read; every view parses, calls one use case, shows."""

from chalicelib.handlers.citizen.blueprint import routes
from chalicelib.handlers.citizen.following import (
    confirmation,
    holdings,
    my_reports,
    preferences,
    publishing,
    tracking,
)
from chalicelib.handlers.citizen.public import feeds, home, open_data, performance, reports
from chalicelib.handlers.citizen.reporting import duplicates, form, uploads

__all__ = [
    "confirmation",
    "duplicates",
    "feeds",
    "form",
    "holdings",
    "home",
    "my_reports",
    "open_data",
    "performance",
    "preferences",
    "publishing",
    "reports",
    "routes",
    "tracking",
    "uploads",
]
