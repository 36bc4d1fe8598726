"""A callback goes to public addresses only, also after a redirect and whatever a name stands for."""

from __future__ import annotations

import http.client
import socket
import time
from dataclasses import dataclass, field
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
        "not an address",
    ],
)
def test_addresses_inside_any_house_are_refused_before_a_connection(address: str) -> None:  # X17
    assert not is_public(address)
    world = World({"evil.example": [PUBLIC, address]})
    with pytest.raises(PermanentSendError):
        world.post("https://evil.example/")
    assert world.called == []


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


def test_a_redirect_into_the_house_is_refused() -> None:  # X17
    names = {"ok.example": [PUBLIC], "in.example": ["169.254.169.254"]}
    world = World(names, [Answer(307, {"Location": "https://in.example/latest"})])
    with pytest.raises(PermanentSendError):
        world.post("https://ok.example/")
    assert world.called == [f"ok.example at {PUBLIC}:443"]


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
            lambda *_: [PUBLIC], lambda host, _, at: callbacks.connect(host, "127.0.0.1", at)
        )
        began = time.monotonic()
        with pytest.raises(TransientSendError):
            post(f"https://hangs.example:{port}/", b"{}", {})
        assert time.monotonic() - began < 4
