"""One HTTPS request to somebody else's server, which must be out in the world; knows no message."""

from __future__ import annotations

import http.client
import ipaddress
import socket
import ssl
import time
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from dataclasses import dataclass
from threading import Thread
from typing import Any
from urllib.parse import SplitResult, urljoin, urlsplit

from chalicelib.errors import PermanentSendError, TransientSendError

TIMEOUT = 5.0  # of each step: looking up, connecting, a silence while reading
DEADLINE = 8.0  # of the whole call, for a server may drip an answer for ever
MOST_REDIRECTS = 3
HTTPS = 443
# Of IPv6 only this is given out to servers (IANA, "IPv6 Global Unicast Address Assignments"); the rest
# wraps addresses of IPv4 or belongs to somebody's own house.
_SERVERS = ipaddress.ip_network("2000::/3")
# Nobody's servers, though not every Python knows (IANA's registries of special-purpose addresses).
_SPECIAL = tuple(
    ipaddress.ip_network(each)
    for each in ("192.0.0.0/24", "192.88.99.0/24", "2001::/23", "2002::/16", "3fff::/20")
)
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
Resolve = Callable[[str, int], list[str]]
Connect = Callable[[str, str, int], http.client.HTTPConnection]


def resolve(host: str, port: int) -> list[str]:
    """Every address that a name stands for now."""
    return [str(found[4][0]) for found in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]


def connect(host: str, address: str, port: int) -> http.client.HTTPConnection:
    """A connection to `address`, and to nothing else, that proves to be `host`."""
    context = ssl.create_default_context()
    connection = http.client.HTTPSConnection(host, port, timeout=TIMEOUT, context=context)
    plain = socket.create_connection((address, port), timeout=TIMEOUT)
    connection.sock = context.wrap_socket(plain, server_hostname=host)
    return connection


@dataclass(frozen=True, slots=True)
class PublicPost:
    """Posts to public addresses and to listed ports only; a name is looked up once and that very address
    is called. What is signed is carried to no other host, and no server takes more than `deadline` seconds.
    """

    resolve: Resolve = resolve
    connect: Connect = connect
    ports: tuple[int, ...] = (HTTPS,)
    deadline: float = DEADLINE

    def __call__(self, url: str, body: bytes, headers: Mapping[str, str]) -> None:
        """See `notifications.sending.callbacks.Post`. A redirect is followed within its own server."""
        until, first = time.monotonic() + self.deadline, _place(self._checked(url))
        for _ in range(MOST_REDIRECTS + 1):
            status, location = self._within(until, url, body, headers)
            if status not in _REDIRECTS or not location:
                return _judge(status)
            url = urljoin(url, location)
            if _place(self._checked(url)) != first:
                raise PermanentSendError("The callback's address redirects to another server.")
        raise PermanentSendError("The callback's address redirects too often.")

    def _within(
        self, until: float, url: str, body: bytes, headers: Mapping[str, str]
    ) -> tuple[int, str]:
        """One request in a thread of its own, left alone at the deadline: no timeout of a socket bounds a
        lookup, or an answer that comes byte by byte."""
        answer: Future[tuple[int, str]] = Future()
        call = Thread(target=_fulfil, args=(answer, self._once, url, body, headers), daemon=True)
        call.start()
        try:
            return answer.result(max(0.0, until - time.monotonic()))
        except TimeoutError as error:
            raise TransientSendError("The callback's server took too long.") from error

    def _once(self, url: str, body: bytes, headers: Mapping[str, str]) -> tuple[int, str]:
        parts = self._checked(url)
        host, port = _place(parts)
        try:
            address = _public(self.resolve(host, port))
            connection = self.connect(host, address, port)
            try:
                path = f"{parts.path or '/'}{'?' + parts.query if parts.query else ''}"
                connection.request("POST", path, body, dict(headers))
                answer = connection.getresponse()
                return answer.status, answer.headers.get("Location", "")
            finally:
                connection.close()
        except (OSError, http.client.HTTPException) as error:
            name = type(error).__name__
            raise TransientSendError(f"The callback's server did not answer ({name}).") from error

    def _checked(self, url: str) -> SplitResult:
        try:
            parts = urlsplit(url)
            is_good = parts.scheme == "https" and parts.hostname and not parts.username
            _, port = _place(parts)
        except ValueError:
            is_good, port = False, 0
        if not is_good:
            raise PermanentSendError("A callback goes to an https address without a user name.")
        if port not in self.ports:
            raise PermanentSendError(f"Callbacks go to ports {self.ports} only, not to {port}.")
        return parts


def _fulfil(
    answer: Future[tuple[int, str]], call: Callable[..., tuple[int, str]], *args: Any
) -> None:
    try:
        answer.set_result(call(*args))
    except Exception as error:  # whoever waits raises it
        answer.set_exception(error)


def _place(parts: SplitResult) -> tuple[str, int]:
    """Host and port. Raises `ValueError` for a port that is none."""
    return parts.hostname or "", parts.port or HTTPS


def _public(addresses: list[str]) -> str:
    """The first address, when none of them is inside any house."""
    for address in addresses:
        if not is_public(address):
            raise PermanentSendError("The callback's address is not a public one.")
    if not addresses:
        raise TransientSendError("The callback's name stands for no address.")
    return addresses[0]


def is_public(address: str) -> bool:
    """Whether an address is out in the world, and no wrapping of one that may not be."""
    try:
        found = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return False
    # Whatever wraps an IPv4 address could lead back inside; servers out there have plain ones.
    if isinstance(found, ipaddress.IPv6Address) and found not in _SERVERS:
        return False
    is_special = found.is_multicast or any(found in network for network in _SPECIAL)
    return found.is_global and not is_special


def _judge(status: int) -> None:
    if 200 <= status < 300:
        return
    if status >= 500 or status == 429:
        raise TransientSendError(f"The callback's server answered {status}.")
    raise PermanentSendError(f"The callback's server answered {status}.")
