"""From what happened to what must be said: recipients, channels, contents; pure."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from chalicelib.messages import Audience, Channel, Party
from chalicelib.notifications.planning import danger, domains, night, strangers, together
from chalicelib.notifications.planning.ages import has_left, hours_late, iso
from chalicelib.notifications.planning.notices import CAPPED, Notice, caused_by
from chalicelib.notifications.planning.staff_files import enclose
from chalicelib.notifications.planning.words import words_of
from chalicelib.signing import party_mark
from chalicelib.tickets.catalog import Agency, Catalog, borders, words
from chalicelib.tickets.commit.reachability import narrowed
from chalicelib.tickets.model.excerpts import excerpt
from chalicelib.tickets.model.quiet_hours import local_day, opening
from chalicelib.tickets.model.records import (
    Allowance,
    AuditRecord,
    Change,
    Contact,
    DeliveryStatus,
    Notification,
)
from chalicelib.tickets.model.ticket import Entry, Priority, Ticket
from chalicelib.tickets.ports import People, StandIn, Strangers, themselves

DESCRIBED = 280  # letters of the report, for staff
MOST_ANSWERED = 20  # mails that one names as those it answers


@dataclass(frozen=True, slots=True, kw_only=True)
class NoticePlanner:
    """Plans notifications. `tracking_url` gives the page of a ticket for its holder."""

    jurisdiction_id: str
    city_name: str
    timezone: str
    default_locale: str
    public_url: str
    tracking_url: Callable[[Ticket], str]
    confirming: Callable[[Ticket], Mapping[str, str]] = lambda _: {}
    people: People = Strangers()  # noqa: RUF009 - it holds nothing
    stand_in: StandIn = themselves

    def plan(
        self, ticket: Ticket, entries: Sequence[Entry], catalog: Catalog, now: datetime
    ) -> list[Notification]:
        """One notification per notice and recipient, none to whoever acted, none without an address."""
        planned: list[Notification] = []
        seen: set[tuple[str, str]] = set()
        for entry in entries:
            for notice in caused_by(ticket, entry):
                party = self._recipient(notice, ticket, catalog)
                fresh = (notice.name, party.key) not in seen
                if party.key and fresh and not self._is_own_doing(party, entry, notice):
                    seen.add((notice.name, party.key))
                    planned.append(self._notification(notice, party, ticket, entry, catalog, now))
        return enclose(planned, entries)

    def _recipient(self, notice: Notice, ticket: Ticket, catalog: Catalog) -> Party:
        agency = catalog.agencies.get(ticket.agency_code)
        supervisor = agency.supervisor_email if agency else ""
        finders: Mapping[Audience, Callable[[], Party]] = {
            Audience.REQUESTER: lambda: ticket.requester,
            Audience.ASSIGNEE: lambda: _person(self._present(ticket)) or _office(agency),
            Audience.AGENCY: lambda: _office(agency),
            Audience.SUPERVISOR: lambda: _person(supervisor) or _office(agency),
            Audience.DUTY: lambda: _person(catalog.policy.duty_email) or Party(),
        }
        return finders[notice.audience]()

    def holder(self, ticket: Ticket) -> str:
        """See `Planner.holder`."""
        return self.people.address(ticket.assignee) if ticket.assignee else ""

    def _present(self, ticket: Ticket) -> str:
        who = ticket.assignee and self.stand_in(ticket.assignee, ticket.agency_code)
        return self.people.address(who) if who else ""

    def _is_own_doing(self, party: Party, entry: Entry, notice: Notice) -> bool:
        """Nobody is told what they just did themselves, except that it was received."""
        actor = entry.actor
        own = self.people.address(actor.key) if actor.kind == "staff" else actor.key
        is_own = bool(own) and own in (party.key, party.email)
        return is_own and not (notice.is_answer or notice.name == "ticket_reopened")

    def _notification(
        self,
        notice: Notice,
        party: Party,
        ticket: Ticket,
        entry: Entry,
        catalog: Catalog,
        now: datetime,
    ) -> Notification:
        is_citizen = notice.audience is Audience.REQUESTER
        locale = ticket.locale if is_citizen else self.default_locale
        channel = _channel(ticket, party) if is_citizen else Channel.EMAIL
        is_urgent = ticket.priority is Priority.P1 or notice.is_urgent
        is_answer = notice.is_answer or not is_citizen
        quiet = "" if is_urgent or is_answer else catalog.policy.quiet_hours
        return Notification(
            notification_id=new_notification_id(now, entry.number),
            ticket_id=ticket.ticket_id,
            jurisdiction_id=ticket.jurisdiction_id,
            notice=notice.name,
            audience=notice.audience,
            channel=channel,
            recipient=narrowed(party, channel),
            locale=locale,
            created_at=now,
            due_at=_due(now, channel, quiet, self.timezone),
            urgency="urgent" if is_urgent else "ordinary",
            quiet_hours=quiet,
            entry=entry.number,
            context=self._context(ticket, entry, catalog, locale, is_citizen=is_citizen),
            in_reply_to=ticket.last_provider_message_ids[-MOST_ANSWERED:] if is_citizen else (),
            reply_turn=ticket.reply_turns.get(party_mark(party.key), 0),
            is_unproven=is_citizen and not ticket.is_confirmed,
        )

    def _context(
        self, ticket: Ticket, entry: Entry, catalog: Catalog, locale: str, *, is_citizen: bool
    ) -> dict[str, Any]:
        """All that the notice may say; absent facts are left out."""
        service = catalog.services.get(ticket.service_code)
        agency = catalog.agencies.get(ticket.agency_code)
        facts: dict[str, Any] = {
            **self._frame(),
            "reference": ticket.ticket_id,
            "service_name": words(service.service_name, locale) if service else "",
            "agency_name": words(agency.agency_name, locale) if agency else "",
            "status": str(ticket.status),
            "expected_at": iso(ticket.due_at) if ticket.is_open else None,
            **words_of(entry),
        }
        facts |= danger.facts(ticket, entry, catalog, locale) | borders.facts(
            ticket, catalog, locale
        )
        if ticket.resolved_at:
            window = timedelta(days=catalog.policy.reopen_days)
            facts["reopen_until"] = iso(ticket.resolved_at + window)
        if is_citizen:
            facts |= {"tracking_url": self.tracking_url(ticket), **self.confirming(ticket)}
        else:
            facts |= self._staff_facts(ticket, entry)
        return {name: value for name, value in facts.items() if value not in (None, "")}

    def _staff_facts(self, ticket: Ticket, entry: Entry) -> dict[str, Any]:
        return {
            "console_url": f"{self.public_url}/console/tickets/{ticket.ticket_id}",
            "description": excerpt(ticket.description, DESCRIBED),
            "step_name": entry.data.get("step", ""),
            "level": ticket.escalation_level or None,
            "due_at": iso(ticket.due_at),
            "hours_late": hours_late(ticket, entry.at),
        }

    def _frame(self) -> dict[str, str]:
        return {"city_name": self.city_name, "timezone": self.timezone}

    def answer(
        self, notice: str, contact: Contact, recipient: Party, now: datetime, **context: Any
    ) -> Notification:
        """A notification about no ticket, to whoever wrote."""
        return Notification(
            notification_id=new_notification_id(now),
            ticket_id=contact_id(recipient.key),
            jurisdiction_id=self.jurisdiction_id,
            notice=notice,
            audience=Audience.REQUESTER,
            channel=Channel.SMS if recipient.phone else Channel.EMAIL,
            recipient=recipient,
            locale=contact.locale or self.default_locale,
            created_at=now,
            due_at=now,
            context={**self._frame(), "reference": "", "tracking_url": self.public_url, **context},
        )

    def link(self, ticket: Ticket) -> str:
        """The page of a ticket for its holder."""
        return self.tracking_url(ticket)

    def allowances(
        self,
        ticket: Ticket,
        notifications: Sequence[Notification],
        catalog: Catalog,
        origin: str = "",
    ) -> list[Allowance]:
        """The caps for automatic answers: some an hour to a proven address, fewer a day otherwise, few at
        once to one mail domain; and what strangers take of their network and of the city."""
        policy, is_proven = catalog.policy, ticket.is_confirmed
        answers = [n for n in notifications if n.notice in CAPPED]
        return (
            [danger.cap(n, policy, is_proven=is_proven) for n in answers]
            + domains.shares(ticket, notifications, policy)
            + strangers.counts(ticket, notifications, policy, origin)
        )

    def shares(self, notifications: Sequence[Notification], catalog: Catalog) -> list[Allowance]:
        """Each person's share of a day; what is over it waits for the morning and is joined.

        And what staff hear of one ticket; see `together`.
        """
        return together.shares(notifications) + [
            Allowance(
                key=n.recipient.key,
                channel=n.channel,
                bucket=f"day:{local_day(n.created_at, self.timezone)}",
                limit=catalog.policy.messages_a_day,
                expires_at=n.created_at + timedelta(days=2),
                holds=True,
            )
            for n in notifications
            if _is_shared(n)
        ]

    def hold(self, change: Change, bucket: str) -> None:
        """Keep back, until the morning, whatever the used-up share `bucket` would have counted; what staff
        hear of one ticket, and the officer on duty of one network, until the next quarter of an hour, a
        domain's answers until the next hour."""
        over = {a.key for a in change.allowances if a.bucket == bucket}
        change.allowances = [a for a in change.allowances if a.bucket != bucket]
        theirs = [n for n in change.notifications if n.recipient.key in over]
        if domains.is_share(bucket):
            domains.hold(change.notifications)
        elif strangers.is_alarm(bucket):
            strangers.hold_alarms(change.notifications)
        elif together.is_share(bucket):
            together.hold(theirs, bucket)
        else:
            night.hold(n for n in theirs if _is_shared(n))

    def night_records(
        self, notifications: Sequence[Notification], catalog: Catalog, now: datetime
    ) -> list[AuditRecord]:
        """One line for each urgent text to a citizen that leaves in the quiet hours."""
        return night.records(notifications, catalog.policy.quiet_hours, self.timezone, now)

    def is_moot(self, notification: Notification, ticket: Ticket) -> bool:
        """Whether a queued notification speaks of a state that the ticket has left."""
        return has_left(notification, ticket)


