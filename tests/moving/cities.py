"""Cities to move between: an empty one on a table and buckets of its own, and one that was lived in."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from itertools import count, islice
from pathlib import Path
from typing import Any

import botocore.session

from chalicelib.bootstrap import Services
from chalicelib.config import Settings
from chalicelib.messages import Attachment, Audience, Channel, Party
from chalicelib.tickets.clocks.deadlines import set_deadlines
from chalicelib.tickets.dynamodb.items.codec import Item
from chalicelib.tickets.dynamodb.items.entries import entry_items
from chalicelib.tickets.dynamodb.items.keys import Keys
from chalicelib.tickets.dynamodb.items.notifications import notification_item
from chalicelib.tickets.dynamodb.items.records import audit_item, contact_item, message_item
from chalicelib.tickets.dynamodb.items.tickets import ticket_item
from chalicelib.tickets.intake.opening import place
from chalicelib.tickets.model.records import (
    AuditRecord,
    Contact,
    DeliveryStatus,
    HandledMessage,
    Notification,
)
from chalicelib.tickets.model.references import ticket_id_for
from chalicelib.tickets.model.ticket import SYSTEM, Actor, ClockEvent, Status, Ticket
from chalicelib.tickets.publishing.public_words import publish_words
from infra.moving.arrival import pass_over
from infra.moving.incoming import Import
from infra.moving.outgoing import Export, Say
from tests.fakes import FixedClock
from tests.tables import make_client, make_table

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
ARRIVAL = NOW + timedelta(hours=1)
AGENT = Actor("staff", "clerk@city.example", "Cleo Clerk")
SERVICES = ("pothole", "streetlight", "graffiti")
_numbers = count(1)
_planted: dict[str, list[Item]] = {}


def make_clients(endpoint_url: str | None = None) -> Callable[[str], Any]:
    """Clients that reach nothing but a test engine."""
    session = botocore.session.get_session()
    made: dict[str, Any] = {"dynamodb": make_client(endpoint_url)}

    def client(service: str) -> Any:
        if service not in made:
            made[service] = session.create_client(
                service,
                region_name="us-east-1",
                aws_access_key_id="tests",
                aws_secret_access_key="tests",
            )
        return made[service]

    return client


def make_city(clients: Callable[[str], Any], **given: Any) -> Services:
    """A freshly deployed city: a table, two buckets, the planted catalogue."""
    number = next(_numbers)
    table, files, mail = (f"{kind}-{number}" for kind in ("city", "files", "mail"))
    make_table(clients("dynamodb"), table)
    for bucket in (files, mail):
        clients("s3").create_bucket(Bucket=bucket)
    settings = {
        "table_name": table,
        "files_bucket": files,
        "mail_bucket": mail,
        "delivery_queue": "d",
        "urgent_queue": "u",
        "broadcast_queue": "b",
        "sender_address": "desk@city.example",
        "receiving_domain": "report.city.example",
        "intake_addresses": ("help@report.city.example",),
        "signing_keys_secret": "keys",
        "user_pool_id": "pool",
        "user_pool_client_id": "client",
        "jurisdiction_id": "city.example",
        "city_name": "Northfield",
        **given,
    }
    services = Services(Settings(**settings), clients, FixedClock(NOW), "us-east-1")
    _plant(services)
    return services


def _plant(services: Services) -> None:
    """The first catalogue, as a deployment plants it; copied for every city but the first."""
    city = services.settings.jurisdiction_id
    if city not in _planted:
        services.catalog_desk.plant(SYSTEM)
        _planted[city] = list(all_items(services).values())
    else:
        put_all(services, iter(_planted[city]))


def tickets(services: Services, size: int) -> Iterator[Ticket]:
    """Reports of half a year, of every status, with what staff did about them."""
    catalog = services.catalog.fresh()
    for number in range(size):
        at = NOW - timedelta(hours=number % 4_000)
        party = Party(name=f"Citizen {number % 700}", email=f"c{number % 700}@example.org")
        ticket = Ticket(
            ticket_id=ticket_id_for(f"lived-in:{number}"),
            jurisdiction_id="city.example",
            channel=Channel.EMAIL,
            service_code="",
            service_name="",
            agency_code="",
            requester=party,
            description=f"Number {number}: it is broken. Call Citizen {number % 700}. 壊れた",
            requested_at=at,
            updated_at=at,
            lat=44.04 + number % 100 / 1000,
            long=-123.02,
        )
        place(ticket, catalog, SERVICES[number % len(SERVICES)])
        opened = ticket.record("opened", at, Actor("requester", party.key, party.name), text="…")
        ticket.mark(ClockEvent.STARTED, opened)
        if number % 3:
            _worked_on(ticket, number)
        set_deadlines(ticket, catalog, at)
        pass_over(ticket, catalog, ARRIVAL)  # the city's own runs were here
        publish_words(ticket, catalog.exactness(ticket.service_code))
        yield ticket


def _worked_on(ticket: Ticket, number: int) -> None:
    done = ticket.requested_at + timedelta(minutes=number % 50)
    ticket.note_response(ticket.change_status(Status.RESOLVED, done, AGENT))
    if number % 3 > 1:
        ticket.change_status(Status.CLOSED, done, SYSTEM)


def items_of(keys: Keys, ticket: Ticket) -> Iterator[Item]:
    """A ticket with its timeline and a delivered mail, as the store writes them."""
    for entry in ticket.new_entries:
        yield from entry_items(keys, ticket.ticket_id, entry, "test")
    sent = Notification(
        notification_id=f"n{ticket.ticket_id}",
        ticket_id=ticket.ticket_id,
        jurisdiction_id="city.example",
        notice="ticket_received",
        audience=Audience.REQUESTER,
        channel=Channel.EMAIL,
        recipient=ticket.requester,
        locale="en",
        created_at=ticket.requested_at,
        status=DeliveryStatus.DELIVERED,
        provider_message_id=f"ses-{ticket.ticket_id}",
    )
    if ticket.is_open:
        yield notification_item(keys, sent, "test")
    yield ticket_item(keys, ticket, "test")


def records(keys: Keys, size: int) -> Iterator[Item]:
    """Contacts, handled messages and lines of the audit trail."""
    for number in range(size):
        name = f"c{number}@example.org"
        yield contact_item(keys, Contact(key=f"email:{name}", suppressed={"sms": "opted_out"}), "t")
        message = HandledMessage(
            channel=Channel.EMAIL,
            message_id=f"ses-in-{number}",
            outcome="opened",
            at=NOW,
            ticket_id=ticket_id_for(f"lived-in:{number}"),
            raw_key=f"inbound/{number}",
        )
        yield message_item(keys, message, "t")
        record = AuditRecord(
            audit_id=f"a{number}", at=NOW, actor=AGENT, action="viewed", subject=name
        )
        yield audit_item(keys, record, "t")


def live_in(services: Services, size: int, *, others: int = 20) -> None:
    """Fill a city with so many tickets and what belongs to them."""
    keys = keys_of(services)
    rows = (item for ticket in tickets(services, size) for item in items_of(keys, ticket))
    put_all(services, rows)
    put_all(services, records(keys, others))


def put_all(services: Services, items: Iterator[Item]) -> None:
    """Put items into the table as they are."""
    while batch := list(islice(items, 25)):
        requests = [{"PutRequest": {"Item": item}} for item in batch]
        table = services.settings.table_name
        services.client("dynamodb").batch_write_item(RequestItems={table: requests})


def keep_files(services: Services) -> Attachment:
    """A photo with its small picture, and a raw mail; the photo as kept."""
    content = b"not really a photo, but kept like one"
    digest, s3 = hashlib.sha256(content).hexdigest(), services.client("s3")
    for key in (f"files/{digest}", f"thumbnails/{digest}"):
        s3.put_object(Bucket=services.settings.files_bucket, Key=key, Body=content)
    s3.put_object(Bucket=services.settings.mail_bucket, Key="inbound/0", Body=b"From: Anna\n\nHi")
    return Attachment(
        filename="lamp.jpg", content_type="image/jpeg", size=len(content), digest=digest
    )


def keys_of(services: Services) -> Keys:
    """The keys that the city's stores use."""
    return Keys(services.settings.jurisdiction_id, services.settings.index_shards)


