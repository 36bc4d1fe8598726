"""Lists that the whole city shares, narrowed to what is whose business: held mail, addresses, audit."""

from __future__ import annotations

from dataclasses import dataclass

from chalicelib.errors import NotFound
from chalicelib.identity.accounts import Staff
from chalicelib.tickets.intake.quarantine import NO_MESSAGE, Quarantine
from chalicelib.tickets.model.records import AuditRecord, Contact, HandledMessage
from chalicelib.tickets.model.references import normalise_ticket_id
from chalicelib.tickets.people.preferences import NOT_KEPT_BACK
from chalicelib.tickets.ports import Page, TicketStore

MESSAGES = ("email:", "sms:")  # what the subject of a line about a held message begins with


@dataclass(frozen=True, slots=True)
class Narrowing:
    """Who works for the whole city sees everything; pages of others may be short, and go on.

    A held message is the business of the agency that would get it if it were released now. An address is
    that of those agencies to which its owner reported.
    """

    store: TicketStore
    quarantine: Quarantine

    def held(self, staff: Staff, page: Page[HandledMessage]) -> Page[HandledMessage]:
        """The held messages of a page that this person may see."""
        return Page([each for each in page.items if self._gets(staff, each)], page.next_token)

    def held_one(self, staff: Staff, message_key: str) -> HandledMessage:
        """One held message. Raises `NotFound`, for another agency's as for an absent one."""
        found = self.quarantine.held(message_key)
        if not self._gets(staff, found):
            raise NotFound(NO_MESSAGE)
        return found

    def contacts(self, staff: Staff, page: Page[Contact]) -> Page[Contact]:
        """The contacts of a page that this person may see."""
        return Page([each for each in page.items if self._knows(staff, each.key)], page.next_token)

    def check_contact(self, staff: Staff, party_key: str) -> None:
        """Raises `NotFound`, as for an address that nothing is kept from, for one that they may not see."""
        if not self._knows(staff, party_key):
            raise NotFound(NOT_KEPT_BACK)

    def audit(self, staff: Staff, page: Page[AuditRecord]) -> Page[AuditRecord]:
        """The lines of a page that this person may see: of nobody's report, or of their agencies'."""
        if staff.is_for_whole_city:
            return page
        named = {ticket_id for each in page.items if (ticket_id := _ticket_of(each))}
        theirs = {t.ticket_id for t in self.store.several([*named]) if staff.serves(t.agency_code)}
        shown = [each for each in page.items if _is_shown(each, theirs)]
        return Page(shown, page.next_token)

    def _gets(self, staff: Staff, message: HandledMessage) -> bool:
        return staff.is_for_whole_city or staff.serves(self.quarantine.agency_of(message))

    def _knows(self, staff: Staff, party_key: str) -> bool:
        if staff.is_for_whole_city:
            return True
        return any(staff.serves(each.agency_code) for each in self.store.tickets_of(party_key))


def _ticket_of(record: AuditRecord) -> str:
    """The ticket that a line is about: its subject, or what became of a held message."""
    told = str(record.data.get("ticket_id") or record.subject)
    return told if told and normalise_ticket_id(told) == told else ""


def _is_shown(record: AuditRecord, theirs: set[str]) -> bool:
    ticket_id = _ticket_of(record)
    return ticket_id in theirs if ticket_id else not record.subject.startswith(MESSAGES)
