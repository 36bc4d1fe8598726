"""Addresses that nothing is sent to, lifted by staff; decides nothing itself."""

from __future__ import annotations

from chalice.app import Response

from chalicelib.channels.contacts import read_email, read_phone
from chalicelib.errors import InvalidRequest
from chalicelib.handlers.api import schemas
from chalicelib.handlers.api.doors import door, read_body
from chalicelib.handlers.http import Call, json_answer
from chalicelib.identity.accounts import Act
from chalicelib.messages import Channel, Party


@door(
    "POST",
    "/contacts/release",
    Act.DECIDE_QUARANTINE,
    summary="Write to a bounced address again",
    tag="Contacts",
    body="ContactRelease",
    answers="ContactShape",
)
def release_contact(call: Call) -> Response:
    """A bounce or complaint is forgotten; a person's own stop is not staff's to lift."""
    text, settings = read_body(call, schemas.bodies.ContactRelease).address, call.services.settings
    if "@" in text:
        channel, (email, wrong) = Channel.EMAIL, read_email(text)
        party = Party(email=email)
    else:
        channel, (phone, wrong) = Channel.SMS, read_phone(text, next(iter(settings.sms_countries)))
        party = Party(phone=phone)
    if wrong or not party.key:
        raise InvalidRequest("This is no address.", {"address": "one mail address or number"})
    call.services.narrowing.check_contact(call.person, party.key)
    contact = call.services.preferences.release(party.key, channel, call.person.actor)
    return json_answer({"channel": str(channel), "suppressed": dict(contact.suppressed)})
