"""What is kept and where: keys, table, files, queue; each built when first used."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cached_property
from threading import Lock
from typing import TYPE_CHECKING, Any

from chalicelib.config import Settings
from chalicelib.signing import Signer
from chalicelib.tickets.ports import Clock

if TYPE_CHECKING:
    from chalicelib.channels.files.stash import Stash
    from chalicelib.channels.files.storage import FileScanner, S3Files
    from chalicelib.identity.absences import Absences
    from chalicelib.identity.directory import Directory
    from chalicelib.key_ring import KeyRing
    from chalicelib.notifications.sending.callbacks import Post
    from chalicelib.queues import SqsDeliveryQueue, SqsReceiptQueue
    from chalicelib.tickets.catalog import Policy
    from chalicelib.tickets.dynamodb import DynamoCatalogStore, DynamoStore
    from chalicelib.tickets.dynamodb.stores.service_keys import DynamoServiceKeys

# Imported where used: each function of the service pays only for the stores that it opens.

KeySource = Callable[[str], Mapping[str, Any]]


class Stores:
    """Everything that remembers. `make_client` gives an AWS client for a service's name.

    `post` makes the HTTPS requests of callbacks and `key_source` reads the user pool's keys; both are
    the real ones unless given.
    """

    def __init__(
        self,
        settings: Settings,
        make_client: Callable[[str], Any],
        clock: Clock,
        region: str,
        *,
        post: Post | None = None,
        key_source: KeySource | None = None,
    ) -> None:
        self.settings = settings
        self.clock = clock
        self.region = region
        self._make_client = make_client
        self._post = post
        self._key_source = key_source
        self._clients: dict[str, Any] = {}
        self._lock = Lock()

    def client(self, name: str) -> Any:
        """The one client of this process for an AWS service."""
        with self._lock:  # the session of botocore makes them one at a time
            if name not in self._clients:
                self._clients[name] = self._make_client(name)
            return self._clients[name]

    @property
    def signer(self) -> Signer:
        """Signs with the keys of the installation's secret. Raises `ConfigurationError`."""
        return self.key_ring.signer()

    @cached_property
    def key_ring(self) -> KeyRing:
        """The keys in the installation's secret."""
        from chalicelib.key_ring import KeyRing

        return KeyRing(self.client("secretsmanager"), self.settings.signing_keys_secret)

    @cached_property
    def store(self) -> DynamoStore:
        """Tickets and notifications."""
        from chalicelib.tickets.dynamodb import DynamoStore

        return DynamoStore(
            self.client("dynamodb"),
            table_name=self.settings.table_name,
            jurisdiction_id=self.settings.jurisdiction_id,
            shards=self.settings.index_shards,
            spread=self.settings.count_spread,
            signer=lambda: self.signer,
            now=self.clock.now,
            people=self.directory,
        )

    @cached_property
    def catalog(self) -> DynamoCatalogStore:
        """What administrators write."""
        from chalicelib.tickets.dynamodb import DynamoCatalogStore

        return DynamoCatalogStore(
            self.client("dynamodb"),
            table_name=self.settings.table_name,
            jurisdiction_id=self.settings.jurisdiction_id,
            person=self.directory.person,
        )

    @cached_property
    def clients(self) -> DynamoServiceKeys:
        """The keys of the city's other systems."""
        from chalicelib.tickets.dynamodb.stores.service_keys import DynamoServiceKeys

        return DynamoServiceKeys(
            self.client("dynamodb"),
            table_name=self.settings.table_name,
            jurisdiction_id=self.settings.jurisdiction_id,
        )

    @cached_property
    def directory(self) -> Directory:
        """Who works here."""
        from chalicelib.identity.directory import Directory

        return Directory(
            self.client("dynamodb"),
            table_name=self.settings.table_name,
            jurisdiction_id=self.settings.jurisdiction_id,
        )

    @cached_property
    def absences(self) -> Absences:
        """Who is away."""
        from chalicelib.identity.absences import Absences

        return Absences(
            self.client("dynamodb"),
            table_name=self.settings.table_name,
            jurisdiction_id=self.settings.jurisdiction_id,
        )

    @cached_property
    def stash(self) -> Stash:
        """Photos on their way into a report."""
        from chalicelib.channels.files.stash import Stash

        bucket = self.settings.files_bucket
        return Stash(lambda: self.client("s3"), bucket=bucket, region=self.region)

    @cached_property
    def files(self) -> S3Files:
        """Attachments and raw mails."""
        from chalicelib.channels.files.storage import S3Files

        return S3Files(
            self.client("s3"),
            files_bucket=self.settings.files_bucket,
            mail_bucket=self.settings.mail_bucket,
        )

    @cached_property
    def scanner(self) -> FileScanner:
        """Says which files may be fetched."""
        from chalicelib.channels.files.storage import TagScanner

        return TagScanner(self.client("s3"), files_bucket=self.settings.files_bucket)

    @cached_property
    def queue(self) -> SqsDeliveryQueue:
        """From written to sent."""
        from chalicelib.queues import SqsDeliveryQueue
        from chalicelib.tickets.model.receipts import BROADCAST, ORDINARY, URGENT

        settings = self.settings
        names = {
            URGENT: settings.urgent_queue,
            ORDINARY: settings.delivery_queue,
            BROADCAST: settings.broadcast_queue,
        }
        return SqsDeliveryQueue(self.client("sqs"), names)

    @cached_property
    def reports(self) -> SqsReceiptQueue:
        """What providers report and no topic brings."""
        from chalicelib.queues import SqsReceiptQueue

        return SqsReceiptQueue(self.client("sqs"), self.settings.receipts_queue)

    def _policy(self) -> Policy:
        return self.catalog.load().policy
