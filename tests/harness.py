"""The whole service, driven from outside, in one process: mail, texts, HTTP, events and time in;
what left, and what is stored, out.

    with Harness.boot() as town:
        town.mail(b"From: ana@example.org\\nTo: help@…\\nSubject: Pothole\\n\\nOn Elm Street.")
        town.drain()
        assert town.outbox[0]["to"] == "ana@example.org"
"""

from __future__ import annotations

import json as json_module
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import fields
from datetime import UTC, datetime
from http.cookies import SimpleCookie
from typing import Any
from urllib.parse import urlencode

from chalicelib import bootstrap
from chalicelib.config import Settings
from chalicelib.tickets.dynamodb.items.keys import Keys
from infra.local import engine, people
from infra.local.clock import TownClock
from infra.local.contents import contents, dead_letters
from infra.local.gateway import Answer, Request
from infra.local.outbox import Sent
from infra.local.pump import queue_url
from infra.local.stack import client, prepare_environment
from infra.local.town import Town, table_client

START = datetime(2026, 3, 2, 15, 0, tzinfo=UTC)  # a Monday morning in Springfield
SETTINGS = frozenset(field.name for field in fields(Settings))
Event = dict[str, Any]


class Response:
    """An HTTP answer."""

    def __init__(self, answer: Answer) -> None:
        self.status = answer.status
        self.headers = Headers(answer.headers)
        self.body = answer.body

    @property
    def text(self) -> str:
        """The body as text."""
        return self.body.decode("utf-8")

    def json(self) -> Any:
        """The body as data."""
        return json_module.loads(self.body)


class Headers(dict[str, str]):
    """Headers by name, whatever the case; repeated ones joined, and apart in `get_all`."""

    def __init__(self, pairs: Any) -> None:
        self._pairs = [(str(name).lower(), str(value)) for name, value in pairs]
        names = dict.fromkeys(str(name) for name, _ in pairs)
        super().__init__({name: ", ".join(self.get_all(name)) for name in names})

    def get_all(self, name: str) -> list[str]:
        """Every value of a header."""
        return [value for other, value in self._pairs if other == name.lower()]

    def __getitem__(self, name: str) -> str:
        if values := self.get_all(name):
            return ", ".join(values)
        raise KeyError(name)

    def __contains__(self, name: object) -> bool:
        return bool(self.get_all(str(name)))

    def get(self, name: str, default: Any = None) -> Any:
        """The values of a header, joined."""
        return ", ".join(self.get_all(name)) or default


