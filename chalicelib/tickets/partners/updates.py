"""What other systems say became of a ticket: taken once, in order, within what their key allows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import islice

from chalicelib.errors import DuplicateMessage, InvalidTransition, TicketNotFound
from chalicelib.messages import Channel, WorkReport
from chalicelib.tickets.casework import handovers
from chalicelib.tickets.catalog.allowances import leave
from chalicelib.tickets.commit.writing import Committer
from chalicelib.tickets.model.records import Allowance, Change, HandledMessage
from chalicelib.tickets.model.ticket import Actor, Entry, Status, Ticket, Visibility
from chalicelib.tickets.partners.keys import ApiKey
from chalicelib.tickets.publishing.publication import is_published

LOOKED_AT = 500  # latest entries among which the last move and the last words are looked for
_MOVES = ("status_changed", "reopened")


@dataclass(frozen=True, slots=True)
class Partners:
    """What a key's system says about tickets of the city."""

    committer: Committer
    jurisdiction_id: str

    def take(self, report: WorkReport, key: ApiKey, origin: str = "") -> bool:
        """Write it down; False when it was written before.

        A key that speaks for the ticket's agency moves its state and is shown to the citizen; from
        any other the words wait for staff, and count for the ticket and for `origin`. Something older
        than the last move moves nothing, nor does a state that the ticket cannot take now; a private
        ticket does not become public by it. Raises `TicketNotFound` alike for an absent ticket and one
        outside the key's scope, `MessageConflict` when the id came before with other words,
        `AllowanceUsedUp` when there were too many.
        """
        ticket, now = self._find(report.ticket_id, key), self.committer.clock.now()
        latest = [*islice(self.committer.store.recent(ticket), LOOKED_AT)]
        is_theirs = ticket.agency_code == key.agency_code
        actor = Actor("agency" if is_theirs else "stranger", key.key_id, key.name)
        is_moved = is_theirs and _move(ticket, latest, report, actor, now)
        if not is_moved and not _is_said_before(latest, actor, report.text):
            _note(ticket, report, actor, now, is_theirs=is_theirs)
        counted = [] if is_theirs else self._counted(ticket, origin, now)
        change = Change(message=_proof(report, key, now), allowances=counted)
        try:
            if ticket.new_entries:
                self.committer.commit(ticket, change)
            else:
                self.committer.write(change)
        except DuplicateMessage:
            return False
        return True

    def _counted(self, ticket: Ticket, origin: str, now: datetime) -> list[Allowance]:
        """What words of a system that is not the agency's fall under, as additions of strangers do."""
        policy, channel = self.committer.catalogs.load().policy, Channel.OPEN311
        found = [leave("additions_a_day", policy, now, ticket.ticket_id, channel=channel)]
        if origin:
            found.append(leave("network_additions_an_hour", policy, now, origin, channel=channel))
        return found

    def _find(self, ticket_id: str, key: ApiKey) -> Ticket:
        ticket = self.committer.store.get(ticket_id)
        while ticket.merged_into:
            ticket = self.committer.store.get(ticket.merged_into)
        is_known = is_published(ticket, self.committer.catalogs.load())
        is_in_scope = key.may_file(self.jurisdiction_id, ticket.service_code)
        is_theirs = ticket.agency_code == key.agency_code
        if not is_in_scope or not (is_known or is_theirs):  # each scope narrows, none widens
            raise TicketNotFound("There is no report with this reference.")
        return ticket


def _move(
    ticket: Ticket, latest: Sequence[Entry], report: WorkReport, actor: Actor, now: datetime
) -> bool:
    """Whether the state moved."""
    if report.status in ("", ticket.status) or report.said_at < _last_move(latest):
        return False
    try:
        entry = ticket.change_status(Status(report.status), now, actor, reason=report.text)
    except InvalidTransition:
        return False
    ticket.new_entries[-1] = replace(entry, data={**entry.data, **_facts(report)})
    ticket.note_response(entry)
    handovers.accept_by_working(ticket, actor, now)
    ticket.last_staff_action_at = now
    return True


def _last_move(latest: Sequence[Entry]) -> datetime:
    """When the state last moved, by the clock of whoever moved it; at the latest before `latest`."""
    moves = [entry for entry in latest if entry.kind in _MOVES] or latest[-1:]
    return max(_said_at(entry) for entry in moves)


def _said_at(entry: Entry) -> datetime:
    said = entry.data.get("said_at")
    return datetime.fromisoformat(said) if said else entry.at


def _is_said_before(latest: Sequence[Entry], actor: Actor, text: str) -> bool:
    """Whether this system's last words were the same."""
    own = (entry.text for entry in latest if entry.actor.key == actor.key and entry.text)
    return next(own, "") == text != ""


def _note(
    ticket: Ticket, report: WorkReport, actor: Actor, now: datetime, *, is_theirs: bool
) -> None:
    if not report.text and not report.media_url:
        return
    ticket.record(
        "appended",
        now,
        actor,
        visibility=Visibility.REQUESTER if is_theirs else Visibility.STAFF,
        text=report.text,
        channel=Channel.OPEN311,
        is_verified=is_theirs,
        data=_facts(report),
    )
    if is_theirs:
        ticket.last_staff_action_at = now


def _facts(report: WorkReport) -> dict[str, str]:
    facts = {"said_at": report.said_at.isoformat(), "media_url": report.media_url}
    return {name: value for name, value in facts.items() if value}


def _proof(report: WorkReport, key: ApiKey, now: datetime) -> HandledMessage:
    return HandledMessage(
        channel=Channel.OPEN311,
        message_id=f"update.{key.key_id}.{report.report_id}",
        outcome="appended",
        at=now,
        ticket_id=report.ticket_id,
        content_digest=report.digest,
        sender_name=key.name,
    )
