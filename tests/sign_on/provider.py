"""Runs `provider.mjs`, which stands for the user pool's domain, and puts people into the town's pool."""

from __future__ import annotations

import json
import shutil
import subprocess
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.cookiejar import CookieJar
from pathlib import Path
from typing import Any

import pytest
from jwt.algorithms import RSAAlgorithm
from moto.cognitoidp.models import CognitoIdpUser, UserStatus, cognitoidp_backends
from moto.utilities.utils import load_resource

HERE = Path(__file__).parent
LIBRARIES = HERE.parents[1] / ".build" / "node_modules"


class Provider:
    """The provider's process; what it is told after its start is whom it knows and for whom it works."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process
        self.url = f"http://127.0.0.1:{self._said()['port']}"
        self._jar = CookieJar()

    def tell(self, **settings: Any) -> None:
        assert self._process.stdin
        self._process.stdin.write(json.dumps(settings) + "\n")
        self._process.stdin.flush()
        assert self._said()["ready"]

    def _said(self) -> Any:
        assert self._process.stdout
        return json.loads(self._process.stdout.readline())

    def be(self, login: str) -> None:
        """Who signs in from now on; whoever was signed in there is forgotten."""
        self._jar.clear()
        urllib.request.urlopen(f"{self.url}/be/{login}").read()

    def walk(self, url: str, back: str) -> str:
        """Where a browser ends that follows `url`: at our own address, with what it brings."""
        opener = urllib.request.build_opener(_Stay, urllib.request.HTTPCookieProcessor(self._jar))
        for _ in range(8):
            try:
                answer = opener.open(url)
            except urllib.error.HTTPError as error:
                answer = error
            url = urllib.parse.urljoin(url, answer.headers["Location"])
            if url.startswith(back):
                return url[url.index("/console") :]
        raise AssertionError(f"never came back: {url}")


class _Stay(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_: Any, **__: Any) -> None:
        return None


@contextmanager
def started() -> Iterator[Provider]:
    """A provider while the context lasts; tests are left out where Node or the library is missing."""
    if not shutil.which("node") or not (LIBRARIES / "oidc-provider").exists():
        pytest.skip(
            "oidc-provider (make test installs it where npm is) is missing on this machine."
        )
    command = ["node", str(HERE / "provider.mjs"), str(LIBRARIES)]
    pipe = subprocess.PIPE
    with subprocess.Popen(
        command, stdin=pipe, stdout=pipe, stderr=subprocess.DEVNULL, text=True
    ) as process:
        try:
            yield Provider(process)
        finally:
            process.terminate()


def signing_key() -> Mapping[str, Any]:
    """The key with which moto's pools sign, so that the provider's tokens are the pool's."""
    found = load_resource("cognitoidp/resources/jwks-private.json")
    stored = found if isinstance(found, dict) else json.loads(found)
    whole = RSAAlgorithm.to_jwk(RSAAlgorithm.from_jwk(stored), as_dict=True)
    own = {name: value for name, value in whole.items() if name != "key_ops"}
    return own | {"kid": stored["kid"], "alg": "RS256", "use": "sig"}


def known_there(pool_id: str, login: str, name: str, groups: str) -> dict[str, str]:
    """Somebody as Cognito keeps who signs in elsewhere: named after the provider, with its groups."""
    pools = (b.user_pools for regions in cognitoidp_backends.values() for b in regions.values())
    pool = next(each[pool_id] for each in pools if pool_id in each)
    username = f"City_{login}"
    said = {"email": f"{login}@city.example", "email_verified": "true", "name": name}
    attributes = [{"Name": k, "Value": v} for k, v in {**said, "custom:groups": groups}.items()]
    user = CognitoIdpUser(pool_id, username, None, UserStatus.CONFIRMED, attributes)
    user.status = External("EXTERNAL_PROVIDER")
    pool.users[username] = user
    return {"sub": user.attribute_lookup["sub"], "username": username}


class External(str):
    """A status that moto does not know."""

    @property
    def value(self) -> str:
        return str(self)
