"""Verifies access tokens: signature, issuer, client, use and time; knows no network and no clock.

RS256 is checked here with the public-key operation alone (RFC 8017, 8.2.2: encode and compare),
because the usual library would make the package a third larger for this one function. Nothing
secret takes part, so neither timing nor randomness can go wrong; parsing the token is PyJWT's work.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import jwt
from jwt.algorithms import Algorithm
from jwt.api_jws import PyJWS

from chalicelib.errors import NotSignedIn

ALGORITHM = "RS256"
CLOCK_SKEW = timedelta(seconds=30)
LEAST_BITS = 2048
_SHA256_PREFIX = bytes.fromhex("3031300d060960864801650304020105000420")


@dataclass(frozen=True, slots=True)
class PublicKey:
    """An RSA public key."""

    modulus: int
    exponent: int


@dataclass(frozen=True, slots=True)
class Expectation:
    """What a token must say: who issued it and for which client."""

    issuer: str
    client_id: str


@dataclass(frozen=True, slots=True)
class AccessToken:
    """What a verified token says."""

    username: str
    groups: tuple[str, ...]
    expires_at: datetime


def verify_rs256(message: bytes, signature: bytes, key: PublicKey) -> bool:
    """Whether `signature` is the PKCS #1 v1.5 SHA-256 signature of `message` by `key`'s owner."""
    length = (key.modulus.bit_length() + 7) // 8
    number = int.from_bytes(signature, "big")
    if len(signature) != length or number >= key.modulus:
        return False
    found = pow(number, key.exponent, key.modulus).to_bytes(length, "big")
    digest = _SHA256_PREFIX + hashlib.sha256(message).digest()
    wanted = b"\x00\x01" + b"\xff" * (length - len(digest) - 3) + b"\x00" + digest
    return hmac.compare_digest(found, wanted)


class _Rs256(Algorithm):
    def prepare_key(self, key: Any) -> PublicKey:
        if not isinstance(key, PublicKey):
            raise jwt.InvalidKeyError("Only a public RSA key verifies RS256.")
        return key

    def verify(self, msg: bytes, key: PublicKey, sig: bytes) -> bool:
        return verify_rs256(msg, sig, key)

    def sign(self, msg: bytes, key: Any) -> bytes:
        raise NotImplementedError("Tokens are signed by the user pool only.")

    @staticmethod
    def to_jwk(key_obj: Any, as_dict: bool = False) -> Any:
        raise NotImplementedError

    @staticmethod
    def from_jwk(jwk: Any) -> Any:
        raise NotImplementedError


def _make_reader() -> PyJWS:
    reader = PyJWS()
    for name in reader.get_algorithms():
        reader.unregister_algorithm(name)
    reader.register_algorithm(ALGORITHM, _Rs256())
    return reader


_READER = _make_reader()


def read_keys(document: Mapping[str, Any]) -> dict[str, PublicKey]:
    """The usable keys of a JSON Web Key Set by key id: RSA for signatures, 2048 bits or more."""
    found = {entry["kid"]: _read_key(entry) for entry in document["keys"] if _is_usable(entry)}
    return {key_id: key for key_id, key in found.items() if key.modulus.bit_length() >= LEAST_BITS}


def _is_usable(entry: Mapping[str, Any]) -> bool:
    is_for_signing = entry.get("use", "sig") == "sig" and entry.get("alg", ALGORITHM) == ALGORITHM
    return entry.get("kty") == "RSA" and is_for_signing


def _read_key(entry: Mapping[str, Any]) -> PublicKey:
    modulus, exponent = (_number(entry[name]) for name in ("n", "e"))
    return PublicKey(modulus, exponent)


def _number(text: str) -> int:
    return int.from_bytes(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)), "big")


def key_id_of(token: str) -> str:
    """The id of the key that a token claims to be signed with; proves nothing. Raises `NotSignedIn`."""
    try:
        return str(_READER.get_unverified_header(token).get("kid", ""))
    except (jwt.InvalidTokenError, ValueError) as error:
        raise _refusal("is not a token") from error


def verify(token: str, key: PublicKey, expected: Expectation, now: datetime) -> AccessToken:
    """What `token` says, when all of it is true. Raises `NotSignedIn` naming the first untruth."""
    try:
        payload = _READER.decode_complete(token, key, algorithms=[ALGORITHM])["payload"]  # type: ignore[arg-type]
        claims = json.loads(payload)
    except (jwt.InvalidTokenError, NotImplementedError, ValueError) as error:
        raise _refusal("is not signed by the user pool") from error
    if not isinstance(claims, dict):
        raise _refusal("carries no claims")
    _check_claims(claims, expected)
    expires_at = _check_times(claims, now)
    return AccessToken(str(claims["username"]), _groups(claims), expires_at)


def _check_claims(claims: Mapping[str, Any], expected: Expectation) -> None:
    wanted = {"iss": expected.issuer, "client_id": expected.client_id, "token_use": "access"}
    for name, value in wanted.items():
        if claims.get(name) != value:
            raise _refusal(f"has another {name}")
    if not isinstance(claims.get("username"), str) or not claims["username"]:
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


def _groups(claims: Mapping[str, Any]) -> tuple[str, ...]:
    groups = claims.get("cognito:groups", [])
    return tuple(g for g in groups if isinstance(g, str)) if isinstance(groups, list) else ()


def _refusal(why: str) -> NotSignedIn:
    return NotSignedIn(f"The sign-in {why}; sign in again.")
