"""The town as `make run` starts it: what it says meanwhile, at the ports that were chosen."""

from __future__ import annotations

import argparse
import json
import os
import signal
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from infra.local.demo_mail import where
from infra.local.ports import SMTP, WEB, PortTaken, chosen_ports, free_port, port_number

ROOT = Path(__file__).parents[2]
HOST = "127.0.0.1"


@dataclass(frozen=True)
class Running:
    """A town in a process of its own, what it was told and what it said."""

    web: int
    smtp: int
    said: str

    def start(self, module: str) -> subprocess.CompletedProcess[str]:
        """Another program that is told the same ports."""
        command = [sys.executable, "-m", module]
        given = told(self.web, self.smtp)
        return subprocess.run(
            command, cwd=ROOT, env=given, capture_output=True, text=True, check=False
        )


def told(web: int, smtp: int) -> dict[str, str]:
    """The environment that `make run CITY=… PORT=… SMTP_PORT=…` gives."""
    return {**os.environ, "CITY": "new-haven", WEB: str(web), SMTP: str(smtp)}


@pytest.fixture(scope="module")
def running() -> Iterator[Running]:
    web, smtp = free_port(HOST), free_port(HOST)
    command = [sys.executable, "-m", "infra.local"]
    process = subprocess.Popen(
        command, cwd=ROOT, env=told(web, smtp), stdout=subprocess.PIPE, text=True
    )
    assert process.stdout
    said = ""
    for line in process.stdout:
        said += line
        if "demo-mail" in line:
            break
    yield Running(web, smtp, said)
    process.send_signal(signal.SIGINT)
    process.wait(timeout=60)


def test_it_says_what_it_does_and_shows_the_chosen_ports(running: Running) -> None:
    assert running.said.startswith("Opening New Haven")
    assert f"http://localhost:{running.web}/console" in running.said
    assert f"SMTP localhost:{running.smtp}" in running.said
    assert f"make demo-mail SMTP_PORT={running.smtp}" in running.said
    assert "administrator@new-haven.example" in running.said
    with urllib.request.urlopen(f"http://localhost:{running.web}/_town/") as page:
        assert f"localhost:{running.smtp}" in page.read().decode()


def test_the_demonstration_mail_finds_the_town_by_its_port(running: Running) -> None:
    sent = running.start("infra.local.demo_mail")
    assert sent.returncode == 0, sent.stdout + sent.stderr
    assert "help@report.new-haven.example" in sent.stdout
    assert f"http://localhost:{running.web}/_town/outbox" in sent.stdout


def test_a_second_town_at_the_same_ports_names_them_in_one_line(running: Running) -> None:
    second = running.start("infra.local")
    assert (second.returncode, second.stdout) == (1, "")
    [line] = second.stderr.splitlines()
    assert f"Port {running.web} is taken, port {running.smtp} is taken." in line
    assert "make run PORT=" in line
    assert " SMTP_PORT=" in line


@pytest.fixture
def taken() -> Iterator[int]:
    with socket.socket() as listening:
        listening.bind((HOST, 0))
        listening.listen()
        yield listening.getsockname()[1]


def test_the_port_that_is_proposed_can_be_had(taken: int) -> None:
    with pytest.raises(PortTaken, match=rf"Port {taken} is taken\.") as caught:
        chosen_ports(HOST, {WEB: taken, SMTP: 0})
    name, _, port = str(caught.value).rpartition(" ")[2].partition("=")
    assert name == WEB
    assert chosen_ports(HOST, {WEB: int(port), SMTP: 0})[WEB] == int(port)


def test_one_port_cannot_serve_both() -> None:
    free = free_port(HOST)
    with pytest.raises(PortTaken, match=f"Port {free} is wanted for both"):
        chosen_ports(HOST, {WEB: free, SMTP: free})


@pytest.mark.parametrize("text", ["", "web", "-1", "65536", "80.5", "1e3"])
def test_what_is_no_port_is_refused(text: str) -> None:
    with pytest.raises(argparse.ArgumentTypeError, match="is not a port"):
        port_number(text)


def test_without_a_port_the_mail_goes_to_the_town_opened_last(tmp_path: Path) -> None:
    for at, port in enumerate((2526, 2525)):
        file = tmp_path / f"{port}.json"
        file.write_text(json.dumps({"smtp_port": port}))
        os.utime(file, (at, at))
    assert where(tmp_path, None)["smtp_port"] == 2525
    assert where(tmp_path, 2526)["smtp_port"] == 2526
    assert where(tmp_path, 4000)["smtp_port"] == 4000
