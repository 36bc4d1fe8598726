"""The city's other systems that may send through us: their keys and how they are kept; pure."""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Protocol

from chalicelib.errors import AccessDenied, TooManyRequests
from chalicelib.tickets.model.later import NOTHING, Carried
from chalicelib.tickets.model.records import AuditRecord, Callback

_WRITTEN = re.compile(r"cvl_(live|team|test)_([a-z0-9]{12})_([A-Za-z0-9_-]{32,64})")
_REFUSED = "This API key is wrong, expired or withdrawn; ask the city for another."


class KeyKind(StrEnum):
    """Live keys reach everybody, team keys staff and guests, test keys nobody."""

    LIVE = "live"
    TEAM = "team"
    TEST = "test"


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiKey:
    """What a system may do. Only the digest of its secret is kept.

    Empty `channels`, `templates`, `jurisdictions` and `services` allow all: the first two limit what
    it may send, the last two where and about what it may file reports and say what became of them. One
    with an `agency_code` speaks for that agency: what it says of its reports moves their status, within
    its other limits. `callback_url` is told
    what became of each message, and hears the steps of rules that call this system. Until
    `previous_until` the secret before the last rotation is good too.
    """

    key_id: str
    name: str
    kind: KeyKind
    digest: str
    expires_at: datetime
    channels: tuple[str, ...] = ()
    templates: tuple[str, ...] = ()
    jurisdictions: tuple[str, ...] = ()
    services: tuple[str, ...] = ()
    agency_code: str = ""
    rate_per_minute: int = 300
    daily_limit: int = 10_000
    callback_url: str = ""
    previous_digest: str = ""
    previous_until: datetime | None = None
    is_revoked: bool = False
    created_by: str = ""
    created_at: datetime | None = None
    version: int = 0
    carried: Carried = field(default=NOTHING, repr=False, compare=False)

    def may_file(self, jurisdiction_id: str, service_code: str) -> bool:
        """Whether reports about this service of this jurisdiction are the key's business."""
        is_here = not self.jurisdictions or jurisdiction_id in self.jurisdictions
        return is_here and (not self.services or service_code in self.services)

    @property
    def is_callable(self) -> bool:
        """Whether the system said where it can be told things, and may be told."""
        return bool(self.callback_url) and not self.is_revoked


class KeyStore(Protocol):
    """Where keys, their counts and their callbacks are kept."""

    def put_key(self, key: ApiKey, record: AuditRecord) -> ApiKey:
        """Write a key, new (version 0) or changed, with its line of the audit trail; the key as kept.

        Raises `StaleTicket` when somebody else changed it meanwhile.
        """
        ...

    def key(self, key_id: str) -> ApiKey | None:
        """A key by its id."""
        ...

    def all_keys(self) -> list[ApiKey]:
        """All keys there ever were."""
        ...

    def take(self, key_id: str, bucket: str, limit: int, expires_at: datetime) -> bool:
        """Count one more in a bucket; False when `limit` is reached, and then nothing is counted."""
        ...

    def note_reference(self, key_id: str, reference: str, notification_id: str) -> None:
        """Remember that a message was sent under a system's own reference."""
        ...

    def referred(self, key_id: str, reference: str) -> list[str]:
        """The ids of the messages sent under a reference, newest first, at most 50."""
        ...

    def add_callback(self, callback: Callback) -> None:
        """Have a system told; a second time is no news."""
        ...

    def due_callbacks(self, now: datetime) -> Iterator[Callback]:
        """What should have been told by now."""
        ...

    def postpone(self, callback: Callback, until: datetime, tries: int = 1) -> bool:
        """Count a try, or none, and come back later; False when somebody else has counted one."""
        ...

    def drop(self, callback: Callback, outcome: str) -> None:
        """Tell no more."""
        ...


def issue(kind: KeyKind, key_id: str = "") -> tuple[str, str, str]:
    """A key's id (a new one unless given), what the system must send, and the digest to keep."""
    key_id = key_id or secrets.token_hex(6)
    secret = secrets.token_urlsafe(32)
    return key_id, f"cvl_{kind}_{key_id}_{secret}", digest(secret)


def digest(secret: str) -> str:
    """What is kept of a secret; 256 random bits need no salt and no slow hash."""
    return hashlib.sha256(secret.encode()).hexdigest()


def admit(written: str, store: KeyStore, now: datetime) -> ApiKey:
    """The key that `written` proves. Raises `AccessDenied`, the same for whatever is wrong."""
    found = _WRITTEN.fullmatch(written)
    key = store.key(found[2]) if found else None
    is_right = _proves(digest(found[3] if found else ""), key, now)
    if not found or not key or not is_right or key.is_revoked or key.expires_at <= now:
        raise AccessDenied(_REFUSED)
    if key.kind != found[1]:
        raise AccessDenied(_REFUSED)
    return key


def _proves(offered: str, key: ApiKey | None, now: datetime) -> bool:
    """Compared in the same time whatever is wrong, also when there is no such key."""
    is_overlap = key is not None and key.previous_until is not None and now < key.previous_until
    current = key.digest if key else digest("")
    previous = key.previous_digest if key and is_overlap else digest("")
    is_current = hmac.compare_digest(offered, current)
    is_previous = hmac.compare_digest(offered, previous)
    return is_current or (is_previous and is_overlap)


def count_use(key: ApiKey, store: KeyStore, now: datetime) -> None:
    """Count one more use of a key. Raises `TooManyRequests` when the minute's or the day's are used up."""
    minute, day = now.strftime("%Y-%m-%dT%H:%M"), now.strftime("%Y-%m-%d")
    if not store.take(key.key_id, minute, key.rate_per_minute, now + timedelta(hours=1)):
        raise TooManyRequests("This key was used too often in this minute.", 60 - now.second)
    if not store.take(key.key_id, day, key.daily_limit, now + timedelta(days=2)):
        midnight = (now + timedelta(days=1)).replace(hour=0, minute=0, second=0)
        seconds = int((midnight - now).total_seconds())
        raise TooManyRequests("The day's uses of this key are used up.", seconds)
