"""Every key of the one table, as strings that sort; knows no client and no item body."""

from __future__ import annotations

import hashlib
import zlib
from datetime import UTC, datetime

from chalicelib.messages import Channel
from chalicelib.tickets.clocks.promises import next_due_at
from chalicelib.tickets.model.receipts import ORDINARY
from chalicelib.tickets.model.ticket import Ticket

LONGEST_NAME = 900  # bytes; a partition key may have 2,048, and a stranger chooses some of them
MOST_PLACES = 4  # of what is listed by time; a page asks each
NO_DEADLINE = "~"  # sorts after every moment

TICKET = "TICKET"
ENTRY = "ENTRY#"
NOTIFICATION = "NOTIFICATION#"
MESSAGE = "MESSAGE"
CONTENT = "CONTENT"
CONTACT = "CONTACT"
ALLOWANCE = "ALLOWANCE#"
VERSION = "VERSION#"
PUBLIC = "public"
AUDIT = "AUDIT"


class Keys:
    """The keys of one jurisdiction; `shards` spreads what would gather under one index key.

    `spread` does so for counts that every message adds to, and up to `MOST_PLACES` for what is listed by
    time: readers take whatever there is, so it may change at any time. Raises `ValueError` for a
    jurisdiction id that holds the separator `#`.
    """

    def __init__(self, jurisdiction_id: str, shards: int, spread: int = 1) -> None:
        if not jurisdiction_id or "#" in jurisdiction_id:
            raise ValueError(f"JURISDICTION_ID {jurisdiction_id!r} must be a name without '#'.")
        self.jurisdiction_id = jurisdiction_id
        self.shards = range(shards)
        self.spread = spread
        self._prefix = f"{jurisdiction_id}#"

    def of(self, *parts: str) -> str:
        """A key of this jurisdiction."""
        return self._prefix + "#".join(parts)

    def ticket(self, ticket_id: str) -> str:
        """The partition of a ticket, its timeline and its notifications."""
        return f"{self._prefix}TICKET#{ticket_id}"

    def ticket_id(self, partition: str) -> str:
        """The id in a partition made by `ticket`."""
        return partition.rpartition("#")[2]

    def message(self, channel: Channel, message_id: str) -> str:
        """The partition of a handled message."""
        return f"{self._prefix}MESSAGE#{channel}#{bounded(message_id)}"

    def content(self, digest: str) -> str:
        """The partition of the guard against the same content under two ids."""
        return f"{self._prefix}CONTENT#{bounded(digest)}"

    def party(self, key: str) -> str:
        """The partition of what is known about an address; also its key in `by_party`."""
        return f"{self._prefix}PARTY#{bounded(key)}"

    def unsent(self, key: str) -> str:
        """Where `by_party` holds the notifications that have not left for an address."""
        return f"{self._prefix}UNSENT#{bounded(key)}"

    def provider(self, provider_message_id: str) -> str:
        """The key of a sent message in `by_provider_message`."""
        return f"{self._prefix}{bounded(provider_message_id)}"

    def escalations(self, shard: int) -> str:
        """One shard of the tickets that wait for a moment."""
        return f"{self._prefix}escalation#{shard}"

    def deliveries(self, shard: int, urgency: str = ORDINARY) -> str:
        """One shard of the notifications of one urgency that should leave."""
        return f"{self._prefix}delivery#{urgency}#{shard}"

    def fresh(self, shard: int, urgency: str = ORDINARY) -> str:
        """One shard of the notifications that were enqueued as they were written and never taken."""
        return f"{self._prefix}fresh#{urgency}#{shard}"

    def queue(self, agency_code: str, is_open: bool, shard: int) -> str:
        """One shard of an agency's tickets."""
        return f"{self._prefix}{agency_code}#{'open' if is_open else 'done'}#{shard}"

    def assignee(self, user: str, is_open: bool) -> str:
        """One person's tickets."""
        return f"{self._prefix}{bounded(user)}#{'open' if is_open else 'done'}"

    def public(self, ticket_id: str) -> str:
        """The place of a public ticket.

        It does not depend on the month: only the present is written to, whatever the period in the key,
        and a list over a year stays one query for each place.
        """
        return self._place(PUBLIC, ticket_id)

    def audit(self, audit_id: str) -> str:
        """The place of a line of the audit trail."""
        return self._place(AUDIT, audit_id)

    def places(self, name: str) -> tuple[list[str], list[str]]:
        """The places that `PUBLIC` or `AUDIT` is spread over, and those that another size would use.

        A key takes a thousand units a second, and what is sorted by time always goes to its end. The first
        place bears the name that the only one had, so that it stays one where nothing is spread.
        """
        found = [self.of(*(name, str(n)) if n else (name,)) for n in range(MOST_PLACES)]
        return found[: self.spread], found[self.spread :]

    def _place(self, name: str, of: str) -> str:
        ours, _ = self.places(name)
        return ours[self.crc(of) % len(ours)]

    def open_places(self, is_public: bool) -> str:
        """Where `by_place` holds the open tickets: public ones apart from private ones."""
        return f"{self._prefix}place#{'public' if is_public else 'private'}#open"

    def done_places(self, quarter: str) -> str:
        """Where `by_place` holds the public tickets that are done and last changed in a quarter."""
        return f"{self._prefix}place#public#done#{quarter}"

    @property
    def city(self) -> str:
        """The partition of what strangers together have caused in the whole city."""
        return f"{self._prefix}CITY"

    @property
    def quarantine(self) -> str:
        """Messages held for a person."""
        return f"{self._prefix}quarantine"

    @property
    def suppressed(self) -> str:
        """Contacts that something is not sent to."""
        return f"{self._prefix}suppressed"

    @property
    def catalog(self) -> str:
        """What is published now."""
        return f"{self._prefix}CATALOG"

    def catalog_versions(self, kind: str, code: str) -> str:
        """All versions of one published thing."""
        return f"{self._prefix}CATALOG#{kind}#{code}"

    def shard(self, name: str) -> int:
        """The shard that `name` always falls into."""
        return self.crc(name) % len(self.shards)

    def crc(self, name: str) -> int:
        """A number that `name` always has."""
        return zlib.crc32(name.encode())


def bounded(name: str) -> str:
    """`name`, or its digest when it is too long for a key or cannot be written as UTF-8."""
    data = name.encode("utf-8", "surrogatepass")
    if len(data) <= LONGEST_NAME and name.isprintable():
        return name
    return f"sha256:{hashlib.sha256(data).hexdigest()}"


def moment(at: datetime) -> str:
    """A moment as text that sorts: UTC, always with microseconds."""
    return at.astimezone(UTC).isoformat(timespec="microseconds")[:-6] + "Z"


def written_at(at: datetime) -> str:
    """How the ids of notifications begin that were written at a moment."""
    return f"{int(at.timestamp() * 1000):012x}"


def quarter_of(at: datetime) -> str:
    """The quarter of the year that a moment falls into, such as `2026Q1`."""
    at = at.astimezone(UTC)
    return f"{at.year}Q{(at.month + 2) // 3}"


def entry_key(number: int) -> str:
    """The sort key of the entry with this number."""
    return f"{ENTRY}{number:06d}"


def queue_position(ticket: Ticket) -> str:
    """Where a ticket stands in staff lists: open ones by what is owed next, the others by last change."""
    if not ticket.is_open:
        return f"{moment(ticket.updated_at)}#{ticket.ticket_id}"
    if due_at := next_due_at(ticket):
        return f"{moment(due_at)}#{ticket.ticket_id}"
    return f"{NO_DEADLINE}{moment(ticket.requested_at)}#{ticket.ticket_id}"