def all_items(services: Services) -> Mapping[tuple[str, str], Item]:
    """The whole table, by key; without what belongs to an import itself."""
    client, request = services.client("dynamodb"), {"TableName": services.settings.table_name}
    found: dict[tuple[str, str], Item] = {}
    while True:
        answer = client.scan(**request)
        found |= {(item["pk"]["S"], item["sk"]["S"]): item for item in answer["Items"]}
        if "LastEvaluatedKey" not in answer:
            return found
        request["ExclusiveStartKey"] = answer["LastEvaluatedKey"]


def all_objects(services: Services) -> dict[tuple[str, str], bytes]:
    """Every file of both buckets."""
    s3, settings = services.client("s3"), services.settings
    return {
        (place, found["Key"]): s3.get_object(Bucket=bucket, Key=found["Key"])["Body"].read()
        for place, bucket in (("files", settings.files_bucket), ("mail", settings.mail_bucket))
        for found in s3.list_objects_v2(Bucket=bucket).get("Contents", ())
    }


def move_out(services: Services, folder: Path, say: Say = print) -> Export:
    """Export the city; what did it."""
    export = Export(services, folder, say)
    export.run(NOW)
    return export


def move_in(services: Services, folder: Path, say: Say = print, **given: Any) -> Any:
    """Import the folder; how many lines came."""
    return Import(services, folder, say).run(ARRIVAL, **given)
