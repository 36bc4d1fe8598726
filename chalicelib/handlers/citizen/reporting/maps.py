"""What a page needs to offer a map, and the policy under which its pictures may be fetched."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlsplit

from chalicelib.handlers.http import POLICY, Call, Services


@dataclass(frozen=True, slots=True)
class ShownMap:
    """Where the pictures come from, and what is seen first."""

    tiles: str
    center: str
    zoom: str
    credit: str


def shown_map(call: Call) -> ShownMap | None:
    """The city's map, or None where no source of pictures is set."""
    settings = call.services.settings
    if not settings.map_tiles:
        return None
    tiles = settings.map_tiles
    tiles = call.url(tiles) if tiles.startswith("/") else tiles
    center, _, zoom = settings.map_center.rpartition(",")
    return ShownMap(tiles, center, zoom, settings.map_credit)


def map_headers(services: Services) -> dict[str, str | list[str]]:
    """The security policy of a page with a map: pictures may come from the tiles' own host too."""
    return _allowed(img=urlsplit(services.settings.map_tiles).netloc)


def form_headers(services: Services) -> dict[str, str | list[str]]:
    """The policy of the report form: a map's pictures, and photos posted straight to the store."""
    tiles = urlsplit(services.settings.map_tiles).netloc
    return _allowed(img=tiles, connect=services.stash.host)


def _allowed(**hosts: str) -> dict[str, str | list[str]]:
    policy = POLICY
    for kind, host in hosts.items():
        if host:
            policy = policy.replace(f"{kind}-src 'self'", f"{kind}-src 'self' https://{host}")
    return {"Content-Security-Policy": policy} if policy != POLICY else {}
