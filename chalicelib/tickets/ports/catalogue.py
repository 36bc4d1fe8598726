"""What administrators write, as the rules need it kept; protocols."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from chalicelib.tickets.catalog import Catalog
from chalicelib.tickets.model.ticket import Actor

# The kind and code under which the recomputation keeps how far it came; it is no part of the catalogue.
MARKER = "recompute"


@dataclass(frozen=True, slots=True, kw_only=True)
class CatalogItem:
    """One version of one thing that administrators write. `kind` is service, agency, calendar,
    target, rule or policy; `body` its JSON; `is_deleted` marks a tombstone, `is_newer` what a later
    release wrote."""

    kind: str
    code: str
    version: int
    body: Mapping[str, Any] = field(default_factory=dict)
    author: str = ""
    note: str = ""
    at: datetime | None = None
    is_deleted: bool = False
    is_newer: bool = False


class CatalogStore(Protocol):
    """What administrators write, with every version kept."""

    def load(self) -> Catalog:
        """The published catalogue; may be up to a minute old."""
        ...

    def fresh(self) -> Catalog:
        """The published catalogue as stored now."""
        ...

    def items(self, kind: str) -> list[CatalogItem]:
        """The published items of one kind, by code."""
        ...

    def put(self, item: CatalogItem, actor: Actor, now: datetime) -> CatalogItem:
        """Publish `item` as the version after `item.version` (0: it must be new), with an audit record.

        Raises `StaleTicket` when somebody published another version meanwhile.
        """
        ...

    def history(self, kind: str, code: str) -> list[CatalogItem]:
        """All versions, newest first."""
        ...
