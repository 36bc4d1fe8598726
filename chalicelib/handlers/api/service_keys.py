"""Keys for the city's other systems: made, listed, renewed, withdrawn; decides nothing itself."""

from __future__ import annotations

from typing import Any

from chalice.app import Response

from chalicelib.handlers.api import schemas
from chalicelib.handlers.api.doors import door, read_body
from chalicelib.handlers.http import Call, json_answer
from chalicelib.identity.accounts import Act
from chalicelib.tickets.administration.keys import Issued, KeyWish
from chalicelib.tickets.partners.keys import ApiKey, KeyKind

TAG = "API keys"


@door(
    "GET",
    "/api-keys",
    Act.WRITE_CATALOG,
    summary="The keys of other systems",
    tag=TAG,
    answers="KeyList",
)
def list_keys(call: Call) -> Response:
    """All of them, newest first, without their secrets."""
    return json_answer({"keys": [_plain(key) for key in call.services.key_desk.all()]})


@door(
    "POST",
    "/api-keys",
    Act.WRITE_CATALOG,
    summary="Make a key",
    tag=TAG,
    body="KeyWish",
    answers="KeyShape",
)
def make_key(call: Call) -> Response:
    """A new key; its secret is told now and never again."""
    wish = wish_of(read_body(call, schemas.bodies.KeyWish))
    return _told(call.services.key_desk.make(wish, call.person.actor))


@door(
    "POST",
    "/api-keys/{key_id}/rotate",
    Act.WRITE_CATALOG,
    summary="Give a key a fresh secret",
    tag=TAG,
    body="KeyRotation",
    answers="KeyShape",
)
def rotate_key(call: Call, key_id: str) -> Response:
    """A fresh secret, told now and never again; the old one goes on for as long as asked."""
    wish = read_body(call, schemas.bodies.KeyRotation)
    desk, actor = call.services.key_desk, call.person.actor
    return _told(desk.rotate(key_id, actor, days=wish.days, overlap_hours=wish.overlap_hours))


@door(
    "POST",
    "/api-keys/{key_id}/revoke",
    Act.WRITE_CATALOG,
    summary="Withdraw a key",
    tag=TAG,
    answers="KeyShape",
)
def revoke_key(call: Call, key_id: str) -> Response:
    """From now on it opens nothing."""
    return json_answer(_plain(call.services.key_desk.revoke(key_id, call.person.actor)))


def wish_of(wish: Any) -> KeyWish:
    """What a checked body `KeyWish` asks for."""
    return KeyWish(
        name=wish.name,
        kind=KeyKind(wish.kind),
        days=wish.days,
        channels=tuple(wish.channels),
        templates=tuple(wish.templates),
        jurisdictions=tuple(wish.jurisdictions),
        services=tuple(wish.services),
        agency_code=wish.agency_code,
        rate_per_minute=wish.rate_per_minute,
        daily_limit=wish.daily_limit,
        callback_url=wish.callback_url,
    )


def _told(issued: Issued) -> Response:
    return json_answer(_plain(issued.key, issued.secret, issued.callback_secret))


def _plain(key: ApiKey, secret: str = "", callback_secret: str = "") -> dict[str, Any]:
    until = key.previous_until
    return {
        "key_id": key.key_id,
        "name": key.name,
        "kind": str(key.kind),
        "channels": list(key.channels),
        "templates": list(key.templates),
        "jurisdictions": list(key.jurisdictions),
        "services": list(key.services),
        "agency_code": key.agency_code,
        "rate_per_minute": key.rate_per_minute,
        "daily_limit": key.daily_limit,
        "callback_url": key.callback_url,
        "expires_at": key.expires_at.isoformat(),
        "previous_until": until.isoformat() if until else None,
        "is_revoked": key.is_revoked,
        "created_by": key.created_by,
        "secret": secret,
        "callback_secret": callback_secret,
    }
