"""Delivery figures, and the suppression list: who is not written to any more; decides nothing itself."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from chalice.app import Response

from chalicelib.channels import bounds
from chalicelib.errors import DeskError, InvalidRequest
from chalicelib.handlers.console.desk.failure_reasons import why
from chalicelib.handlers.console.door.visit import room, say, show
from chalicelib.handlers.http import Call, redirect
from chalicelib.identity.accounts import Act
from chalicelib.notifications.sending.delivery_figures import times_of
from chalicelib.tickets.delivery_figures import Tally, merged
from chalicelib.tickets.model.records import Contact, DeliveryStatus
from chalicelib.tickets.people.segments import channel_of

if TYPE_CHECKING:
    from chalicelib.notifications.sending.delivery_figures import Figures

PAGE = "/console/sending"
PERIODS = (1, 7, 31)
SIZE = 25
MICROS = 1_000_000
GONE = (
    DeliveryStatus.BOUNCED,
    DeliveryStatus.COMPLAINED,
    DeliveryStatus.FAILED,
    DeliveryStatus.EXPIRED,
)


@room(PAGE, Act.READ_STATISTICS)
def show_sending(call: Call) -> Response:
    """Rates, times, what is stuck, what it cost, who cannot be reached."""
    return _page(call)


@room(PAGE, Act.DECIDE_QUARANTINE, methods=["POST"])
def release_address(call: Call) -> Response:
    """Write to an address again that bounced or complained."""
    key = call.form.get("contact")[:400]
    try:
        call.services.narrowing.check_contact(call.person.staff, key)
        call.services.preferences.release(key, channel_of(key), call.person.staff.actor)
    except DeskError as error:
        return _page(call, message=str(error), status=409)
    return redirect(call, f"{PAGE}#suppressed")


def _page(call: Call, *, message: str = "", status: int = 200) -> Response:
    desk = call.services.delivery_figures
    days = _days(call)
    found = desk.recent(days)
    use = call.services.store.used_by_city(call.services.clock.now())
    all_ = desk.suppressed(SIZE, call.arg("token"))
    people = call.services.narrowing.contacts(call.person.staff, all_)
    context = {
        "days": days,
        "periods": PERIODS,
        "found": found,
        "used_up": sum(1 for number in use.over.values() if number),
        "times": [_span(seconds) for seconds in found.times],
        "lines": [_line(tally) for tally in found.tallies],
        "channels": [_line(tally) for tally in _by_channel(found)],
        "stuck": [(key, each, why(each.reason)) for key, each in found.stuck],
        "spent": _spent(found),
        "people": [_person(contact) for contact in people.items],
        "next": f"{PAGE}?days={days}&token={people.next_token}" if people.next_token else "",
        "may_release": call.person.staff.may(Act.DECIDE_QUARANTINE),
        "has_text_receipts": call.services.settings.has_text_receipts,
        "message": message,
    }
    return show(call, "sending", context, status=status, here="sending")


def _days(call: Call) -> int:
    days = bounds.whole(call.arg("days") or "7")
    if days not in PERIODS:
        raise InvalidRequest("Ask for 1, 7 or 31 days.", {"days": "1, 7 or 31"})
    return days


def _by_channel(found: Figures) -> list[Tally]:
    whole = [
        Tally(channel=each.channel, template="", statuses=each.statuses, waits=each.waits)
        for each in found.tallies
    ]
    return merged(whole)


def _line(tally: Tally) -> Mapping[str, Any]:
    return {
        "channel": tally.channel,
        "template": tally.template,
        "total": tally.total,
        "delivered": round(100 * tally.rate(DeliveryStatus.DELIVERED)),
        "accepted": round(100 * tally.rate(DeliveryStatus.ACCEPTED)),
        "gone": round(100 * tally.rate(*GONE)),
        "unknown": round(100 * tally.rate(DeliveryStatus.UNKNOWN)),
        "not_sent": round(100 * tally.rate(DeliveryStatus.SUPPRESSED)),
        "times": [_span(seconds) for seconds in times_of([tally])],
    }


def _span(seconds: int | None) -> str:
    """A time as people say it; a dash where nothing left."""
    if seconds is None:
        return "–"
    for unit, size in (("hours", 3600), ("minutes", 60)):
        if seconds >= size and seconds % size == 0:
            return say(f"span.{unit}", count=seconds // size)
    return say("sending.seconds", count=seconds)


def _spent(found: Figures) -> Mapping[str, Any]:
    spending, price = found.spending, found.price_micros
    most = max(spending.days.values(), default=1)
    today = spending.days.get(found.last_day, 0)
    return {
        "today": (today, _money(today * price)),
        "month": (spending.total, _money(spending.total * price)),
        "days": [
            (day, count, _money(count * price), 100 * count // most)
            for day, count in spending.days.items()
        ],
    }


def _money(micros: int) -> str:
    return f"{micros / MICROS:.2f} $"


def _person(contact: Contact) -> Mapping[str, Any]:
    return {
        "key": contact.key,
        "address": contact.key.partition(":")[2],
        "whys": [(way, why(reason)) for way, reason in contact.suppressed.items()],
        "may_be_released": any(reason != "opted_out" for reason in contact.suppressed.values()),
        "updated_at": contact.updated_at,
    }
