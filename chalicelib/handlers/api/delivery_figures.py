"""Delivery figures and the suppression list as JSON; decides nothing itself."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from chalice.app import Response

from chalicelib.handlers.api.doors import Argument, door
from chalicelib.handlers.api.oversight import PAGING
from chalicelib.handlers.api.tickets import size_of
from chalicelib.handlers.http import Call, json_answer
from chalicelib.identity.accounts import Act
from chalicelib.notifications.sending.delivery_figures import times_of

if TYPE_CHECKING:
    from chalicelib.notifications.sending.delivery_figures import Figures
    from chalicelib.tickets.delivery_figures import Tally
    from chalicelib.tickets.model.records import Contact, Notification
    from chalicelib.tickets.ports import NotificationKey

TAG = "Statistics"
MICROS = 1_000_000


@door(
    "GET",
    "/statistics/messages",
    Act.READ_STATISTICS,
    summary="How messages fare: shares, times, what is stuck, what it cost",
    tag=TAG,
    answers="FaringShape",
    arguments=(Argument(name="days", description="How many days with today, 1 to 31."),),
)
def get_message_statistics(call: Call) -> Response:
    """Counted as things happened; nothing is searched for it."""
    given = call.arg("days") or "7"
    days = int(given) if given.isascii() and given.isdigit() and len(given) < 4 else 0
    return json_answer(_plain(call.services.delivery_figures.recent(days)))


@door(
    "GET",
    "/contacts/suppressed",
    Act.READ_STATISTICS,
    summary="Who is not written to and why, latest change first",
    tag="Contacts",
    answers="SuppressedPage",
    arguments=PAGING,
)
def list_suppressed(call: Call) -> Response:
    """Addresses that bounced, complained or opted out; `/contacts/release` lifts what staff may lift."""
    all_ = call.services.delivery_figures.suppressed(size_of(call), call.arg("token"))
    page = call.services.narrowing.contacts(call.person, all_)
    found = [_plain_contact(contact) for contact in page.items]
    return json_answer({"contacts": found, "next_token": page.next_token})


def _plain(found: Figures) -> dict[str, Any]:
    median, most, nearly_all = found.times
    spending, price = found.spending, found.price_micros
    today = spending.days.get(found.last_day, 0)
    return {
        "first_day": found.first_day,
        "last_day": found.last_day,
        "lines": [_plain_tally(tally) for tally in found.tallies],
        "seconds": {"median": median, "p95": most, "p99": nearly_all},
        "stuck": [_plain_stuck(key, message) for key, message in found.stuck],
        "spending": {
            "today": {"segments": today, "price": _money(today * price)},
            "month": {"segments": spending.total, "price": _money(spending.total * price)},
            "days": [
                {"day": day, "segments": count, "price": _money(count * price)}
                for day, count in spending.days.items()
            ],
        },
    }


def _money(micros: int) -> str:
    return f"{micros / MICROS:.2f}"


def _plain_tally(tally: Tally) -> dict[str, Any]:
    median, most, nearly_all = times_of([tally])
    return {
        "channel": str(tally.channel),
        "template": tally.template,
        "total": tally.total,
        "statuses": {str(name): count for name, count in sorted(tally.statuses.items())},
        "seconds": {"median": median, "p95": most, "p99": nearly_all},
    }


def _plain_stuck(key: NotificationKey, message: Notification) -> dict[str, Any]:
    return {
        "ticket_id": key.ticket_id,
        "notification_id": key.notification_id,
        "notice": message.template or message.notice,
        "channel": str(message.channel),
        "status": str(message.status),
        "reason": message.reason,
        "attempts": message.attempts,
        "created_at": message.created_at.isoformat(),
    }


def _plain_contact(contact: Contact) -> dict[str, Any]:
    return {
        "address": contact.key.partition(":")[2],
        "suppressed": dict(contact.suppressed),
        "may_be_released": [way for way, why in contact.suppressed.items() if why != "opted_out"],
        "updated_at": contact.updated_at.isoformat() if contact.updated_at else None,
    }
