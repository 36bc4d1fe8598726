"""GeoReport v2 over HTTP, for other people's programs; every view parses, calls one use case, renders."""

from chalicelib.handlers.open311 import doors
from chalicelib.handlers.open311.blueprint import routes

__all__ = ["doors", "routes"]
