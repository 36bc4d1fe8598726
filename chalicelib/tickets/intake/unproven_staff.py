"""Unproven staff: the audit record when a colleague's reply address is used without proof of who wrote."""

from __future__ import annotations

import secrets
from datetime import datetime

from chalicelib.messages import InboundMessage
from chalicelib.tickets.model.authority import Authority, speaks_for
from chalicelib.tickets.model.records import AuditRecord


def unproven_use(
    message: InboundMessage, ticket_id: str, authority: Authority, now: datetime
) -> AuditRecord:
    """The record of such a mail; its words are on the ticket, for staff only."""
    return AuditRecord(
        audit_id=secrets.token_hex(8),
        at=now,
        actor=speaks_for(authority, message),
        action="staff_reply_not_taken",
        subject=ticket_id,
        data={"authority": str(authority), "proof": str(message.proof)},
    )
