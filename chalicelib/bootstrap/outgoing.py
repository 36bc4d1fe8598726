"""Everything that leaves: delivery, callbacks, broadcasts; each built when first used."""

from __future__ import annotations

import hmac
from functools import cached_property
from typing import TYPE_CHECKING

from chalicelib.bootstrap.people import People
from chalicelib.messages import Channel
from chalicelib.tickets.ports import NotificationKey

if TYPE_CHECKING:
    from chalicelib.channels.sms.sending import Terms, TextSender
    from chalicelib.notifications.broadcasts.lifecycle import Broadcasting
    from chalicelib.notifications.broadcasts.recipient_lists import Listing
    from chalicelib.notifications.sending.callbacks import Caller
    from chalicelib.notifications.sending.delivery import Notifier
    from chalicelib.notifications.sending.delivery_figures import DeliveryFigures
    from chalicelib.notifications.sending.orders import NotificationService
    from chalicelib.notifications.sending.wording import Wording
    from chalicelib.tickets.administration.keys import KeyDesk
    from chalicelib.tickets.dynamodb.stores.delivery_figures import DynamoDeliveryFigures
    from chalicelib.tickets.dynamodb.stores.send_rate import DynamoSendRate
    from chalicelib.tickets.model.records import Callback, Notification

# Imported where used: each function of the service pays only for the use cases that it calls.


