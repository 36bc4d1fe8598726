"""The use cases and the doors they are reached by; each built when first used."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from chalicelib.bootstrap.sign_ins import SignIns

if TYPE_CHECKING:
    from chalicelib.channels.email import MailDoor
    from chalicelib.channels.sms.door import TextDoor
    from chalicelib.identity.narrowing import Narrowing
    from chalicelib.tickets.administration.catalogue import CatalogDesk
    from chalicelib.tickets.casework.following import Following
    from chalicelib.tickets.casework.merging import Merging
    from chalicelib.tickets.casework.moving_entries import MovingEntries
    from chalicelib.tickets.casework.revocations import Revocations
    from chalicelib.tickets.commit.writing import Committer
    from chalicelib.tickets.desk import ServiceDesk
    from chalicelib.tickets.escalation import Escalations
    from chalicelib.tickets.escalation.recompute import Recomputation
    from chalicelib.tickets.escalation.rehearsals import Rehearsals
    from chalicelib.tickets.intake.border_answers import BorderAnswers
    from chalicelib.tickets.intake.claims import Claims
    from chalicelib.tickets.intake.confirmation import Confirmations
    from chalicelib.tickets.intake.duplicates import Duplicates
    from chalicelib.tickets.intake.opening import Opener
    from chalicelib.tickets.intake.quarantine import Quarantine
    from chalicelib.tickets.mail_search import MailSearch
    from chalicelib.tickets.model.ticket import Ticket
    from chalicelib.tickets.partners.updates import Partners
    from chalicelib.tickets.people.browsers import Browsers
    from chalicelib.tickets.people.links import Links
    from chalicelib.tickets.people.my_reports import MyReports
    from chalicelib.tickets.people.preferences import Preferences
    from chalicelib.tickets.publishing.publication import PublicReports

# Imported where used: each function of the service pays only for the use cases that it calls.


class Desks(SignIns):
    """What citizens, staff and administrators do."""

    @cached_property
    def committer(self) -> Committer:
        """The one way in which tickets are written."""
        from chalicelib.notifications.planning.planner import NoticePlanner
        from chalicelib.tickets.commit.writing import Committer

        planner = NoticePlanner(
            jurisdiction_id=self.settings.jurisdiction_id,
            city_name=self.settings.city_name,
            timezone=self.settings.timezone,
            default_locale=self.settings.default_locale,
            public_url=self.settings.public_url,
            tracking_url=self.tracking_url,
            confirming=self._confirming,
            people=self.directory,
            stand_in=self._stand_in,
        )
        return Committer(self.store, self.store, self.catalog, planner, self.queue, self.clock)

    def tracking_url(self, ticket: Ticket) -> str:
        """The page of a ticket for whoever holds this link."""
        from chalicelib.tickets.people.links import tracking_secret

        secret = tracking_secret(self.signer, ticket)
        return f"{self.settings.public_url}/t/{ticket.ticket_id}/{secret}"

    def _confirming(self, ticket: Ticket) -> dict[str, str]:
        """What a message says so that its reader can confirm the address, or prove a new browser."""
        from chalicelib.tickets.intake.confirmation import facts
        from chalicelib.tickets.people import browsers

        asked = facts(self.signer, self.settings.public_url, ticket)
        return asked | browsers.facts(self.signer, ticket)

    @cached_property
    def confirmations(self) -> Confirmations:
        """Addresses are confirmed by their owners."""
        from chalicelib.tickets.intake.confirmation import Confirmations

        return Confirmations(self.committer, lambda: self.signer)

    @cached_property
    def links(self) -> Links:
        """Tracking links are made anew."""
        from chalicelib.tickets.people.links import Links

        return Links(self.committer, lambda: self.signer)

    @cached_property
    def browsers(self) -> Browsers:
        """Browsers are known for the reports of their owners."""
        from chalicelib.tickets.people.browsers import Browsers

        return Browsers(self.committer, lambda: self.signer)

    @cached_property
    def claims(self) -> Claims:
        """Anonymous reports are found again."""
        from chalicelib.tickets.intake.claims import Claims

        return Claims(self.committer, lambda: self.signer)

    @cached_property
    def my_reports(self) -> MyReports:
        """People are sent the list of their reports."""
        from chalicelib.tickets.people.my_reports import MyReports

        return MyReports(self.committer, lambda: self.signer, self.settings.public_url)

    @cached_property
    def opener(self) -> Opener:
        """Makes tickets out of messages."""
        from chalicelib.tickets.intake.opening import Opener

        return Opener(self.catalog, self.settings.jurisdiction_id, self.settings.default_locale)

    @cached_property
    def public_reports(self) -> PublicReports:
        """What everybody may know of."""
        from chalicelib.tickets.publishing.publication import PublicReports

        return PublicReports(self.store, self.catalog)

    @cached_property
    def quarantine(self) -> Quarantine:
        """Decides over held messages."""
        from chalicelib.tickets.intake.quarantine import Quarantine

        return Quarantine(self.committer, self.opener)

    @cached_property
    def narrowing(self) -> Narrowing:
        """What of the city's common lists is whose business."""
        from chalicelib.identity.narrowing import Narrowing

        return Narrowing(self.store, self.quarantine)

    @cached_property
    def desk(self) -> ServiceDesk:
        """The use cases of citizens and staff."""
        from chalicelib.tickets.desk import ServiceDesk
        from chalicelib.tickets.intake.keywords import KeywordAnswers
        from chalicelib.tickets.intake.receiving import Intake

        intake = Intake(self.committer, self.opener, KeywordAnswers(self.committer), self._is_staff)
        return ServiceDesk(self.committer, intake, lambda: self.signer)

    def _is_staff(self, address: str) -> bool:
        """Whether somebody who signs in here, or an agency, writes from this address."""
        offices = {a.email.lower() for a in self.catalog.load().agencies.values() if a.email}
        return address in offices or self.roll_call.is_working(address)

    @cached_property
    def duplicates(self) -> Duplicates:
        """Reports of the same matter are found."""
        from chalicelib.tickets.intake.duplicates import Duplicates

        return Duplicates(self.store, self.catalog, self.clock)

    @cached_property
    def merging(self) -> Merging:
        """Reports of the same matter are joined, and taken apart."""
        from chalicelib.tickets.casework.merging import Merging

        return Merging(self.committer)

    @cached_property
    def following(self) -> Following:
        """Followers are moved along."""
        from chalicelib.tickets.casework.following import Following

        return Following(self.committer)

    @cached_property
    def moving_entries(self) -> MovingEntries:
        """Puts messages on the right ticket."""
        from chalicelib.tickets.casework.moving_entries import MovingEntries

        return MovingEntries(self.committer)

    @cached_property
    def border_answers(self) -> BorderAnswers:
        """Settles on which side of a border a report lies."""
        from chalicelib.tickets.intake.border_answers import BorderAnswers

        return BorderAnswers(self.committer)

    @cached_property
    def revocations(self) -> Revocations:
        """Ends reply addresses."""
        from chalicelib.tickets.casework.revocations import Revocations

        return Revocations(self.committer)

    @cached_property
    def escalations(self) -> Escalations:
        """The schedule's run."""
        from chalicelib.tickets.escalation import HANDS, Escalations

        store, catalog, stand_in = self.store, self.catalog, self._stand_in
        return Escalations(store, catalog, self.committer, self.clock, HANDS, stand_in)

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
        from chalicelib.tickets.administration.catalogue import CatalogDesk

        def systems() -> list[str]:
            return [key.key_id for key in self.clients.all_keys() if key.is_callable]

        return CatalogDesk(self.catalog, self.clock, self.settings.intake_addresses, systems)

    @cached_property
    def partners(self) -> Partners:
        """What other systems say became of tickets."""
        from chalicelib.tickets.partners.updates import Partners

        return Partners(self.committer, self.settings.jurisdiction_id)

    @cached_property
    def preferences(self) -> Preferences:
        """What people want to be told."""
        from chalicelib.tickets.people.preferences import Preferences

        return Preferences(self.committer, lambda: self.signer)

    @cached_property
    def mail(self) -> MailDoor:
        """Inbound mail and its receipts."""
        from chalicelib.channels.email import MailDoor
        from chalicelib.tickets.model.references import find_ticket_id

        return MailDoor(
            self.files,
            lambda: self.signer,
            jurisdiction_id=self.settings.jurisdiction_id,
            own_addresses=(self.settings.sender_address, *self.settings.intake_addresses),
            receiving_domain=self.settings.receiving_domain,
            find_reference=find_ticket_id,
        )

    @cached_property
    def mail_search(self) -> MailSearch:
        """Finds mail that nobody told us of."""
        from chalicelib.channels.email.inbox import Inbox
        from chalicelib.queues import SqsReceiptQueue
        from chalicelib.tickets.dynamodb.stores.mail_search import DynamoMailSearch
        from chalicelib.tickets.mail_search import MailSearch

        settings = self.settings
        store = DynamoMailSearch(
            self.client("dynamodb"),
            table_name=settings.table_name,
            jurisdiction_id=settings.jurisdiction_id,
        )
        queue = SqsReceiptQueue(self.client("sqs"), settings.inbound_email_queue)
        return MailSearch(Inbox(self.client("s3"), settings.mail_bucket), store, queue, self.clock)

    @cached_property
    def texts(self) -> TextDoor:
        """Inbound text messages and their receipts."""
        from chalicelib.channels.sms.door import TextDoor
        from chalicelib.tickets.model.references import find_ticket_id

        origination, countries = self.settings.sms_origination, self.settings.sms_countries
        own = (origination,) if origination else ()
        return TextDoor(countries, own, self.clock.now, find_ticket_id)
