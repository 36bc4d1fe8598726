"""A callback goes to public addresses only, within its own server, at listed ports, and not for
longer than its deadline."""

from __future__ import annotations

import http.client
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event
from typing import Any

import pytest

from chalicelib.channels import callbacks
from chalicelib.channels.callbacks import PublicPost, is_public
from chalicelib.errors import PermanentSendError, TransientSendError

PUBLIC = "93.184.216.34"


@dataclass
class Answer:
    status: int
    headers: dict[str, str] = field(default_factory=dict)


@dataclass
class World:
    """Names, addresses and servers out there."""

    names: dict[str, list[str]]
    answers: list[Answer] = field(default_factory=list)
    called: list[str] = field(default_factory=list)
    breaks: bool = False

    def resolve(self, host: str, _port: int) -> list[str]:
        return self.names[host]

    def connect(self, host: str, address: str, port: int) -> Any:
        self.called.append(f"{host} at {address}:{port}")
        return self

    def request(self, *_: Any) -> None:
        if self.breaks:
            raise http.client.BadStatusLine("nothing")

    def getresponse(self) -> Answer:
        return self.answers.pop(0)

    def close(self) -> None:
        pass

    def post(self, url: str) -> None:
        PublicPost(self.resolve, self.connect)(url, b"{}", {})


def test_a_good_server_is_called_at_the_address_that_was_checked() -> None:
    world = World({"ok.example": [PUBLIC]}, [Answer(204)])
    world.post("https://ok.example/hook?a=1")
    assert world.called == [f"ok.example at {PUBLIC}:443"]


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "10.0.0.8",
        "172.16.3.4",
        "192.168.1.1",
        "169.254.169.254",
        "100.64.0.1",
        "0.0.0.0",
        "::1",
        "fe80::1",
        "fd00::1",
        "::ffff:169.254.169.254",
        "::ffff:10.0.0.1",
        "2002:a9fe:a9fe::1",
        "224.0.0.1",
        "64:ff9b::a9fe:a9fe",
        "64:ff9b:1::a9fe:a9fe",
        "::169.254.169.254",
        "fec0::1",
        "5f00::1",
        "2001:0:4136:e378:8000:63bf:3fff:fdd2",
        "2001:2::1",
        "2001:20::1",
        "3fff::1",
        "100::1",
        "::ffff:0:a9fe:a9fe",
        "192.0.0.8",
        "192.0.2.1",
        "192.88.99.1",
        "198.18.0.1",
        "240.0.0.1",
        "255.255.255.255",
        "2001:db8::1",
        "ff02::1",
        "not an address",
    ],
)
def test_addresses_inside_any_house_are_refused_before_a_connection(address: str) -> None:  # X17
    assert not is_public(address)
    world = World({"evil.example": [PUBLIC, address]})
    with pytest.raises(PermanentSendError):
        world.post("https://evil.example/")
    assert world.called == []


@pytest.mark.parametrize("address", [PUBLIC, "2606:4700::1111", "2a00:1450::1", "2001:4860::8888"])
def test_servers_out_in_the_world_are_called(address: str) -> None:
    world = World({"ok.example": [address]}, [Answer(204)])
    world.post("https://ok.example/")
    assert world.called == [f"ok.example at {address}:443"]


@dataclass
class Turncoat(World):
    """A world whose name stands for another address each time somebody asks."""

    def resolve(self, host: str, _port: int) -> list[str]:
        return [self.names[host].pop(0)]


def test_a_name_that_changes_is_called_where_it_was_looked_up() -> None:  # X17
    world = Turncoat({"evil.example": [PUBLIC, "169.254.169.254"]}, [Answer(204)])
    world.post("https://evil.example/")
    assert world.called == [f"evil.example at {PUBLIC}:443"]
    assert world.names == {"evil.example": ["169.254.169.254"]}  # asked once


@pytest.mark.parametrize(
    "there", ["https://other.example/hook", "//other.example/", "https://ok.example:8443/hook"]
)
def test_what_is_signed_is_carried_to_no_other_server(there: str) -> None:
    names = {"ok.example": [PUBLIC], "other.example": [PUBLIC]}
    world = World(names, [Answer(307, {"Location": there}), Answer(204)])
    with pytest.raises(PermanentSendError):
        PublicPost(world.resolve, world.connect, (443, 8443))("https://ok.example/", b"{}", {})
    assert world.called == [f"ok.example at {PUBLIC}:443"]


def test_a_redirect_within_the_same_server_is_followed() -> None:
    world = World(
        {"ok.example": [PUBLIC]},
        [Answer(308, {"Location": "https://OK.example:443/new"}), Answer(204)],
    )
    world.post("https://ok.example/")
    assert len(world.called) == 2


@pytest.mark.parametrize("port", [22, 25, 80, 444, 8443])
def test_only_listed_ports_are_called(port: int) -> None:
    world = World({"ok.example": [PUBLIC]}, [Answer(204)])
    with pytest.raises(PermanentSendError, match=str(port)):
        world.post(f"https://ok.example:{port}/")
    assert world.called == []
    PublicPost(world.resolve, world.connect, (443, port))(f"https://ok.example:{port}/", b"", {})
    assert world.called == [f"ok.example at {PUBLIC}:{port}"]


