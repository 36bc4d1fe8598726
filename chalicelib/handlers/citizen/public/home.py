"""The start page, the way to a report by its reference, and the site's own files."""

from __future__ import annotations

from chalice.app import Response

from chalicelib.errors import NotFound
from chalicelib.handlers.citizen.blueprint import routes
from chalicelib.handlers.citizen.reporting.services import offers
from chalicelib.handlers.http import (
    Call,
    answer,
    api,
    form_token,
    json_answer,
    not_modified,
    page,
    redirect,
)
from chalicelib.templates.pages import static_file, static_names
from chalicelib.tickets.model.references import former_name, normalise_ticket_id

SHOWN_AT_HOME = 24
_FOREVER = "public, max-age=31536000, immutable"


@api(routes, "/", public=True)
def show_home(call: Call) -> Response:
    """The start page."""
    locale = call.locale(call.services.settings.default_locale)
    found = offers(call.services.catalog.load(), locale)
    return page(call, "citizen/home", {"services": found[:SHOWN_AT_HOME]}, is_for_all=True)


@api(routes, "/track", public=True)
def find_report(call: Call) -> Response:
    """To the public page of the reference that somebody typed."""
    typed = call.arg("reference")
    ticket_id = normalise_ticket_id(typed) or _formerly(call, typed)
    if ticket_id:
        return redirect(call, f"/tickets/{ticket_id}")
    token, headers = form_token(call)
    context = {
        "is_unreadable": bool(typed),
        "is_wrong_code": call.arg("claim") == "wrong",
        "form_token": token,
    }
    return page(call, "citizen/track", context, status=400 if typed else 200, headers=headers)


def _formerly(call: Call, typed: str) -> str:
    """The public ticket that had this reference in the product before ours; empty for none."""
    if not typed:
        return ""
    found = call.services.store.ticket_of_provider_message([former_name(typed)])
    try:
        return call.services.desk.public_ticket(found).ticket_id if found else ""
    except NotFound:
        return ""


@api(routes, "/static/{name}", public=True)
def show_static(call: Call, name: str) -> Response:
    """A style sheet, script or picture of our own."""
    if name not in static_names():
        raise NotFound("There is no such file.")
    file = static_file(name)
    etag = f'"{file.etag}"'
    # While a release is rolled out, an older function is asked for the new file: nobody may keep that.
    kept = {"": "public, max-age=300", file.version: _FOREVER}
    caching = {"Cache-Control": kept.get(call.arg("v"), "no-store")}
    unchanged = not_modified(call, etag, caching)
    return unchanged or answer(file.content, file.content_type, 200, {**caching, "ETag": etag})


@api(routes, "/favicon.ico", public=True)
def show_icon(call: Call) -> Response:
    """Browsers ask for it whatever the page says."""
    return redirect(call, "/static/icon.svg")


@api(routes, "/robots.txt", public=True)
def show_robots(_call: Call) -> Response:
    """Search engines stay away from tracking pages and the console."""
    return answer(
        "User-agent: *\nDisallow: /t/\nDisallow: /my\nDisallow: /confirm\nDisallow: /console\n",
        "text/plain; charset=utf-8",
    )


@api(routes, "/health", public=True)
def show_health(call: Call) -> Response:
    """Whether this process serves requests and its settings can be read."""
    return json_answer({"status": "ok", "stage": call.services.settings.stage})
