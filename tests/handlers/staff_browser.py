"""A staff member's browser, and another process of the service, for tests of sign-ins."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from chalicelib.identity.session_items import SessionShelf, StaffSession
from chalicelib.identity.sessions import Sessions
from infra.local.people import PASSWORD
from infra.local.stack import client
from tests.handlers.desk_work import hidden
from tests.harness import Harness, Response

SIGN_IN = "/console/sign-in"
NEW = "seven new words for it"


class Browser:
    """Cookies of one visitor, as a browser keeps them."""

    def __init__(self, town: Harness) -> None:
        self.town = town
        self.cookies: dict[str, str] = {}

    def send(self, method: str, path: str, **more: Any) -> Response:
        jar = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        headers = {"Cookie": jar, **more.pop("headers", {})}
        answer = self.town.http(method, path, headers=headers, **more)
        for text in answer.headers.get_all("Set-Cookie"):
            name, _, rest = text.partition("=")
            self.cookies[name] = rest.partition(";")[0]
        return answer

    def sign_in(
        self,
        name: str,
        password: str = PASSWORD,
        headers: Mapping[str, str] | None = None,
        **more: str,
    ) -> Response:
        token = hidden(self.send("GET", SIGN_IN), "form_token")
        fields = {"form_token": token, "username": name, "password": password, **more}
        return self.send("POST", SIGN_IN, form=fields, headers=dict(headers or {}))


def hire(town: Harness, name: str) -> Browser:
    """A new agent, signed in."""
    pool, pool_id = client("cognito-idp"), town.services.settings.user_pool_id
    named = {"UserPoolId": pool_id, "Username": name}
    attributes = [{"Name": "email", "Value": name}, {"Name": "email_verified", "Value": "true"}]
    pool.admin_create_user(UserAttributes=attributes, **named)
    pool.admin_set_user_password(Password=PASSWORD, Permanent=True, **named)
    for group in ("agent", "agency:*"):
        pool.admin_add_user_to_group(GroupName=group, **named)
    browser = Browser(town)
    assert browser.sign_in(name).status == 303
    return browser


def account(browser: Browser, **fields: str) -> Response:
    token = hidden(browser.send("GET", "/console/account"), "form_token")
    return browser.send("POST", "/console/account", form={"form_token": token, **fields})


class Desk:
    """Another process of the service, some hours later."""

    def __init__(self, town: Harness, hours: float = 0) -> None:
        self.now = datetime.now(UTC) + timedelta(hours=hours)
        settings = town.services.settings
        self.shelf = SessionShelf(
            client("dynamodb"),
            table_name=settings.table_name,
            jurisdiction_id=settings.jurisdiction_id,
        )
        self.sessions = Sessions(
            self.shelf,
            lambda: town.services.accounts,
            idle=timedelta(hours=8),
            now=lambda: self.now,
        )


def session_of(town: Harness, browser: Browser) -> StaffSession:
    """The sign-in that a browser holds."""
    return town.services.sessions.enter(browser.cookies["staff"])


def bearer(session: StaffSession) -> dict[str, str]:
    """Its token, as a program would send it."""
    return {"Authorization": f"Bearer {session.access_token}"}


def renew(browser: Browser, username: str, **fields: str) -> Response:
    """A step to a new password."""
    token = hidden(browser.send("GET", "/console/password"), "form_token")
    form = {"form_token": token, "username": username, **fields}
    return browser.send("POST", "/console/password", form=form)


def finish(browser: Browser, name: str, code: str, new: str = NEW) -> Response:
    """The last step to a new password."""
    return renew(browser, name, step="finish", code=code, new=new, again=new)
