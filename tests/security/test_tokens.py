"""Forged tokens: none of them is a sign-in, at the API or at the console."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import time
from collections.abc import Iterator, Mapping
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from jwt.algorithms import RSAAlgorithm
from moto.utilities.utils import load_resource

from infra.local import people
from infra.local.stack import client
from tests.harness import Harness

STOLEN = rsa.generate_private_key(public_exponent=65537, key_size=2048)


@pytest.fixture(scope="module")
def town() -> Iterator[Harness]:
    with Harness.boot() as booted:
        yield booted


def pools_key() -> rsa.RSAPrivateKey:
    """What moto's pools sign with: who holds it can change one thing of a good token at a time."""
    found = load_resource("cognitoidp/resources/jwks-private.json")
    key = RSAAlgorithm.from_jwk(found.get("keys", [found])[0])
    assert isinstance(key, rsa.RSAPrivateKey)
    return key


def encoded(data: object) -> str:
    raw = data if isinstance(data, bytes) else json.dumps(data).encode()
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def hmac_signed(head: Mapping[str, Any], claims: Mapping[str, Any], secret: bytes) -> str:
    signed = f"{encoded(head)}.{encoded(claims)}"
    return f"{signed}.{encoded(hmac.digest(secret, signed.encode(), hashlib.sha256))}"


def public_pem(key: rsa.RSAPrivateKey) -> bytes:
    form = serialization.PublicFormat.SubjectPublicKeyInfo
    return key.public_key().public_bytes(serialization.Encoding.PEM, form)


def forgeries(town: Harness) -> dict[str, str]:
    """Each kind of forgery, from a good token of the agent."""
    good, key = town.token("agent"), pools_key()
    head, claims = (
        jwt.get_unverified_header(good),
        jwt.decode(good, options={"verify_signature": False}),
    )
    kid = {"kid": head["kid"]}
    more = {**claims, "cognito:groups": ["administrator", "agency:*"]}

    def signed(claims: Mapping[str, Any], by: rsa.RSAPrivateKey, **extra: Any) -> str:
        return jwt.encode(dict(claims), by, algorithm="RS256", headers={**kid, **extra})

    assert town.http("GET", "/api/v1/me", headers=bearer(signed(claims, key))).status == 200
    return {
        "no algorithm": f"{encoded({'alg': 'none', **kid})}.{encoded(more)}.",
        "the public key as a secret": hmac_signed({"alg": "HS256", **kid}, more, public_pem(key)),
        "a key of one's own": signed(more, STOLEN),
        "a key id of one's own": jwt.encode(more, STOLEN, "RS256", headers={"kid": "mine"}),
        "no key id": jwt.encode(more, STOLEN, "RS256"),
        "a key inside": signed(
            more, STOLEN, jwk=json.loads(RSAAlgorithm.to_jwk(STOLEN.public_key()))
        ),
        "a key elsewhere": signed(
            more, STOLEN, jku="https://evil.example/keys", x5u="https://evil.example"
        ),
        "a critical extension": signed(claims, key, crit=["exp2"], exp2=1),
        "an unencoded payload": signed(claims, key, crit=["b64"], b64=False),
        "another payload": f"{good.split('.')[0]}.{encoded(more)}.{good.split('.')[2]}",
        "an id token": id_token(town),
        "one that is over": signed({**claims, "exp": 1_000_000_000}, key),
        "one from tomorrow": signed({**claims, "nbf": time.time() + 10**9}, key),
        "another program's": signed({**claims, "client_id": "other"}, key),
        "another pool's": signed({**claims, "iss": claims["iss"] + "x"}, key),
        "nobody's": signed({**claims, "username": ""}, key),
    }


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def id_token(town: Harness) -> str:
    """A token of the same pool that says who somebody is, not what they may."""
    proof = town.services.accounts.clients.hash("agent@city.example")
    person = {"USERNAME": "agent@city.example", "PASSWORD": people.PASSWORD, **proof}
    answer = client("cognito-idp").initiate_auth(
        ClientId=town.services.settings.user_pool_client_id,
        AuthFlow="USER_PASSWORD_AUTH",
        AuthParameters=person,
    )
    return str(answer["AuthenticationResult"]["IdToken"])


def test_no_forged_token_is_a_sign_in(town: Harness) -> None:
    taken = []
    for kind, token in forgeries(town).items():
        answer = town.http("GET", "/api/v1/me", headers=bearer(token))
        taken += [kind] if answer.status != 401 else []
        assert answer.headers.get("WWW-Authenticate") == "Bearer"
    assert taken == []


def test_no_forged_token_is_a_browsers_sign_in(town: Harness) -> None:
    taken = []
    for kind, token in forgeries(town).items():
        names = ("staff_access", "staff_refresh", "staff", "__Host-staff")
        cookies = "; ".join(f"{name}={token}" for name in names)
        answer = town.http("GET", "/console", headers={"Cookie": cookies})
        is_sent_away = answer.status == 303 and "/sign-in" in answer.headers["Location"]
        taken += [] if is_sent_away else [kind]
    assert taken == []
