"""`make administrator STAGE=x EMAIL=y`: somebody who may sign in, with roles and agencies; and
`make dismiss STAGE=x EMAIL=y`: somebody who may no more.

Cognito mails them a first password; the console asks for a new one at the first sign-in.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from chalicelib.identity.accounts import WHOLE_CITY
from infra import stacks
from infra.deploy import environment, real_clients, services
from infra.plainly import plainly
from infra.settings import StageSettings, load
from infra.stacks import Clients, DeployError

if TYPE_CHECKING:
    from chalicelib.bootstrap import Services

ROLES = ("agent", "supervisor", "administrator", "auditor")


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
    pool_id = _pool(clients, stage)
    is_new = _create(clients, pool_id, email, name)
    groups = [*roles, *(f"agency:{code}" for code in agencies)]
    for group in groups:
        _ensure_group(clients, pool_id, group)
        clients("cognito-idp").admin_add_user_to_group(
            UserPoolId=pool_id, Username=email, GroupName=group
        )
    return is_new


def dismiss(clients: Clients, stage: str, email: str) -> None:
    """Switch an account off and end its sign-ins. Raises `DeployError` when there is none."""
    pool_id = _pool(clients, stage)
    named = {"UserPoolId": pool_id, "Username": email}
    try:
        clients("cognito-idp").admin_disable_user(**named)
        clients("cognito-idp").admin_user_global_sign_out(**named)
    except ClientError as error:
        raise DeployError(f"Cognito refuses to switch off {email}: {error}") from error


def write_down(settings: StageSettings, clients: Clients, email: str) -> None:
    """Tell the staff directory what the user pool says of this account."""
    stage = _stage(settings, clients)
    user = clients("cognito-idp").admin_get_user(
        UserPoolId=stage.settings.user_pool_id, Username=email
    )
    stage.roll_call.ask(user["Username"])


def _stage(settings: StageSettings, clients: Clients) -> Services:
    _pool(clients, settings.stage)
    outputs = stacks.outputs(clients, stacks.state_stack(settings.stage))
    return services(settings.variables() | environment(outputs), clients)


def end_sign_ins(settings: StageSettings, clients: Clients, email: str) -> None:
    """End all sign-ins of this account at the console; they do not come back with the account."""
    outputs = stacks.outputs(clients, stacks.state_stack(settings.stage))
    user = clients("cognito-idp").admin_get_user(UserPoolId=outputs["UserPoolId"], Username=email)
    stage = services(settings.variables() | environment(outputs), clients)
    stage.sessions.end_all(user["Username"])


def _pool(clients: Clients, stage: str) -> str:
    pool_id = stacks.outputs(clients, stacks.state_stack(stage)).get("UserPoolId")
    if not pool_id:
        raise DeployError(f"{stacks.state_stack(stage)} is not there; run make deploy first.")
    return pool_id


def _create(clients: Clients, pool_id: str, email: str, name: str) -> bool:
    attributes = {"email": email, "email_verified": "true", "name": name}
    try:
        clients("cognito-idp").admin_create_user(
            UserPoolId=pool_id,
            Username=email,
            UserAttributes=[{"Name": key, "Value": text} for key, text in attributes.items()],
            DesiredDeliveryMediums=["EMAIL"],
        )
    except ClientError as error:
        if error.response["Error"]["Code"] == "UsernameExistsException":
            return False
        raise DeployError(f"Cognito refuses {email}: {error}") from error
    return True


def _ensure_group(clients: Clients, pool_id: str, group: str) -> None:
    try:
        clients("cognito-idp").create_group(UserPoolId=pool_id, GroupName=group)
    except ClientError as error:
        if error.response["Error"]["Code"] != "GroupExistsException":
            raise


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
