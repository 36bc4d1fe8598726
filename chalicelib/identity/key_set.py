"""The user pool's public keys, read now and then; knows no token."""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from chalicelib import logs
from chalicelib.errors import NotSignedIn, StoreBusy

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

# Imported where used: PyJWT and cryptography take 70 ms, and citizens have no token.

log = logs.Log(__name__)

KEYS_LIVE = timedelta(hours=6)
KEYS_REST = timedelta(minutes=1)

KeyFetcher = Callable[[str], Mapping[str, Any]]


def fetch_keys(issuer: str) -> Mapping[str, Any]:
    """The issuer's key set, over HTTPS."""
    url = f"{issuer}/.well-known/jwks.json"
    with urllib.request.urlopen(url, timeout=5) as answer:  # noqa: S310 - always https
        return dict(json.load(answer))


class KeySet:
    """The keys of one issuer by their ids."""

    def __init__(self, issuer: str, fetch: KeyFetcher) -> None:
        self._issuer = issuer
        self._fetch_keys = fetch
        self._keys: dict[str, RSAPublicKey] = {}
        self._keys_read_at: datetime | None = None

    def key(self, key_id: str, now: datetime) -> RSAPublicKey:
        """The key of this id. Raises `NotSignedIn` for an unknown one, `StoreBusy` when nobody answers."""
        age = now - self._keys_read_at if self._keys_read_at else None
        is_old = age is None or age > KEYS_LIVE
        # An unknown key may be a new one, but a flood of made-up ids must not become one of requests.
        is_worth_a_look = key_id not in self._keys and (age is None or age > KEYS_REST)
        if is_old or is_worth_a_look:
            self._read_keys(now)
        if key_id not in self._keys:
            raise NotSignedIn("The sign-in is signed with an unknown key; sign in again.")
        return self._keys[key_id]

    def _read_keys(self, now: datetime) -> None:
        from chalicelib.identity import tokens

        try:
            self._keys = tokens.read_keys(self._fetch_keys(self._issuer))
        except (OSError, ValueError) as error:
            log.warning("key set not readable", issuer=self._issuer)
            if not self._keys:
                raise StoreBusy("Sign-ins cannot be checked right now; try again.") from error
        self._keys_read_at = now
