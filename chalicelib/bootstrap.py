"""The one place where real things are chosen: settings in, services out, each built when first used."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING, Any

from chalicelib.config import Settings
from chalicelib.errors import ConfigurationError
from chalicelib.signing import Signer
from chalicelib.tickets.ports import Clock

if TYPE_CHECKING:
    from chalicelib.accounts import Accounts
    from chalicelib.channels.email import MailDoor
    from chalicelib.channels.files import FileScanner, S3Files
    from chalicelib.channels.sms import TextDoor
    from chalicelib.notifications.broadcasting import Broadcasting
    from chalicelib.notifications.calling import Caller, Post
    from chalicelib.notifications.delivery import Notifier
    from chalicelib.notifications.service import NotificationService
    from chalicelib.queues import SqsDeliveryQueue
    from chalicelib.tickets.catalog import Policy
    from chalicelib.tickets.catalog_desk import CatalogDesk
    from chalicelib.tickets.commit import Committer
    from chalicelib.tickets.custody import Custody
    from chalicelib.tickets.desk import ServiceDesk
    from chalicelib.tickets.dynamodb import DynamoCatalogStore, DynamoStore
    from chalicelib.tickets.dynamodb.clients import DynamoClients
    from chalicelib.tickets.escalation import Escalations
    from chalicelib.tickets.escalation.recompute import Recomputation
    from chalicelib.tickets.escalation.rehearsals import Rehearsals
    from chalicelib.tickets.models import Ticket
    from chalicelib.tickets.moves import Moves
    from chalicelib.tickets.opening import Opener
    from chalicelib.tickets.ports import NotificationKey
    from chalicelib.tickets.preferences import Preferences
    from chalicelib.tickets.records import Notification

# How many delivery functions may run at once; they share the account's sending rate.
DELIVERY_WORKERS = 5
# Senders make one attempt: the SDK's own retry after a lost answer sends twice.
_SINGLE_ATTEMPT = ("sesv2", "sns")


class SystemClock:
    """The machine's own time."""

    def now(self) -> datetime:
        """The present moment, aware, UTC."""
        return datetime.now(UTC)


