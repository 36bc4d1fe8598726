"""The user pool at Amazon Cognito: sign-in, tokens, people; knows no request and no ticket."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from chalicelib import logs
from chalicelib.config import aws_domain
from chalicelib.errors import NotSignedIn
from chalicelib.identity.accounts import (
    Arrival,
    Challenge,
    ChallengeKind,
    Session,
    Staff,
)
from chalicelib.identity.federation.app_clients import AppClients
from chalicelib.identity.federation.city_groups import GroupMap
from chalicelib.identity.federation.profiles import staff_of
from chalicelib.identity.key_set import KeyFetcher, KeySet, fetch_keys
from chalicelib.identity.refusals import translated

if TYPE_CHECKING:
    from chalicelib.identity.tokens import AccessToken

# Imported where used: PyJWT and cryptography take 70 ms, and citizens have no token.

log = logs.Log(__name__)

PROFILE_LIVES = timedelta(minutes=1)


class CognitoAccounts:
    """`Accounts` on one Cognito user pool.

    `fetch_keys` gets the issuer's address and returns its key set. `now` is the issuer's time, not
    the desk's: tokens are dated by the user pool even where the desk's clock is moved for a trial.
    `is_over` says of a token that its sign-in was ended before the token's own time. `city_groups` are what
    groups of the city's own directory give to who signs in there.
    """

    def __init__(
        self,
        client: Any,
        *,
        region: str,
        pool_id: str,
        client_id: str,
        sign_on_client_id: str = "",
        city_groups: GroupMap | None = None,
        fetch_keys: KeyFetcher = fetch_keys,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        is_over: Callable[[AccessToken], bool] = lambda _token: False,
    ) -> None:
        self._client = client
        self._pool_id = pool_id
        self._client_id = client_id
        self.clients = AppClients(self._ask, pool_id, client_id, sign_on_client_id)
        self._city_groups = city_groups or {}
        self._issuer = f"https://cognito-idp.{region}.{aws_domain(region)}/{pool_id}"
        self._keys = KeySet(self._issuer, fetch_keys)
        self._now = now
        self._is_over = is_over
        self._profiles: dict[str, tuple[datetime, Staff | None]] = {}

    def sign_in(self, username: str, password: str) -> Session | Challenge:
        """Check name and password. Raises `NotSignedIn`, the same for whatever was wrong."""
        parameters = {"USERNAME": username, "PASSWORD": password, **self.clients.hash(username)}
        answer = self._ask(
            "initiate_auth",
            ClientId=self._client_id,
            AuthFlow="USER_PASSWORD_AUTH",
            AuthParameters=parameters,
        )
        return _read_answer(answer, username)

    def answer(self, challenge: Challenge, answer: str) -> Session | Challenge:
        """Answer a challenge. Raises `NotSignedIn`, or `InvalidRequest` for a refused password."""
        is_code = challenge.kind is ChallengeKind.CODE
        name = "SOFTWARE_TOKEN_MFA_CODE" if is_code else "NEW_PASSWORD"
        result = self._ask(
            "respond_to_auth_challenge",
            ClientId=self._client_id,
            ChallengeName=challenge.kind.value,
            Session=challenge.session,
            ChallengeResponses={
                "USERNAME": challenge.username,
                name: answer,
                **self.clients.hash(challenge.username),
            },
        )
        return _read_answer(result, challenge.username)

    def refresh(self, refresh_token: str, pool_name: str) -> Session:
        """A fresh access token. Raises `NotSignedIn` when the sign-in is over."""
        answer = self._ask(
            "initiate_auth",
            ClientId=self.clients.of(pool_name),
            AuthFlow="REFRESH_TOKEN_AUTH",
            AuthParameters={"REFRESH_TOKEN": refresh_token, **self.clients.hash(pool_name)},
        )
        session = _read_answer(answer, pool_name)
        if isinstance(session, Challenge):
            raise NotSignedIn("The user pool wants a full sign-in; sign in again.")
        return session

    def revoke(self, refresh_token: str, pool_name: str) -> None:
        """End the sign-in that a refresh token came from; one that is over already is no error."""
        client_id = self.clients.of(pool_name)
        secret = self.clients.secret(client_id)
        proof = {"ClientSecret": secret} if secret else {}
        try:
            self._ask("revoke_token", Token=refresh_token, ClientId=client_id, **proof)
        except NotSignedIn:
            log.info("signed out of a sign-in that was over")

    def origin(self, access_token: str) -> str:
        """What all tokens of the same sign-in bear. Raises `NotSignedIn` for one that is not valid."""
        return self._verify(access_token).origin

    def staff(self, access_token: str) -> Staff:
        """The person whom a valid access token names. Raises `NotSignedIn`.

        The token only says who: what they are called and what they may do is the pool's word, a minute
        old at most. A new account under an old name is somebody else.
        """
        token = self._verify(access_token)
        if self._is_over(token):
            raise NotSignedIn("This sign-in was ended; sign in again.")
        return _same(self._profile(token.username), token.sub)

    def arrive(self, arrival: Arrival, nonce: str) -> Staff:
        """Who comes from the city's own sign-in, read anew from the pool. Raises `NotSignedIn`."""
        from chalicelib.identity import tokens

        now, proof = self._now(), arrival.identity_token
        expected = tokens.Expectation(self._issuer, (self.clients.sign_on,))
        sub = tokens.identity(
            proof, self._keys.key(tokens.key_id_of(proof), now), expected, nonce, now
        )
        staff = self.staff(arrival.session.access_token)
        return self.confirm(_same(staff, sub))

    def confirm(self, staff: Staff) -> Staff:
        """The person as the pool knows them this moment. Raises `NotSignedIn` when disabled."""
        self._profiles.pop(staff.pool_name, None)
        return _same(self._profile(staff.pool_name), staff.sub)

    def begin_reset(self, username: str) -> None:
        """Let the pool mail a code to whoever forgot their password; says nothing of whether it did."""
        try:
            self._ask("forgot_password", **self._about(username))
        except NotSignedIn:  # nobody of that name, switched off, no verified address, or too often
            log.info("no code for a new password was mailed")

    def finish_reset(self, username: str, code: str, new: str) -> Staff:
        """A new password by that code; whose it is. Raises `NotSignedIn` for a wrong code or person,
        `InvalidRequest` for a refused password."""
        asked = self._about(username)
        self._ask("confirm_forgot_password", ConfirmationCode=code, Password=new, **asked)
        self._profiles.pop(username, None)
        return self._profile(username)

    def _about(self, username: str) -> dict[str, str]:
        """What calls say of somebody who is not signed in; the hash is named otherwise there."""
        proof = self.clients.hash(username).get("SECRET_HASH")
        asked = {"ClientId": self._client_id, "Username": username}
        return {**asked, "SecretHash": proof} if proof else asked

    def change_password(self, access_token: str, old: str, new: str) -> None:
        """Raises `NotSignedIn` for a wrong old password, `InvalidRequest` for a refused new one."""
        self._ask(
            "change_password", AccessToken=access_token, PreviousPassword=old, ProposedPassword=new
        )

    def check_password(self, staff: Staff, password: str) -> None:
        """Raises `NotSignedIn` unless this is the person's password at this moment."""
        proven = self.sign_in(staff.pool_name, password)
        if isinstance(proven, Session):  # the question for a code comes after the password, too
            self.revoke(proven.refresh_token, staff.pool_name)

    def begin_codes(self, access_token: str) -> str:
        """A fresh secret for an authenticator app; nothing changes before `finish_codes`."""
        return str(self._ask("associate_software_token", AccessToken=access_token)["SecretCode"])

    def finish_codes(self, access_token: str, code: str) -> None:
        """Ask for a code at every sign-in from now on. Raises `NotSignedIn` for a wrong code."""
        answer = self._ask("verify_software_token", AccessToken=access_token, UserCode=code)
        if answer.get("Status") != "SUCCESS":
            raise NotSignedIn("The code is wrong; wait for the next one.")
        wanted = {"Enabled": True, "PreferredMfa": True}
        self._ask(
            "set_user_mfa_preference", AccessToken=access_token, SoftwareTokenMfaSettings=wanted
        )

    def everybody(self) -> Iterator[str]:
        """The pool's names of all who may sign in, a page at a time; what they may do is not said."""
        for page in self._pages("list_users", "PaginationToken"):
            yield from (u["Username"] for u in page["Users"] if u.get("Enabled", True))

    def _pages(self, call: str, token: str, **arguments: Any) -> Iterator[Mapping[str, Any]]:
        more: dict[str, str] = {}
        while True:
            page = self._ask(call, UserPoolId=self._pool_id, **arguments, **more)
            yield page
            if not page.get(token):
                return
            more = {token: page[token]}

    def _verify(self, access_token: str) -> AccessToken:
        from chalicelib.identity import tokens

        now = self._now()
        key = self._keys.key(tokens.key_id_of(access_token), now)
        expected = tokens.Expectation(self._issuer, self.clients.all)
        return tokens.verify(access_token, key, expected, now)

    def _profile(self, username: str) -> Staff:
        """Somebody as the pool said within the last minute: two calls a person, minute and process."""
        now = self._now()
        known = self._profiles.get(username)
        if known is None or now - known[0] > PROFILE_LIVES:
            known = self._profiles[username] = (now, self._read_profile(username))
        if known[1] is None:
            raise NotSignedIn("This sign-in was switched off; ask an administrator.")
        return known[1]

    def _read_profile(self, username: str) -> Staff | None:
        try:
            found = self._ask("admin_get_user", UserPoolId=self._pool_id, Username=username)
        except NotSignedIn:  # who was removed is remembered like who is switched off
            return None
        if not found.get("Enabled", False):
            return None
        return staff_of(found, self._groups, self._city_groups)

    def _groups(self, pool_name: str) -> Sequence[str]:
        pages = self._pages("admin_list_groups_for_user", "NextToken", Username=pool_name)
        return [group["GroupName"] for page in pages for group in page["Groups"]]

    def _ask(self, call: str, **arguments: Any) -> Mapping[str, Any]:
        try:
            answer: Mapping[str, Any] = getattr(self._client, call)(**arguments)
        except ClientError as error:
            raise translated(error) from error
        return answer


def _read_answer(answer: Mapping[str, Any], username: str) -> Session | Challenge:
    name = answer.get("ChallengeName")
    if name is None:
        result = answer["AuthenticationResult"]
        return Session(
            result["AccessToken"], result.get("RefreshToken", ""), int(result["ExpiresIn"])
        )
    if name not in set(ChallengeKind):
        raise NotSignedIn(f"The user pool asks for {name}, which this console cannot answer.")
    asked_of = answer.get("ChallengeParameters", {}).get("USER_ID_FOR_SRP") or username
    return Challenge(ChallengeKind(name), asked_of, answer.get("Session", ""))


def _same(staff: Staff, sub: str) -> Staff:
    if sub and staff.sub != sub:
        raise NotSignedIn("This sign-in is of an account that is no more; sign in again.")
    return staff
