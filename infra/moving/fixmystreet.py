"""The CSV that FixMyStreet's dashboard exports, as cases; knows its words and no table of ours."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, tzinfo
from pathlib import Path

from chalicelib.messages import Channel, Party
from chalicelib.tickets.model.ticket import Status
from infra.moving.cases import CITIZEN, Case, Said, Unmapped
from infra.moving.folder import MovingError
from infra.moving.mapping import Words
from infra.moving.tables import Record, records

PRODUCT = "fixmystreet"
NEEDED = ("Report ID", "Title", "Detail", "Category", "Created", "Status", "Latitude", "Longitude")
STATUSES = {
    **dict.fromkeys(("open", "confirmed"), Status.NEW),
    **dict.fromkeys(("investigating", "planned", "action scheduled"), Status.ACKNOWLEDGED),
    "in progress": Status.IN_PROGRESS,
    **dict.fromkeys(("fixed", "fixed - council", "fixed - user"), Status.CLOSED),
    **dict.fromkeys(
        ("closed", "no further action", "unable to fix", "not responsible", "duplicate"),
        Status.CANCELLED,
    ),
    **dict.fromkeys(("not the council's responsibility", "internal referral"), Status.CANCELLED),
    **dict.fromkeys(("hidden", "unconfirmed"), Status.CANCELLED),
}
UNSEEN = frozenset({"hidden", "unconfirmed"})


class FixMyStreet:
    """Reads one file; times without a zone are by `zone`."""

    def __init__(self, path: Path, words: Words, unmapped: Unmapped, zone: tzinfo) -> None:
        self._path, self._words, self._unmapped, self._zone = path, words, unmapped, zone

    def cases(self) -> Iterator[Case]:
        """Every report. Raises `MovingError` naming the line that cannot be read."""
        if not self._path.is_file():
            raise MovingError(f"There is no {self._path}.")
        for number, row in records(self._path, NEEDED):
            try:
                yield self._case(row)
            except ValueError as error:
                raise MovingError(
                    f"{self._path.name} line {number} cannot be read: {error}."
                ) from error

    def _case(self, row: Record) -> Case:
        name, asked = row.get("User Name", ""), self._at(row["Created"])
        done = row.get("Fixed") or row.get("Closed") or ""
        moments = [self._at(row[m]) for m in ("Acknowledged", "Fixed", "Closed") if row.get(m)]
        self._unmapped.note("report without an address to answer to", "all")
        return Case(
            reference=row["Report ID"],
            subject=row["Title"],
            requested_at=asked,
            updated_at=max([asked, *moments]),
            status=self._words.status(row["Status"]),
            status_at=self._at(done) if done else max([asked, *moments]),
            said=[Said(by=CITIZEN, at=asked, text=_text(row))],
            requester=Party(name=name),
            channel=Channel.WEB,
            service_code=self._words.service(row.get("Subcategory", ""), row["Category"]),
            is_public=row["Status"].casefold() not in UNSEEN,
            address=row.get("Query", ""),
            lat=float(row["Latitude"]) if row["Latitude"] else None,
            long=float(row["Longitude"]) if row["Longitude"] else None,
        )

    def _at(self, text: str) -> datetime:
        at = datetime.fromisoformat(text)
        return at if at.tzinfo else at.replace(tzinfo=self._zone)


def _text(row: Record) -> str:
    return f"{row['Title']}\n\n{row['Detail']}".strip()
