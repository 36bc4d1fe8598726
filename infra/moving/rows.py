"""The rows of the table as plain JSON and back, without the city's own prefix; changes nothing."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Mapping
from typing import Any

from chalicelib.tickets.dynamodb.items.codec import Item, Value
from chalicelib.tickets.dynamodb.items.keys import ALLOWANCE
from chalicelib.tickets.ports import MARKER
from infra.moving.folder import Line, MovingError

Row = dict[str, Any]

# Attributes that begin with the name of the city.
KEYED = frozenset(
    {"pk", "due_queue", "party_key", "queue_key", "assignee_key"}
    | {"public_key", "place_key", "provider_key"}
)
KINDS: Mapping[str, str] = {
    "CATALOG": "catalogue",
    "TICKET": "tickets",
    "FOLLOWERS": "tickets",
    "PARTY": "contacts",
    "MEMBERS": "contacts",
    "MESSAGE": "messages",
    "CONTENT": "messages",
    "AUDIT": "audit",
}
ORDER = ("catalogue", "tickets", "contacts", "messages", "audit", "others")
# Rates and allowances of the hour, what is counted or made anew, how far a run or an import came; and
# who works here and is signed in, for their accounts do not move either.
PASSING = frozenset(
    {"API_COUNT", "CITY", "PACE", "FIGURES", "IMPORTS", "MAIL_SEARCH", "CATALOG_SNAPSHOT", "STAFF"}
    | {"SESSION", "SESSIONS", "SESSION_END"}
)
TYPED = "$dynamodb"
_WHOLE = re.compile(r"-?\d+")


def kind_of(row: Row) -> str:
    """The file that a row belongs to, without its ending."""
    return KINDS.get(str(row["pk"]).partition("#")[0], "others")


def is_passing(row: Row) -> bool:
    """Whether a row means nothing at another place or time."""
    pk, sk = str(row["pk"]), str(row["sk"])
    is_marker = pk == f"CATALOG#{MARKER}#{MARKER}" or (pk == "CATALOG" and sk.startswith(MARKER))
    return is_marker or sk.startswith(ALLOWANCE) or pk.partition("#")[0] in PASSING


def to_row(item: Mapping[str, Value], prefix: str) -> Row:
    """An item of the city whose keys begin with `prefix` as plain JSON."""
    return {name: _told(name, value, prefix) for name, value in item.items()}


def _told(name: str, value: Value, prefix: str) -> Any:
    kind, held = next(iter(value.items()))
    if kind == "S":
        return held.removeprefix(prefix) if name in KEYED else _opened(held)
    if kind == "N" and _WHOLE.fullmatch(held):
        return int(held)
    if kind == "BOOL":
        return held
    return {TYPED: {kind: base64.b64encode(held).decode() if kind == "B" else held}}


def _opened(text: str) -> Any:
    """What was packed as an object, if writing it anew gives the same letters; else the text."""
    if not text.startswith("{"):
        return text
    try:
        found = json.loads(text)
    except ValueError:
        return text
    return text if TYPED in found or _packed(found) != text else found


def _packed(found: Any) -> str:
    return json.dumps(found, ensure_ascii=False, separators=(",", ":"))


def read_row(line: Line) -> Row:
    """The row on a line. Raises `MovingError` for one without keys."""
    row = line.read()
    if not all(isinstance(row.get(name), str) and row[name] for name in ("pk", "sk")):
        raise MovingError(f"{line.place} has no pk or no sk. Export again.")
    return row


def to_item(row: Row, prefix: str) -> Item:
    """A row as an item of the city whose keys begin with `prefix`."""
    return {name: _kept(name, value, prefix) for name, value in row.items()}


def _kept(name: str, value: Any, prefix: str) -> Value:
    if isinstance(value, bool):
        return {"BOOL": value}
    if isinstance(value, int):
        return {"N": str(value)}
    if isinstance(value, str):
        return {"S": prefix + value if name in KEYED else value}
    if isinstance(value, dict) and TYPED in value:
        kind, held = next(iter(value[TYPED].items()))
        return {kind: base64.b64decode(held) if kind == "B" else held}
    return {"S": _packed(value)}