class Services(People):
    """Everything the handlers call."""

    @cached_property
    def notifier(self) -> Notifier:
        """Delivery and receipts."""
        from chalicelib.channels.email import SesSender
        from chalicelib.channels.email.quota import sending_quota
        from chalicelib.channels.pacing import Pace
        from chalicelib.notifications.sending.delivery import Notifier
        from chalicelib.notifications.sending.fallback import Fallback
        from chalicelib.notifications.sending.sms_budget import SmsBudget

        settings = self.settings
        mail = SesSender(
            lambda: self.client("sesv2"),
            sender_address=settings.sender_address,
            sender_name=settings.city_name,
            configuration_set=settings.mail_configuration_set,
            region=self.region,
            pace=Pace(
                lambda: sending_quota(self.client("sesv2")),
                self._send_rate("MAIL").take,
                settings.delivery_workers,
            ).wait,
        )
        return Notifier(
            store=self.store,
            tickets=self.store,
            senders={Channel.EMAIL: mail, Channel.SMS: self._texting()},
            queue=self.queue,
            clock=self.clock,
            wording=self._wording(),
            note_failure=self._note_failure,
            note_unknown=self._note_unknown,
            sms_budget=SmsBudget(self.store, self._policy),
            on_status=self.caller.note,
            fallback=Fallback(
                tickets=self.store,
                queue=self.queue,
                policy=self._policy,
                has_text_receipts=settings.has_text_receipts,
            ),
            jurisdiction_id=settings.jurisdiction_id,
        )

    def _wording(self) -> Wording:
        from chalicelib.notifications.planning.published_notices import PublishedNotices
        from chalicelib.notifications.sending.wording import Wording

        return Wording(
            reply_address=self._reply_address,
            published_notices=PublishedNotices(self.catalog),
            policy=self._policy,
            unsubscribe=self._unsubscribe,
            default_locale=self.settings.default_locale,
        )

    def _texting(self) -> TextSender:
        """The sender of texts that the city chose; every text takes turns, for their rate is low."""
        from chalicelib.channels.pacing import Pace, Quota

        settings = self.settings
        turns = self._send_rate("TEXT").take
        pace = Pace(lambda: Quota(settings.sms_rate), turns, settings.delivery_workers, free=0).wait
        if settings.sms_sender == "sns":
            from chalicelib.channels.sms.sns import SnsSender

            return SnsSender(lambda: self.client("sns"), self._terms(), pace)
        from chalicelib.channels.sms.end_user_messaging import SERVICE, EndUserMessagingSender

        return EndUserMessagingSender(
            lambda: self.client(SERVICE),
            self._terms(),
            pace,
            configuration_set=settings.sms_configuration_set,
            time_to_live=settings.sms_time_to_live,
            protect_configuration=settings.sms_protect_configuration,
        )

    def _terms(self) -> Terms:
        from chalicelib.channels.sms.sending import Terms

        settings = self.settings
        return Terms(
            countries=settings.sms_countries,
            origination=settings.sms_origination,
            max_price=settings.sms_max_price,
            india_entity_id=settings.sms_india_entity_id,
            india_template_id=settings.sms_india_template_id,
        )

    def _send_rate(self, kind: str) -> DynamoSendRate:
        """Who may send when, under the account's rate of a kind of messages."""
        from chalicelib.tickets.dynamodb.stores.send_rate import DynamoSendRate

        return DynamoSendRate(
            self.client("dynamodb"),
            table_name=self.settings.table_name,
            jurisdiction_id=self.settings.jurisdiction_id,
            kind=kind,
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
            notification.reply_turn,
        )

    def _unsubscribe(self, notification: Notification) -> str:
        key = NotificationKey(notification.ticket_id, notification.notification_id)
        return f"{self.settings.public_url}{self.preferences.link(key)}"

    @cached_property
    def key_desk(self) -> KeyDesk:
        """What administrators do with those keys."""
        from chalicelib.tickets.administration.keys import KeyDesk

        return KeyDesk(
            store=self.clients,
            catalogs=self.catalog,
            clock=self.clock,
            jurisdiction_id=self.settings.jurisdiction_id,
            callback_secret=self.callback_secret,
        )

    @cached_property
    def caller(self) -> Caller:
        """Tells other systems what became of their messages."""
        from chalicelib.channels.callbacks import PublicPost
        from chalicelib.notifications.sending.callbacks import Caller

        return Caller(
            clients=self.clients,
            clock=self.clock,
            post=self._post or PublicPost(ports=self.settings.callback_ports),
            sign=self._callback_signature,
            note_unheard=self._note_unheard,
        )

    def callback_secret(self, key_id: str) -> str:
        """What the system of a key checks our callbacks with."""
        return self.signer.sign("callback", key_id)

    def _callback_signature(self, key_id: str, text: str) -> str:
        return hmac.new(self.callback_secret(key_id).encode(), text.encode(), "sha256").hexdigest()

    @cached_property
    def orders(self) -> NotificationService:
        """Messages that other systems ask for."""
        from chalicelib.notifications.sending.orders import NotificationService

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
        from chalicelib.notifications.broadcasts.dispatch import Dispatch
        from chalicelib.notifications.broadcasts.lifecycle import HANDS, Broadcasting
        from chalicelib.notifications.broadcasts.recipients import SegmentRecipients
        from chalicelib.tickets.dynamodb.stores.broadcasts import DynamoBroadcasts, DynamoMembers

        client, settings = self.client("dynamodb"), self.settings
        table, city = settings.table_name, settings.jurisdiction_id
        store = DynamoBroadcasts(
            client, table_name=table, jurisdiction_id=city, person=self.directory.person
        )
        members = DynamoMembers(
            client, table_name=table, jurisdiction_id=city, shards=settings.index_shards
        )
        listing = self._listing()
        return Broadcasting(
            committer=self.committer,
            store=store,
            counts=self.counts,
            listing=listing,
            recipients=SegmentRecipients(
                listing=listing, store=store, tickets=self.store, members=members
            ),
            dispatch=Dispatch(committer=self.committer, jurisdiction_id=city, frame=self._frame()),
            most_waiting=settings.broadcast_waiting,
            hands=HANDS,
        )

    @cached_property
    def counts(self) -> DynamoDeliveryFigures:
        """What was counted as it happened."""
        from chalicelib.tickets.dynamodb.stores.delivery_figures import DynamoDeliveryFigures

        return DynamoDeliveryFigures(
            self.client("dynamodb"),
            table_name=self.settings.table_name,
            jurisdiction_id=self.settings.jurisdiction_id,
            shards=self.settings.index_shards,
            signer=lambda: self.signer,
        )

    @cached_property
    def delivery_figures(self) -> DeliveryFigures:
        """How messages fare."""
        from chalicelib.notifications.sending.delivery_figures import DeliveryFigures

        return DeliveryFigures(
            store=self.counts,
            policy=self._policy,
            clock=self.clock,
            timezone=self.settings.timezone,
        )

    def _listing(self) -> Listing:
        from chalicelib.channels.sms.segments import fit, segments
        from chalicelib.notifications.broadcasts.recipient_lists import Listing

        return Listing(
            catalogs=self.catalog,
            lists=lambda: self.files,
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
        staff = {person.email for person in self.directory.colleagues() if person.email}
        return frozenset({*staff, *(guest.lower() for guest in self._policy().guests)})

    def _note_unheard(self, callback: Callback, reason: str) -> None:
        self.desk.note_unheard(callback, reason)

    def _note_failure(self, notification: Notification, reason: str) -> None:
        self.desk.note_failure(notification, reason)

    def _note_unknown(self, notification: Notification, reason: str) -> None:
        self.desk.note_unknown(notification, reason)
