"""Sign-ins: which tokens are believed, who may do what, and the user pool's ways (A01, A12)."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import jwt
import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from moto import mock_aws
from moto.cognitoidp.models import cognitoidp_backends

from chalicelib.errors import (
    AccessDenied,
    InvalidRequest,
    NotSignedIn,
    StoreBusy,
    TicketNotFound,
)
from chalicelib.identity import tokens
from chalicelib.identity.accounts import (
    PERMISSIONS,
    Act,
    Challenge,
    ChallengeKind,
    Session,
    Staff,
    make_staff,
    require,
    require_ticket,
)
from chalicelib.identity.cognito import CognitoAccounts
from chalicelib.messages import Channel, Party
from chalicelib.tickets.model.ticket import Role, Ticket
from infra.local import pool as _taught  # noqa: F401 - moto learns to revoke

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
ISSUER = "https://cognito-idp.us-east-1.amazonaws.com/us-east-1_town"
EXPECTED = tokens.Expectation(ISSUER, ("console",))
OURS = rsa.generate_private_key(public_exponent=65537, key_size=2048)
OTHER = rsa.generate_private_key(public_exponent=65537, key_size=2048)
KEY = OURS.public_key()


def claims(**changes: Any) -> dict[str, Any]:
    return {
        "iss": ISSUER,
        "client_id": "console",
        "token_use": "access",
        "username": "ada",
        "sub": "0a",
        "cognito:groups": ["agent", "agency:works"],
        "exp": int((NOW + timedelta(minutes=15)).timestamp()),
        "iat": int(NOW.timestamp()),
        **changes,
    }


def signed(body: Mapping[str, Any], key: rsa.RSAPrivateKey = OURS) -> str:
    return jwt.encode(dict(body), key, algorithm="RS256", headers={"kid": "k1"})


def verify(token: str) -> tokens.AccessToken:
    return tokens.verify(token, KEY, EXPECTED, NOW)


def b64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def test_a_true_token_names_its_person_and_no_right() -> None:
    found = verify(signed(claims()))
    assert (found.username, found.sub) == ("ada", "0a")


@pytest.mark.parametrize(
    "change",
    [
        {"iss": "https://cognito-idp.us-east-1.amazonaws.com/us-east-1_other"},
        {"client_id": "another"},
        {"token_use": "id"},
        {"exp": int(NOW.timestamp())},
        {"exp": None},
        {"exp": True},
        {"exp": "9999999999"},
        {"exp": 1e300},
        {"nbf": int((NOW + timedelta(minutes=2)).timestamp())},
        {"iat": int((NOW + timedelta(minutes=2)).timestamp())},
        {"username": ""},
        {"username": None},
        {"sub": ""},
        {"sub": None},
    ],
    ids=lambda change: str(next(iter(change.items()))),
)
def test_a_token_with_a_wrong_claim_is_refused(change: dict[str, Any]) -> None:
    with pytest.raises(NotSignedIn):
        verify(signed(claims(**change)))


def test_an_id_token_is_no_access_token() -> None:
    body = claims(token_use="id", aud="console")
    del body["client_id"]
    with pytest.raises(NotSignedIn):
        verify(signed(body))


def test_a_token_without_signature_is_refused() -> None:
    token = jwt.encode(claims(), None, algorithm="none", headers={"kid": "k1"})
    with pytest.raises(NotSignedIn):
        verify(token)


@pytest.mark.parametrize("alg", ["none", "None", "NONE", "HS256", "RS512", "PS256", "ES256"])
def test_a_changed_algorithm_is_refused(alg: str) -> None:
    _, body, signature = signed(claims()).split(".")
    other = b64(json.dumps({"alg": alg, "kid": "k1", "typ": "JWT"}).encode())
    with pytest.raises(NotSignedIn):
        verify(f"{other}.{body}.{signature}")


def test_a_token_signed_with_another_key_is_refused() -> None:
    with pytest.raises(NotSignedIn):
        verify(signed(claims(), OTHER))


def test_the_public_key_as_a_shared_secret_is_refused() -> None:
    pem = OURS.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    head = b64(json.dumps({"alg": "HS256", "kid": "k1"}).encode())
    body = b64(json.dumps(claims()).encode())
    digest = hmac.new(pem, f"{head}.{body}".encode(), hashlib.sha256).digest()
    with pytest.raises(NotSignedIn):
        verify(f"{head}.{body}.{b64(digest)}")


def test_edited_groups_break_the_signature() -> None:
    head, _, signature = signed(claims()).split(".")
    edited = b64(json.dumps(claims(**{"cognito:groups": ["administrator"]})).encode())
    with pytest.raises(NotSignedIn):
        verify(f"{head}.{edited}.{signature}")


@pytest.mark.parametrize(
    "token", ["", "x", "a.b.c", "....", "é.é.é", " ", "a.b", b64(b"{}") + ".e30.e30", "\x00"]
)
def test_what_is_no_token_is_refused(token: str) -> None:
    with pytest.raises(NotSignedIn):
        tokens.key_id_of(token)
        verify(token)


def with_signature(make: Callable[[bytes], bytes], body: bytes = b"") -> str:
    """A token whose signature is whatever `make` gives for its words."""
    head = b64(json.dumps({"alg": "RS256", "kid": "k1"}).encode())
    message = f"{head}.{b64(body or json.dumps(claims()).encode())}"
    return f"{message}.{b64(make(message.encode()))}"


def sign(message: bytes, digest: hashes.HashAlgorithm | None = None) -> bytes:
    return OURS.sign(message, padding.PKCS1v15(), digest or hashes.SHA256())


def test_claims_that_are_no_object_are_refused() -> None:
    with pytest.raises(NotSignedIn):
        verify(with_signature(sign, b"[1]"))


def test_a_signature_made_without_the_token_library_is_believed() -> None:
    assert verify(with_signature(sign)).username == "ada"


def test_every_changed_byte_of_a_signature_is_noticed() -> None:
    for place in range(0, 256, 7):

        def change(message: bytes, place: int = place) -> bytes:
            changed = bytearray(sign(message))
            changed[place] ^= 1
            return bytes(changed)

        with pytest.raises(NotSignedIn):
            verify(with_signature(change))


@pytest.mark.parametrize("make", ["short", "long", "too big", "empty", "zero", "one"])
def test_a_signature_of_another_shape_is_refused(make: str) -> None:
    modulus = KEY.public_numbers().n
    shapes: dict[str, Callable[[bytes], bytes]] = {
        "short": lambda good: good[1:],
        "long": lambda good: b"\x00" + good,
        "too big": lambda good: (int.from_bytes(good, "big") + modulus).to_bytes(257, "big"),
        "empty": lambda _: b"",
        "zero": lambda _: bytes(256),
        "one": lambda _: bytes(255) + b"\x01",
    }
    with pytest.raises(NotSignedIn):
        verify(with_signature(lambda message: shapes[make](sign(message))))


@pytest.mark.parametrize("algorithm", [hashes.SHA1(), hashes.SHA384(), hashes.SHA512()])
def test_another_digest_is_refused(algorithm: hashes.HashAlgorithm) -> None:
    with pytest.raises(NotSignedIn):
        verify(with_signature(lambda message: sign(message, algorithm)))


def test_padding_with_rubbish_after_the_digest_is_refused() -> None:
    """Bleichenbacher's forgery: a lax parser reads the digest and ignores what follows it."""
    private, modulus = OURS.private_numbers(), KEY.public_numbers().n

    def forge(message: bytes) -> bytes:
        digest = bytes.fromhex("3031300d060960864801650304020105000420")
        digest += hashlib.sha256(message).digest()
        block = b"\x00\x01" + b"\xff" * 8 + b"\x00" + digest
        block += bytes(256 - len(block))
        return pow(int.from_bytes(block, "big"), private.d, modulus).to_bytes(256, "big")

    with pytest.raises(NotSignedIn):
        verify(with_signature(forge))