def new_notification_id(now: datetime, entry: int = 0) -> str:
    """A fresh id that sorts by time, then by the entry that caused it."""
    return f"{int(now.timestamp() * 1000):012x}{entry:05x}{secrets.token_hex(4)}"


def contact_id(party_key: str) -> str:
    """What stands in for a ticket id in notices about no ticket; tells nothing about the person."""
    return "CONTACT-" + hashlib.sha256(party_key.encode()).hexdigest()[:24]


def _is_shared(notification: Notification) -> bool:
    """Whether it counts towards its recipient's share of the day."""
    return (
        notification.audience is Audience.REQUESTER
        and notification.notice not in CAPPED
        and notification.urgency == "ordinary"
        and notification.status is DeliveryStatus.QUEUED
    )


def _due(now: datetime, channel: Channel, quiet_hours: str, timezone: str) -> datetime:
    """At once, unless a text would disturb somebody now."""
    return (channel is Channel.SMS and opening(now, quiet_hours, timezone)) or now


def _channel(ticket: Ticket, party: Party) -> Channel:
    wish = ticket.preferred_channel
    if wish in (Channel.EMAIL, Channel.SMS) and party.address(wish):
        return wish
    return Channel.EMAIL if party.email else Channel.SMS


def _person(address: str) -> Party | None:
    return Party(email=address) if "@" in address else None


def _office(agency: Agency | None) -> Party:
    return Party(email=agency.email or None) if agency else Party()
