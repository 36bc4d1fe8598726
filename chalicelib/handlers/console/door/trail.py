"""Lines of the audit trail about accounts; decides nothing."""

from __future__ import annotations

import secrets

from chalicelib.handlers.http import Services
from chalicelib.tickets.model.records import AuditRecord, Change
from chalicelib.tickets.model.ticket import Actor


def audit(services: Services, action: str, actor: Actor, subject: str) -> None:
    """Keep one line of the audit trail about an account."""
    record = AuditRecord(
        audit_id=secrets.token_hex(8),
        at=services.clock.now(),
        actor=actor,
        action=action,
        subject=subject,
    )
    services.store.save(Change(audit=[record]))
