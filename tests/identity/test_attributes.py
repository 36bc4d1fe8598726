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


def deployed() -> StrictPool:
    resources = load_template(ROOT / "infra/template.yaml")["Resources"]
    return StrictPool(
        resources["UserPool"]["Properties"], resources["UserPoolClient"]["Properties"]
    )


def test_h1_nobody_rewrites_who_they_are_by_their_own_token() -> None:
    pool = deployed()
    for name in STANDARD:
        if name == "locale":
            continue
        with pytest.raises(PermissionError):
            pool.update(name, "eve@evil.example")
    assert pool.attributes["email"] == "ada@city.example"


def test_h1_an_address_stays_until_its_owner_has_entered_the_code() -> None:
    pool = deployed()
    pool.administer("email", "eve@evil.example")
    assert pool.attributes["email"] == "ada@city.example"
    assert pool.attributes["email_verified"] == "true"


def test_a_forgotten_password_goes_to_the_verified_address_alone() -> None:
    """ForgotPassword sends to no other ("AccountRecoverySettingType")."""
    pool = load_template(ROOT / "infra/template.yaml")["Resources"]["UserPool"]["Properties"]
    wanted = [{"Name": "verified_email", "Priority": 1}]
    assert pool["AccountRecoverySetting"]["RecoveryMechanisms"] == wanted
