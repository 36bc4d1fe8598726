"""`make administrator STAGE=x EMAIL=y`: somebody who may sign in, with roles and agencies; and
`make dismiss STAGE=x EMAIL=y`: somebody who may no more.

Cognito mails them a first password; the console asks for a new one at the first sign-in. This is for the
first administrator, who appoints everybody else on the console's page /console/people, by the same rules.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

from chalicelib.errors import InvalidRequest, NotFound
from chalicelib.identity.accounts import WHOLE_CITY
from chalicelib.identity.people import ROLES, Rights, is_right, keep_an_administrator
from chalicelib.identity.pool import Pool
from infra import stacks
from infra.deploy import environment, real_clients, services
from infra.plainly import plainly
from infra.settings import StageSettings, load
from infra.stacks import Clients, DeployError

if TYPE_CHECKING:
    from chalicelib.bootstrap import Services


def appoint(
    clients: Clients,
    stage: str,
    email: str,
    name: str,
    *,
    roles: Sequence[str] = ("administrator",),
    agencies: Sequence[str] = (),
) -> bool:
    """Give `email` an account with these roles; whoever has one gets the roles added.

    Without an agency they see no ticket; `*` is the whole city.
    Returns whether an account was made. Raises `DeployError` for an unknown role or stage.
    """
    wrong = sorted(set(roles) - set(ROLES))
    if wrong:
        raise DeployError(f"There is no role {', '.join(wrong)}; there are {', '.join(ROLES)}.")
    pool = _pool(clients, stage)
    with _told(email):
        is_new = not pool.is_there(email)
        if is_new:
            pool.create(email, name)
        for group in sorted(Rights(tuple(roles), tuple(agencies)).groups):
            pool.join(email, group)
    return is_new


def dismiss(clients: Clients, stage: str, email: str) -> None:
    """Switch an account off, end its sign-ins, take its rights.

    Raises `DeployError` when there is none, or when it is the last administrator's.
    """
    pool = _pool(clients, stage)
    with _told(email):
        known = pool.account(email)
        keep_an_administrator(pool, known.pool_name)
        pool.disable(known.pool_name)
        for group in filter(is_right, known.groups):
            pool.leave(known.pool_name, group)


@contextmanager
def _told(email: str) -> Iterator[None]:
    """What the user pool refuses, as the reason why the command fails."""
    try:
        yield
    except (InvalidRequest, NotFound) as error:
        why = " ".join([str(error), *getattr(error, "fields", {}).values()])
        raise DeployError(f"{email}: {why}") from error


def write_down(settings: StageSettings, clients: Clients, email: str) -> None:
    """Tell the staff directory what the user pool says of this account."""
    stage = _stage(settings, clients)
    stage.roll_call.ask(_pool(clients, settings.stage).account(email).pool_name)


def _stage(settings: StageSettings, clients: Clients) -> Services:
    _pool(clients, settings.stage)
    outputs = stacks.outputs(clients, stacks.state_stack(settings.stage))
    return services(settings.variables() | environment(outputs), clients)


def end_sign_ins(settings: StageSettings, clients: Clients, email: str) -> None:
    """End all sign-ins of this account at the console; they do not come back with the account."""
    stage = _stage(settings, clients)
    stage.sessions.end_all(_pool(clients, settings.stage).account(email).pool_name)


def _pool(clients: Clients, stage: str) -> Pool:
    pool_id = stacks.outputs(clients, stacks.state_stack(stage)).get("UserPoolId")
    if not pool_id:
        raise DeployError(f"{stacks.state_stack(stage)} is not there; run make deploy first.")
    return Pool(clients("cognito-idp"), pool_id)


def agencies_of(told: str | None, role: str, known: Collection[str]) -> list[str]:
    """What `AGENCY=` says: codes with commas between them, `*` for the whole city.

    Raises `DeployError` where it says nothing or names an agency that is not there; only an
    administrator may have none (`AGENCY=`), and then sees no ticket.
    """
    codes = [code.strip() for code in (told or "").split(",") if code.strip()]
    if told is None or not (codes or role == "administrator"):
        raise DeployError("Say whose tickets: AGENCY=<code>, or AGENCY='*' for the whole city.")
    if wrong := sorted(set(codes) - {WHOLE_CITY, *known}):
        raise DeployError(f"There is no agency {', '.join(wrong)}; there are {', '.join(known)}.")
    return codes


def _appoint(clients: Clients, given: argparse.Namespace, known: Collection[str]) -> str:
    is_new = appoint(
        clients,
        given.stage,
        given.email,
        given.name or given.email.partition("@")[0],
        roles=[given.role],
        agencies=agencies_of(given.agency, given.role, known),
    )
    return "gets a mail with a first password" if is_new else "had an account; the roles were added"


@plainly
def main(arguments: list[str] | None = None) -> int:
    """Appoint or dismiss one person, and say what happens next."""
    parser = argparse.ArgumentParser(prog="make administrator")
    parser.add_argument("--stage", required=True)
    told = os.environ  # what `make administrator NAME=value` is given arrives there
    parser.add_argument("--email", default=told.get("EMAIL"), required="EMAIL" not in told)
    parser.add_argument("--name", default=told.get("NAME", ""))
    parser.add_argument("--role", default=told.get("ROLE", "administrator"), choices=ROLES)
    parser.add_argument("--agency", default=told.get("AGENCY"), help="whose tickets; * for all")
    parser.add_argument("--dismiss", action="store_true", help="switch the account off instead")
    given = parser.parse_args(arguments)
    clients = real_clients()
    stage = _stage(load(given.stage), clients)
    if given.dismiss:
        dismiss(clients, given.stage, given.email)
        end_sign_ins(load(given.stage), clients, given.email)
        outcome = "may not sign in any more"
    else:
        outcome = _appoint(clients, given, stage.catalog.load().agencies)
    write_down(load(given.stage), clients, given.email)
    sys.stdout.write(f"{given.email} {outcome}.\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
