"""The proof that it is the console which asks the user pool; knows no person's password."""

from __future__ import annotations

import base64
import hmac
from collections.abc import Callable, Mapping
from functools import cached_property
from typing import Any


class ClientProof:
    """What only somebody who knows the secret of an app client can send along. `ask` calls the pool."""

    def __init__(self, ask: Callable[..., Mapping[str, Any]], pool_id: str, client_id: str) -> None:
        self._ask = ask
        self._pool_id = pool_id
        self._client_id = client_id

    @cached_property
    def secret(self) -> str:
        """The secret, from the pool itself once in a process: it stands in no variable, no template and no
        second place that would have to follow. Empty where the client has none."""
        named = {"UserPoolId": self._pool_id, "ClientId": self._client_id}
        told = self._ask("describe_user_pool_client", **named)["UserPoolClient"]
        return str(told.get("ClientSecret") or "")

    def about(self, username: str) -> dict[str, str]:
        """For calls about `username` ("Computing secret hash values", Amazon Cognito developer guide);
        with a refresh token that is the pool's own name of the person."""
        if not self.secret:
            return {}
        words = f"{username}{self._client_id}".encode("utf-8", "surrogatepass")
        made = hmac.digest(self.secret.encode(), words, "sha256")
        return {"SECRET_HASH": base64.b64encode(made).decode()}
