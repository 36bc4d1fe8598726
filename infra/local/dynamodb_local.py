"""Amazon's own DynamoDB on this machine: fetched once with Maven, run by Java on a free port."""

from __future__ import annotations

import atexit
import contextlib
import shutil
import socket
import subprocess
import tempfile
import time
import urllib.error
import urllib.request
from dataclasses import dataclass
from pathlib import Path
from typing import IO

ROOT = Path(__file__).resolve().parents[2]
POM = ROOT / "infra" / "local" / "dynamodb" / "pom.xml"
JARS = ROOT / ".build" / "dynamodb-local"
MAIN = "com.amazonaws.services.dynamodbv2.local.main.ServerRunner"
PATIENCE = 40.0  # seconds until it answers


def why_not() -> str:
    """What is missing to run it, as a sentence; empty when nothing is."""
    tools = {
        "java": "a Java runtime (Debian: default-jre-headless)",
        "mvn": "Maven (Debian: maven)",
    }
    missing = [text for tool, text in tools.items() if not shutil.which(tool)]
    if JARS.is_dir() and "Maven" in " ".join(missing):
        missing = [text for text in missing if not text.startswith("Maven")]
    return f"DynamoDB Local needs {' and '.join(missing)}." if missing else ""


def fetch() -> None:
    """Put the jars into `.build/`, unless they are there. Raises `RuntimeError` with the remedy."""
    if JARS.is_dir():
        return
    JARS.parent.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(dir=JARS.parent, prefix="fetching-") as folder:
        jars = Path(folder) / "jars"
        _copy_dependencies(jars)
        with contextlib.suppress(OSError):  # somebody else was faster
            jars.rename(JARS)


def _copy_dependencies(to: Path) -> None:
    goal = ["dependency:copy-dependencies", f"-DoutputDirectory={to}"]
    done = subprocess.run(
        ["mvn", "-q", "-B", "-f", str(POM), *goal], capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise RuntimeError(f"Maven could not fetch DynamoDB Local: {done.stdout.strip()[-500:]}")


@dataclass(frozen=True)
class Server:
    """A running engine; `url` is what a client's `endpoint_url` takes."""

    url: str
    process: subprocess.Popen[bytes]
    said: IO[bytes]

    def stop(self) -> None:
        """End it and wait until it has gone."""
        self.process.terminate()
        try:
            self.process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


def start(data: Path | None = None) -> Server:
    """Start it, with its tables in memory or kept in the folder `data`.

    Raises `RuntimeError` saying what is missing or what it printed instead of answering.
    """
    if problem := why_not():
        raise RuntimeError(problem)
    fetch()
    port = _free_port()
    said = tempfile.TemporaryFile()  # noqa: SIM115 - closed with the process
    process = subprocess.Popen(_command(port, data), stdout=said, stderr=said, cwd=JARS)
    server = Server(f"http://127.0.0.1:{port}", process, said)
    atexit.register(server.stop)
    _await(server)
    return server


def _command(port: int, data: Path | None) -> list[str]:
    where = ["-inMemory"]
    if data:
        data.mkdir(parents=True, exist_ok=True)
        where = ["-dbPath", str(data.resolve())]
    memory = ["-Xmx512m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"]
    quiet = ["-DDDB_LOCAL_TELEMETRY=0"]
    return [
        *("java", *memory, *quiet, f"-Djava.library.path={JARS}", "-cp", f"{JARS}/*", MAIN),
        *("-port", str(port), "-sharedDb", "-disableTelemetry", *where),
    ]


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _await(server: Server) -> None:
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until and server.process.poll() is None:
        if _answers(server.url):
            return
        time.sleep(0.05)
    server.stop()
    server.said.seek(0)
    said = server.said.read().decode(errors="replace").strip()
    raise RuntimeError(f"DynamoDB Local did not answer: {said[-800:]}")


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=1):
            return True
    except urllib.error.HTTPError:
        return True  # it refuses an unsigned request, so it is there
    except (OSError, ValueError):
        return False