class Harness:
    """An isolated town on moto, with a clock that stands. Made by `boot`."""

    def __init__(self, town: Town) -> None:
        self._town = town
        self._tokens: dict[str, str] = {}
        self._sessions: dict[str, str] = {}
        self._cookies: dict[str | None, dict[str, str]] = {}

    @classmethod
    @contextmanager
    def boot(cls, **settings: Any) -> Iterator[Harness]:
        """A fresh town. `settings` are fields of `Settings`; `now` is where the clock stands, `city`
        which city it is,
        `endpoint` a DynamoDB Local to use in place of moto's tables, `has_receipts` makes the
        providers report by themselves what became of each message."""
        now = settings.pop("now", START)
        own = ("city", "endpoint", "has_receipts")
        made = {name: settings.pop(name) for name in own if name in settings}
        unknown = set(settings) - SETTINGS
        if unknown:
            raise TypeError(f"No such setting: {', '.join(sorted(unknown))}.")
        variables = {name.upper(): _variable(value) for name, value in settings.items()}
        if endpoint := made.get("endpoint"):
            drop_table(endpoint)
        with Town(TownClock(now), variables, **made) as town:
            engine.METER.clear()
            yield cls(town)

    # -- in ----------------------------------------------------------------------------------------

    def mail(
        self,
        raw: bytes,
        *,
        to: Any = None,
        verdicts: Mapping[str, str] | None = None,
        source: str | None = None,
    ) -> Event:
        """What SES does with these bytes; the raw event, which now waits in its queue.

        `to` (an address or several) is the envelope, by default whom the headers name in our
        domain. `verdicts` overrides any of spam, virus, spf, dkim, dmarc, which are PASS.
        """
        self._town.post.mail(raw, to=to, verdicts=verdicts, source=source)
        return self._town.pump.event_of_last(self._variable("INBOUND_EMAIL_QUEUE"))

    def text(
        self,
        body: str,
        *,
        sender: str,
        to: str | None = None,
        message_id: str | None = None,
        at: datetime | None = None,
    ) -> Event:
        """A two-way SMS; the raw event, which now waits in its queue."""
        self._town.post.text(body, sender=sender, to=to, message_id=message_id, at=at)
        return self._town.pump.event_of_last(self._variable("INBOUND_SMS_QUEUE"))

    def receipt(self, event: Event) -> Event:
        """An event of SES or of the SMS service about a sent message; the raw event, queued."""
        self._town.post.receipt(event)
        return self._town.pump.event_of_last(self._variable("RECEIPTS_QUEUE"))

    def deliver(self, event: Event) -> Any:
        """Give a raw event to its function (again); the function's answer."""
        return self._town.pump.deliver(event)

    def http(
        self,
        method: str,
        path: str,
        *,
        headers: Mapping[str, str] | None = None,
        body: bytes | str | None = None,
        form: Any = None,
        json: Any = None,
        user: str | None = None,
        source_ip: str = Request.source_ip,
    ) -> Response:
        """One request through the gateway. `user` is one of the seeded sign-ins: agent, supervisor,
        administrator, auditor, roads, parks, sanitation, or an address.

        Cookies are kept for each user, as a browser would; a `Cookie` header of your own replaces them.
        """
        content_type, data = _encoded(body, form, json)
        sent = {"Host": "localhost:8000", "Accept": "*/*", **content_type}
        sent |= self._identity(user) | dict(headers or {})
        pairs = [(name, value) for name, value in sent.items() if value]
        request = Request(method.upper(), path, pairs, data, source_ip)
        answer = self._town.gateway.serve(request)
        self._keep_cookies(user, answer)
        return Response(answer)

    def _identity(self, user: str | None) -> dict[str, str]:
        cookies = dict(self._cookies.get(user, {}))
        identity = {}
        if user is not None:
            token = self.token(user)
            identity["Authorization"] = f"Bearer {token}"
            for name in ("staff", "__Host-staff"):  # by http and by https
                cookies.setdefault(name, self.session(user))
        identity["Cookie"] = "; ".join(f"{name}={value}" for name, value in cookies.items())
        return identity

    def _keep_cookies(self, user: str | None, answer: Answer) -> None:
        jar = self._cookies.setdefault(user, {})
        for name, value in answer.headers:
            if name.lower() != "set-cookie":
                continue
            for cookie in SimpleCookie(value).values():
                jar[cookie.key] = cookie.value
                if cookie["max-age"] == "0" or not cookie.value:
                    del jar[cookie.key]

    def token(self, user: str) -> str:
        """An access token of the user pool for one of the seeded sign-ins."""
        if user not in self._tokens:
            with _uncounted():
                self._tokens[user] = people.signed_in(user).access_token
        return self._tokens[user]

    def session(self, user: str) -> str:
        """What the browser of one of the seeded sign-ins holds: the id of a sign-in at the console."""
        if user not in self._sessions:
            with _uncounted():
                signed_in, services = people.signed_in(user), self.services
                staff = services.accounts.staff(signed_in.access_token)
                self._sessions[user] = services.sessions.begin(signed_in, staff, "Harness")
        return self._sessions[user]

    @property
    def api_key(self) -> str:
        """A key for Open311 posts, as the city would issue it to a program."""
        return people.api_key()

    # -- time --------------------------------------------------------------------------------------

    @property
    def now(self) -> datetime:
        """Where the clock stands."""
        return self._town.now()

    def tick(self, now: datetime) -> None:
        """Move the clock and run every schedule once; what they changed in the table is followed."""
        self._town.clock.move_to(now)
        self._town.pump.fire_all(now)
        self._town.changes.follow()

    def drain(self, max_rounds: int = 300) -> int:
        """Run queues until quiet; how many records were delivered."""
        return self._town.drain(max_rounds)

    def restart(self) -> None:
        """Drop every in-process cache and client, keep the stored state."""
        self._town.restart()

    def redrive(self, queue: str) -> int:
        """Move dead letters back to their queue (named wholly, or `inbound-email`); how many."""
        source = self._queue_named(queue)
        dead = source.replace("-town", "-dead-town")
        sqs, moved = client("sqs"), 0
        for letter in [letter for letter in dead_letters() if letter["queue"] == dead]:
            sqs.send_message(QueueUrl=queue_url(source), MessageBody=letter["body"])
            moved += 1
        if moved:
            sqs.purge_queue(QueueUrl=queue_url(dead))
        return moved

    def _queue_named(self, queue: str) -> str:
        names = [consumer.queue for consumer in self._town.pump.consumers]
        wanted = queue.lower().replace("_", "-").replace("-dead", "").removesuffix("-queue")
        return next(name for name in names if wanted in name)

    # -- out ---------------------------------------------------------------------------------------

    @property
    def outbox(self) -> list[Sent]:
        """Everything SES and SNS accepted, oldest first: by attribute or by name, `channel, to,
        subject, text, html, headers, raw, at`."""
        return self._town.post.sent

    def dump(self) -> dict[str, list[dict[str, Any]]]:
        """All that is stored, as plain data: tickets, entries, notifications, messages, contacts,
        audit, quarantine, dead_letters."""
        settings = self.services.settings
        keys = Keys(settings.jurisdiction_id, settings.index_shards)
        return contents(self._town.rows(), keys)

    @property
    def calls(self) -> Counter[str]:
        """The app's AWS calls so far by operation (`dynamodb.Query`), without the town's own that
        stand for SES, SNS and Lambda's polling, and without `calls_behind`; `clear_calls` starts anew."""
        return engine.METER.calls

    @property
    def calls_behind(self) -> Counter[str]:
        """The calls of the reader of the table's stream."""
        return engine.METER.behind

    def clear_calls(self) -> None:
        """Start counting AWS calls and CPU time anew."""
        engine.METER.clear()
        self._town.pump.spent.seconds.clear()

    @property
    def own_cpu(self) -> dict[str, list[float]]:
        """CPU seconds of each invocation by function, moto's time left out, botocore's included."""
        return self._town.pump.spent.seconds

    @property
    def services(self) -> bootstrap.Services:
        """The app's own services, for a look inside."""
        return bootstrap.services()

    def _variable(self, name: str) -> str:
        return self._town.environment[name]


def drop_table(endpoint: str) -> None:
    """Leave a DynamoDB Local as if it were new."""
    engine.install()
    prepare_environment()
    table = table_client(endpoint)
    for name in table.list_tables()["TableNames"]:
        table.delete_table(TableName=name)


@contextmanager
def _uncounted() -> Iterator[None]:
    """What the harness needs itself is none of the service's calls."""
    calls, log = Counter(engine.METER.calls), list(engine.METER.log)
    try:
        yield
    finally:
        engine.METER.calls, engine.METER.log = calls, log


def _variable(value: Any) -> str:
    return ",".join(map(str, value)) if isinstance(value, list | tuple) else str(value)


def _encoded(body: bytes | str | None, form: Any, json: Any) -> tuple[dict[str, str], bytes]:
    if form is not None:
        pairs = urlencode(form, doseq=True).encode()
        return {"Content-Type": "application/x-www-form-urlencoded"}, pairs
    if json is not None:
        return {"Content-Type": "application/json"}, json_module.dumps(json).encode()
    return {}, body.encode() if isinstance(body, str) else body or b""
