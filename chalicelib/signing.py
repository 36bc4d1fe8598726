"""Keyed signatures for links, reply addresses, forms and page tokens; knows no secret by itself.

A signature is `<key id>` + `.` + digest in lower-case base 32, so that it survives mail relays that
change the case of an address. The key id makes rotation possible: old keys verify, one signs.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Mapping

DIGEST_BYTES = 16  # 128 bits: the least that a link which opens a case may carry


class Signer:
    """Signs and verifies with named keys.

    `keys` maps a key id (letters and digits) to at least 16 secret characters; `current` is the id
    that signs. Raises `ValueError` when `current` is not among the keys.
    """

    def __init__(self, keys: Mapping[str, str], current: str) -> None:
        if current not in keys:
            raise ValueError(f"The signing key {current!r} is not among the keys.")
        self._keys = {key_id: secret.encode() for key_id, secret in keys.items()}
        self._current = current

    def sign(self, purpose: str, *parts: str) -> str:
        """The signature of `parts` for one purpose; another purpose gives another signature."""
        return f"{self._current}.{self._digest(self._current, purpose, parts)}"

    def verify(self, signature: str, purpose: str, *parts: str) -> bool:
        """Whether `signature` is ours for exactly these parts; never raises, constant in time."""
        key_id, _, digest = signature.partition(".")
        known = key_id if key_id in self._keys else self._current
        expected = self._digest(known, purpose, parts)
        matches = hmac.compare_digest(expected.encode(), digest.lower().encode())
        return matches and key_id in self._keys

    def _digest(self, key_id: str, purpose: str, parts: tuple[str, ...]) -> str:
        text = "\x1f".join((purpose, *parts)).encode()
        digest = hmac.new(self._keys[key_id], text, hashlib.sha256).digest()[:DIGEST_BYTES]
        return base64.b32encode(digest).decode().rstrip("=").lower()


def party_mark(party_key: str) -> str:
    """What stands for a party in a reply address: 13 characters, 65 bits of its key's digest.

    A token whose `party_key` equals a party's key or this mark was made for that party.
    """
    digest = hashlib.sha256(f"party\x1f{party_key.lower()}".encode()).digest()
    return base64.b32encode(digest).decode()[:13].lower()
