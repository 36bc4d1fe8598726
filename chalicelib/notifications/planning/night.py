"""What waits for the morning, and what the audit trail says of the night; pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from chalicelib.messages import Channel
from chalicelib.notifications.planning.notices import CAPPED
from chalicelib.tickets.model.quiet_hours import next_morning, opening
from chalicelib.tickets.model.records import AuditRecord, Notification
from chalicelib.tickets.model.ticket import SYSTEM


def records(
    notifications: Sequence[Notification], quiet_hours: str, timezone: str, now: datetime
) -> list[AuditRecord]:
    """One line for each urgent text to a citizen that leaves in the quiet hours."""
    if not opening(now, quiet_hours, timezone):
        return []
    return [
        AuditRecord(
            audit_id=n.notification_id,
            at=now,
            actor=SYSTEM,
            action="sent_in_quiet_hours",
            subject=n.ticket_id,
            data={"notice": n.notice, "notification_id": n.notification_id},
        )
        for n in notifications
        if n.urgency == "urgent" and n.channel is Channel.SMS and n.notice not in CAPPED
    ]


def hold(notifications: Iterable[Notification]) -> None:
    """Keep these back until the morning."""
    for each in notifications:
        each.is_held = True
        each.due_at = next_morning(each.created_at, each.quiet_hours, each.zone)
