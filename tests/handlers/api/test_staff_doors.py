"""Who may open which door: one table for every staff route, method and role (A01, A02, A03, A12, A14)."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator

import pytest

from chalicelib.handlers.http import PUBLIC_ROUTES
from chalicelib.tickets.model.ticket import Role
from infra.local.stack import client
from tests.handlers.desk_work import hidden
from tests.harness import Harness

A, S, D, O = Role.AGENT, Role.SUPERVISOR, Role.ADMINISTRATOR, Role.AUDITOR  # noqa: E741
EVERYBODY = {A, S, D, O}
WORKERS = {A, S, D}
ONE = "/api/v1/tickets/{ticket_id}"
KINDS = (
    "services",
    "agencies",
    "calendars",
    "targets",
    "rules",
    "policies",
    "notices",
    "areas",
    "routes",
)
PAGE = "/console/tickets/{ticket_id}"

TABLE: dict[tuple[str, str], set[Role]] = {
    ("GET", "/api/v1/me"): EVERYBODY,
    ("GET", "/api/v1/people"): EVERYBODY,
    ("GET", "/api/v1/tickets"): EVERYBODY,
    ("GET", "/api/v1/changes"): EVERYBODY,
    ("GET", "/api/v1/statistics/queue"): EVERYBODY,
    ("GET", "/api/v1/statistics/requests"): EVERYBODY,
    ("GET", ONE): EVERYBODY,
    ("GET", ONE + "/followers"): EVERYBODY,
    ("GET", ONE + "/files/{digest}"): EVERYBODY,
    ("GET", ONE + "/entries/{number}"): EVERYBODY,
    ("POST", ONE + "/reply"): WORKERS,
    ("POST", ONE + "/note"): WORKERS,
    ("POST", ONE + "/assign"): WORKERS,
    ("POST", ONE + "/status"): WORKERS,
    ("POST", ONE + "/priority"): WORKERS,
    ("POST", ONE + "/hand-over"): WORKERS,
    ("POST", ONE + "/side"): WORKERS,
    ("POST", ONE + "/hand-over/accept"): WORKERS,
    ("POST", ONE + "/hand-over/refuse"): WORKERS,
    ("POST", ONE + "/reclassify"): WORKERS,
    ("POST", ONE + "/link/renew"): WORKERS,
    ("POST", ONE + "/entries/{number}/accept"): WORKERS,
    ("POST", ONE + "/reply-address/revoke"): WORKERS,
    ("GET", "/api/v1/quarantine"): {S, D, O},
    ("POST", "/api/v1/quarantine/release"): {S, D},
    ("POST", "/api/v1/quarantine/discard"): {S, D},
    ("GET", "/api/v1/parked"): {S, D, O},
    ("POST", "/api/v1/parked/retry"): {S, D},
    ("GET", "/api/v1/audit"): {D, O},
    ("PUT", "/api/v1/rule-order"): {D},
    ("PUT", "/api/v1/rules/{code}/enabled"): {D},
    ("GET", ONE + "/clocks"): EVERYBODY,
    ("POST", "/api/v1/rules/{code}/trial"): {D},
    ("GET", "/api/v1/catalogue"): EVERYBODY,
    ("POST", "/api/v1/catalogue"): {D},
    **{("POST", f"/api/v1/{kind}/{{code}}/rollback"): {D} for kind in KINDS},
    **{("POST", f"/api/v1/{kind}/{{code}}/preview"): {D} for kind in KINDS[:4]},
    **{("GET", f"/api/v1/{kind}"): EVERYBODY for kind in KINDS},
    **{("GET", f"/api/v1/{kind}/{{code}}"): EVERYBODY for kind in KINDS},
    **{("GET", f"/api/v1/{kind}/{{code}}/history"): EVERYBODY for kind in KINDS},
    **{("PUT", f"/api/v1/{kind}/{{code}}"): {D} for kind in KINDS},
    **{("DELETE", f"/api/v1/{kind}/{{code}}"): {D} for kind in KINDS},
    ("GET", "/console"): EVERYBODY,
    ("GET", PAGE): EVERYBODY,
    ("GET", PAGE + "/files/{digest}"): EVERYBODY,
    ("GET", PAGE + "/entries/{number}"): EVERYBODY,
    ("GET", PAGE + "/mail/{number}"): EVERYBODY,
    ("GET", PAGE + "/mail/{number}/raw"): EVERYBODY,
    ("POST", PAGE + "/{act}"): WORKERS,
    ("GET", "/console/quarantine"): {S, D, O},
    ("GET", "/console/quarantine/raw"): {S, D, O},
    ("GET", "/console/parked"): {S, D, O},
    ("POST", "/console/parked"): {S, D},
    ("GET", "/console/quarantine/html"): {S, D, O},
    ("GET", PAGE + "/files/{digest}/small"): EVERYBODY,
    ("GET", PAGE + "/mail/{number}/html"): EVERYBODY,
    ("POST", ONE + "/entries/{number}/move"): WORKERS,
    ("POST", "/console/quarantine"): {S, D},
    ("GET", "/console/rules"): EVERYBODY,
    ("POST", "/console/rules"): {D},
    ("GET", "/console/rules/new"): {D},
    ("POST", "/console/rules/new"): {D},
    ("GET", "/console/rules/{rule_id}"): EVERYBODY,
    ("POST", "/console/rules/{rule_id}"): {D},
    ("GET", "/console/versions/{kind}/{code}"): EVERYBODY,
    ("POST", "/console/versions/{kind}/{code}"): {D},
    ("GET", "/console/late"): EVERYBODY,
    ("GET", "/console/kept"): EVERYBODY,
    ("GET", "/console/figures"): EVERYBODY,
    ("GET", "/console/calendars/{code}"): EVERYBODY,
    ("POST", "/console/calendars/{code}"): {D},
    ("GET", "/console/exchange"): {D},
    ("POST", "/console/exchange"): {D},
    ("GET", "/console/exchange/catalogue.json"): EVERYBODY,
    ("GET", "/console/catalogue"): EVERYBODY,
    ("GET", "/console/catalogue/{kind}/{code}"): EVERYBODY,
    ("POST", "/console/catalogue/{kind}/{code}"): {D},
    ("GET", "/console/services/{code}/questions/{question}"): EVERYBODY,
    ("POST", "/console/services/{code}/questions/{question}"): {D},
    ("POST", "/api/v1/contacts/release"): {S, D},
    ("GET", "/api/v1/contacts/suppressed"): {S, D, O},
    ("GET", "/api/v1/statistics/messages"): {S, D, O},
    ("POST", ONE + "/join"): WORKERS,
    ("POST", ONE + "/split"): WORKERS,
    ("GET", "/api/v1/broadcasts"): {S, D, O},
    ("POST", "/api/v1/broadcasts"): {S, D},
    ("GET", "/api/v1/broadcasts/{broadcast_id}"): {S, D, O},
    ("POST", "/api/v1/broadcasts/{broadcast_id}/{act}"): {S, D},
    ("GET", "/api/v1/api-keys"): {D},
    ("POST", "/api/v1/api-keys"): {D},
    ("POST", "/api/v1/api-keys/{key_id}/revoke"): {D},
    ("POST", "/api/v1/api-keys/{key_id}/rotate"): {D},
    ("GET", "/api/v1/notifications"): set(),
    ("POST", "/api/v1/notifications"): set(),
    ("GET", "/api/v1/notifications/{notification_id}"): set(),
    ("POST", "/api/v1/notice-preview"): EVERYBODY,
    ("GET", "/console/notices"): EVERYBODY,
    ("GET", "/console/notices/{code}"): EVERYBODY,
    ("POST", "/console/notices/{code}"): {D},
    ("POST", "/console/notices/{code}/preview"): EVERYBODY,
    ("POST", "/console/notices/{code}/mail"): EVERYBODY,
    ("GET", "/console/broadcasts"): {S, D, O},
    ("GET", "/console/broadcasts/new"): {S, D},
    ("POST", "/console/broadcasts/new"): {S, D},
    ("GET", "/console/broadcasts/{broadcast_id}"): {S, D, O},
    ("POST", "/console/broadcasts/{broadcast_id}"): {S, D},
    ("GET", "/console/broadcasts/{broadcast_id}/progress"): {S, D, O},
    ("GET", "/console/broadcasts/{broadcast_id}/results/{part}"): {S, D, O},
    ("GET", "/console/allowances"): {S, D, O},
    ("GET", "/console/sending"): {S, D, O},
    ("POST", "/console/sending"): {S, D},
    ("GET", "/console/people"): {D},
    ("GET", "/console/people/new"): {D},
    ("POST", "/console/people/new"): {D},
    ("GET", "/console/people/{pool_name}"): {D},
    ("POST", "/console/people/{pool_name}"): {D},
    ("GET", "/console/keys"): {D},
    ("GET", "/console/keys/new"): {D},
    ("POST", "/console/keys/new"): {D},
    ("GET", "/console/keys/{key_id}"): {D},
    ("POST", "/console/keys/{key_id}"): {D},
    ("GET", "/console/audit"): {D, O},
    ("GET", "/console/account"): EVERYBODY,
    ("POST", "/console/account"): EVERYBODY,
}


@pytest.fixture(scope="module")
def town() -> Iterator[Harness]:
    with Harness.boot() as booted:
        yield booted


def registered() -> set[tuple[str, str]]:
    """Every method of every route there is; HEAD is GET without a body."""
    from app import app  # not before the town has set the names that it reads

    return {(m, path) for path, methods in app.routes.items() for m in methods if m != "HEAD"}


def is_staffs(path: str) -> bool:
    return path.startswith(("/api/", "/console")) and path not in PUBLIC_ROUTES


def knock(town: Harness, method: str, path: str, user: str | None) -> int:
    """The status that a role gets at a door; 401 also for being sent to the sign-in."""
    address = path
    for name in (
        "ticket_id",
        "digest",
        "number",
        "act",
        "code",
        "kind",
        "rule_id",
        "message_key",
        "key_id",
        "pool_name",
        "notification_id",
    ):
        address = address.replace(f"{{{name}}}", "x")
    form = None
    if method == "POST" and path.startswith("/console"):
        form = {"form_token": hidden(town.http("GET", "/console/sign-in", user=user), "form_token")}
    answer = town.http(method, address, form=form, user=user)
    is_sent_away = answer.status == 303 and "/sign-in" in answer.headers["Location"]
    return 401 if is_sent_away else answer.status


def test_the_table_names_every_staff_route_and_no_other(town: Harness) -> None:
    assert {door for door in registered() if is_staffs(door[1])} == set(TABLE)


@pytest.mark.parametrize("role", list(Role))
def test_each_role_opens_exactly_the_doors_of_the_table(town: Harness, role: Role) -> None:
    wrong = []
    for (method, path), roles in TABLE.items():
        status = knock(town, method, path, role.value)
        is_open = status not in (401, 403)
        if is_open != (role in roles) or status >= 500:
            wrong.append((method, path, status))
    assert wrong == []


def test_without_a_sign_in_only_the_public_list_answers(town: Harness) -> None:
    wrong = []
    for method, path in sorted(registered()):
        status = knock(town, method, path, None)
        if path not in PUBLIC_ROUTES and status != 401:
            wrong.append((method, path, status))
    assert wrong == []


def test_the_public_list_holds_no_door_of_the_staff(town: Harness) -> None:
    known = {"/api/v1/openapi.json", "/console/sign-in", "/console/sign-out"}
    known |= {"/console/sign-on", "/console/signed-in", "/console/sign-off", "/console/password"}
    assert {path for path in PUBLIC_ROUTES if path.startswith(("/api", "/console"))} == known
    assert {path for _, path in registered()} >= PUBLIC_ROUTES - {"/favicon.ico", "/robots.txt"}


def tampered(token: str, **changes: object) -> str:
    head, body, signature = token.split(".")
    claims = json.loads(base64.urlsafe_b64decode(body + "=="))
    text = json.dumps({**claims, **changes}).encode()
    return f"{head}.{base64.urlsafe_b64encode(text).decode().rstrip('=')}.{signature}"


def unsigned(token: str) -> str:
    head = base64.urlsafe_b64encode(b'{"alg":"none"}').decode().rstrip("=")
    return f"{head}.{token.split('.')[1]}."


def test_a_token_that_is_not_the_pools_opens_nothing(town: Harness) -> None:
    token = town.token("agent")
    forged = {
        "nothing": "",
        "words": "Bearer",
        "unsigned": f"Bearer {unsigned(token)}",
        "other groups": f"Bearer {tampered(token, **{'cognito:groups': ['administrator']})}",
        "basic": f"Basic {token}",
        "id token": f"Bearer {id_token(town)}",
        "cut": f"Bearer {token[:-9]}",
    }
    for name, header in forged.items():
        answer = town.http("GET", "/api/v1/me", headers={"Authorization": header})
        assert answer.status == 401, name
        assert answer.headers["WWW-Authenticate"] == "Bearer"
    console = town.http("GET", "/console", headers={"Cookie": f"staff={unsigned(token)}"})
    assert console.status == 303


def id_token(town: Harness) -> str:
    from infra.local.people import PASSWORD

    answer = client("cognito-idp").initiate_auth(
        ClientId=town.services.settings.user_pool_client_id,
        AuthFlow="USER_PASSWORD_AUTH",
        AuthParameters={
            "USERNAME": "agent@city.example",
            "PASSWORD": PASSWORD,
            **town.services.accounts.clients.hash("agent@city.example"),
        },
    )
    return str(answer["AuthenticationResult"]["IdToken"])


def test_a_sign_in_of_another_city_opens_nothing(town: Harness) -> None:
    pool = client("cognito-idp")
    other = pool.create_user_pool(PoolName="other")["UserPool"]["Id"]
    made = pool.create_user_pool_client(UserPoolId=other, ClientName="console")["UserPoolClient"]
    named = {"UserPoolId": other, "Username": "agent"}
    pool.admin_create_user(**named)
    pool.admin_set_user_password(Password="Demo-1234-abc", Permanent=True, **named)
    pool.create_group(UserPoolId=other, GroupName="administrator")
    pool.admin_add_user_to_group(GroupName="administrator", **named)
    answer = pool.initiate_auth(
        ClientId=made["ClientId"],
        AuthFlow="USER_PASSWORD_AUTH",
        AuthParameters={"USERNAME": "agent", "PASSWORD": "Demo-1234-abc"},
    )
    token = answer["AuthenticationResult"]["AccessToken"]
    refused = town.http("GET", "/api/v1/me", headers={"Authorization": f"Bearer {token}"})
    assert refused.status == 401


@pytest.mark.parametrize(
    "path",
    [
        "/api/v1//tickets",
        "/api/v1/./tickets",
        "/API/v1/tickets",
        "/api/v1/tickets/%2e%2e/audit",
        "/console//audit",
        "/console/%2e%2e/console/audit",
        "/CONSOLE/audit",
    ],
)
def test_another_spelling_of_a_path_opens_no_more(town: Harness, path: str) -> None:
    assert town.http("GET", path).status in (303, 401, 403, 404)
    assert town.http("GET", path, user="agent").status in (401, 403, 404)


def test_a_method_in_a_header_changes_nothing(town: Harness) -> None:
    headers = {"X-HTTP-Method-Override": "DELETE", "X-Method-Override": "DELETE"}
    path = "/api/v1/agencies/parks"
    assert town.http("GET", path, headers=headers, user="administrator").status == 200
    assert town.http("GET", path, user="administrator").status == 200


def test_a_dismissed_persons_token_cannot_change_the_catalogue(town: Harness) -> None:
    pool, pool_id = client("cognito-idp"), town.services.settings.user_pool_id
    named = {"UserPoolId": pool_id, "Username": "boss@city.example"}
    pool.admin_create_user(**named)
    pool.admin_set_user_password(Password="Springfield-311", Permanent=True, **named)
    pool.admin_add_user_to_group(GroupName="administrator", **named)
    body = {"body": {"agency_name": {"en": "Zoo"}}, "version": 0}
    assert town.http("GET", "/api/v1/audit", user="boss@city.example").status == 200
    pool.admin_remove_user_from_group(GroupName="administrator", **named)
    path = "/api/v1/agencies/zoo"
    assert town.http("PUT", path, json=body, user="boss@city.example").status == 403
    pool.admin_disable_user(**named)
    assert town.http("PUT", path, json=body, user="boss@city.example").status in (401, 403)
