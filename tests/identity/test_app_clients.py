"""App clients: who signs in elsewhere is renewed and revoked by the client they came by."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from chalicelib.identity.federation.app_clients import AppClients


class Pool:
    """A user pool with two clients, each with a secret."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def ask(self, call: str, **told: Any) -> Mapping[str, Any]:
        assert call == "describe_user_pool_client"
        self.asked.append(told["ClientId"])
        return {"UserPoolClient": {"ClientSecret": f"secret of {told['ClientId']}"}}


@pytest.mark.parametrize(
    ("pool_name", "client"),
    [
        ("City_nina", "sign-on"),
        ("7bbc48d4-09ce-4149-bd61-0494c5552b4b", "console"),
        ("ana@city.example", "console"),
    ],
)
def test_a_persons_client_follows_from_their_name_in_the_pool(pool_name: str, client: str) -> None:
    clients = AppClients(Pool().ask, "pool", "console", "sign-on")
    assert clients.of(pool_name) == client


def test_each_client_proves_itself_with_its_own_secret_which_is_asked_once() -> None:
    pool = Pool()
    clients = AppClients(pool.ask, "pool", "console", "sign-on")
    proofs = {clients.hash(name)["SECRET_HASH"] for name in ("City_nina", "nina", "City_nina")}
    assert len(proofs) == 2
    assert pool.asked == ["sign-on", "console"]


def test_without_single_sign_on_no_other_clients_token_is_good() -> None:
    clients = AppClients(Pool().ask, "pool", "console")
    assert clients.all == ("console",)
    assert clients.of("City_nina") == "console"
