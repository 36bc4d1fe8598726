"""Single sign-on in a real browser: cookies of two sites, a page that leads on, and the way out."""

from __future__ import annotations

import re
import socket
from collections.abc import Callable

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.doorway import serve
from tests.harness import Harness
from tests.sign_on.provider import known_there, signing_key, started


@pytest.mark.parametrize("has_scripts", [True, False])
def test_one_comes_in_by_the_citys_account_and_leaves_it(
    chromium: Browser, axe: Callable[[Page], list[str]], has_scripts: bool
) -> None:
    port = _free_port()
    # The provider is at 127.0.0.1, the console at localhost: two sites, as there will be two.
    here = f"http://localhost:{port}"
    groups = '{"clerks": "agent agency:*"}'
    with (
        started() as provider,
        Harness.boot(
            public_url=here,
            sign_on_domain=provider.url,
            sign_on_name="City account",
            sign_on_groups=groups,
        ) as town,
        serve(town, port),
    ):
        settings = town.services.settings
        provider.tell(
            issuer=f"https://cognito-idp.us-east-1.amazonaws.com/{settings.user_pool_id}",
            client_id=settings.sign_on_client_id,
            client_secret=town.services.sign_on.secret(),
            return_urls=[f"{here}/console/signed-in"],
            key=signing_key(),
            people={"nina": known_there(settings.user_pool_id, "nina", "Nina New", "[clerks]")},
            somebody="nina",
        )
        context = chromium.new_context(java_script_enabled=has_scripts)
        page = context.new_page()
        page.goto(f"{here}/console/rules")
        if has_scripts:
            assert axe(page) == []
        page.get_by_role("link", name="Sign in with City account").click()
        expect(page).to_have_url(f"{here}/console/rules")
        expect(page.get_by_role("link", name="Nina New")).to_be_visible()
        page.get_by_role("button", name="Sign out").click()
        expect(page).to_have_url(re.compile("/console/sign-in$"))
        page.goto(f"{here}/console")
        expect(page).to_have_url(re.compile("/console/sign-in"))
        context.close()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