class Services:
    """Everything the handlers call. `make_client` gives an AWS client for a service's name."""

    def __init__(
        self, settings: Settings, make_client: Callable[[str], Any], clock: Clock, region: str
    ) -> None:
        self.settings = settings
        self.clock = clock
        self.region = region
        self._make_client = make_client
        self._clients: dict[str, Any] = {}

    def client(self, name: str) -> Any:
        """The one client of this process for an AWS service."""
        if name not in self._clients:
            self._clients[name] = self._make_client(name)
        return self._clients[name]

    @cached_property
    def signer(self) -> Signer:
        """Signs with the keys of the installation's secret. Raises `ConfigurationError`."""
        secret = self.settings.signing_keys_secret
        try:
            answer = self.client("secretsmanager").get_secret_value(SecretId=secret)
            keys = dict(json.loads(answer["SecretString"]))
            return Signer(keys, keys.pop("current"))
        except (KeyError, ValueError) as error:
            raise ConfigurationError(
                f"The secret {secret} must hold JSON with `current` and the key it names."
            ) from error

    @cached_property
    def store(self) -> DynamoStore:
        """Tickets and notifications."""
        from chalicelib.tickets.dynamodb import DynamoStore

        return DynamoStore(
            self.client("dynamodb"),
            table_name=self.settings.table_name,
            jurisdiction_id=self.settings.jurisdiction_id,
            shards=self.settings.index_shards,
            signer=lambda: self.signer,
        )

    @cached_property
    def catalog(self) -> DynamoCatalogStore:
        """What administrators write."""
        from chalicelib.tickets.dynamodb import DynamoCatalogStore

        return DynamoCatalogStore(
            self.client("dynamodb"),
            table_name=self.settings.table_name,
            jurisdiction_id=self.settings.jurisdiction_id,
        )

    @cached_property
    def files(self) -> S3Files:
        """Attachments and raw mails."""
        from chalicelib.channels.files import S3Files

        return S3Files(
            self.client("s3"),
            files_bucket=self.settings.files_bucket,
            mail_bucket=self.settings.mail_bucket,
        )

    @cached_property
    def scanner(self) -> FileScanner:
        """Says which files may be fetched."""
        from chalicelib.channels.files import TagScanner

        return TagScanner(self.client("s3"), files_bucket=self.settings.files_bucket)

    @cached_property
    def queue(self) -> SqsDeliveryQueue:
        """From written to sent."""
        from chalicelib.queues import SqsDeliveryQueue

        return SqsDeliveryQueue(self.client("sqs"), self.settings.delivery_queue)

    @cached_property
    def committer(self) -> Committer:
        """The one way in which tickets are written."""
        from chalicelib.notifications.planning import NoticePlanner
        from chalicelib.tickets.commit import Committer

        planner = NoticePlanner(
            jurisdiction_id=self.settings.jurisdiction_id,
            city_name=self.settings.city_name,
            timezone=self.settings.timezone,
            default_locale=self.settings.default_locale,
            public_url=self.settings.public_url,
            tracking_url=self.tracking_url,
        )
        return Committer(self.store, self.store, self.catalog, planner, self.queue, self.clock)

    def tracking_url(self, ticket: Ticket) -> str:
        """The page of a ticket for whoever holds this link."""
        from chalicelib.tickets.desk import tracking_secret

        secret = tracking_secret(self.signer, ticket)
        return f"{self.settings.public_url}/t/{ticket.ticket_id}/{secret}"

    @cached_property
    def opener(self) -> Opener:
        """Makes tickets out of messages."""
        from chalicelib.tickets.opening import Opener

        return Opener(self.catalog, self.settings.jurisdiction_id, self.settings.default_locale)

    @cached_property
    def custody(self) -> Custody:
        """Decides over held messages."""
        from chalicelib.tickets.custody import Custody

        return Custody(self.committer, self.opener)

    @cached_property
    def desk(self) -> ServiceDesk:
        """The use cases of citizens and staff."""
        from chalicelib.tickets.desk import ServiceDesk
        from chalicelib.tickets.dialogue import Dialogue
        from chalicelib.tickets.intake import Intake

        intake = Intake(self.committer, self.opener, Dialogue(self.committer), self._is_staff)
        return ServiceDesk(self.committer, intake, lambda: self.signer)

    def _is_staff(self, address: str) -> bool:
        """Whether somebody who signs in here, or an agency, writes from this address."""
        offices = {a.email.lower() for a in self.catalog.load().agencies.values() if a.email}
        return address in offices or any(
            address == person.username.lower() for person in self.accounts.colleagues()
        )

    @cached_property
    def moves(self) -> Moves:
        """Puts messages on the right ticket."""
        from chalicelib.tickets.moves import Moves

        return Moves(self.committer)

    @cached_property
    def escalations(self) -> Escalations:
        """The schedule's run."""
        from chalicelib.tickets.escalation import Escalations

        return Escalations(self.store, self.catalog, self.committer, self.clock)

    @cached_property
    def recomputation(self) -> Recomputation:
        """Open tickets follow what administrators changed."""
        from chalicelib.tickets.escalation.recompute import Recomputation

        return Recomputation(self.store, self.catalog, self.committer, self.clock)

    @cached_property
    def rehearsals(self) -> Rehearsals:
        """Draft rules are tried."""
        from chalicelib.tickets.escalation.rehearsals import Rehearsals

        return Rehearsals(self.store, self.catalog, self.clock)

    @cached_property
    def catalog_desk(self) -> CatalogDesk:
        """The use cases of administrators."""
        from chalicelib.tickets.catalog_desk import CatalogDesk

        return CatalogDesk(self.catalog, self.clock, self.settings.intake_addresses)

    @cached_property
    def notifier(self) -> Notifier:
        """Delivery and receipts."""
        from chalicelib.channels.email import SesSender
        from chalicelib.channels.email.pacing import Pace
        from chalicelib.channels.sms import SnsSender
        from chalicelib.messages import Channel
        from chalicelib.notifications.delivery import Notifier
        from chalicelib.notifications.ladder import Ladder
        from chalicelib.notifications.purse import Purse
        from chalicelib.notifications.wordings import Wordings

        settings = self.settings
        mail = SesSender(
            lambda: self.client("sesv2"),
            sender_address=settings.sender_address,
            sender_name=settings.city_name,
            configuration_set=settings.mail_configuration_set,
            region=self.region,
            pace=Pace(lambda: self.client("sesv2"), DELIVERY_WORKERS).wait,
        )
        texts = SnsSender(
            lambda: self.client("sns"),
            origination=settings.sms_origination,
            countries=settings.sms_countries,
        )
        return Notifier(
            store=self.store,
            tickets=self.store,
            senders={Channel.EMAIL: mail, Channel.SMS: texts},
            queue=self.queue,
            clock=self.clock,
            reply_address=self._reply_address,
            note_failure=self._note_failure,
            purse=Purse(self.store, self._policy),
            wordings=Wordings(self.catalog),
            on_status=self.caller.note,
            unsubscribe=self._unsubscribe,
            ladder=Ladder(tickets=self.store, queue=self.queue, policy=self._policy),
            default_locale=settings.default_locale,
            jurisdiction_id=settings.jurisdiction_id,
        )

    def _reply_address(self, notification: Notification) -> str:
        from chalicelib.channels.reply_address import make_reply_address

        if not notification.recipient.email or notification.ticket_id.startswith(
            ("CONTACT-", "SERVICE-", "BROADCAST-")
        ):
            return ""
        return make_reply_address(
            self.signer,
            notification.jurisdiction_id,
            notification.ticket_id,
            notification.audience,
            notification.recipient.key,
            self.settings.receiving_domain,
        )

    @cached_property
    def preferences(self) -> Preferences:
        """What people want to be told."""
        from chalicelib.tickets.preferences import Preferences

        return Preferences(self.committer, lambda: self.signer)

    def _unsubscribe(self, key: NotificationKey) -> str:
        return f"{self.settings.public_url}{self.preferences.link(key)}"

    @cached_property
    def clients(self) -> DynamoClients:
        """The keys of the city's other systems."""
        from chalicelib.tickets.dynamodb.clients import DynamoClients

        return DynamoClients(
            self.client("dynamodb"),
            table_name=self.settings.table_name,
            jurisdiction_id=self.settings.jurisdiction_id,
        )

    @cached_property
    def caller(self) -> Caller:
        """Tells other systems what became of their messages."""
        from chalicelib.channels.callbacks import PublicPost
        from chalicelib.notifications.calling import Caller

        return Caller(
            clients=self.clients,
            clock=self.clock,
            post=_post or PublicPost(),
            sign=self._callback_signature,
        )

    def callback_secret(self, key_id: str) -> str:
        """What the system of a key checks our callbacks with."""
        return self.signer.sign("callback", key_id)

    def _callback_signature(self, key_id: str, text: str) -> str:
        import hmac

        return hmac.new(self.callback_secret(key_id).encode(), text.encode(), "sha256").hexdigest()

    @cached_property
    def orders(self) -> NotificationService:
        """Messages that other systems ask for."""
        from chalicelib.notifications.service import NotificationService

        settings = self.settings
        return NotificationService(
            committer=self.committer,
            clients=self.clients,
            jurisdiction_id=settings.jurisdiction_id,
            frame=self._frame(),
            team=self._team,
        )

    @cached_property
    def broadcasts(self) -> Broadcasting:
        """One message to very many."""
        from chalicelib.channels.sms_segments import fit, segments
        from chalicelib.notifications.broadcasting import Broadcasting
        from chalicelib.tickets.dynamodb.broadcasts import DynamoBroadcasts

        store = DynamoBroadcasts(
            self.client("dynamodb"),
            table_name=self.settings.table_name,
            jurisdiction_id=self.settings.jurisdiction_id,
        )
        return Broadcasting(
            committer=self.committer,
            store=store,
            lists=self.files,
            jurisdiction_id=self.settings.jurisdiction_id,
            frame=self._frame(),
            cost=lambda text: segments(fit(text)).count,
        )

    def _frame(self) -> dict[str, str]:
        """What every message says of the city."""
        return {
            "city_name": self.settings.city_name,
            "timezone": self.settings.timezone,
            "tracking_url": self.settings.public_url,
        }

    def _team(self) -> frozenset[str]:
        """Whom team keys may write to."""
        staff = {person.email for person in self.accounts.colleagues() if person.email}
        return frozenset({*staff, *(guest.lower() for guest in self._policy().guests)})

    def _policy(self) -> Policy:
        return self.catalog.load().policy

    def _note_failure(self, notification: Notification, reason: str) -> None:
        self.desk.note_failure(notification, reason)

    @cached_property
    def mail(self) -> MailDoor:
        """Inbound mail and its receipts."""
        from chalicelib.channels.email import MailDoor
        from chalicelib.tickets.references import find_ticket_id

        return MailDoor(
            self.files,
            lambda: self.signer,
            jurisdiction_id=self.settings.jurisdiction_id,
            own_addresses=(self.settings.sender_address, *self.settings.intake_addresses),
            receiving_domain=self.settings.receiving_domain,
            find_reference=find_ticket_id,
        )

    @cached_property
    def texts(self) -> TextDoor:
        """Inbound text messages and their receipts."""
        from chalicelib.channels.sms import TextDoor
        from chalicelib.tickets.references import find_ticket_id

        origination, countries = self.settings.sms_origination, self.settings.sms_countries
        own = (origination,) if origination else ()
        return TextDoor(countries, own, self.clock.now, find_ticket_id)

    @cached_property
    def accounts(self) -> Accounts:
        """Who staff are."""
        from chalicelib.cognito import CognitoAccounts, fetch_keys

        return CognitoAccounts(
            self.client("cognito-idp"),
            region=self.region,
            pool_id=self.settings.user_pool_id,
            client_id=self.settings.user_pool_client_id,
            fetch_keys=_key_source or fetch_keys,
        )


