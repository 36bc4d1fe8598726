"""One HTTPS request to somebody else's server, which must be out in the world; knows no message."""

from __future__ import annotations

import http.client
import ipaddress
import socket
import ssl
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from urllib.parse import SplitResult, urljoin, urlsplit

from chalicelib.errors import PermanentSendError, TransientSendError

TIMEOUT = 5.0
MOST_REDIRECTS = 3
_NAT64 = ipaddress.ip_network("64:ff9b::/96")
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
    """Posts to public addresses only; a name is looked up once and that very address is called."""

    resolve: Resolve = resolve
    connect: Connect = connect

    def __call__(self, url: str, body: bytes, headers: Mapping[str, str]) -> None:
        """See `notifications.calling.Post`. Redirects are followed, each under the same rules."""
        for _ in range(MOST_REDIRECTS + 1):
            status, location = self._once(url, body, headers)
            if status not in _REDIRECTS or not location:
                return _judge(status)
            url = urljoin(url, location)
        raise PermanentSendError("The callback's address redirects too often.")

    def _once(self, url: str, body: bytes, headers: Mapping[str, str]) -> tuple[int, str]:
        parts = _checked(url)
        host, port = parts.hostname or "", parts.port or 443
        try:
            addresses = self.resolve(host, port)
            address = _public(addresses)
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


def _checked(url: str) -> SplitResult:
    try:
        parts = urlsplit(url)
        is_good = parts.scheme == "https" and parts.hostname and not parts.username
        parts.port  # noqa: B018 - reading it is what checks it
    except ValueError:
        is_good = False
    if not is_good:
        raise PermanentSendError("A callback goes to an https address without a user name.")
    return parts


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
    if isinstance(found, ipaddress.IPv6Address):
        # Whatever wraps an IPv4 address could lead back inside; servers out there have plain ones.
        is_wrapped = found.ipv4_mapped or found.sixtofour or found.teredo or found in _NAT64
        return found.is_global and not is_wrapped and not found.is_multicast
    return found.is_global and not found.is_multicast


def _judge(status: int) -> None:
    if 200 <= status < 300:
        return
    if status >= 500 or status == 429:
        raise TransientSendError(f"The callback's server answered {status}.")
    raise PermanentSendError(f"The callback's server answered {status}.")
