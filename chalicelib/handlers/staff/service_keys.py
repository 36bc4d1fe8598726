"""Keys for the city's other systems: made, listed, withdrawn; decides nothing itself."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

from chalice.app import Response

from chalicelib.accounts import Act
from chalicelib.errors import NotFound
from chalicelib.handlers.http import Call, json_answer
from chalicelib.handlers.staff.doors import door, read_body
from chalicelib.tickets.clients import ApiKey, KeyKind, digest, issue

TAG = "API keys"


@door(
    "GET",
    "/api-keys",
    Act.WRITE_CATALOG,
    summary="The keys of other systems",
    tag=TAG,
    answers="KeyList",
)
def list_keys(_: Call) -> Response:
    """All of them, without their secrets."""
    from chalicelib.bootstrap import services

    return json_answer({"keys": [_plain(key) for key in services().clients.all_keys()]})


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
    from chalicelib.bootstrap import services
    from chalicelib.handlers.staff import bodies

    wish, now = read_body(call, bodies.KeyWish), services().clock.now()
    key_id, written, _ = issue(KeyKind(wish.kind))
    key = ApiKey(
        key_id=key_id,
        name=wish.name,
        kind=KeyKind(wish.kind),
        digest=digest(written.split("_", 3)[3]),
        expires_at=now + timedelta(days=wish.days),
        channels=tuple(wish.channels),
        templates=tuple(wish.templates),
        a_minute=wish.a_minute,
        a_day=wish.a_day,
        callback_url=wish.callback_url,
        created_by=call.person.username,
        created_at=now,
    )
    services().clients.put_key(key)
    return json_answer(_plain(key, written, services().callback_secret(key_id)))


@door(
    "POST",
    "/api-keys/{key_id}/revoke",
    Act.WRITE_CATALOG,
    summary="Withdraw a key",
    tag=TAG,
    answers="KeyShape",
)
def revoke_key(_: Call, key_id: str) -> Response:
    """From now on it opens nothing."""
    from chalicelib.bootstrap import services

    key = services().clients.key(key_id)
    if key is None:
        raise NotFound("There is no such key.")
    services().clients.put_key(replace(key, is_revoked=True))
    return json_answer(_plain(replace(key, is_revoked=True)))


def _plain(key: ApiKey, secret: str = "", callback_secret: str = "") -> dict[str, Any]:
    return {
        "key_id": key.key_id,
        "name": key.name,
        "kind": str(key.kind),
        "channels": list(key.channels),
        "templates": list(key.templates),
        "a_minute": key.a_minute,
        "a_day": key.a_day,
        "callback_url": key.callback_url,
        "expires_at": key.expires_at.isoformat(),
        "is_revoked": key.is_revoked,
        "created_by": key.created_by,
        "secret": secret,
        "callback_secret": callback_secret,
    }
