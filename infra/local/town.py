"""The whole service in one process: moto's account, the app, the pump, the post office, the clock."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Iterator, Mapping
from datetime import datetime
from types import TracebackType
from typing import Any

import botocore.session
from moto import mock_aws
from moto.core import DEFAULT_ACCOUNT_ID
from moto.dynamodb.models import dynamodb_backends

from chalicelib import bootstrap
from infra import texts
from infra.local import ears, engine, people, stack
from infra.local.account import Account, keep
from infra.local.changes import Changes, OfMoto, Served, Stream
from infra.local.city import SPRINGFIELD, City
from infra.local.clock import TownClock
from infra.local.furnish import furnish
from infra.local.gateway import Gateway
from infra.local.postoffice import PostOffice
from infra.local.pump import Pump
from infra.local.text_logs import TextLogs
from infra.settings import read

# By the city and what else of the settings the account depends on.
ACCOUNTS: dict[tuple[str, ...], tuple[stack.Stack, Account]] = {}
OF_TEXTS = ("SMS_SENDER", "SMS_RECEIPTS")
OF_THE_ACCOUNT = ("JURISDICTION_ID", "RECEIVING_DOMAIN", *OF_TEXTS)


class Town:
    """One town. There is one moto in a process, so there is one open town at a time.

    `variables` are set over those of the stage `town` and of the `city`. `endpoint` is a DynamoDB
    Local to use in place of moto's tables; what is in its table already is kept.
    """

    def __init__(
        self,
        clock: TownClock,
        variables: Mapping[str, str] | None = None,
        *,
        city: City = SPRINGFIELD,
        has_receipts: bool = False,
        retry_seconds: int = 0,
        endpoint: str = "",
    ) -> None:
        self.clock = clock
        self.city = city
        self._variables = {**city.variables, **(variables or {})}
        self._has_receipts = has_receipts
        self._retry_seconds = retry_seconds
        self._endpoint = endpoint
        self._before: dict[str, str] = {}
        self.lock = threading.RLock()  # one thing at a time moves queues, schedules or the clock
        self._moto = mock_aws(config={"core": {"reset_boto3_session": False}})

    def __enter__(self) -> Town:
        try:
            self.open()
        except BaseException:
            self.close()  # a town that did not open must not stand in the way of the next
            raise
        return self

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        self.close()

    def open(self) -> None:
        """Build the account, furnish it, and connect everything."""
        self._before = dict(os.environ)
        stack.prepare_environment()
        engine.install()
        self._moto.start()
        bootstrap.set_clock(self.clock)
        bootstrap.set_key_source(people.keys_of)
        self.table = table_client(self._endpoint)
        self._build()
        self.post = PostOffice(self.environment, self.clock, has_receipts=self._has_receipts)
        self.post.open()
        app = load_app()
        self.pump = Pump(app, retry_seconds=self._retry_seconds)
        self.changes = Changes(
            app, self._stream(), self.pump.spent, self.clock.now, self._retry_seconds
        )
        self.logs = TextLogs(app, self.pump.spent)
        self.post.log = self.logs.write
        self.gateway = Gateway(app)

    def _build(self) -> None:
        """An account with staff and catalogue: built once in a process, copied from then on."""
        settings = {**stack.configured(), **self._variables}
        published_at = self.clock.now().isoformat()  # a catalogue of the future would never change
        chosen = (settings.get(name, "") for name in OF_THE_ACCOUNT)
        place = (self.city.name, published_at, *chosen)
        if place in ACCOUNTS and not self._endpoint:
            built, account = ACCOUNTS[place]
            account.restore()
            self._take(built)
            return
        built = stack.build(settings["RECEIVING_DOMAIN"], settings.get("SMS_SENDER", "sns"))
        self._take(built)
        texts_by = {name.lower(): settings[name] for name in OF_TEXTS if name in settings}
        list(texts.settle(read(stack.TOWN, **texts_by), built.outputs, stack.client))
        if self._endpoint:
            stack.ensure_table(self.table, self.environment["TABLE_NAME"])
        people.hire(self.environment["USER_POOL_ID"], self.city.staff)
        if self.city.is_home:
            furnish(self.table, self.environment["TABLE_NAME"], self.clock.now())
        bootstrap.services().roll_call.run()
        if not self._endpoint:
            ACCOUNTS[place] = built, keep()

    def _take(self, built: stack.Stack) -> None:
        """Let the process have every variable that a function has on AWS."""
        self.environment = {**built.environment(), **self._variables}
        os.environ.update(self.environment)
        if self._endpoint:
            os.environ["AWS_ENDPOINT_URL_DYNAMODB"] = self._endpoint

    def _stream(self) -> Stream:
        def name() -> str:
            return self.environment["TABLE_NAME"]

        if not self._endpoint:
            return OfMoto(name)
        return Served(table_client(self._endpoint, "dynamodbstreams"), self.table, name)

    def close(self) -> None:
        """Forget the account and give the process its environment back."""
        bootstrap.set_clock(bootstrap.SystemClock())
        bootstrap.set_key_source(None)
        ears.LISTENER.reset()
        self._moto.stop()
        os.environ.clear()
        os.environ.update(self._before)

    def restart(self) -> None:
        """Drop every client and cache of the app, as a fresh process would find it."""
        bootstrap.forget()

    def drain(self, max_rounds: int = 300) -> int:
        """Run queues and the stream until nothing moves, or `max_rounds` times; how many records moved."""
        delivered = 0
        with self.lock:
            for _ in range(max_rounds):
                moved = self.post.publish_receipts() + self.pump.step() + self.changes.step()
                if not moved:
                    break
                delivered += moved
        return delivered

    def rows(self) -> Iterator[Mapping[str, Any]]:
        """Every item of the table, raw. The only Scan there is."""
        if not self._endpoint:
            tables = dynamodb_backends[DEFAULT_ACCOUNT_ID][stack.REGION].tables
            yield from engine.rows(tables[self.environment["TABLE_NAME"]])
            return
        more: dict[str, Any] = {}
        while True:
            page = self.table.scan(TableName=self.environment["TABLE_NAME"], **more)
            yield from page["Items"]
            if "LastEvaluatedKey" not in page:
                return
            more = {"ExclusiveStartKey": page["LastEvaluatedKey"]}

    def now(self) -> datetime:
        """The town's time."""
        return self.clock.now()


def table_client(endpoint: str, service: str = "dynamodb") -> Any:
    """A client of DynamoDB, or of its streams, for moto, or for the engine at `endpoint`."""
    if not endpoint:
        return stack.client(service)
    return botocore.session.get_session().create_client(
        service, region_name=stack.REGION, endpoint_url=endpoint, config=stack.PLAYED
    )


def load_app() -> Any:
    """The Chalice app that `chalice package` packages."""
    if str(stack.ROOT) not in sys.path:
        sys.path.insert(0, str(stack.ROOT))
    from app import app

    return app
