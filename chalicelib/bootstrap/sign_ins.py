"""Who is signed in; built when first used."""

from __future__ import annotations

from datetime import timedelta
from functools import cached_property
from typing import TYPE_CHECKING

from chalicelib.bootstrap.readers import Readers

if TYPE_CHECKING:
    from chalicelib.identity.accounts import Accounts
    from chalicelib.identity.roll_call import RollCall
    from chalicelib.identity.sessions import Sessions

# Imported where used: citizens sign in nowhere.


class SignIns(Readers):
    """The user pool, the sign-ins that began there, and the directory that follows it."""

    @cached_property
    def accounts(self) -> Accounts:
        """Who staff are."""
        from chalicelib.identity.cognito import CognitoAccounts
        from chalicelib.identity.key_set import fetch_keys

        return CognitoAccounts(
            self.client("cognito-idp"),
            region=self.region,
            pool_id=self.settings.user_pool_id,
            client_id=self.settings.user_pool_client_id,
            fetch_keys=self._key_source or fetch_keys,
            is_over=self.sessions.is_over,
        )

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