def test_only_sound_signing_keys_are_taken_from_a_key_set() -> None:
    weak = rsa.generate_private_key(public_exponent=65537, key_size=1024)

    def entry(kid: str, key: rsa.RSAPrivateKey, **changes: str) -> dict[str, str]:
        numbers = key.public_key().public_numbers()
        n = b64(numbers.n.to_bytes((numbers.n.bit_length() + 7) // 8, "big"))
        return {"kid": kid, "kty": "RSA", "n": n, "e": "AQAB", "use": "sig", **changes}

    document = {
        "keys": [
            entry("good", OURS, alg="RS256"),
            entry("weak", weak),
            entry("sealing", OURS, use="enc"),
            entry("other", OURS, alg="RS512"),
            {"kid": "curve", "kty": "EC"},
        ]
    }
    assert tokens.read_keys(document) == {"good": KEY}


@pytest.mark.parametrize("n", ["", "!", "AA"])
def test_a_key_set_with_an_unreadable_key_is_refused(n: str) -> None:
    entry = {"kid": "k1", "kty": "RSA", "n": n, "e": "AQAB"}
    with pytest.raises(ValueError, match="unreadable"):
        tokens.read_keys({"keys": [entry]})


# -- permissions


def test_a_role_that_nobody_knows_allows_nothing() -> None:
    staff = make_staff("eve", ["superuser", "Administrator", "", "agency:works"])
    assert staff.roles == frozenset()
    assert not any(staff.may(act) for act in Act)


def test_every_role_has_its_row_and_only_administrators_write_the_catalogue() -> None:
    assert set(PERMISSIONS) == set(Role)
    writers = {role for role, acts in PERMISSIONS.items() if Act.WRITE_CATALOG in acts}
    assert writers == {Role.ADMINISTRATOR}


def test_an_auditor_changes_nothing() -> None:
    changing = {Act.WORK_TICKETS, Act.DECIDE_QUARANTINE, Act.WRITE_CATALOG}
    assert not PERMISSIONS[Role.AUDITOR] & changing


def test_require_tells_nobody_from_not_allowed() -> None:
    agent = make_staff("ada", ["agent", "agency:works"])
    assert require(agent, Act.WORK_TICKETS) is agent
    with pytest.raises(NotSignedIn):
        require(None, Act.READ_TICKETS)
    with pytest.raises(AccessDenied):
        require(agent, Act.WRITE_CATALOG)


def ticket_of(agency_code: str) -> Ticket:
    return Ticket(
        ticket_id="SR-1",
        jurisdiction_id="city",
        channel=Channel.WEB,
        service_code="noise",
        service_name="Noise",
        agency_code=agency_code,
        requester=Party(),
        description="",
        requested_at=NOW,
        updated_at=NOW,
    )


def test_another_agencys_ticket_looks_like_none() -> None:
    staff = make_staff("ada", ["agent", "agency:works"])
    require_ticket(staff, ticket_of("works"))
    require_ticket(make_staff("bea", ["agent", "agency:*"]), ticket_of("parks"))
    with pytest.raises(TicketNotFound):
        require_ticket(staff, ticket_of("parks"))


def test_cryptography_is_loaded_by_the_first_token_and_not_before() -> None:
    code = (
        "import sys, app, chalicelib.identity.cognito\n"
        "assert 'cryptography' not in sys.modules\n"
        "from chalicelib.identity import tokens\n"
        "assert 'cryptography' in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_who_somebody_is_and_what_they_are_called_are_two_things() -> None:
    staff = make_staff("0b1c", ["agent"], "Ada Lo", "Ada@City.Example", pool_name="ada")
    assert (staff.sub, staff.username, staff.pool_name) == ("0b1c", "ada@city.example", "ada")
    assert staff.actor.key == "0b1c"
    assert make_staff("0b1c", [], pool_name="ada").username == "ada"


def test_somebody_of_whom_the_pool_does_not_say_who_they_are_is_nobody() -> None:
    with pytest.raises(NotSignedIn):
        make_staff("", ["administrator", "agency:*"], "Eve")


def test_without_an_agency_no_ticket_is_anybodys_business_whatever_the_role() -> None:
    """H5: what is taken away never widens what is left."""
    for role in Role:
        nobody = make_staff("0a", [role])
        assert not nobody.serves("works")
        assert not nobody.may(Act.READ_TICKETS)
        with pytest.raises(AccessDenied, match="No agency"):
            require(nobody, Act.READ_TICKETS)
        with pytest.raises(AccessDenied, match="No agency"):
            _ = nobody.scope
    assert make_staff("0a", ["administrator"]).may(Act.WRITE_CATALOG)


def test_the_whole_city_is_a_group_that_is_given() -> None:
    everywhere = make_staff("0a", ["agent", "agency:*"])
    assert everywhere.scope == () and everywhere.serves("works")
    assert make_staff("0a", ["agent", "agency:works"]).scope == ("works",)


# -- the user pool


class Pool:
    """A user pool of moto's, and a `CognitoAccounts` on it."""

    def __init__(self) -> None:
        self.client = boto3.client("cognito-idp", "us-east-1")
        made = self.client.create_user_pool(PoolName="town")
        self.pool_id = made["UserPool"]["Id"]
        client = self.client.create_user_pool_client(UserPoolId=self.pool_id, ClientName="console")
        self.client_id = client["UserPoolClient"]["ClientId"]
        self.now = datetime.now(UTC)
        self.fetches = 0
        self.accounts = CognitoAccounts(
            self.client,
            region="us-east-1",
            pool_id=self.pool_id,
            client_id=self.client_id,
            fetch_keys=self.keys,
            now=lambda: self.now,
        )
        for role in Role:
            self.client.create_group(UserPoolId=self.pool_id, GroupName=role.value)
        self.client.create_group(UserPoolId=self.pool_id, GroupName="agency:works")

    def keys(self, issuer: str) -> Mapping[str, Any]:
        self.fetches += 1
        assert issuer.endswith(self.pool_id)
        pools = (
            backend.user_pools.get(self.pool_id)
            for account in cognitoidp_backends.values()
            for backend in account.values()
        )
        pool = next(pool for pool in pools if pool)
        public = pool.json_web_key.as_dict(is_private=False)
        return {"keys": [{**public, "kid": "dummy", "use": "sig", "alg": "RS256"}]}

    def add(self, username: str, *groups: str, permanent: bool = True) -> None:
        attributes = [{"Name": "name", "Value": username.title()}]
        self.client.admin_create_user(
            UserPoolId=self.pool_id, Username=username, UserAttributes=attributes
        )
        self.client.admin_set_user_password(
            UserPoolId=self.pool_id, Username=username, Password="Demo-1234!", Permanent=permanent
        )
        for group in groups:
            self.client.admin_add_user_to_group(
                UserPoolId=self.pool_id, Username=username, GroupName=group
            )

    def sub(self, username: str) -> str:
        found = self.client.admin_get_user(UserPoolId=self.pool_id, Username=username)
        return next(a["Value"] for a in found["UserAttributes"] if a["Name"] == "sub")

    def enter(self, username: str) -> Session:
        session = self.accounts.sign_in(username, "Demo-1234!")
        assert isinstance(session, Session)
        return session


@pytest.fixture
def pool(monkeypatch: pytest.MonkeyPatch) -> Iterator[Pool]:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    with mock_aws():
        made = Pool()
        made.add("ada", "agent", "agency:works")
        yield made


def test_signing_in_gives_a_token_that_names_the_person(pool: Pool) -> None:
    session = pool.enter("ada")
    staff = pool.accounts.staff(session.access_token)
    sub = pool.sub("ada")
    assert staff == Staff(sub, "Ada", "", frozenset({Role.AGENT}), ("works",), "ada")
    assert staff.actor.name == "Ada"


def test_a_wrong_name_and_a_wrong_password_look_the_same(pool: Pool) -> None:
    said = set()
    for name, password in [("ada", "wrong"), ("nobody", "Demo-1234!")]:
        with pytest.raises(NotSignedIn) as refused:
            pool.accounts.sign_in(name, password)
        said.add(str(refused.value))
    assert len(said) == 1


def test_a_first_sign_in_asks_for_a_new_password(pool: Pool) -> None:
    pool.add("bea", "agent", permanent=False)
    challenge = pool.accounts.sign_in("bea", "Demo-1234!")
    assert isinstance(challenge, Challenge)
    assert challenge.kind is ChallengeKind.NEW_PASSWORD
    with pytest.raises(InvalidRequest) as refused:
        pool.accounts.answer(challenge, "short")
    assert "answer" in refused.value.fields
    assert isinstance(pool.accounts.answer(challenge, "Better-1234!"), Session)


def test_a_person_with_a_code_device_is_asked_for_a_code(pool: Pool) -> None:
    session = pool.enter("ada")
    pool.client.associate_software_token(AccessToken=session.access_token)
    pool.client.verify_software_token(AccessToken=session.access_token, UserCode="123456")
    pool.client.set_user_mfa_preference(
        AccessToken=session.access_token,
        SoftwareTokenMfaSettings={"Enabled": True, "PreferredMfa": True},
    )
    challenge = pool.accounts.sign_in("ada", "Demo-1234!")
    assert isinstance(challenge, Challenge)
    assert challenge.kind is ChallengeKind.CODE
    assert isinstance(pool.accounts.answer(challenge, "123456"), Session)


def test_refreshing_gives_a_fresh_token_until_signed_out(pool: Pool) -> None:
    session = pool.enter("ada")
    fresh = pool.accounts.refresh(session.refresh_token, "ada")
    assert pool.accounts.staff(fresh.access_token).username == "ada"
    pool.accounts.revoke(session.refresh_token, "ada")
    with pytest.raises(NotSignedIn):
        pool.accounts.refresh(session.refresh_token, "ada")
    pool.accounts.revoke("no token at all", "ada")


def test_an_expired_token_is_refused(pool: Pool) -> None:
    session = pool.enter("ada")
    pool.now += timedelta(hours=2)
    with pytest.raises(NotSignedIn):
        pool.accounts.staff(session.access_token)


def test_a_disabled_person_is_out_within_a_minute_and_at_once_where_it_matters(
    pool: Pool,
) -> None:
    session = pool.enter("ada")
    staff = pool.accounts.staff(session.access_token)
    pool.client.admin_disable_user(UserPoolId=pool.pool_id, Username="ada")
    with pytest.raises(NotSignedIn):
        pool.accounts.confirm(staff)
    pool.now += timedelta(minutes=2)
    with pytest.raises(NotSignedIn):
        pool.accounts.staff(session.access_token)


def test_a_role_taken_away_is_gone_at_once_where_it_matters(pool: Pool) -> None:
    pool.add("carl", "administrator")
    staff = pool.accounts.staff(pool.enter("carl").access_token)
    pool.client.admin_remove_user_from_group(
        UserPoolId=pool.pool_id, Username="carl", GroupName="administrator"
    )
    assert not pool.accounts.confirm(staff).may(Act.WRITE_CATALOG)


def test_the_key_set_is_read_once_and_made_up_ids_do_not_flood_it(pool: Pool) -> None:
    token = pool.enter("ada").access_token
    for _ in range(3):
        pool.accounts.staff(token)
    for number in range(5):
        made_up = jwt.encode(claims(), OTHER, algorithm="RS256", headers={"kid": f"x{number}"})
        with pytest.raises(NotSignedIn):
            pool.accounts.staff(made_up)
    assert pool.fetches == 1
    pool.now += timedelta(minutes=2)
    with pytest.raises(NotSignedIn):
        pool.accounts.staff(made_up)
    assert pool.fetches == 2


def test_a_silent_issuer_is_a_reason_to_wait_not_a_refusal(pool: Pool) -> None:
    def silent(issuer: str) -> Mapping[str, Any]:
        raise OSError("no answer")

    deaf = CognitoAccounts(
        pool.client,
        region="us-east-1",
        pool_id=pool.pool_id,
        client_id=pool.client_id,
        fetch_keys=silent,
    )
    with pytest.raises(StoreBusy):
        deaf.staff(pool.enter("ada").access_token)


def test_everybody_is_who_may_sign_in(pool: Pool) -> None:
    pool.add("zoe", "supervisor")
    pool.add("gone", "agent")
    pool.client.admin_disable_user(UserPoolId=pool.pool_id, Username="gone")
    assert sorted(pool.accounts.everybody()) == ["ada", "zoe"]


def test_somebody_is_confirmed_with_their_agencies(pool: Pool) -> None:
    assert pool.accounts.confirm(Staff("", pool_name="ada")).agency_codes == ("works",)


# -- the profile is asked, not the token


def remove(pool: Pool, username: str, group: str) -> None:
    pool.client.admin_remove_user_from_group(
        UserPoolId=pool.pool_id, Username=username, GroupName=group
    )


def test_a_group_taken_away_in_mid_session_is_gone_within_a_minute(pool: Pool) -> None:
    """M3: the token goes on naming it for as long as it lives."""
    token = pool.enter("ada").access_token
    assert pool.accounts.staff(token).agency_codes == ("works",)
    remove(pool, "ada", "agency:works")
    remove(pool, "ada", "agent")
    assert (
        "agency:works" in jwt.decode(token, options={"verify_signature": False})["cognito:groups"]
    )
    pool.now += timedelta(seconds=61)
    found = pool.accounts.staff(token)
    assert (found.agency_codes, found.roles) == ((), frozenset())


def test_a_group_that_is_given_is_there_within_a_minute(pool: Pool) -> None:
    pool.add("bea", "agent")
    token = pool.enter("bea").access_token
    assert not pool.accounts.staff(token).may(Act.READ_TICKETS)
    pool.client.admin_add_user_to_group(
        UserPoolId=pool.pool_id, Username="bea", GroupName="agency:works"
    )
    pool.now += timedelta(seconds=61)
    assert pool.accounts.staff(token).may(Act.READ_TICKETS)


def test_somebody_removed_from_the_pool_is_out_within_a_minute(pool: Pool) -> None:
    token = pool.enter("ada").access_token
    pool.accounts.staff(token)
    pool.client.admin_delete_user(UserPoolId=pool.pool_id, Username="ada")
    pool.now += timedelta(seconds=61)
    with pytest.raises(NotSignedIn):
        pool.accounts.staff(token)


def test_a_new_account_under_an_old_name_is_somebody_else(pool: Pool) -> None:
    token = pool.enter("ada").access_token
    pool.client.admin_delete_user(UserPoolId=pool.pool_id, Username="ada")
    pool.add("ada", "administrator")
    with pytest.raises(NotSignedIn):
        pool.accounts.staff(token)


def calls_of(pool: Pool) -> list[str]:
    """What the pool is asked from now on."""
    asked: list[str] = []

    def note(model: Any, **_: Any) -> None:
        asked.append(model.name)

    pool.client.meta.events.register("before-call.cognito-idp", note)
    return asked


def test_the_pool_is_asked_twice_a_person_and_minute_however_many_pages_they_open(
    pool: Pool,
) -> None:
    """AdminListGroupsForUser has a quota of its own (Cognito's "Quotas")."""
    token = pool.enter("ada").access_token
    asked = calls_of(pool)
    for _ in range(20):
        pool.accounts.staff(token)
    assert asked == ["AdminGetUser", "AdminListGroupsForUser"]
    pool.client.admin_disable_user(UserPoolId=pool.pool_id, Username="ada")
    pool.now += timedelta(seconds=61)
    asked.clear()
    for _ in range(20):
        with pytest.raises(NotSignedIn):
            pool.accounts.staff(token)
    assert asked == ["AdminGetUser"], "a refusal is kept for a minute, too"


@pytest.mark.parametrize("verified", ["false", "", "true"])
def test_an_address_counts_only_when_the_pool_says_that_it_is_verified(
    pool: Pool, verified: str
) -> None:
    """H1: Cognito's "UpdateUserAttributes" calls a new address unverified until its code is entered."""
    told = {"email": "Eve@evil.example"} | ({"email_verified": verified} if verified else {})
    pool.client.admin_update_user_attributes(
        UserPoolId=pool.pool_id,
        Username="ada",
        UserAttributes=[{"Name": name, "Value": value} for name, value in told.items()],
    )
    found = pool.accounts.staff(pool.enter("ada").access_token)
    assert found.email == ("eve@evil.example" if verified == "true" else "")
    assert found.username == (found.email or "ada")
    assert found.actor.key == pool.sub("ada")
