"""Keyed signatures for links, reply addresses, forms and page tokens; knows no secret by itself.

A signature is `<key id>` + `.` + digest in lower-case base 32, so that it survives mail relays that
change the case of an address. The key id makes rotation possible: old keys verify, one signs. What is
signed for the same end shares a ring of keys, which can be renewed or withdrawn without the others.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass, field

DIGEST_BYTES = 16  # 128 bits: the least that a link which opens a case may carry
# Which purposes each ring signs. A key's id begins with the letter of its ring; those of `keys` are the
# installation's first ones, which sign for every ring that has none of its own yet.
RINGS: Mapping[str, tuple[str, ...]] = {
    "links": ("tracking", "confirm", "confirm-code", "claim", "cases", "preferences", "token"),
    "mail": ("reply", "notification"),
    "forms": ("form", "work", "upload"),
    "pages": ("page",),
    "networks": ("origin",),
    "browsers": ("browser",),
    "callbacks": ("callback",),
}
_RING_OF = {purpose: ring for ring, purposes in RINGS.items() for purpose in purposes}


@dataclass(frozen=True, slots=True)
class Ring:
    """The keys of one ring. `current` signs, where there is one; `is_alone` where no first key counts."""

    keys: Mapping[str, str] = field(default_factory=dict, repr=False)
    current: str = ""
    is_alone: bool = False


class Signer:
    """Signs and verifies with named keys.

    `keys` maps a key id (letters and digits) to at least 16 secret characters; `current` is the id
    that signs, unless the ring of a purpose has a current key of its own. Raises `ValueError` when a
    current key is not among the keys.
    """

    def __init__(
        self, keys: Mapping[str, str], current: str, rings: Mapping[str, Ring] | None = None
    ) -> None:
        self._rings = {name: _Keys.of(keys, current, ring) for name, ring in (rings or {}).items()}
        self._others = _Keys.of(keys, current, Ring())

    @classmethod
    def read(cls, document: Mapping[str, str]) -> Signer:
        """A signer by the installation's secret: `current` and its keys, and for a ring `<ring>.current`,
        `<ring>.<key id>` and `<ring>.alone`. All in one level and all text, as releases before there
        were rings can read it.

        Raises `ValueError` or `KeyError` for a document that names no current key.
        """
        first = {name: text for name, text in document.items() if "." not in name}
        current = first.pop("current")
        return cls(first, current, {name: _ring(name, document) for name in RINGS})

    def sign(self, purpose: str, *parts: str) -> str:
        """The signature of `parts` for one purpose; another purpose gives another signature."""
        keys = self._keys(purpose)
        return f"{keys.current}.{_digest(keys.secrets[keys.current], purpose, parts)}"

    def all_signatures(self, purpose: str, *parts: str) -> list[str]:
        """What `sign` gives or gave with each key that still verifies, for what is derived from it."""
        known = self._keys(purpose).secrets
        return [f"{key_id}.{_digest(known[key_id], purpose, parts)}" for key_id in known]

    def verify(self, signature: str, purpose: str, *parts: str) -> bool:
        """Whether `signature` is ours for exactly these parts; never raises, constant in time."""
        keys = self._keys(purpose)
        key_id, _, digest = signature.partition(".")
        known = key_id if key_id in keys.secrets else keys.current
        expected = _digest(keys.secrets[known], purpose, parts)
        matches = hmac.compare_digest(expected.encode(), digest.lower().encode())
        return matches and key_id in keys.secrets

    def _keys(self, purpose: str) -> _Keys:
        return self._rings.get(_RING_OF.get(purpose, ""), self._others)


@dataclass(frozen=True, slots=True)
class _Keys:
    """What counts for one ring."""

    secrets: Mapping[str, bytes] = field(repr=False)
    current: str

    @classmethod
    def of(cls, first: Mapping[str, str], current: str, ring: Ring) -> _Keys:
        known = {**({} if ring.is_alone else first), **ring.keys}
        chosen = ring.current or current
        if chosen not in known:
            raise ValueError(f"The signing key {chosen!r} is not among the keys.")
        return cls({key_id: secret.encode() for key_id, secret in known.items()}, chosen)


def _ring(name: str, document: Mapping[str, str]) -> Ring:
    found = {
        key.removeprefix(f"{name}."): text
        for key, text in document.items()
        if key.startswith(f"{name}.")
    }
    current, is_alone = found.pop("current", ""), found.pop("alone", "") == "yes"
    keys = {key: text for key, text in found.items() if "." not in key}
    return Ring(keys, current, is_alone)


def _digest(secret: bytes, purpose: str, parts: tuple[str, ...]) -> str:
    text = "\x1f".join((purpose, *parts)).encode()
    digest = hmac.new(secret, text, hashlib.sha256).digest()[:DIGEST_BYTES]
    return base64.b32encode(digest).decode().rstrip("=").lower()


def party_mark(party_key: str) -> str:
    """What stands for a party in a reply address: 13 characters, 65 bits of its key's digest.

    A token whose `party_key` equals a party's key or this mark was made for that party.
    """
    digest = hashlib.sha256(f"party\x1f{party_key.lower()}".encode()).digest()
    return base64.b32encode(digest).decode()[:13].lower()
