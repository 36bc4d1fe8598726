"""MiniStack in its own environment and process: starts, is deployed to, stops; knows no ticket.

It pins another botocore than the development tools, so it lives in `.build/ministack`.
"""

from __future__ import annotations

import fcntl
import json
import os
import socket
import subprocess
import sys
import time
import urllib.request
import venv
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import botocore.session

from infra.deploy import deploy
from infra.settings import ROOT, StageSettings

REQUIREMENTS = Path(__file__).parent / "requirements.txt"
PROGRAM = Path(__file__).with_name("taught.py")


class Engine:
    """A running MiniStack at `url`, which plays one region."""

    def __init__(self, url: str, region: str) -> None:
        self.url = url
        self.region = region
        self._session = botocore.session.get_session()
        self._made: dict[str, Any] = {}

    def client(self, service: str) -> Any:
        """A client of this engine."""
        if service not in self._made:
            self._made[service] = self._session.create_client(
                service,
                endpoint_url=self.url,
                region_name=self.region,
                aws_access_key_id="test",
                aws_secret_access_key="test",
            )
        return self._made[service]

    def look(self, path: str) -> Any:
        """What the engine shows of itself at `/_ministack/<path>`."""
        with urllib.request.urlopen(f"{self.url}/_ministack/{path}", timeout=10) as answer:
            return json.load(answer)

    def deploy(
        self, settings: StageSettings, built: Path, far: Engine | None = None
    ) -> dict[str, str]:
        """`make deploy` of a package as it is; `far` is CloudFront's region."""
        said: list[str] = []
        return deploy(
            settings,
            built,
            self.client,
            say=said.append,
            pause=lambda _seconds: time.sleep(0.2),
            far=lambda: (far or self).client,
        )


@contextmanager
def running(region: str, folder: Path = ROOT / ".build/ministack") -> Iterator[Engine]:
    """Start the engine for a region on a free port, wait until it answers, end it afterwards."""
    python = installed(folder)
    port = _free_port()
    environ = {
        "PATH": f"{python.parent}:{os.environ['PATH']}",
        "BIND_HOST": "127.0.0.1",
        "GATEWAY_PORT": str(port),
        "MINISTACK_REGION": region,
        "SFTP_ENABLED": "0",
        "HOME": str(folder),
        "TMPDIR": str(folder / "tmp"),
    }
    (folder / "tmp").mkdir(exist_ok=True)
    with (folder / f"log-{region}").open("wb") as log:
        process = subprocess.Popen(
            [str(python), str(PROGRAM)], env=environ, stdout=log, stderr=log, start_new_session=True
        )
        try:
            yield _answering(Engine(f"http://127.0.0.1:{port}", region), process)
        finally:
            _end(process)


def _answering(engine: Engine, process: subprocess.Popen[bytes]) -> Engine:
    _until(lambda: _is_up(engine, process), "MiniStack answers", seconds=60)
    return engine


def _is_up(engine: Engine, process: subprocess.Popen[bytes]) -> bool:
    if process.poll() is not None:
        raise RuntimeError("MiniStack ended at once; see .build/ministack/log-<region>.")
    try:
        return bool(engine.look("health"))
    except OSError:
        return False


def _end(process: subprocess.Popen[bytes]) -> None:
    """End it and the functions it started: they are one process group of ours."""
    if process.poll() is None:
        os.killpg(process.pid, 15)
    process.wait(20)


def installed(folder: Path) -> Path:
    """Its Python, installed on first use for the Python that packages: it runs our zips."""
    mark = folder / "installed"
    wanted = f"{REQUIREMENTS.read_text()} {sys.version_info[:3]}"
    folder.parent.mkdir(exist_ok=True)
    with folder.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # two files of tests may begin at once
        if not (mark.exists() and mark.read_text() == wanted):
            venv.create(folder, clear=True, with_pip=True)
            pip = [str(folder / "bin/pip"), "install", "--quiet", "-r", str(REQUIREMENTS)]
            subprocess.run(pip, check=True, capture_output=True)
            mark.write_text(wanted)
    return folder / "bin/python"


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _until(holds: Callable[[], Any], what: str, *, seconds: float = 60) -> Any:
    """The first true answer of `holds`; an AssertionError naming `what` when there is none in time."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if found := holds():
            return found
        time.sleep(0.2)
    raise AssertionError(f"not within {seconds:.0f} s: {what}")


until = _until
