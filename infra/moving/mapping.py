"""What words of another product mean here, as the operator wrote it down; knows no product."""

from __future__ import annotations

from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from chalicelib.tickets.catalog import UNCLASSIFIED
from chalicelib.tickets.model.ticket import Priority, Status
from infra.moving.cases import Unmapped
from infra.moving.folder import MovingError

Word = TypeVar("Word", Status, Priority, str)


class Mapping(BaseModel):
    """Their words to ours, each table for itself; case does not matter."""

    model_config = ConfigDict(extra="forbid")

    services: dict[str, str] = {}
    agencies: dict[str, str] = {}
    statuses: dict[str, Status] = {}
    priorities: dict[str, Priority] = {}
    staff: dict[str, str] = {}


def read_mapping(path: Path | None) -> Mapping:
    """The operator's mapping; an empty one without a file. Raises `MovingError` naming what is wrong."""
    if path is None:
        return Mapping()
    try:
        return Mapping.model_validate_json(path.read_bytes())
    except OSError as error:
        raise MovingError(f"{path} cannot be read: {error.strerror}.") from error
    except ValidationError as error:
        wrong = "; ".join(".".join(map(str, e["loc"])) + ": " + e["msg"] for e in error.errors())
        raise MovingError(f"{path} does not fit: {wrong}. See docs/moving.md.") from error


class Words:
    """Looks words up: first in the operator's tables, then in the product's own."""

    def __init__(
        self,
        mapping: Mapping,
        unmapped: Unmapped,
        statuses: dict[str, Status],
        priorities: dict[str, Priority] | None = None,
    ) -> None:
        self._unmapped = unmapped
        self._services = _folded(mapping.services)
        self._agencies = _folded(mapping.agencies)
        self._staff = _folded(mapping.staff)
        self._statuses = _folded(statuses) | _folded(mapping.statuses)
        self._priorities = _folded(priorities or {}) | _folded(mapping.priorities)

    def service(self, *names: str) -> str:
        """Our service for the first name that has one; what has none is for triage."""
        return self._first("service", names, self._services, UNCLASSIFIED)

    def agency(self, name: str) -> str:
        """Our agency; empty for the service's own."""
        return self._agencies.get(name.casefold().strip(), "")

    def status(self, name: str) -> Status:
        """Our status; what nobody knows is open and acknowledged."""
        return self._first("status", [name], self._statuses, Status.ACKNOWLEDGED)

    def priority(self, name: str) -> Priority:
        """Our priority; the ordinary one for what nobody knows."""
        return self._first("priority", [name], self._priorities, Priority.P3)

    def staff(self, name: str) -> str:
        """The user name of a colleague; empty for one who has none here."""
        return self._first("staff", [name], self._staff, "") if name else ""

    def _first(self, what: str, names: object, table: dict[str, Word], otherwise: Word) -> Word:
        known = [name.strip() for name in names if name.strip()]  # type: ignore[attr-defined]
        for name in known:
            if name.casefold() in table:
                return table[name.casefold()]
        self._unmapped.note(what, " / ".join(known) or "(empty)")
        return otherwise


def _folded(table: dict[str, Word]) -> dict[str, Word]:
    return {name.casefold().strip(): word for name, word in table.items()}
