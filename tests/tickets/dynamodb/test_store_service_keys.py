"""What the store of API keys promises, on every engine."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from chalicelib.errors import StaleTicket
from chalicelib.tickets.dynamodb.stores.service_keys import DynamoServiceKeys
from chalicelib.tickets.model.records import AuditRecord
from chalicelib.tickets.partners.keys import ApiKey, KeyKind, digest
from tests.examples import CLERK, DAY, NOW
from tests.tickets.conftest import CITIES, TABLE, Pauses

KEY = ApiKey(
    key_id="0123456789ab",
    name="Library",
    kind=KeyKind.LIVE,
    digest=digest("secret"),
    expires_at=NOW + DAY,
    channels=("email",),
    services=("graffiti", "pothole"),
    jurisdictions=("city.example",),
    agency_code="parks",
    rate_per_minute=7,
    daily_limit=8,
    previous_digest=digest("older"),
    previous_until=NOW,
    created_by=CLERK.key,
    created_at=NOW,
)


def record(number: int) -> AuditRecord:
    return AuditRecord(
        audit_id=f"a{number}", at=NOW, actor=CLERK, action="api_key_made", subject="api_key"
    )


@pytest.fixture
def clients(client: Any, pauses: Pauses) -> DynamoServiceKeys:
    return DynamoServiceKeys(client, table_name=TABLE, jurisdiction_id=next(CITIES), pause=pauses)


def test_a_key_comes_back_as_it_was_kept(clients: DynamoServiceKeys) -> None:
    kept = clients.put_key(KEY, record(1))
    assert kept == replace(KEY, version=1)
    assert clients.key(KEY.key_id) == kept
    assert clients.all_keys() == [kept]


def test_a_renewal_cannot_bring_back_what_was_withdrawn_meanwhile(
    clients: DynamoServiceKeys,
) -> None:
    read = clients.put_key(KEY, record(1))
    clients.put_key(replace(read, is_revoked=True), record(2))
    with pytest.raises(StaleTicket):
        clients.put_key(replace(read, digest=digest("new")), record(3))
    stored = clients.key(KEY.key_id)
    assert stored and stored.is_revoked
    with pytest.raises(StaleTicket):
        clients.put_key(KEY, record(4))
