"""`python -m infra.convert PRODUCT FROM FOLDER`: what another product exports, as our own export.

PRODUCT is zammad, osticket (FROM is a folder), fixmystreet (a CSV file) or open311 (an address). The
folder is then read by `python -m infra.import`. `docs/moving.md` walks through each.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from infra.moving import fixmystreet, open311, osticket, zammad
from infra.moving.cases import Case, Unmapped
from infra.moving.converted import Files, convert
from infra.moving.folder import MovingError
from infra.moving.mapping import Words, read_mapping

Reader = Callable[[Any, Unmapped, Files], Iterator[Case]]


def _zammad(given: Any, unmapped: Unmapped, files: Files) -> Iterator[Case]:
    words = Words(given.words, unmapped, zammad.STATUSES, zammad.PRIORITIES)
    return zammad.Zammad(Path(given.source), words, unmapped, files).cases()


def _osticket(given: Any, unmapped: Unmapped, files: Files) -> Iterator[Case]:
    words = Words(given.words, unmapped, osticket.STATUSES, osticket.PRIORITIES)
    return osticket.OsTicket(Path(given.source), words, unmapped, files, given.zone).cases()


def _fixmystreet(given: Any, unmapped: Unmapped, _files: Files) -> Iterator[Case]:
    words = Words(given.words, unmapped, fixmystreet.STATUSES)
    return fixmystreet.FixMyStreet(Path(given.source), words, unmapped, given.zone).cases()


def _open311(given: Any, unmapped: Unmapped, _files: Files) -> Iterator[Case]:
    words = Words(given.words, unmapped, open311.STATUSES)
    return open311.Open311(
        given.source,
        words,
        unmapped,
        given.since,
        given.until,
        given.jurisdiction,
        given.key,
    ).cases()


READERS: dict[str, Reader] = {
    zammad.PRODUCT: _zammad,
    osticket.PRODUCT: _osticket,
    fixmystreet.PRODUCT: _fixmystreet,
    open311.PRODUCT: _open311,
}


def main(arguments: list[str] | None = None) -> int:
    """Convert one export and say what had no word of ours."""
    given = _parser().parse_args(arguments)
    unmapped, files = Unmapped(), Files(given.folder)
    source = given.name or urlsplit(given.source).hostname or Path(given.source).stem
    try:
        given.words = read_mapping(given.map)
        cases = READERS[given.product](given, unmapped, files)
        told = convert(given.product, source, cases, files, given.folder, datetime.now(UTC))
    except MovingError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    sys.stdout.write(f"{told.counts['tickets']:,} rows of tickets are in {given.folder}.\n")
    if lines := unmapped.lines():
        sys.stdout.write("\n".join(["What has no word here (docs/moving.md, --map):", *lines, ""]))
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m infra.convert", description=__doc__)
    parser.add_argument("product", choices=READERS)
    parser.add_argument("source", metavar="from", help="a folder, a file or an address")
    parser.add_argument("folder", type=Path, help="where the export is written")
    parser.add_argument("--name", default="", help="of the installation; it is part of references")
    parser.add_argument("--map", type=Path, help="a JSON file: their words and ours")
    parser.add_argument("--zone", type=_zone, default=ZoneInfo("UTC"), help="of times without one")
    parser.add_argument("--since", type=_day, default=datetime(2010, 1, 1, tzinfo=UTC))
    parser.add_argument("--until", type=_day, default=datetime.now(UTC))
    parser.add_argument("--jurisdiction", default="", help="jurisdiction_id of an Open311 endpoint")
    parser.add_argument("--key", default="", help="api_key of an Open311 endpoint")
    return parser


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise argparse.ArgumentTypeError(f"{name!r} is no time zone such as Europe/Rome") from error


def _day(text: str) -> datetime:
    try:
        at = datetime.fromisoformat(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"{text!r} is no day such as 2024-01-31") from error
    return at if at.tzinfo else at.replace(tzinfo=UTC)


if __name__ == "__main__":
    sys.exit(main())
