"""Followers and their moves as items and back; knows keys and codecs, no client.

They lie in a partition beside the ticket that they follow: whoever reads that one reads none of them.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from chalicelib.tickets.dynamodb.items.codec import (
    SCHEMA,
    SCHEMA_NAME,
    Body,
    Item,
    Value,
    at,
    integer,
    number,
    pack,
    string,
    text,
    unpack,
)
from chalicelib.tickets.dynamodb.items.keys import Keys, moment
from chalicelib.tickets.model.followers import Follower, Move, Step
from chalicelib.tickets.model.later import spoken
from chalicelib.tickets.model.ticket import Actor, Status

FOLLOWER = "FOLLOWER#"
MOVE = "MOVE"
GONE_KEPT = timedelta(days=1)


def followers_of(keys: Keys, main_id: str) -> str:
    """The partition of all that follow a ticket."""
    return keys.of("FOLLOWERS", main_id)


def follower_item(keys: Keys, follower: Follower, write_id: str) -> Item:
    """One of them; who has gone is forgotten after a day."""
    item: Item = {
        "pk": text(followers_of(keys, follower.main_id)),
        "sk": text(f"{FOLLOWER}{follower.author}#{follower.ticket_id}"),
        "write_id": text(write_id),
        SCHEMA_NAME: number(SCHEMA),
    }
    if follower.gone_at:
        item["expires_at"] = number(int((follower.gone_at + GONE_KEPT).timestamp()))
    return item


def follower_id(item: Mapping[str, Value]) -> str:
    """The id of the ticket that follows."""
    return string(item, "sk").rpartition("#")[2]


def move_key(keys: Keys, main_id: str) -> Item:
    """Where the one move of a ticket's followers stands."""
    return {"pk": text(followers_of(keys, main_id)), "sk": text(MOVE)}


def moves_queue(keys: Keys) -> str:
    """Where `by_due` holds the moves that wait."""
    return keys.of("moves")


def move_update(keys: Keys, move: Move) -> dict[str, Any]:
    """Puts the newest step behind the one before it, and begins with the first follower again."""
    step = move.steps[-1]
    return {
        "Key": move_key(keys, move.main_id),
        "UpdateExpression": "SET step_before = if_not_exists(step, :none), step = :step,"
        " numbered = :number, due_queue = :queue, next_action_at = :at, #schema = :schema"
        " REMOVE place, failures",
        "ExpressionAttributeNames": {"#schema": SCHEMA_NAME},
        "ExpressionAttributeValues": {
            ":none": pack({}),
            ":step": pack(_step_body(step)),
            ":number": number(step.number),
            ":queue": text(moves_queue(keys)),
            ":at": text(moment(step.at)),
            ":schema": number(SCHEMA),
        },
    }


def _step_body(step: Step) -> Body:
    return {
        "number": step.number,
        "to": step.to,
        "at": moment(step.at),
        "actor": [step.actor.kind, step.actor.key, step.actor.name],
        "reason": step.reason,
        "is_reopening": step.is_reopening,
    }


def read_move(item: Mapping[str, Value]) -> Move:
    """What `move_update` wrote, and how far it is."""
    stored = (unpack(item, name) for name in ("step_before", "step"))
    return Move(
        main_id=string(item, "pk").rpartition("#")[2],
        steps=tuple(_step(body) for body in stored if body),
        position=string(item, "place"),
        failures=integer(item, "failures"),
    )


def _step(body: Body) -> Step:
    return Step(
        number=body["number"],
        to=spoken(Status, body["to"]),
        at=at(body["at"]),
        actor=Actor(*body["actor"][:3]),
        reason=body.get("reason", ""),
        is_reopening=body.get("is_reopening", False),
    )
