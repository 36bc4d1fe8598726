"""osTicket's tables as CSV files, as cases; knows osTicket's words and none of our table.

Each table is a file `ost_….csv` whose first line names the columns. Contents of files, which the
database holds in pieces, may lie in `files/<file id>`.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, tzinfo
from pathlib import Path

from chalicelib.messages import Attachment, Channel
from chalicelib.tickets.model.ticket import Priority, Status
from infra.moving.cases import CITIZEN, NOTE, STAFF, Case, Said, Unmapped
from infra.moving.converted import Files, party, plain
from infra.moving.folder import MovingError
from infra.moving.mapping import Words
from infra.moving.tables import Record, Tables, opened

PRODUCT = "osticket"
STATUSES = {
    "open": Status.IN_PROGRESS,
    "resolved": Status.CLOSED,
    "closed": Status.CLOSED,
    "archived": Status.CLOSED,
    "deleted": Status.CANCELLED,
}
PRIORITIES = {
    "low": Priority.P4,
    "normal": Priority.P3,
    "high": Priority.P2,
    "emergency": Priority.P1,
}
CHANNELS = {"web": Channel.WEB, "email": Channel.EMAIL, "phone": Channel.PHONE, "api": Channel.WEB}
VOICES = {"M": CITIZEN, "R": STAFF, "N": NOTE}
TABLES = {
    "ost_ticket": (
        *("ticket_id", "number", "user_id", "status_id", "dept_id", "topic_id", "staff_id"),
        *("source", "closed", "lastupdate", "created"),
    ),
    "ost_thread": ("object_id", "id", "object_type"),
    "ost_thread_entry": (
        *("thread_id", "id", "staff_id", "type", "poster", "title", "body", "format", "created"),
    ),
    "ost_user": ("id", "default_email_id", "name"),
    "ost_user_email": ("id", "address"),
    "ost_department": ("id", "name"),
    "ost_ticket_status": ("id", "name", "state"),
    "ost_help_topic": ("topic_id", "topic"),
    "ost_staff": ("staff_id", "username", "firstname", "lastname", "email"),
    "ost_ticket__cdata": ("ticket_id", "subject", "priority"),
    "ost_ticket_priority": ("priority_id", "priority"),
    "ost_attachment": ("object_id", "type", "file_id", "name"),
    "ost_file": ("id", "type", "name"),
}
NEEDED = ("ost_ticket", "ost_thread", "ost_thread_entry", "ost_user", "ost_ticket_status")
TICKETS = """
SELECT t.*, u.name AS user, m.address AS email, d.name AS department, h.topic AS topic,
  s.name AS status, s.state AS state, c.subject AS subject, p.priority AS priority,
  a.username AS login, a.email AS staff_email, a.firstname || ' ' || a.lastname AS staff, r.id AS thread
FROM ost_ticket t
LEFT JOIN ost_user u ON u.id = t.user_id
LEFT JOIN ost_user_email m ON m.id = u.default_email_id
LEFT JOIN ost_department d ON d.id = t.dept_id
LEFT JOIN ost_help_topic h ON h.topic_id = t.topic_id
LEFT JOIN ost_ticket_status s ON s.id = t.status_id
LEFT JOIN ost_ticket__cdata c ON c.ticket_id = t.ticket_id
LEFT JOIN ost_ticket_priority p ON p.priority_id = c.priority
LEFT JOIN ost_staff a ON a.staff_id = t.staff_id
LEFT JOIN ost_thread r ON r.object_id = t.ticket_id AND r.object_type = 'T'
ORDER BY t.ticket_id + 0
"""
ENTRIES = """
SELECT e.*, a.email AS staff_email FROM ost_thread_entry e
LEFT JOIN ost_staff a ON a.staff_id = e.staff_id
WHERE e.thread_id = ? ORDER BY e.created, e.id + 0
"""
FILES = """
SELECT a.file_id AS id, COALESCE(NULLIF(a.name, ''), f.name) AS name, f.type AS type
FROM ost_attachment a LEFT JOIN ost_file f ON f.id = a.file_id
WHERE a.object_id = ? AND a.type = 'H'
"""


class OsTicket:
    """Reads one folder; the database's clock ran by `zone`."""

    def __init__(
        self, folder: Path, words: Words, unmapped: Unmapped, files: Files, zone: tzinfo
    ) -> None:
        self._folder, self._words, self._unmapped = folder, words, unmapped
        self._files, self._zone = files, zone

    def cases(self) -> Iterator[Case]:
        """Every ticket. Raises `MovingError` naming the file and line that cannot be read."""
        with opened(self._folder, TABLES, NEEDED) as tables:
            for row in tables.rows(TICKETS):
                try:
                    yield self._case(tables, row)
                except ValueError as error:
                    raise MovingError(
                        f"ost_ticket.csv: ticket {row['ticket_id']} cannot be read: {error}."
                    ) from error

    def _case(self, tables: Tables, row: Record) -> Case:
        if not row["user"]:
            self._unmapped.note("user", f"user_id {row['user_id']}")
        known = row["status"] if row["status"] else f"status_id {row['status_id']}"
        return Case(
            reference=row["number"],
            subject=row["subject"],
            requested_at=self._at(row["created"]),
            updated_at=self._at(row["lastupdate"] or row["created"]),
            status=self._words.status(known),
            status_at=self._at(row["closed"]) if row["closed"] else None,
            said=list(self._said(tables, row)),
            requester=party(row["user"], row["email"]),
            channel=CHANNELS.get(row["source"].lower(), Channel.EMAIL),
            service_code=self._words.service(row["topic"], row["department"]),
            agency_code=self._words.agency(row["department"]),
            priority=self._words.priority(row["priority"] or "normal"),
            assignee=self._words.staff(row["staff_email"] or row["login"]),
            decider=row["staff"].strip(),
        )

    def _said(self, tables: Tables, row: Record) -> Iterator[Said]:
        if not row["thread"]:
            self._unmapped.note("ticket without a thread", row["number"])
        for entry in tables.rows(ENTRIES, row["thread"]):
            is_html = entry["format"] == "html"
            yield Said(
                by=VOICES.get(entry["type"], NOTE),
                at=self._at(entry["created"]),
                text=plain(entry["body"]) if is_html else entry["body"],
                name=entry["poster"],
                key=entry["staff_email"],
                attachments=tuple(self._attachments(tables, entry["id"])),
            )

    def _attachments(self, tables: Tables, entry_id: str) -> Iterator[Attachment]:
        for row in tables.rows(FILES, entry_id):
            path = self._folder / "files" / str(int(row["id"]))
            if path.is_file():
                yield self._files.keep(row["name"] or row["id"], row["type"], path.read_bytes())
            else:
                self._unmapped.note("file that is missing", f"files/{row['id']}")

    def _at(self, text: str) -> datetime:
        at = datetime.fromisoformat(text)
        return at if at.tzinfo else at.replace(tzinfo=self._zone)
