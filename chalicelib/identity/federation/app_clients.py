"""The user pool's app clients: the console's own, and the one by which the city's sign-in comes back."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from chalicelib.identity.federation.city_groups import PROVIDER
from chalicelib.identity.federation.client_proof import ClientProof


class AppClients:
    """Which client somebody signs in by, and what it proves itself with. `ask` calls the pool."""

    def __init__(
        self,
        ask: Callable[..., Mapping[str, Any]],
        pool_id: str,
        console: str,
        sign_on: str = "",
    ) -> None:
        self._console = console
        self.sign_on = sign_on
        self._proofs = {each: ClientProof(ask, pool_id, each) for each in self.all}

    @property
    def all(self) -> tuple[str, ...]:
        """Whose tokens are good here."""
        return (self._console, self.sign_on) if self.sign_on else (self._console,)

    def of(self, pool_name: str) -> str:
        """The client of a person. The pool names who signs in elsewhere after the provider, and nobody
        else ("User pool federation endpoints and managed login reference", Amazon Cognito)."""
        is_elsewhere = bool(self.sign_on) and pool_name.startswith(f"{PROVIDER}_")
        return self.sign_on if is_elsewhere else self._console

    def secret(self, client_id: str) -> str:
        """See `ClientProof.secret`."""
        return self._proofs[client_id].secret

    def hash(self, username: str) -> dict[str, str]:
        """See `ClientProof.about`."""
        return self._proofs[self.of(username)].about(username)
