"""The functions of a stage while its table changes: held, put onto another, let go, sent to search."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from botocore.exceptions import ClientError

from infra import stacks, versions
from infra.restoring.tables import stream_of
from infra.settings import QUEUES
from infra.stacks import Clients, DeployError, functions_stack, state_stack

PARAMETER, STREAM = "TableName", "StreamArn"
LOOK_AGAIN = 5.0  # seconds
MOST_TRIES = 60


@dataclass(frozen=True, slots=True)
class Functions:
    """The functions of `stage`; every step may be repeated."""

    stage: str
    clients: Clients
    pause: Callable[[float], None]

    def table(self) -> str:
        """The table that they use. Raises `DeployError` where they are not, or of an older release."""
        name = functions_stack(self.stage)
        told = stacks.parameters_of(stacks.find(self.clients, name))
        if PARAMETER not in told:
            raise DeployError(
                f"{name} is not there, or of a release whose table has no other name: make deploy first."
            )
        return str(told[PARAMETER])

    def hold(self) -> None:
        """Read no queue: what arrives waits there, and nothing is sent."""
        self._set(is_reading=False)

    def let_go(self) -> None:
        """Read the queues again."""
        self._set(is_reading=True)

    def switch(self, table: str) -> None:
        """Work with `table` and its stream from now on; the other stack names it to tools and backups."""
        changed, stream = {PARAMETER: table}, stream_of(self.clients("dynamodb"), table)
        followed = changed | {STREAM: stream}
        versions.change(self.clients, functions_stack(self.stage), followed, pause=self.pause)
        stacks.change(self.clients, state_stack(self.stage), changed, pause=self.pause)
        for mapping in [*self._mappings(), *self._readers(stream)]:
            self._see(mapping["FunctionArn"], table)

    def _see(self, function: str, table: str) -> None:
        """That what reads a queue has changed over; a published version keeps what it was made with."""
        told = self.clients("lambda").get_function_configuration(FunctionName=function)
        used = told["Environment"]["Variables"]["TABLE_NAME"]
        if used != table:
            raise DeployError(
                f"{function} still works with {used}. Nothing reads the queues. Write table_name: {table}"
                " into the settings, make deploy, then run this again."
            )

    def search(self, until: datetime) -> None:
        """Let the search for mail look for all that came before `until` and is not in the table."""
        event = {
            "version": "0",
            "id": "restore",
            "detail-type": "Scheduled Event",
            "source": "civicline.restore",
            "account": "",
            "time": until.isoformat(),
            "region": "",
            "resources": [],
            "detail": {"until": until.isoformat()},
        }
        self.clients("lambda").invoke(
            FunctionName=f"civicline-find-lost-mail-{self.stage}",
            InvocationType="Event",
            Payload=json.dumps(event).encode(),
        )

    def _set(self, *, is_reading: bool) -> None:
        wanted = "Enabled" if is_reading else "Disabled"
        for mapping in self._mappings():
            self._change(mapping["UUID"], wanted)

    def _mappings(self) -> Iterator[dict[str, Any]]:
        """Of queues alone: whoever hears of a change looks into whichever table is in use."""
        for queue in QUEUES:
            yield from self._readers(self._arn(f"civicline-{queue}-{self.stage}"))

    def _readers(self, source: str) -> Iterator[dict[str, Any]]:
        pages = self.clients("lambda").get_paginator("list_event_source_mappings")
        for page in pages.paginate(EventSourceArn=source):
            yield from page["EventSourceMappings"]

    def _arn(self, queue: str) -> str:
        sqs = self.clients("sqs")
        url = sqs.get_queue_url(QueueName=queue)["QueueUrl"]
        told = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])
        return str(told["Attributes"]["QueueArn"])

    def _change(self, mapping: str, wanted: str) -> None:
        """Ask for it and wait for it: Lambda changes one of them at a time, within a minute."""
        functions = self.clients("lambda")
        for _ in range(MOST_TRIES):
            state = functions.get_event_source_mapping(UUID=mapping)["State"]
            if state == wanted:
                return
            if state in ("Enabled", "Disabled"):
                self._ask(mapping, wanted)
            self.pause(LOOK_AGAIN)
        raise DeployError(f"The queue reader {mapping} did not become {wanted}; run this again.")

    def _ask(self, mapping: str, wanted: str) -> None:
        try:
            self.clients("lambda").update_event_source_mapping(
                UUID=mapping, Enabled=wanted == "Enabled"
            )
        except ClientError as error:
            if error.response["Error"]["Code"] != "ResourceInUseException":
                raise
