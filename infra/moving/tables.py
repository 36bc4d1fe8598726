"""CSV files as tables of a temporary SQLite, so that none has to fit into memory; knows no product."""

from __future__ import annotations

import csv
import re
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from infra.moving.folder import MovingError

_NAME = re.compile(r"\w+")
NULLS = frozenset({"NULL", "\\N"})
LONGEST_CELL = 64 << 20
Record = dict[str, str]


@contextmanager
def opened(
    folder: Path, wanted: dict[str, Sequence[str]], needed: Sequence[str]
) -> Iterator[Tables]:
    """The CSV files `<table>.csv` of `folder` as tables, with `wanted` columns looked up by.

    A table that is not `needed` may be missing and is then empty. Raises `MovingError`.
    """
    csv.field_size_limit(LONGEST_CELL)
    with TemporaryDirectory() as place, closing(sqlite3.connect(f"{place}/tables")) as database:
        database.row_factory = sqlite3.Row
        tables = Tables(database)
        for name, columns in wanted.items():
            tables.load(folder / f"{name}.csv", columns, is_needed=name in needed)
        yield tables


class Tables:
    """Reads and joins what was loaded."""

    def __init__(self, database: sqlite3.Connection) -> None:
        self._database = database

    def load(self, path: Path, columns: Sequence[str], *, is_needed: bool) -> None:
        """One file; its first line names the columns. The first of `columns` finds its rows."""
        if is_needed and not path.is_file():
            raise MovingError(f"{path.name} is missing; docs/moving.md says how to get it.")
        listed = ", ".join(f'"{column}"' for column in columns)
        self._database.execute(f'CREATE TABLE "{path.stem}" ({listed})')
        if path.is_file():
            marks = ", ".join("?" * len(columns))
            insert = f'INSERT INTO "{path.stem}" VALUES ({marks})'
            self._database.executemany(insert, _cells(path, columns))
        self._database.execute(f'CREATE INDEX "{path.stem}_by" ON "{path.stem}" ("{columns[0]}")')
        self._database.commit()

    def rows(self, query: str, *values: str) -> Iterator[Record]:
        """The rows of a query, one by one; nothing is None."""
        for row in self._database.execute(query, values):
            yield {name: "" if row[name] is None else str(row[name]) for name in row.keys()}  # noqa: SIM118


def records(path: Path, needed: Sequence[str]) -> Iterator[tuple[int, Record]]:
    """The lines of a CSV file by the names of its columns. Raises `MovingError` naming file and line."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file, strict=True)
            missing = [name for name in needed if name not in (reader.fieldnames or ())]
            if missing:
                raise MovingError(
                    f"{path.name} has no column {', '.join(missing)}: export it with a line of names."
                )
            for row in reader:
                if None in row or None in row.values():
                    raise MovingError(
                        f"{path.name} line {reader.line_num} has another number of cells than"
                        " the line of names: the export was cut or is not CSV. Export it again."
                    )
                yield reader.line_num, {k: "" if v in NULLS else v for k, v in row.items()}
    except (csv.Error, UnicodeDecodeError) as error:
        raise MovingError(f"{path.name} cannot be read as CSV in UTF-8: {error}.") from error


def _cells(path: Path, columns: Sequence[str]) -> Iterator[list[str]]:
    for _, row in records(path, columns):
        yield [row[column] for column in columns]
