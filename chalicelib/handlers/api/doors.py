"""The table of staff routes and what every one of them does first; knows no act itself."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

from chalice.app import Blueprint, Response

from chalicelib.errors import CodesOwed, InvalidRequest, NotSignedIn
from chalicelib.handlers.http import Call, Services, api, json_failure
from chalicelib.identity.accounts import DESTRUCTIVE, Act, Staff, require, require_ticket

if TYPE_CHECKING:
    from pydantic import BaseModel

# Imported where used: pydantic takes 30 ms, and citizens' pages need none.

PREFIX = "/api/v1"
routes = Blueprint(__name__)
View = Callable[..., Response]
Body = TypeVar("Body", bound="BaseModel")


@dataclass(frozen=True, slots=True, kw_only=True)
class Argument:
    """One argument in the query. `is_list` allows it more than once."""

    name: str
    description: str
    is_list: bool = False
    choices: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Door:
    """One route, as the OpenAPI document tells it.

    `body` and `answers` name models of `schemas`; `act` is None where any role will do.
    `is_for_systems` opens to API keys instead of people.
    `is_versioned` says that the change is refused unless it names the version it was based on.
    """

    name: str
    method: str
    path: str
    act: Act | None
    summary: str
    tag: str
    body: str = ""
    answers: str = ""
    arguments: tuple[Argument, ...] = ()
    is_versioned: bool = False
    is_for_systems: bool = False


DOORS: list[Door] = []


def door(
    method: str, path: str, act: Act | None, *, summary: str, tag: str, **rest: Any
) -> Callable[[View], View]:
    """Put a view into the table and under its route, guarded by `act`."""

    def register(view: View) -> View:
        full = PREFIX + path
        made = Door(
            name=view.__name__, method=method, path=full, act=act, summary=summary, tag=tag, **rest
        )
        DOORS.append(made)
        guard = partial(admit, act=act)
        return api(routes, full, methods=[method], admit=guard, failure=json_failure)(view)

    return register


def admit(call: Call, act: Act | None) -> Staff:
    """The person whose token came with the call, when they may do `act`."""
    scheme, _, token = call.header("authorization").partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        raise NotSignedIn("Send an access token of the user pool: Authorization: Bearer <token>.")
    return admit_token(call.services, token.strip(), act)


def admit_token(services: Services, token: str, act: Act | None) -> Staff:
    """The person whom a token names, when they may do `act`."""
    staff = holder_of(services, token, act)
    check_codes(services, staff)
    return allow(services, staff, act)


def check_codes(services: Services, staff: Staff) -> None:
    """Raises `CodesOwed` when the city demands codes of a role of theirs and they have none."""
    demanded = set(services.settings.codes_demanded_of)
    if not demanded & staff.roles or staff.has_codes:
        return
    if not services.accounts.confirm(staff).has_codes:  # what is known may be a minute old
        raise CodesOwed("Set up codes on your account's page first; your role demands it.")


def holder_of(services: Services, token: str, act: Act | None) -> Staff:
    """The person whom a token names; before what cannot be taken back nothing is a minute old."""
    if act in DESTRUCTIVE:
        services.sessions.look_again()
    return services.accounts.staff(token)


def allow(services: Services, staff: Staff, act: Act | None) -> Staff:
    """The person, when they may do `act`.

    What cannot be taken back also asks the user pool whether they still may.
    """
    if not staff.roles:
        return require(staff, act or Act.READ_TICKETS)
    if act is None:
        return staff
    require(staff, act)
    return require(services.accounts.confirm(staff), act) if act in DESTRUCTIVE else staff


def reach(services: Services, staff: Staff, ticket_id: str) -> None:
    """Raises `TicketNotFound` unless the ticket is this person's business."""
    if not staff.is_for_whole_city:
        require_ticket(staff, services.store.get(ticket_id))


def read_body(call: Call, model: type[Body]) -> Body:
    """The body as `model`. Raises `InvalidRequest` naming each wrong field."""
    return check(model, call.json)


def check(model: type[Body], data: object) -> Body:
    """`data` as `model`. Raises `InvalidRequest` naming each wrong field."""
    from pydantic import ValidationError

    try:
        return model.model_validate(data)
    except ValidationError as error:
        fields = {
            ".".join(map(str, problem["loc"])) or "body": _remedy(problem["type"], problem["msg"])
            for problem in error.errors(include_url=False, include_context=False)
        }
        raise InvalidRequest("Some fields are wrong; see `fields`.", fields) from error


def _remedy(kind: str, message: str) -> str:
    known = {"missing": "This field is required.", "extra_forbidden": "There is no such field."}
    return known.get(kind, f"{message.removeprefix('Value error, ')}.".replace("..", "."))


def wanted_version(call: Call, body: int | None) -> int:
    """The version that a change was based on: the body's `version` or If-Match.

    Raises `InvalidRequest` when neither is there.
    """
    tag = call.header("if-match").removeprefix("W/").strip('"')
    if body is not None:
        return body
    if tag.isascii() and tag.isdigit() and len(tag) < 10:
        return int(tag)
    raise InvalidRequest(
        "Say which version your change is based on.",
        {"version": "Give the version you read, here or as If-Match."},
    )
