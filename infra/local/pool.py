"""What Amazon Cognito does with sign-ins and moto does not: secrets, refresh tokens, ends.

RevokeToken ends the refresh token, and for the pool's own calls every token of the same sign-in ("Ending
user sessions with token revocation", Amazon Cognito developer guide). A refresh token belongs to the pool's
own name of a person, and so does the hash that goes with it ("Computing secret hash values"). Access tokens
live as long as their client says.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import jwt
from moto.cognitoidp.exceptions import (
    CodeMismatchException,
    ExpiredCodeException,
    InvalidParameterException,
    NotAuthorizedError,
)
from moto.cognitoidp.models import (
    CognitoIdpBackend,
    CognitoIdpUser,
    CognitoIdpUserPool,
    UserStatus,
    cognitoidp_backends,
)
from moto.cognitoidp.responses import CognitoIdpResponse
from moto.cognitoidp.utils import check_secret_hash
from moto.core.responses import ActionResult, EmptyResult

from infra.local import ears

UNITS = {"seconds": 1, "minutes": 60, "hours": 3600, "days": 86_400}


def _pool_of(client_id: str) -> CognitoIdpUserPool:
    backends = (backend for regions in cognitoidp_backends.values() for backend in regions.values())
    pools = (pool for backend in backends for pool in backend.user_pools.values())
    return next(pool for pool in pools if client_id in pool.clients)


def revoke_token(response: CognitoIdpResponse) -> ActionResult:
    """End a sign-in by its refresh token; one that is over already is no error."""
    pool = _pool_of(response._get_param("ClientId"))
    client = pool.clients[response._get_param("ClientId")]
    if client.generate_secret and response._get_param("ClientSecret") != client.secret:
        raise NotAuthorizedError("Invalid client secret.")
    found = pool.refresh_tokens.get(response._get_param("Token"))
    if found:
        pool.refresh_tokens[response._get_param("Token")] = None
        same = [token for token in pool.access_tokens if _origin(token) == found[2]]
        for token in same:
            del pool.access_tokens[token]
    return EmptyResult()


def _origin(token: str) -> str:
    return str(jwt.decode(token, options={"verify_signature": False})["origin_jti"])


def _by_the_pools_name(original: Any) -> Any:
    def create_refresh_token(self: CognitoIdpUserPool, client_id: str, username: str) -> Any:
        is_address = "email" in self.extended_config.get("UsernameAttributes", [])
        user = self._get_user(username) if is_address else None
        return original(self, client_id, user.id if user else username)

    return create_refresh_token


def _as_long_as_the_client_says(original: Any) -> Any:
    def create_jwt(
        self: CognitoIdpUserPool,
        client_id: str,
        username: str,
        token_use: str,
        expires_in: int = 3600,
        extra_data: Any = None,
    ) -> Any:
        client = self.clients.get(client_id)
        if client and token_use == "access":
            config = client.extended_config
            unit = config.get("TokenValidityUnits", {}).get("AccessToken", "hours")
            expires_in = int(config.get("AccessTokenValidity") or 1) * UNITS[unit]
        return original(self, client_id, username, token_use, expires_in, extra_data)

    return create_jwt


# Where each call shows the secret, and whom it speaks of.
_PROOFS: Mapping[str, tuple[str, str]] = {
    "initiate_auth": ("AuthParameters", "SECRET_HASH"),
    "respond_to_auth_challenge": ("ChallengeResponses", "SECRET_HASH"),
    "forgot_password": ("", "SecretHash"),
    "confirm_forgot_password": ("", "SecretHash"),
}


def _only_with_the_secret(original: Any) -> Any:
    """A client with a secret is refused whatever comes without it, before anything else is looked at;
    moto looks at some calls only, and after the password."""

    def asked(self: CognitoIdpResponse) -> Any:
        place, proof = _PROOFS[original.__name__]
        given = self._get_param(place) or {} if place else json.loads(self.body)
        client = _pool_of(self._get_param("ClientId")).clients[self._get_param("ClientId")]
        name = given.get("USERNAME") or given.get("Username") or ""
        is_refresh = "REFRESH_TOKEN" in given  # moto itself compares that with the pool's own name
        is_proven = check_secret_hash(client.secret, client.id, name, given.get(proof))
        if client.generate_secret and not is_refresh and not is_proven:
            raise NotAuthorizedError("Unable to verify secret hash for client")
        return original(self)

    return asked


def _to_verified_people_only(original: Any) -> Any:
    """Nobody learns who is known, who is switched off or has never signed in gets no code ("Managing error
    responses", "Resetting a user's password", Amazon Cognito developer guide)."""

    def forgot_password(self: CognitoIdpBackend, client_id: str, username: str) -> Any:
        user = _pool_of(client_id)._get_user(username)
        if user is None:
            return "", {"CodeDeliveryDetails": {}}
        if not user.enabled or user.status is not UserStatus.CONFIRMED:
            raise NotAuthorizedError("User password cannot be reset in the current state.")
        if {"Name": "email_verified", "Value": "true"} not in user.attributes:
            raise InvalidParameterException("Cannot reset password: no verified email.")
        answer = original(self, client_id, username)
        _mail_the_code(user)
        return answer

    return forgot_password


def _mail_the_code(user: CognitoIdpUser) -> None:
    code = str(user.confirmation_code).rpartition(":")[2]
    told = f"Your password reset code is {code}"
    ears.LISTENER.pool_mail(user.attribute_lookup["email"], "Reset password", told)


def _with_an_invitation(original: Any) -> Any:
    """A first password of Cognito's own is mailed, also once more ("Creating user accounts as
    administrator", Amazon Cognito developer guide); moto makes none, and another person for a second mail.
    """

    def admin_create_user(
        self: CognitoIdpBackend,
        user_pool_id: str,
        username: str,
        message_action: str,
        temporary_password: str,
        attributes: Any,
    ) -> Any:
        password = temporary_password or secrets.token_urlsafe(9)
        if message_action == "RESEND":
            user = self.admin_get_user(user_pool_id, username)
        else:
            user = original(self, user_pool_id, username, message_action, password, attributes)
        if message_action != "SUPPRESS":
            user.password = password
            told = f"Your username is {username} and temporary password is {password}"
            ears.LISTENER.pool_mail(username, "Your temporary password", told)
        return user

    return admin_create_user


def _with_a_code(original: Any) -> Any:
    def admin_reset_user_password(
        self: CognitoIdpBackend, user_pool_id: str, username: str
    ) -> None:
        original(self, user_pool_id, username)
        user = self.admin_get_user(user_pool_id, username)
        user.confirmation_code = f"moto-confirmation-code:{secrets.randbelow(10**6):06d}"
        _mail_the_code(user)

    return admin_reset_user_password


def _by_the_right_code(original: Any) -> Any:
    """moto takes every code that does not look like its own."""

    def confirm_forgot_password(
        self: CognitoIdpBackend, client_id: str, username: str, password: str, code: str
    ) -> None:
        user = _pool_of(client_id)._get_user(username)
        wanted = user.confirmation_code if user else ""
        if not wanted:
            raise ExpiredCodeException("Invalid code provided, please request a code again.")
        if wanted.rpartition(":")[2] != code:
            raise CodeMismatchException("Invalid verification code provided, please try again.")
        original(self, client_id, username, password, wanted)

    return confirm_forgot_password


def mailed_code(client_id: str, username: str) -> str:
    """The code for a new password that Cognito has mailed to somebody."""
    user = _pool_of(client_id)._get_user(username)
    return str(user.confirmation_code or "").rpartition(":")[2] if user else ""


# moto has no such call at all, so this one is never taken back.
setattr(CognitoIdpResponse, "revoke_token", revoke_token)  # noqa: B010

POOL: Sequence[tuple[Any, str, Callable[[Any], Any]]] = (
    (CognitoIdpUserPool, "create_refresh_token", _by_the_pools_name),
    (CognitoIdpUserPool, "create_jwt", _as_long_as_the_client_says),
    (CognitoIdpBackend, "admin_create_user", _with_an_invitation),
    (CognitoIdpBackend, "admin_reset_user_password", _with_a_code),
    (CognitoIdpBackend, "forgot_password", _to_verified_people_only),
    (CognitoIdpBackend, "confirm_forgot_password", _by_the_right_code),
    *((CognitoIdpResponse, name, _only_with_the_secret) for name in _PROOFS),
)
