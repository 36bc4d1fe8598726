"""What a broadcast's list says: its rows, checked and priced; knows neither segments nor sending."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import chain
from typing import Protocol

from chalicelib.errors import InvalidRequest
from chalicelib.messages import Attachment, Channel
from chalicelib.notifications.broadcasts.rows import MOST_ROWS, Row, fingerprint, read_rows
from chalicelib.notifications.sending.orders import template_of
from chalicelib.templates.written import render_written
from chalicelib.tickets.catalog import NoticeWords
from chalicelib.tickets.catalog.notice_checks import as_written
from chalicelib.tickets.people.broadcasts import Broadcast
from chalicelib.tickets.ports import CatalogStore

PROBLEMS_KEPT = 500


class ListStore(Protocol):
    """Where lists are kept, named by what they contain."""

    def put(self, attachment: Attachment) -> Attachment:
        """Keep the content under its digest."""
        ...

    def lines(self, digest: str) -> Iterator[str]:
        """The lines of a kept list, one after the other. Raises `NotFound`."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """The rows of broadcasts. `frame` is said in every message, `cost` counts the segments of a text."""

    catalogs: CatalogStore
    lists: Callable[[], ListStore]
    frame: Mapping[str, str]
    cost: Callable[[str], int]

    def words(self, broadcast: Broadcast) -> NoticeWords:
        """The template of a broadcast. Raises `InvalidRequest` when there is none."""
        return template_of(self.catalogs.load(), broadcast.template, broadcast.locale)

    def check(self, made: Broadcast, words: NoticeWords, lines: Iterable[str]) -> None:
        """Count and price every row of a new list, and name the bad ones by line.

        Raises `InvalidRequest` for columns that do not fit, and for too many rows.
        """
        seen: set[bytes] = set()
        problems: list[tuple[int, str]] = []
        for row in read_rows(lines, words.placeholders, made.values):
            made.rows += 1
            if made.rows > MOST_ROWS:
                raise InvalidRequest(
                    "The list is too long.", {"rows": f"at most {MOST_ROWS} rows at once"}
                )
            mark = fingerprint(row.recipient)
            problem = row.problem or ("names somebody a second time" if mark in seen else "")
            if problem:
                made.bad += 1
                problems.append((row.line, problem))
                del problems[PROBLEMS_KEPT:]
                continue
            seen.add(mark)
            self.price(made, words, row)
        made.problems = tuple(problems)

    def price(self, made: Broadcast, words: NoticeWords, row: Row) -> None:
        """Count one good row, and what its text takes."""
        if row.channel is Channel.EMAIL:
            made.mails += 1
            return
        made.texts += 1
        made.segments += self.segments_of(words, row.values)
        made.cost_micros = made.segments * self.catalogs.load().policy.sms_price_micros

    def segments_of(self, words: NoticeWords, values: Mapping[str, str]) -> int:
        """What the text takes with these values. Raises `InvalidRequest` for a gap."""
        shown = render_written(words.name, as_written(words), Channel.SMS, {**self.frame, **values})
        return self.cost(shown.text)

    def keep(self, content: bytes) -> str:
        """The digest under which a list, or a part of one, lies from now on."""
        listed = Attachment(
            filename="rows.csv",
            content_type="text/csv",
            size=len(content),
            digest="",
            content=content,
        )
        return self.lists().put(listed).digest

    def rows(self, broadcast: Broadcast, words: NoticeWords, after: int = 0) -> Iterator[Row]:
        """The kept rows without the first `after` of them, read piece by piece."""
        lines = chain.from_iterable(self.lists().lines(digest) for digest in broadcast.digests)
        return read_rows(lines, words.placeholders, broadcast.values, after)
