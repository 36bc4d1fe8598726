"""API keys of other people's programs: signed by the city, so that nothing secret is kept.

A key is `<client>.<signature>`. It proves that the city issued it to that client in this jurisdiction;
it ends when the signing key that made it is taken out of the installation's secret.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Protocol

from chalicelib.errors import AccessDenied
from chalicelib.signing import Signer

_CLIENT = re.compile(r"[a-z0-9][a-z0-9-]{0,31}")


class ApiKeys(Protocol):
    """Who may post."""

    def client_of(self, key: str, service_code: str) -> str:
        """The client that `key` was issued to. Raises `AccessDenied`."""
        ...


@dataclass(frozen=True, slots=True)
class SignedKeys:
    """`ApiKeys` without a store."""

    signer: Signer
    jurisdiction_id: str

    def issue(self, client: str) -> str:
        """A key for a client. Raises `ValueError` for a name that is not lower-case letters and digits."""
        if not _CLIENT.fullmatch(client):
            raise ValueError(f"{client!r} must be up to 32 lower-case letters, digits and hyphens.")
        return f"{client}.{self.signer.sign('api_key', self.jurisdiction_id, client)}"

    def client_of(self, key: str, service_code: str) -> str:
        """See `ApiKeys`; these keys are good for every service."""
        del service_code
        client, _, signature = key.partition(".")
        is_ours = self.signer.verify(signature, "api_key", self.jurisdiction_id, client)
        if not _CLIENT.fullmatch(client) or not is_ours:
            raise AccessDenied("The api_key is missing or wrong; ask the city for one.")
        return client
