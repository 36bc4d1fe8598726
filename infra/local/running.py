"""A town that people use: seeded, listening on the web and for mail, with a clock that runs."""

from __future__ import annotations

import argparse
import json
import logging
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

from chalicelib import logs
from infra.local import people
from infra.local.city import SPRINGFIELD, City
from infra.local.clock import TownClock
from infra.local.heart import Heart
from infra.local.pages import TownPages
from infra.local.ports import SMTP, USUAL, WEB, chosen_ports, port_number
from infra.local.seed import seed
from infra.local.site import Server, Site
from infra.local.smtp import SmtpDoor
from infra.local.stack import OPEN_TOWNS, ROOT, client, configured
from infra.local.town import Town

DATA = ROOT / ".data"
RETRY_SECONDS = 5
FIRST_RUN = "Nothing is set up yet: sign in as its administrator and begin with the catalogue."


@dataclass(frozen=True, kw_only=True)
class Wishes:
    """How a town is to be started; `data` names the folder of a kept DynamoDB Local. Port 0 is any."""

    city: City = SPRINGFIELD
    host: str = "127.0.0.1"
    port: int = USUAL[WEB]
    smtp_port: int = USUAL[SMTP]
    has_past: bool = True
    data: Path | None = None


def wishes_from(arguments: Sequence[str], environ: Mapping[str, str]) -> Wishes:
    """Wishes from the command line, else from what was given to make, such as `PORT=8001`.

    Raises `SystemExit` for a value it does not know.
    """
    parser = argparse.ArgumentParser(prog="python -m infra.local")
    parser.add_argument("--host", default="127.0.0.1")
    for option, name in (("--port", WEB), ("--smtp-port", SMTP)):
        usual = environ.get(name) or str(USUAL[name])
        parser.add_argument(option, type=port_number, default=usual, help=f"{name} for make")
    parser.add_argument("--empty", action="store_true", help="without the past that is made up")
    given = parser.parse_args(arguments)
    engine = environ.get("DYNAMODB", "")
    if engine not in ("", "moto", "local"):
        raise SystemExit(f"DYNAMODB is {engine!r}; it can be `moto` or `local`.")
    city = _city(environ.get("CITY", ""))
    return Wishes(
        city=city,
        host=given.host,
        port=given.port,
        smtp_port=given.smtp_port,
        has_past=city.is_home and not given.empty,
        data=DATA / city.name if engine == "local" else None,
    )


def _city(name: str) -> City:
    try:
        return City.named(name)
    except ValueError as error:
        raise SystemExit(str(error)) from error


class RunningTown:
    """Opens on entering, closes on leaving; `say` hears what it is about to do."""

    def __init__(self, wishes: Wishes, say: Callable[[str], None] = lambda _: None) -> None:
        self._wishes = wishes
        self._say = say
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
        ports = chosen_ports(wishes.host, {WEB: wishes.port, SMTP: wishes.smtp_port})
        self.port, self.smtp_port = ports[WEB], ports[SMTP]
        self.url = f"http://localhost:{self.port}"
        self._say(f"Opening {wishes.city.title}: its account, from infra/template.yaml")
        self.town = opened.enter_context(
            Town(
                TownClock(is_running=True),
                {"PUBLIC_URL": self.url},
                city=wishes.city,
                has_receipts=True,
                retry_seconds=RETRY_SECONDS,
                endpoint=self._endpoint(opened),
            )
        )
        _quieten()
        if wishes.data:
            _keep_keys(wishes.data, self.town.environment["SIGNING_KEYS_SECRET"])
        if wishes.has_past and not self._has_tickets():
            self._say("Writing the reports of its past weeks")
            seed(self.town.table, self.town.now())
        self._listen(opened)

    def _endpoint(self, opened: ExitStack) -> str:
        if not self._wishes.data:
            return ""
        from infra.local import dynamodb_local

        self._say("Starting DynamoDB Local; the first time it is fetched with Maven")
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
        domain = town.environment["RECEIVING_DOMAIN"]
        mail = SmtpDoor(town.post, domain, wishes.host, self.smtp_port)
        mail.open()
        opened.callback(mail.close)
        bucket = town.environment["FILES_BUCKET"]
        site = Site(town.gateway, TownPages(town, self._facts()), bucket)
        server = Server(site, wishes.host, self.port)
        server.open()
        opened.callback(server.close)
        opened.callback(self._announce().unlink, missing_ok=True)

    def _facts(self) -> dict[str, str]:
        environment = self.town.environment
        return {
            "city": environment["CITY_NAME"],
            "password": people.PASSWORD,
            "logins": ",".join(person.email for person in self.town.city.staff),
            "number": environment.get("SMS_ORIGINATION", ""),
            "intake": environment["INTAKE_ADDRESSES"].partition(",")[0],
            "smtp": f"localhost:{self.smtp_port}",
            "api_key": people.api_key(),
        }

    def _announce(self) -> Path:
        """Let `make demo-mail` find this town; the file to take away when it closes."""
        intake = self._facts()["intake"]
        told = {"url": self.url, "smtp_port": self.smtp_port, "intake": intake}
        OPEN_TOWNS.mkdir(parents=True, exist_ok=True)
        file = OPEN_TOWNS / f"{self.smtp_port}.json"
        file.write_text(json.dumps(told))
        return file

    def guide(self) -> str:
        """Where everything is, as it is printed at the start."""
        facts = self._facts()
        city = self.town.city
        beside = "" if self.smtp_port == USUAL[SMTP] else f" SMTP_PORT={self.smtp_port}"
        logins = [f"{p.email:<28} {', '.join(p.groups)}" for p in city.staff]
        lines = [
            f"{facts['city']} is open. Ctrl-C closes it.",
            *([] if city.is_home else [FIRST_RUN]),
            "",
            f"  Citizens' site   {self.url}/",
            f"  Staff console    {self.url}/console",
            f"    password {facts['password']} for",
            *(f"    {login}" for login in logins),
            f"  Outbox           {self.url}/_town/outbox   every email and text that left",
            f"  Phone            {self.url}/_town/phone    text the city at {facts['number']}",
            f"  Clock            {self.url}/_town/clock    let time pass",
            f"  Mail             {self.url}/_town/mail     or SMTP {facts['smtp']}, to {facts['intake']}",
            "",
            f"  Try:  make demo-mail{beside}",
        ]
        return "\n".join(lines)


def _keep_keys(folder: Path, secret: str) -> None:
    """Links that were sent stay good: the keys are kept beside the data that they sign."""
    kept = folder / "signing-keys.json"
    if kept.exists():
        client("secretsmanager").put_secret_value(SecretId=secret, SecretString=kept.read_text())
    else:
        folder.mkdir(parents=True, exist_ok=True)
        made = client("secretsmanager").get_secret_value(SecretId=secret)["SecretString"]
        kept.write_text(json.dumps(json.loads(made)))


class _WithFields(logging.Formatter):
    """Lines with the fields that stand as keys in them on Lambda."""

    def format(self, record: logging.LogRecord) -> str:
        fields = {k: v for k, v in vars(record).items() if k in logs.NAMES}
        return " ".join([super().format(record), *(f"{k}={v}" for k, v in fields.items())])


def _quieten() -> None:
    level = configured().get("LOG_LEVEL", "INFO")
    logging.basicConfig(level=logging.WARNING)
    for handler in logging.getLogger().handlers:
        handler.setFormatter(_WithFields("%(levelname)s %(name)s: %(message)s"))
    logging.getLogger("chalicelib").setLevel("WARNING" if level == "INFO" else level)
    logging.getLogger("mail.log").setLevel(logging.ERROR)
