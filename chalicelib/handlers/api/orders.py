"""The door of the city's other systems: messages asked for with an API key; decides nothing itself."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from chalice.app import Response

from chalicelib.channels import bounds
from chalicelib.channels.contacts import read_email, read_phone
from chalicelib.errors import InvalidRequest, NotSignedIn
from chalicelib.handlers.api import schemas
from chalicelib.handlers.api.doors import DOORS, PREFIX, Argument, Door, View, read_body, routes
from chalicelib.handlers.http import Call, Services, api, json_answer, json_failure
from chalicelib.messages import Channel, Party
from chalicelib.notifications.sending.orders import Order
from chalicelib.tickets.model.records import Notification
from chalicelib.tickets.partners.keys import ApiKey, admit

ALL = "/notifications"
TAG = "Notifications"


def system_door(method: str, path: str, summary: str, **rest: Any) -> Callable[[View], View]:
    """Put a view into the table and under its route, for calls with an API key."""

    def register(view: View) -> View:
        made = Door(
            name=view.__name__,
            method=method,
            path=PREFIX + path,
            act=None,
            summary=summary,
            tag=TAG,
            is_for_systems=True,
            **rest,
        )
        DOORS.append(made)
        options: dict[str, Any] = {"methods": [method], "failure": json_failure}
        return api(routes, made.path, admit=admit_key, **options)(view)

    return register


def admit_key(call: Call) -> ApiKey:
    """The key that came with the call. Raises `NotSignedIn` or `AccessDenied`."""
    scheme, _, written = call.header("authorization").partition(" ")
    if scheme.lower() != "bearer" or not written.strip():
        raise NotSignedIn("Send an API key: Authorization: Bearer <key>.")
    return admit(written.strip(), call.services.clients, call.services.clock.now())


@system_door("POST", ALL, "Send a message to one person", body="Order", answers="OrderShape")
def order_notification(call: Call) -> Response:
    """The message as it was written down; what becomes of it is told by callback or asked for."""
    wish = read_body(call, schemas.bodies.Order)
    channel, recipient = _recipient(call.services, wish.recipient)
    key = wish.idempotency_key or call.header("idempotency-key")
    if len(key) > bounds.ORDER_KEY:
        raise InvalidRequest("The idempotency key is too long.", {"idempotency_key": "too_long"})
    order = Order(
        template=wish.template,
        channel=channel,
        recipient=recipient,
        locale=wish.locale,
        personalisation=wish.personalisation,
        reference=wish.reference,
        idempotency_key=key,
        purpose=wish.purpose,
        urgency=wish.urgency,
    )
    return json_answer(_plain(call.services.orders.order(call.person, order)), 201)


def _recipient(services: Services, text: str) -> tuple[Any, Any]:
    settings = services.settings
    if "@" in text:
        email, wrong = read_email(text, settings.intake_addresses)
        channel, party = Channel.EMAIL, Party(email=email)
    else:
        phone, wrong = read_phone(text, next(iter(settings.sms_countries), "US"))
        channel, party = Channel.SMS, Party(phone=phone)
    if wrong or not party.key:
        said = "must be one mail address, or a telephone number with its +"
        raise InvalidRequest("The recipient cannot be written to.", {"recipient": said})
    return channel, party


@system_door(
    "GET",
    ALL,
    "Messages under one of your references",
    answers="OrderList",
    arguments=(Argument(name="reference", description="Your own reference."),),
)
def list_notifications(call: Call) -> Response:
    """Newest first, at most fifty."""
    if not call.arg("reference"):
        raise InvalidRequest("Say which reference.", {"reference": "This is required."})
    found = call.services.orders.statuses(call.person, call.arg("reference"))
    return json_answer({"notifications": [_plain(each) for each in found]})


@system_door("GET", f"{ALL}/{{notification_id}}", "One of your messages", answers="OrderShape")
def get_notification(call: Call, notification_id: str) -> Response:
    """Where it stands now."""
    return json_answer(_plain(call.services.orders.status(call.person, notification_id)))


def _plain(found: Notification) -> dict[str, Any]:
    return {
        "id": found.notification_id,
        "reference": found.client_reference,
        "template": found.template,
        "template_version": found.template_version,
        "channel": str(found.channel),
        "status": str(found.status),
        "reason": found.reason,
        "created_at": found.created_at.isoformat(),
        "sent_at": found.sent_at.isoformat() if found.sent_at else None,
        "is_simulated": found.is_simulated,
    }
