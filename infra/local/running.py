"""A town that people use: seeded, listening on the web and for mail, with a clock that runs."""

from __future__ import annotations

import argparse
import json
import logging
import socket
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

from infra.local import people
from infra.local.clock import TownClock
from infra.local.heart import Heart
from infra.local.pages import TownPages
from infra.local.seed import seed
from infra.local.site import Server, Site
from infra.local.smtp import SmtpDoor
from infra.local.stack import OPEN_AT, ROOT, client, configured
from infra.local.town import Town

DATA = ROOT / ".data"
RETRY_SECONDS = 5


@dataclass(frozen=True, kw_only=True)
class Wishes:
    """How a town is to be started; `data` names the folder of a kept DynamoDB Local."""

    host: str = "127.0.0.1"
    port: int = 8000
    smtp_port: int = 2525
    is_seeded: bool = True
    data: Path | None = None


def wishes_from(arguments: argparse.Namespace, environ: Mapping[str, str]) -> Wishes:
    """Wishes from the command line and `DYNAMODB`. Raises `SystemExit` for a value it does not know."""
    engine = environ.get("DYNAMODB", "")
    if engine not in ("", "moto", "local"):
        raise SystemExit(f"DYNAMODB is {engine!r}; it can be `moto` or `local`.")
    return Wishes(
        host=arguments.host,
        port=arguments.port,
        smtp_port=arguments.smtp_port,
        is_seeded=not arguments.empty,
        data=DATA if engine == "local" else None,
    )


class RunningTown:
    """Opens on entering, closes on leaving."""

    def __init__(self, wishes: Wishes) -> None:
        self._wishes = wishes
        self._open = ExitStack()

    def __enter__(self) -> RunningTown:
        with ExitStack() as opened:
            self._start(opened)
            self._open = opened.pop_all()
        return self

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        self._open.close()

    def _start(self, opened: ExitStack) -> None:
        wishes = self._wishes
        self.port = free_port(wishes.host, wishes.port)
        self.url = f"http://localhost:{self.port}"
        self.town = opened.enter_context(
            Town(
                TownClock(is_running=True),
                {"PUBLIC_URL": self.url},
                has_receipts=True,
                retry_seconds=RETRY_SECONDS,
                endpoint=self._endpoint(opened),
            )
        )
        _quieten()
        if wishes.data:
            _keep_keys(wishes.data, self.town.environment["SIGNING_KEYS_SECRET"])
        if wishes.is_seeded and not self._has_tickets():
            seed(self.town.table, self.town.now())
        self._listen(opened)

    def _endpoint(self, opened: ExitStack) -> str:
        if not self._wishes.data:
            return ""
        from infra.local import dynamodb_local

        server = dynamodb_local.start(self._wishes.data / "dynamodb")
        opened.callback(server.stop)
        return server.url

    def _has_tickets(self) -> bool:
        return self._wishes.data is not None and any(
            row["sk"]["S"] == "TICKET" for row in self.town.rows()
        )

    def _listen(self, opened: ExitStack) -> None:
        wishes, town = self._wishes, self.town
        heart = Heart(town)
        heart.start()
        opened.callback(heart.stop)
        smtp_port = free_port(wishes.host, wishes.smtp_port)
        domain = town.environment["RECEIVING_DOMAIN"]
        mail = SmtpDoor(town.post, domain, wishes.host, smtp_port)
        mail.open()
        opened.callback(mail.close)
        self.smtp = f"localhost:{smtp_port}"
        bucket = town.environment["FILES_BUCKET"]
        site = Site(town.gateway, TownPages(town, self._facts()), bucket)
        server = Server(site, wishes.host, self.port)
        server.open()
        opened.callback(server.close)
        _announce(self.url, smtp_port)
        opened.callback(OPEN_AT.unlink, missing_ok=True)

    def _facts(self) -> dict[str, str]:
        environment = self.town.environment
        return {
            "city": environment["CITY_NAME"],
            "password": people.PASSWORD,
            "logins": ",".join(person.email for person in people.STAFF),
            "number": environment.get("SMS_ORIGINATION", ""),
            "intake": environment["INTAKE_ADDRESSES"].partition(",")[0],
            "smtp": self.smtp,
            "api_key": people.api_key(),
        }

    def guide(self) -> str:
        """Where everything is, as it is printed at the start."""
        facts = self._facts()
        logins = [f"{p.email:<28}{', '.join(p.groups)}" for p in people.STAFF]
        lines = [
            f"{facts['city']} is open. Ctrl-C closes it.",
            "",
            f"  Citizens' site   {self.url}/",
            f"  Staff console    {self.url}/console",
            f"    password {facts['password']} for",
            *(f"    {login}" for login in logins),
            f"  Outbox           {self.url}/_town/outbox   every email and text that left",
            f"  Phone            {self.url}/_town/phone    text the city at {facts['number']}",
            f"  Clock            {self.url}/_town/clock    let time pass",
            f"  Mail             {self.url}/_town/mail     or SMTP {self.smtp}, to {facts['intake']}",
            "",
            "  Try:  make demo-mail",
        ]
        return "\n".join(lines)


def free_port(host: str, wanted: int) -> int:
    """`wanted` if nobody listens there, else a free port."""
    for port in (wanted, 0):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((host, port))
            except OSError:
                continue
            found: int = probe.getsockname()[1]
            return found
    raise OSError(f"No port is free at {host}.")


def _announce(url: str, smtp_port: int) -> None:
    OPEN_AT.parent.mkdir(parents=True, exist_ok=True)
    OPEN_AT.write_text(json.dumps({"url": url, "smtp_port": smtp_port}))


def _keep_keys(folder: Path, secret: str) -> None:
    """Links that were sent stay good: the keys are kept beside the data that they sign."""
    kept = folder / "signing-keys.json"
    if kept.exists():
        client("secretsmanager").put_secret_value(SecretId=secret, SecretString=kept.read_text())
    else:
        folder.mkdir(parents=True, exist_ok=True)
        made = client("secretsmanager").get_secret_value(SecretId=secret)["SecretString"]
        kept.write_text(json.dumps(json.loads(made)))


def _quieten() -> None:
    level = configured().get("LOG_LEVEL", "INFO")
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(name)s: %(message)s")
    logging.getLogger("chalicelib").setLevel("WARNING" if level == "INFO" else level)
    logging.getLogger("mail.log").setLevel(logging.ERROR)
