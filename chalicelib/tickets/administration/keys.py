"""What administrators do with the keys of other systems: each change audited; knows no request."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from chalicelib.errors import InvalidRequest, NotFound
from chalicelib.tickets.catalog import Catalog
from chalicelib.tickets.model.records import AuditRecord
from chalicelib.tickets.model.ticket import Actor
from chalicelib.tickets.partners.keys import ApiKey, KeyKind, KeyStore, issue
from chalicelib.tickets.ports import CatalogStore, Clock


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyWish:
    """What a new key shall allow; empty scopes allow all of their sort."""

    name: str
    kind: KeyKind
    days: int
    channels: tuple[str, ...] = ()
    templates: tuple[str, ...] = ()
    jurisdictions: tuple[str, ...] = ()
    services: tuple[str, ...] = ()
    agency_code: str = ""
    rate_per_minute: int = 300
    daily_limit: int = 10_000
    callback_url: str = ""


@dataclass(frozen=True, slots=True)
class Issued:
    """A key and, this once, what the other side must send and check our callbacks with."""

    key: ApiKey
    secret: str
    callback_secret: str


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyDesk:
    """Keys made, renewed, withdrawn. `callback_secret` gives what a key's system checks us with."""

    store: KeyStore
    catalogs: CatalogStore
    clock: Clock
    jurisdiction_id: str
    callback_secret: Callable[[str], str]

    def all(self) -> list[ApiKey]:
        """Every key there ever was, newest first."""
        return sorted(self.store.all_keys(), key=_made_at, reverse=True)

    def get(self, key_id: str) -> ApiKey:
        """Raises `NotFound`."""
        found = self.store.key(key_id)
        if found is None:
            raise NotFound("There is no such key.")
        return found

    def make(self, wish: KeyWish, actor: Actor) -> Issued:
        """A new key; its secret is in the answer and nowhere else.

        Raises `InvalidRequest` for a scope that names what the city does not have.
        """
        self._check(wish)
        now = self.clock.now()
        key_id, written, digest = issue(wish.kind)
        key = ApiKey(
            key_id=key_id,
            name=wish.name,
            kind=wish.kind,
            digest=digest,
            expires_at=now + timedelta(days=wish.days),
            channels=wish.channels,
            templates=wish.templates,
            jurisdictions=wish.jurisdictions,
            services=wish.services,
            agency_code=wish.agency_code,
            rate_per_minute=wish.rate_per_minute,
            daily_limit=wish.daily_limit,
            callback_url=wish.callback_url,
            created_by=actor.key,
            created_at=now,
        )
        return self._issued(self._put(key, actor, "api_key_made"), written)

    def rotate(self, key_id: str, actor: Actor, *, days: int, overlap_hours: int) -> Issued:
        """A fresh secret for `days`; the old one is good for `overlap_hours` more.

        Raises `InvalidRequest` for a key that was withdrawn, `StaleTicket` when somebody was faster.
        """
        key, now = self.get(key_id), self.clock.now()
        if key.is_revoked:
            raise InvalidRequest(
                "A withdrawn key cannot be renewed; make a new one.", {"key_id": "is withdrawn"}
            )
        _, written, digest = issue(key.kind, key_id)
        until = min(key.expires_at, now + timedelta(hours=overlap_hours))
        renewed = replace(
            key,
            digest=digest,
            expires_at=now + timedelta(days=days),
            previous_digest=key.digest,
            previous_until=until,
        )
        return self._issued(self._put(renewed, actor, "api_key_renewed"), written)

    def revoke(self, key_id: str, actor: Actor) -> ApiKey:
        """From now on it opens nothing; withdrawing it again changes nothing."""
        key = self.get(key_id)
        if key.is_revoked:
            return key
        gone = replace(key, is_revoked=True, previous_digest="", previous_until=None)
        return self._put(gone, actor, "api_key_withdrawn")

    def _issued(self, key: ApiKey, written: str) -> Issued:
        return Issued(key, written, self.callback_secret(key.key_id))

    def _put(self, key: ApiKey, actor: Actor, action: str) -> ApiKey:
        record = AuditRecord(
            audit_id=secrets.token_hex(8),
            at=self.clock.now(),
            actor=actor,
            action=action,
            subject=f"api_key:{key.key_id}",
            data={"name": key.name, "kind": str(key.kind)},
        )
        return self.store.put_key(key, record)

    def _check(self, wish: KeyWish) -> None:
        catalog = self.catalogs.load()
        problems = {
            "templates": _unknown(wish.templates, _templates(catalog)),
            "services": _unknown(wish.services, catalog.services),
            "agency_code": _unknown(filter(None, [wish.agency_code]), catalog.agencies),
            "jurisdictions": _unknown(wish.jurisdictions, (self.jurisdiction_id,)),
        }
        wrong = {name: said for name, said in problems.items() if said}
        if wrong:
            raise InvalidRequest("The key names what the city does not have.", wrong)


def _templates(catalog: Catalog) -> set[str]:
    return {words.name for words in catalog.notices.values()}


def _unknown(given: Iterable[str], there: Iterable[str]) -> str:
    strange = sorted(set(given) - set(there))
    known = ", ".join(sorted(there)) or "none yet"
    return f"{', '.join(strange)}: not known. There are: {known}." if strange else ""


def _made_at(key: ApiKey) -> tuple[datetime, str]:
    return key.created_at or key.expires_at, key.key_id
