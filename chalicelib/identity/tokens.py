"""Verifies access tokens: signature, issuer, client, use and time; knows no network and no clock.

Importing this module loads the cryptography behind it, so it is imported at the first token.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from jwt.algorithms import RSAAlgorithm

from chalicelib.errors import NotSignedIn

ALGORITHM = "RS256"
CLOCK_SKEW = timedelta(seconds=30)
LEAST_BITS = 2048
# Times are compared with the time that the caller gives; PyJWT knows only the machine's own.
_OPTIONS: Any = {"verify_aud": False, "verify_exp": False, "verify_nbf": False, "verify_iat": False}


@dataclass(frozen=True, slots=True)
class Expectation:
    """What a token must say: who issued it and for which of our clients."""

    issuer: str
    client_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class AccessToken:
    """Whom a verified token names. Groups that it lists are no right: they may be an hour old.

    `origin` is the same in all tokens of one sign-in.
    """

    username: str
    sub: str
    expires_at: datetime
    signed_in_at: datetime
    origin: str = ""


def read_keys(document: Mapping[str, Any]) -> dict[str, RSAPublicKey]:
    """The usable keys of a JSON Web Key Set by key id: RSA for signatures, 2048 bits or more.

    Raises `ValueError` when one of them cannot be read.
    """
    found = {entry["kid"]: _read_key(entry) for entry in document["keys"] if _is_usable(entry)}
    return {key_id: key for key_id, key in found.items() if key.key_size >= LEAST_BITS}


def _is_usable(entry: Mapping[str, Any]) -> bool:
    is_for_signing = entry.get("use", "sig") == "sig" and entry.get("alg", ALGORITHM) == ALGORITHM
    return entry.get("kty") == "RSA" and is_for_signing


def _read_key(entry: Mapping[str, Any]) -> RSAPublicKey:
    try:
        key = RSAAlgorithm.from_jwk(dict(entry))
    except (jwt.InvalidKeyError, ValueError) as error:
        raise ValueError("The key set has an unreadable key.") from error
    return key if isinstance(key, RSAPublicKey) else key.public_key()


def key_id_of(token: str) -> str:
    """The id of the key that a token claims to be signed with; proves nothing. Raises `NotSignedIn`."""
    try:
        return str(jwt.get_unverified_header(token).get("kid", ""))
    except (jwt.InvalidTokenError, ValueError) as error:
        raise _refusal("is not a token") from error


def verify(token: str, key: RSAPublicKey, expected: Expectation, now: datetime) -> AccessToken:
    """What `token` says, when all of it is true. Raises `NotSignedIn` naming the first untruth."""
    claims = _decoded(token, key)
    _check_claims(claims, expected)
    expires_at = _check_times(claims, now)
    begun_at = (
        _moment(claims, "auth_time") or _moment(claims, "iat") or datetime.fromtimestamp(0, UTC)
    )
    origin = str(claims.get("origin_jti") or "")
    return AccessToken(claims["username"], claims["sub"], expires_at, begun_at, origin)


def identity(
    token: str, key: RSAPublicKey, expected: Expectation, nonce: str, now: datetime
) -> str:
    """Whom an identity token names, when it is of the attempt with this nonce. Raises `NotSignedIn`."""
    claims = _decoded(token, key)
    _check_origin(claims, expected, "aud", "id")
    _check_times(claims, now)
    if not claims.get("sub") or claims.get("nonce") != nonce:
        raise _refusal("is of another attempt")
    return str(claims["sub"])


def _decoded(token: str, key: RSAPublicKey) -> Mapping[str, Any]:
    try:
        return dict(jwt.decode(token, key, algorithms=[ALGORITHM], options=_OPTIONS))
    except (jwt.InvalidTokenError, ValueError) as error:
        raise _refusal("is not signed by the user pool") from error


def _check_origin(claims: Mapping[str, Any], expected: Expectation, client: str, use: str) -> None:
    """`client` is the claim that names the client: Cognito's access tokens have it elsewhere."""
    wanted = {"iss": (expected.issuer,), client: expected.client_ids, "token_use": (use,)}
    for name, values in wanted.items():
        if claims.get(name) not in values:
            raise _refusal(f"has another {name}")


def _check_claims(claims: Mapping[str, Any], expected: Expectation) -> None:
    _check_origin(claims, expected, "client_id", "access")
    for name in ("username", "sub"):
        if not isinstance(claims.get(name), str) or not claims[name]:
            raise _refusal("names nobody")


def _check_times(claims: Mapping[str, Any], now: datetime) -> datetime:
    expires_at = _moment(claims, "exp")
    if expires_at is None or expires_at <= now:
        raise _refusal("has expired")
    for name in ("nbf", "iat"):
        starts_at = _moment(claims, name)
        if starts_at is not None and starts_at > now + CLOCK_SKEW:
            raise _refusal("is not valid yet")
    return expires_at


def _moment(claims: Mapping[str, Any], name: str) -> datetime | None:
    seconds = claims.get(name)
    if seconds is None:
        return None
    if isinstance(seconds, bool) or not isinstance(seconds, int | float):
        raise _refusal(f"has an unreadable {name}")
    try:
        return datetime.fromtimestamp(seconds, UTC)
    except (OverflowError, ValueError, OSError) as error:
        raise _refusal(f"has an unreadable {name}") from error


def _refusal(why: str) -> NotSignedIn:
    return NotSignedIn(f"The sign-in {why}; sign in again.")