def make_client(name: str) -> Any:
    """A botocore client; boto3 would cost a cold start 35 ms more for nothing that we use."""
    from botocore.config import Config

    attempts = 1 if name in _SINGLE_ATTEMPT else 3
    config = Config(
        retries={"total_max_attempts": attempts, "mode": "standard"},
        # Two things botocore would make anew for every call, a seventh of an item's CPU together.
        user_agent="civicline",
        parameter_validation=False,
        connect_timeout=3,
        read_timeout=10,
    )
    return _session().create_client(name, config=config)


@lru_cache(maxsize=1)
def _session() -> Any:
    from botocore.session import get_session

    return get_session()


_clock: Clock = SystemClock()
_post: Post | None = None
_key_source: Callable[[str], Mapping[str, Any]] | None = None


@lru_cache(maxsize=1)
def services() -> Services:
    """The services of this process. Raises `ConfigurationError` naming what is missing."""
    region = os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION", "us-east-1")
    return Services(Settings.from_environ(os.environ), make_client, _clock, region)


def set_post(post: Post | None) -> None:
    """Let another function make the HTTPS requests of callbacks; for the town and for trials."""
    global _post  # noqa: PLW0603 - as above
    _post = post
    services.cache_clear()


def set_clock(clock: Clock) -> None:
    """Let another clock say what time it is; for the town and for trials."""
    global _clock  # noqa: PLW0603 - the composition root is the one place with a process-wide choice
    _clock = clock
    services.cache_clear()


def set_key_source(fetch: Callable[[str], Mapping[str, Any]] | None) -> None:
    """Let another function give the user pool's key set for an issuer's address; for the town."""
    global _key_source  # noqa: PLW0603 - as above
    _key_source = fetch
    services.cache_clear()


def forget() -> None:
    """Drop every service and client of this process, as a fresh one would find it."""
    services.cache_clear()
    _session.cache_clear()
