"""Lines of the audit trail about accounts; decides nothing."""

from __future__ import annotations

import hashlib
import secrets
from datetime import datetime

from chalicelib import logs, metrics
from chalicelib.errors import DeskError
from chalicelib.handlers.http import Call, Services, origin_of
from chalicelib.tickets.model.records import AuditRecord, Change
from chalicelib.tickets.model.ticket import Actor

log = logs.Log(__name__)
UNKNOWN = Actor("stranger", "", "")


def audit(services: Services, action: str, actor: Actor, subject: str) -> None:
    """Keep one line of the audit trail about an account."""
    now = services.clock.now()
    _keep(services, secrets.token_hex(8), now, action, actor, subject)
    log.info("an account changed or signed in", kind=action, person=actor.key)


def note_failure(call: Call, username: str) -> None:
    """A refused sign-in: counted each time; the trail has one line for each hour, network and colleague.

    A name that nobody here has is not kept: strangers would write into the trail what they like.
    """
    metrics.put(metrics.Metric.WRONG_SIGN_INS)
    log.warning("a sign-in was refused", route=call.route, request_id=call.request_id)
    services, whose = call.services, _known(call.services, username)
    hour = services.clock.now().replace(minute=0, second=0, microsecond=0)
    told = "\0".join((hour.isoformat(), origin_of(call), whose.key))
    mark = hashlib.sha256(told.encode("utf-8", "replace")).hexdigest()[:16]
    try:
        _keep(services, mark, hour, "sign_in_failed", whose, whose.key)
    except DeskError:
        log.info("this hour's line of refused sign-ins is there")


def _known(services: Services, username: str) -> Actor:
    """The colleague whose account was tried, or nobody that we know."""
    name = username.lower()
    found = (p for p in services.directory.everybody() if name in (p.email.lower(), p.pool_name))
    return next((Actor("stranger", p.sub, p.username) for p in found), UNKNOWN)


def _keep(
    services: Services, audit_id: str, at: datetime, action: str, actor: Actor, subject: str
) -> None:
    record = AuditRecord(audit_id=audit_id, at=at, actor=actor, action=action, subject=subject)
    services.store.save(Change(audit=[record]))
