"""The staff of the town, one person for every role and a few for single agencies."""

from __future__ import annotations

import functools
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from moto.utilities.utils import load_resource

from chalicelib.bootstrap import services
from chalicelib.errors import NotSignedIn
from chalicelib.identity.accounts import Session
from chalicelib.tickets.model.records import AuditRecord
from chalicelib.tickets.model.ticket import SYSTEM
from chalicelib.tickets.partners.keys import ApiKey, KeyKind, digest
from infra.local.stack import client

PASSWORD = "Springfield-311"  # good for nothing but the town
DOMAIN = "city.example"
DEMO_KEY = "towndemokey0"


@dataclass(frozen=True)
class Person:
    """Somebody who can sign in. `groups` are roles and `agency:<code>`."""

    login: str
    name: str
    groups: tuple[str, ...]
    domain: str = DOMAIN

    @property
    def email(self) -> str:
        """The address, which is also the user name."""
        return f"{self.login}@{self.domain}"


ADMINISTRATOR = Person("administrator", "Ada Administrator", ("administrator", "agency:*"))
STAFF = (
    Person("agent", "Ana Agent", ("agent", "agency:*")),
    Person("supervisor", "Sam Supervisor", ("supervisor", "agency:*")),
    ADMINISTRATOR,
    Person("auditor", "Otto Auditor", ("auditor", "agency:*")),
    Person("roads", "Rosa Roads", ("agent", "agency:public-works")),
    Person("parks", "Piet Parks", ("agent", "agency:parks")),
    Person("sanitation", "Sunil Sanitation", ("agent", "agency:sanitation")),
)


def hire(pool_id: str, people: Iterable[Person]) -> None:
    """Give everybody an account with the town's password and their groups."""
    pool = client("cognito-idp")
    made = {group["GroupName"] for group in pool.list_groups(UserPoolId=pool_id)["Groups"]}
    for person in people:
        pool.admin_create_user(
            UserPoolId=pool_id,
            Username=person.email,
            MessageAction="SUPPRESS",
            UserAttributes=[
                {"Name": "email", "Value": person.email},
                {"Name": "email_verified", "Value": "true"},
                {"Name": "name", "Value": person.name},
            ],
        )
        named = {"UserPoolId": pool_id, "Username": person.email}
        pool.admin_set_user_password(Password=PASSWORD, Permanent=True, **named)
        for group in person.groups:
            if group not in made:
                pool.create_group(UserPoolId=pool_id, GroupName=group)
                made.add(group)
            pool.admin_add_user_to_group(GroupName=group, **named)


def signed_in(login: str) -> Session:
    """A finished sign-in of one of the staff, by login or address, at moto's user pool."""
    email = login if "@" in login else f"{login}@{DOMAIN}"
    session = services().accounts.sign_in(email, PASSWORD)
    if isinstance(session, Session):
        return session
    raise NotSignedIn(f"The user pool asks {email} for more than a password.")


@functools.cache
def _key_set() -> Mapping[str, Any]:
    found: Mapping[str, Any] = load_resource("cognitoidp/resources/jwks-public.json")
    return found if isinstance(found, dict) else json.loads(found)


def keys_of(_issuer: str) -> Mapping[str, Any]:
    """The public keys of moto's user pools, which have no address to fetch them from."""
    return _key_set()


def api_key() -> str:
    """An API key that the open town accepts; made when it is first asked for."""
    secret = digest(services().signer.sign("town", "demo key"))
    clients, now = services().clients, services().clock.now()
    if clients.key(DEMO_KEY) is None:
        key = ApiKey(
            key_id=DEMO_KEY,
            name="The town's own",
            kind=KeyKind.LIVE,
            digest=digest(secret),
            expires_at=now + timedelta(days=3_650),
            rate_per_minute=3_000,
            daily_limit=250_000,
            created_by=SYSTEM.key,
            created_at=now,
        )
        made = AuditRecord(
            audit_id=DEMO_KEY, at=now, actor=SYSTEM, action="api_key_made", subject="api_key"
        )
        clients.put_key(key, made)
    return f"cvl_live_{DEMO_KEY}_{secret}"
