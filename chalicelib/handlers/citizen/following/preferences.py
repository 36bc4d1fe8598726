"""Preferences: what a person wants to be told, on a page that each message links to; knows no store."""

from __future__ import annotations

from urllib.parse import quote

from chalice.app import Response

from chalicelib.errors import InvalidRequest
from chalicelib.handlers.citizen.blueprint import routes
from chalicelib.handlers.http import LOCALES, Call, api, check_form, form_token, page, redirect
from chalicelib.tickets.people.preferences import PURPOSES, WAYS
from chalicelib.tickets.ports import NotificationKey

# Offered; any other of the world's may be written.
ZONES = (
    "America/New_York",
    "America/Chicago",
    "America/Denver",
    "America/Los_Angeles",
    "America/Mexico_City",
    "Europe/London",
    "Europe/Berlin",
    "Asia/Tehran",
    "Asia/Shanghai",
)
PATH = "/preferences/{ticket_id}/{notification_id}/{secret}"


@api(routes, PATH, methods=("GET", "POST"), public=True)
def choose(call: Call, ticket_id: str, notification_id: str, secret: str) -> Response:
    """The page and what is sent from it; a mail program's one click stops the purpose at once."""
    key = NotificationKey(ticket_id, notification_id)
    if call.method != "POST":
        return _page(call, key, secret)
    if call.form.get("List-Unsubscribe") == "One-Click":
        found, _ = call.services.preferences.open(key, secret)
        call.services.preferences.change(key, secret, purposes={found.purpose: "none"})
        return _page(call, key, secret)
    check_form(call)
    try:
        call.services.preferences.change(
            key,
            secret,
            purposes={name: call.form.get(name) for name in PURPOSES},
            locale=call.form.get("locale"),
            quiet_hours=call.form.get("quiet_hours").strip(),
            is_business=call.form.get("is_business") == "yes",
            timezone=call.form.get("timezone").strip(),
        )
    except InvalidRequest as error:
        return _page(call, key, secret, error.fields)
    path = f"/preferences/{quote(ticket_id)}/{quote(notification_id)}/{quote(secret)}"
    return redirect(call, f"{path}?saved=yes")


def _page(
    call: Call, key: NotificationKey, secret: str, wrong: dict[str, str] | None = None
) -> Response:
    found, contact = call.services.preferences.open(key, secret)
    token, headers = form_token(call)
    locale = call.wanted_locale or contact.locale or found.locale
    context = {
        "contact": contact,
        "purposes": PURPOSES,
        "ways": WAYS,
        "locales": LOCALES,
        "zones": ZONES,
        "wrong": wrong or {},
        "is_saved": call.arg("saved") == "yes",
        "form_token": token,
    }
    status = 422 if wrong else 200
    return page(call, "citizen/wishes", context, locale=locale, status=status, headers=headers)
