"""Signing in at the city's own identity provider, through the user pool; knows no request and no page.

The pool's authorisation endpoint sends the browser to the provider and back to us with a code, which only
who holds the browser's secret can exchange (RFC 7636, "S256"; Amazon Cognito, "Authorize endpoint").
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import secrets
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from chalicelib.errors import NotSignedIn, StoreBusy
from chalicelib.identity.accounts import Arrival, Session
from chalicelib.identity.federation.city_groups import PROVIDER

SECRET = 43  # letters of 32 random bytes
ANSWER_BYTES = 65_536
SECONDS = 5
Post = Callable[[str, Mapping[str, str], bytes], tuple[int, bytes]]


def post_form(url: str, headers: Mapping[str, str], body: bytes) -> tuple[int, bytes]:
    """Status and body of a POST; redirects are not followed, for they would carry the code elsewhere."""
    request = urllib.request.Request(url, body, dict(headers))  # noqa: S310 - Settings allows https alone
    opener = urllib.request.build_opener(_NoRedirects)
    try:
        with opener.open(request, timeout=SECONDS) as answer:
            return answer.status, answer.read(ANSWER_BYTES)
    except urllib.error.HTTPError as error:
        return error.code, error.read(ANSWER_BYTES)


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_: Any, **__: Any) -> None:
        return None


@dataclass(frozen=True, slots=True)
class Attempt:
    """One way there and back. All of it follows from a secret that only the browser and we know."""

    secret: str

    @classmethod
    def begin(cls) -> Attempt:
        """A fresh one."""
        return cls(secrets.token_urlsafe(32))

    @property
    def is_whole(self) -> bool:
        """Whether the secret can be one of ours."""
        return len(self.secret) == SECRET and self.secret.isascii()

    @property
    def state(self) -> str:
        """What comes back beside the code: so the code is for this browser."""
        return self._part("state")

    @property
    def nonce(self) -> str:
        """What stands in the identity token: so the code is of this attempt."""
        return self._part("nonce")

    @property
    def verifier(self) -> str:
        """What the exchange proves itself with; it never passes the browser's address line."""
        return self._part("verifier")

    @property
    def challenge(self) -> str:
        """What goes along with the browser in its place."""
        return _text(hashlib.sha256(self.verifier.encode()).digest())

    def is_of(self, state: str) -> bool:
        """Whether this state came from here."""
        return self.is_whole and hmac.compare_digest(self.state.encode(), state.encode())

    def _part(self, name: str) -> str:
        return _text(hmac.digest(self.secret.encode(), name.encode(), "sha256"))


@dataclass(frozen=True, slots=True, kw_only=True)
class SignOn:
    """The pool's endpoints. `url` is the pool's domain, `secret` the client's at the pool."""

    url: str
    client_id: str
    secret: Callable[[], str]
    post: Post = post_form

    def authorise_url(self, attempt: Attempt, return_url: str) -> str:
        """Where the browser goes to sign in."""
        asked = {
            "response_type": "code",
            "client_id": self.client_id,
            "redirect_uri": return_url,
            "scope": "openid",
            "state": attempt.state,
            "nonce": attempt.nonce,
            "code_challenge": attempt.challenge,
            "code_challenge_method": "S256",
            "identity_provider": PROVIDER,
        }
        return f"{self.url}/oauth2/authorize?{urllib.parse.urlencode(asked)}"

    def leave_url(self, return_url: str) -> str:
        """Where the browser goes so that the pool forgets it, too (Amazon Cognito, "Logout endpoint")."""
        asked = {"client_id": self.client_id, "logout_uri": return_url}
        return f"{self.url}/logout?{urllib.parse.urlencode(asked)}"

    def exchange(self, code: str, attempt: Attempt, return_url: str) -> Arrival:
        """What a code is good for, once. Raises `NotSignedIn`, or `StoreBusy` where nobody answers."""
        fields = {
            "grant_type": "authorization_code",
            "client_id": self.client_id,
            "code": code,
            "redirect_uri": return_url,
            "code_verifier": attempt.verifier,
        }
        told = self._ask(urllib.parse.urlencode(fields).encode())
        try:
            session = Session(
                str(told["access_token"]),
                str(told.get("refresh_token", "")),
                int(told["expires_in"]),
            )
            return Arrival(session, str(told["id_token"]))
        except (KeyError, TypeError, ValueError) as error:
            raise NotSignedIn("The city's sign-in gave no answer that we know.") from error

    def _ask(self, body: bytes) -> Mapping[str, Any]:
        try:
            status, text = self.post(f"{self.url}/oauth2/token", self._headers(), body)
        except OSError as error:
            raise StoreBusy("The city's sign-in does not answer; try again.") from error
        if status >= 500:
            raise StoreBusy("The city's sign-in does not answer; try again.")
        if status != 200:
            raise NotSignedIn("The city's sign-in did not let you in; try again.")
        try:
            return dict(json.loads(text))
        except ValueError as error:
            raise NotSignedIn("The city's sign-in gave no answer that we know.") from error

    def _headers(self) -> dict[str, str]:
        known = base64.b64encode(f"{self.client_id}:{self.secret()}".encode()).decode()
        form = "application/x-www-form-urlencoded"
        return {"Content-Type": form, "Authorization": f"Basic {known}"}


def _text(digest: bytes) -> str:
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