@pytest.mark.parametrize(
    "url",
    ["http://ok.example/", "file:///etc/passwd", "https://u@ok.example/", "https:///x", "ftp://x"],
)
def test_only_https_without_a_user_is_called(url: str) -> None:
    world = World({"ok.example": [PUBLIC]})
    with pytest.raises(PermanentSendError):
        world.post(url)
    assert world.called == []


def test_a_redirect_to_plain_http_is_refused() -> None:
    world = World({"ok.example": [PUBLIC]}, [Answer(302, {"Location": "http://ok.example/"})])
    with pytest.raises(PermanentSendError):
        world.post("https://ok.example/")


def test_endless_redirects_end() -> None:
    world = World({"ok.example": [PUBLIC]}, [Answer(302, {"Location": "/again"})] * 9)
    with pytest.raises(PermanentSendError):
        world.post("https://ok.example/")
    assert len(world.called) == 4


@pytest.mark.parametrize("status", [500, 503, 429])
def test_what_may_pass_is_tried_again(status: int) -> None:
    with pytest.raises(TransientSendError):
        World({"ok.example": [PUBLIC]}, [Answer(status)]).post("https://ok.example/")


@pytest.mark.parametrize("status", [400, 404, 410])
def test_what_will_not_pass_is_not(status: int) -> None:
    with pytest.raises(PermanentSendError):
        World({"ok.example": [PUBLIC]}, [Answer(status)]).post("https://ok.example/")


def test_a_server_that_hangs_up_is_tried_again() -> None:
    with pytest.raises(TransientSendError):
        World({"ok.example": [PUBLIC]}, breaks=True).post("https://ok.example/")


def test_a_server_that_hangs_is_given_five_seconds_and_not_more(  # N20
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert callbacks.TIMEOUT == 5
    monkeypatch.setattr(callbacks, "TIMEOUT", 0.2)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        post = PublicPost(
            lambda *_: [PUBLIC],
            lambda host, _, at: callbacks.connect(host, "127.0.0.1", at),
            (port,),
        )
        began = time.monotonic()
        with pytest.raises(TransientSendError):
            post(f"https://hangs.example:{port}/", b"{}", {})
        assert time.monotonic() - began < 4


class Redirecting(BaseHTTPRequestHandler):
    """Sends whoever comes with a body to where its server says, and notes what came."""

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.heard.append((self.path, body, self.headers["Civicline-Signature"]))  # type: ignore[attr-defined]
        self.send_response(307 if self.path == "/first" else 204)
        self.send_header("Location", self.server.there)  # type: ignore[attr-defined]
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def redirecting() -> Iterator[Any]:
    server: Any = ThreadingHTTPServer(("127.0.0.1", 0), Redirecting)
    server.heard, server.there = [], ""
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()


@pytest.mark.parametrize(
    ("there", "port", "is_theirs"),
    [
        ("https://other.example:{here}/", "here", False),
        ("https://first.example:{beside}/", "beside", False),
        ("//other.example:{beside}/", "beside", False),
        ("/second", "here", True),
        ("https://first.example:{here}/second", "here", True),
    ],
)
def test_a_real_server_that_redirects_elsewhere_gives_body_and_signature_to_nobody(
    there: str, port: str, is_theirs: bool
) -> None:
    with redirecting() as here, redirecting() as beside:
        ports = {"here": here.server_port, "beside": beside.server_port}
        here.there = there.format(**ports)
        post = PublicPost(
            lambda *_: [PUBLIC],
            lambda _host, _address, at: http.client.HTTPConnection("127.0.0.1", at, timeout=5),
            tuple(ports.values()),
        )
        call = partial(post, f"https://first.example:{ports['here']}/first", b"{}")
        signed = {"Civicline-Signature": "v1=secret"}
        if is_theirs:
            call(signed)
        else:
            with pytest.raises(PermanentSendError, match="another server"):
                call(signed)
        paths = [path for path, *_ in here.heard]
        assert paths == (["/first", "/second"] if is_theirs else ["/first"])
        assert beside.heard == []


class Dripping(BaseHTTPRequestHandler):
    """Never silent for long, and never done."""

    def do_POST(self) -> None:
        self.send_response(200)
        for number in range(1_000):
            if self.server.is_over.wait(0.02):  # type: ignore[attr-defined]
                return
            self.send_header(f"X-{number}", "drip")
            self.flush_headers()

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def dripping() -> Iterator[int]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Dripping)
    server.is_over = Event()  # type: ignore[attr-defined]
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server.server_port
    server.is_over.set()  # type: ignore[attr-defined]
    server.shutdown()
    server.server_close()


def test_a_server_that_drips_its_answer_is_left_at_the_deadline(dripping: int) -> None:
    post = PublicPost(
        lambda *_: [PUBLIC],
        lambda *_: http.client.HTTPConnection("127.0.0.1", dripping, timeout=callbacks.TIMEOUT),
        deadline=0.3,
    )
    with pytest.raises(TransientSendError, match="too long"):
        post("https://drips.example/", b"{}", {})


def test_a_name_that_is_never_found_is_left_at_the_deadline() -> None:
    asked = Event()
    post = PublicPost(lambda *_: [str(asked.wait(30))], World({}).connect, deadline=0.1)
    with pytest.raises(TransientSendError, match="too long"):
        post("https://slow.example/", b"{}", {})
    asked.set()
