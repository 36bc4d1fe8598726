"""The audit trail by person, action, subject and day, a bounded look at a time; knows no route."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from chalicelib.errors import InvalidRequest
from chalicelib.handlers.http import Call, Services
from chalicelib.identity.accounts import Staff
from chalicelib.tickets.model.records import AuditRecord
from chalicelib.tickets.model.references import normalise_ticket_id

LOOKS = 8  # at the store, for what few lines fit
MOST_LETTERS = 100
FILTERS = ("person", "action", "subject", "from", "until")


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which lines are wanted; what is empty does not restrict."""

    person: str = ""
    subs: frozenset[str] = frozenset()
    action: str = ""
    subject: str = ""
    start: datetime | None = None
    end: datetime | None = None

    def fits(self, record: AuditRecord) -> bool:
        """Whether the line has all that was asked for; its day is the store's business."""
        return self._is_theirs(record) and self._is_about(record) and self._did(record)

    def _is_theirs(self, record: AuditRecord) -> bool:
        """By the pool's own id of who is called so today, or by what they were called then."""
        actor, wanted = record.actor, self.person
        return actor.key in self.subs or wanted in f"{actor.name}\0{actor.key}".casefold()

    def _is_about(self, record: AuditRecord) -> bool:
        told = f"{record.subject}\0{record.data.get('ticket_id', '')}"
        return self.subject.casefold() in told.casefold()

    def _did(self, record: AuditRecord) -> bool:
        return self.action in record.action.replace("_", " ").replace(".", " ").casefold()


@dataclass(frozen=True, slots=True)
class Found:
    """Some lines, newest first; `looked_to` where it is not the page but the looks that were full."""

    items: list[AuditRecord]
    next_token: str
    looked_to: datetime | None = None


def wanted(call: Call) -> Wanted:
    """What the query asks for. Raises `InvalidRequest` with all that is wrong with it."""
    given = {name: call.arg(name).strip() for name in FILTERS}
    wrong = {name: "too_long" for name, told in given.items() if len(told) > MOST_LETTERS}
    days = {name: _day(given[name]) for name in ("from", "until")}
    wrong |= {name: "no_day" for name, day in days.items() if given[name] and not day}
    if days["from"] and days["until"] and days["from"] > days["until"]:
        wrong["until"] = "no_day"
    if wrong:
        raise InvalidRequest("The trail cannot be looked through by that.", wrong)
    return _read(call.services, given, days)


def _read(services: Services, given: Mapping[str, str], days: Mapping[str, date | None]) -> Wanted:
    zone, first, last = ZoneInfo(services.settings.timezone), days["from"], days["until"]
    person = given["person"].casefold()
    return Wanted(
        person=person,
        subs=_called(services, person) if person else frozenset(),
        action=given["action"].replace("_", " ").replace(".", " ").casefold(),
        subject=normalise_ticket_id(given["subject"]) or given["subject"],
        start=_midnight(first, zone) if first else None,
        end=_midnight(last + timedelta(days=1), zone) if last else None,
    )


def _called(services: Services, person: str) -> frozenset[str]:
    """The ids of all colleagues whose name or address has these words."""
    everybody = services.directory.everybody()
    return frozenset(
        p.sub for p in everybody if person in f"{p.name}\0{p.email}\0{p.username}".casefold()
    )


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text) if date.min.isoformat() < text < "9999" else None
    except ValueError:
        return None


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time.min, zone).astimezone(UTC)


def search(services: Services, staff: Staff, asked: Wanted, size: int, token: str) -> Found:
    """The next lines that fit and that this person may see, after `LOOKS` looks at most."""
    found: list[AuditRecord] = []
    looked_to = None
    for _ in range(LOOKS):
        page = services.store.audit(size - len(found), token, asked.start, asked.end)
        looked_to = page.items[-1].at if page.items else looked_to
        seen = services.narrowing.audit(staff, page).items
        found += [record for record in seen if asked.fits(record)]
        token = page.next_token
        if not token or len(found) >= size:
            return Found(found, token)
    return Found(found, token, looked_to)
