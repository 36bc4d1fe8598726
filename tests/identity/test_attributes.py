"""H1: which of their own attributes one can write with their token, by the template that is deployed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from infra.cloudformation import load_template
from infra.settings import ROOT

# What a standard attribute is, by OpenID Connect's list (Cognito's "Working with user attributes").
STANDARD = ("email", "name", "phone_number", "preferred_username", "profile", "locale", "zoneinfo")


class StrictPool:
    """The two rules of Cognito that moto does not have.

    `WriteAttributes` of an app client is a list of what its tokens may write, every standard attribute
    where there is none ("Attribute permissions and scopes"). An attribute that
    `AttributesRequireVerificationBeforeUpdate` names keeps its old value until the code is entered; any
    other takes the new one at once, unverified ("UserAttributeUpdateSettingsType").
    """

    def __init__(self, pool: Mapping[str, Any], client: Mapping[str, Any]) -> None:
        self._writable: Sequence[str] = client.get("WriteAttributes", STANDARD)
        settings = pool.get("UserAttributeUpdateSettings", {})
        self._waiting = settings.get("AttributesRequireVerificationBeforeUpdate", [])
        self.attributes = {"email": "ada@city.example", "email_verified": "true", "name": "Ada"}

    def update(self, name: str, value: str) -> None:
        """`UpdateUserAttributes` by somebody's own access token."""
        if name not in self._writable:
            raise PermissionError("A client attempted to write unauthorized attribute")
        self.administer(name, value)

    def administer(self, name: str, value: str) -> None:
        """The change itself, which an administrator's console can also begin."""
        if name in self._waiting:
            return
        self.attributes[name] = value
        if name == "email":
            self.attributes["email_verified"] = "false"


RESOURCES = load_template(ROOT / "infra/template.yaml")["Resources"]
SELF_SERVICE = "aws.cognito.signin.user.admin"  # in every token of a sign-in by password


def _serves_itself(resource: Mapping[str, Any]) -> bool:
    """Whether tokens of this client may call `UpdateUserAttributes` at all ("Scopes, M2M, and resource
    servers"): those of a sign-in at the city's own provider only with the scope for it."""
    if resource["Type"] != "AWS::Cognito::UserPoolClient":
        return False
    facts = resource["Properties"]
    by_password = any("PASSWORD" in str(flow) for flow in facts.get("ExplicitAuthFlows", ()))
    return by_password or SELF_SERVICE in facts.get("AllowedOAuthScopes", (SELF_SERVICE,))


CLIENTS = sorted(name for name, resource in RESOURCES.items() if _serves_itself(resource))
assert "UserPoolClient" in CLIENTS


def deployed(client: str) -> StrictPool:
    return StrictPool(RESOURCES["UserPool"]["Properties"], RESOURCES[client]["Properties"])


@pytest.mark.parametrize("client", CLIENTS)
def test_h1_nobody_rewrites_who_they_are_by_their_own_token(client: str) -> None:
    pool = deployed(client)
    for name in STANDARD:
        if name != "locale":
            with pytest.raises(PermissionError):
                pool.update(name, "eve@evil.example")
    assert pool.attributes["email"] == "ada@city.example"


def test_h1_an_address_stays_until_its_owner_has_entered_the_code() -> None:
    pool = deployed(CLIENTS[0])
    pool.administer("email", "eve@evil.example")
    assert pool.attributes["email"] == "ada@city.example"
    assert pool.attributes["email_verified"] == "true"


def test_a_forgotten_password_goes_to_the_verified_address_alone() -> None:
    """ForgotPassword sends to no other ("AccountRecoverySettingType")."""
    pool = RESOURCES["UserPool"]["Properties"]
    wanted = [{"Name": "verified_email", "Priority": 1}]
    assert pool["AccountRecoverySetting"]["RecoveryMechanisms"] == wanted
