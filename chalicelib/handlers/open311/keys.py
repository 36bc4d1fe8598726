"""API keys of other people's programs: proven, within their scope, counted; makes and keeps none."""

from __future__ import annotations

from chalicelib import logs
from chalicelib.channels.open311 import Problem, Refused
from chalicelib.errors import AccessDenied
from chalicelib.handlers.http import Call, Services, note_refusal, origin_of
from chalicelib.tickets.partners.keys import ApiKey, admit, count_use

log = logs.Log(__name__)

FLOODED = "Very much came from this network; try later."
RETRY_AFTER = 3_600  # seconds: the longest until a network's hour is over


def admitted(call: Call) -> ApiKey:
    """The key that the call carries: in the form, where the standard's POST has it, or in a header.

    Raises `Refused` for one that is missing, wrong, expired, withdrawn or stands in the address, which
    others write into their logs; `TooManyRequests` for one that is used too often. The use is counted.
    """
    if call.arg("api_key"):
        raise Refused([Problem("403.key_in_address")])
    written = call.form.get("api_key") or call.header("x-api-key")
    now = call.services.clock.now()
    try:
        key = admit(written.strip(), call.services.clients, now)
    except AccessDenied as error:
        note_refusal(call, "api_key")
        raise Refused([Problem("403.api_key")]) from error
    count_use(key, call.services.clients, now)
    log.info("a key was used", key_id=key.key_id, route=call.route)
    return key


def origin_with(call: Call, key: ApiKey) -> str:
    """What a key sends from one network: keys of apps are on everybody's telephone. Nothing is counted
    where no network is known."""
    origin = origin_of(call)
    return origin and f"{key.key_id}:{origin}"


def check_scope(services: Services, key: ApiKey, service_code: str) -> None:
    """Whether the key is good for this service here. Raises `Refused`."""
    if not key.may_file(services.settings.jurisdiction_id, service_code):
        raise Refused([Problem("403.scope", "service_code")])
