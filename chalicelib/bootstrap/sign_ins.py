"""Who is signed in; built when first used."""

from __future__ import annotations

from datetime import timedelta
from functools import cached_property
from typing import TYPE_CHECKING

from chalicelib.bootstrap.readers import Readers

if TYPE_CHECKING:
    from chalicelib.identity.cognito import CognitoAccounts
    from chalicelib.identity.federation.sign_on import SignOn
    from chalicelib.identity.roll_call import RollCall
    from chalicelib.identity.sessions import Sessions

# Imported where used: citizens sign in nowhere.


class SignIns(Readers):
    """The user pool, the sign-ins that began there, and the directory that follows it."""

    @cached_property
    def accounts(self) -> CognitoAccounts:
        """Who staff are."""
        from chalicelib.identity.cognito import CognitoAccounts
        from chalicelib.identity.key_set import fetch_keys

        return CognitoAccounts(
            self.client("cognito-idp"),
            region=self.region,
            pool_id=self.settings.user_pool_id,
            client_id=self.settings.user_pool_client_id,
            sign_on_client_id=self.settings.sign_on_client_id if self._has_sign_on else "",
            city_groups=self.settings.sign_on_groups,
            fetch_keys=self._key_source or fetch_keys,
            is_over=self.sessions.is_over,
        )

    @property
    def _has_sign_on(self) -> bool:
        return bool(self.settings.sign_on_domain)

    @cached_property
    def sign_on(self) -> SignOn | None:
        """The city's own sign-in; None where it has none."""
        from chalicelib.identity.federation.sign_on import SignOn

        domain, client_id = self.settings.sign_on_domain, self.settings.sign_on_client_id
        if not domain:
            return None
        hosted = f"https://{domain}.auth.{self.region}.amazoncognito.com"
        url = domain if domain.startswith("http") else hosted
        return SignOn(url=url, client_id=client_id, secret=self._sign_on_secret)

    def _sign_on_secret(self) -> str:
        return self.accounts.clients.secret(self.settings.sign_on_client_id)

    @cached_property
    def sessions(self) -> Sessions:
        """Sign-ins at the console."""
        from chalicelib.identity.session_items import SessionShelf
        from chalicelib.identity.sessions import Sessions

        settings = self.settings
        shelf = SessionShelf(
            self.client("dynamodb"),
            table_name=settings.table_name,
            jurisdiction_id=settings.jurisdiction_id,
        )
        idle = timedelta(hours=settings.session_idle_hours)
        return Sessions(shelf, lambda: self.accounts, idle=idle)

    @cached_property
    def roll_call(self) -> RollCall:
        """The staff directory is kept true."""
        from chalicelib.identity.roll_call import RollCall

        return RollCall(self.accounts, self.directory, self.clock.now)
