"""A list of recipients, read row by row; whatever its length it is never held as a whole."""

from __future__ import annotations

import csv
import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace

from chalicelib.errors import InvalidRequest
from chalicelib.messages import Channel, Party
from chalicelib.notifications.broadcasts.csv_files import plain_cell

MOST_ROWS = 100_000
LONGEST_CELL = 2_000
LONGEST_ROW = (
    5_000  # of all values together: each message holds its own, and an item has room for few KB
)
TO_MAIL, TO_PHONE = "email", "phone"
_MAIL = re.compile(r"[^@\s,;<>\"]{1,64}@[^@\s,;<>\"]{1,189}\.[^@\s,;<>.\"]{2,}")
_PHONE = re.compile(r"\+[1-9]\d{6,14}")
_GAPS = re.compile(r"[\s().\-\u200e\u200f\u202a-\u202e]")


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the list: who gets what, or why nobody does (`problem`)."""

    line: int
    recipient: Party = field(default_factory=Party)
    values: Mapping[str, str] = field(default_factory=dict)
    problem: str = ""

    @property
    def channel(self) -> Channel:
        """How this person is written to."""
        return Channel.EMAIL if self.recipient.email else Channel.SMS


def read_rows(
    lines: Iterable[str],
    names: Iterable[str],
    given: Mapping[str, str] | None = None,
    after: int = 0,
) -> Iterator[Row]:
    """The rows of a CSV with a heading, without the first `after` of them. `names` are the placeholders
    that every row must fill, except those whose value is `given` for all.

    Raises `InvalidRequest` for a heading that does not fit the template; a bad row is no error.
    """
    shared = dict(given or {})
    wanted = frozenset(names) - frozenset(shared)
    reader = csv.reader(lines, strict=True)
    heading = _heading(reader, wanted)
    while True:
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            yield Row(reader.line_num, problem=f"cannot be read: {error}")
            return
        if not any(cell.strip() for cell in cells):
            continue
        after -= 1
        if after < 0:
            row = _row(reader.line_num, heading, cells, wanted)
            yield replace(row, values={**row.values, **shared}) if shared else row


def _heading(reader: Iterator[list[str]], names: frozenset[str]) -> list[str]:
    try:
        heading = [name.strip().lower().removeprefix("\ufeff") for name in next(reader)]
    except (StopIteration, csv.Error) as error:
        raise InvalidRequest("The list is empty.", {"rows": "must begin with a heading"}) from error
    problems = dict.fromkeys(names - set(heading), "is a column that the list lacks")
    if not {TO_MAIL, TO_PHONE} & set(heading):
        problems["email"] = "the list needs a column email or a column phone"
    if len(set(heading)) < len(heading):
        problems["rows"] = "two columns have the same name"
    if problems:
        raise InvalidRequest("The columns do not fit the template.", problems)
    return heading


def _row(line: int, heading: list[str], cells: list[str], names: frozenset[str]) -> Row:
    if len(cells) != len(heading):
        said = f"has {len(cells)} columns, the heading has {len(heading)}"
        return Row(line, problem=said)
    values = dict(zip(heading, (plain_cell(cell.strip()) for cell in cells), strict=True))
    recipient, problem = _recipient(values)
    if lacking := sorted(name for name in names if not values.get(name)):
        problem = problem or f"has nothing in {', '.join(lacking)}"
    if any(len(value) > LONGEST_CELL for value in values.values()):
        problem = problem or f"has a cell longer than {LONGEST_CELL} characters"
    if sum(map(len, values.values())) > LONGEST_ROW:
        problem = problem or f"has more than {LONGEST_ROW} characters together"
    return Row(line, recipient, {name: values.get(name, "") for name in names}, problem)


def _recipient(values: Mapping[str, str]) -> tuple[Party, str]:
    mail, phone = values.get(TO_MAIL, ""), _GAPS.sub("", values.get(TO_PHONE, ""))
    if mail:
        is_good = bool(_MAIL.fullmatch(mail))
        return Party(email=mail), "" if is_good else "has no good mail address"
    if phone:
        is_good = bool(_PHONE.fullmatch(phone))
        return Party(phone=phone), "" if is_good else "has no telephone number with its +"
    return Party(), "has neither a mail address nor a telephone number"


def fingerprint(party: Party) -> bytes:
    """Eight bytes that stand for a person, so that a hundred thousand take little room."""
    return hashlib.blake2b(party.key.encode(), digest_size=8).digest()


HEADING = f"{TO_MAIL},{TO_PHONE}\n"


def write_row(party: Party) -> str:
    """A line of a list with this heading; addresses hold neither comma nor quote."""
    return f"{party.email or ''},{party.phone or ''}\n"
