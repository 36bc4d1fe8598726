"""What each route asks of who knocks. One row for every route there is: a route without a row fails the
tests, and so does a row without a route. The roles of the staff's routes stand in their own table."""

from __future__ import annotations

from collections.abc import Mapping

from tests.handlers.api.test_staff_doors import ONE, PAGE, TABLE

STAFF = TABLE

ANYBODY = "anybody"  # reads what is everybody's
FORM = "form"  # changes something: only from a page of ours that this browser loaded
LINK = "link"  # the secret in its path opens it; a wrong one looks like nothing at all
LINK_AND_FORM = "link and form"
ONE_CLICK = "link alone"  # RFC 8058: the mail program posts it, and no browser has loaded a page
KEY = "key"  # reading is anybody's, writing wants the key of a program

TRACKED = "/t/{ticket_id}/{secret}"
OPEN311 = "/open311/v2"

PUBLIC: Mapping[tuple[str, str], str] = {
    ("GET", "/"): ANYBODY,
    ("GET", "/health"): ANYBODY,
    ("GET", "/favicon.ico"): ANYBODY,
    ("GET", "/robots.txt"): ANYBODY,
    ("GET", "/static/{name}"): ANYBODY,
    ("GET", "/track"): ANYBODY,
    ("GET", "/report"): ANYBODY,
    ("POST", "/report"): FORM,
    ("GET", "/report/nearby"): ANYBODY,
    ("POST", "/report/uploads"): FORM,
    ("GET", TRACKED): LINK,
    ("POST", TRACKED + "/messages"): LINK_AND_FORM,
    ("POST", TRACKED + "/preferences"): LINK_AND_FORM,
    ("POST", TRACKED + "/side"): LINK_AND_FORM,
    ("POST", TRACKED + "/public"): LINK_AND_FORM,
    ("POST", TRACKED + "/confirmation"): LINK_AND_FORM,
    ("POST", TRACKED + "/contact"): LINK_AND_FORM,
    ("POST", TRACKED + "/link"): LINK_AND_FORM,
    ("POST", TRACKED + "/code"): LINK_AND_FORM,
    ("GET", TRACKED + "/holdings"): LINK,
    ("GET", TRACKED + "/entries/{number}"): LINK,
    ("GET", TRACKED + "/files/{digest}"): LINK,
    ("GET", "/confirm/{ticket_id}/{secret}"): LINK,
    ("POST", "/confirm/{ticket_id}/{secret}"): LINK_AND_FORM,
    ("GET", "/preferences/{ticket_id}/{notification_id}/{secret}"): LINK,
    ("POST", "/preferences/{ticket_id}/{notification_id}/{secret}"): ONE_CLICK,
    ("GET", "/my"): ANYBODY,
    ("POST", "/my"): FORM,
    ("POST", "/claim"): FORM,
    ("GET", "/my/{contact_id}/{notification_id}/{secret}"): LINK,
    ("GET", "/reports"): ANYBODY,
    ("GET", "/reports/feed.atom"): ANYBODY,
    ("GET", "/reports/feed.json"): ANYBODY,
    ("GET", "/tickets/{ticket_id}"): ANYBODY,
    ("GET", "/tickets/{ticket_id}/photos/{digest}"): ANYBODY,
    ("GET", "/data"): ANYBODY,
    ("GET", "/data/{name}"): ANYBODY,
    ("GET", "/performance"): ANYBODY,
    ("GET", "/console/sign-in"): ANYBODY,
    ("POST", "/console/sign-in"): FORM,
    ("POST", "/console/sign-out"): FORM,
    # The way to the city's own sign-in and back: the answer is believed by a secret of this browser alone.
    ("GET", "/console/sign-on"): ANYBODY,
    ("GET", "/console/signed-in"): LINK,
    ("GET", "/console/sign-off"): ANYBODY,
    ("GET", "/console/password"): ANYBODY,
    ("POST", "/console/password"): FORM,
    ("GET", "/api/v1/openapi.json"): ANYBODY,
    ("GET", "/open311"): ANYBODY,
    ("GET", OPEN311): ANYBODY,
    **{
        (method, path): KEY
        for method in ("GET", "POST", "PUT", "PATCH", "DELETE")
        for path in (
            "/open311/{resource}",
            OPEN311 + "/{resource}",
            OPEN311 + "/services/{service_code}",
            OPEN311 + "/requests/{request_id}",
            OPEN311 + "/tokens/{token}",
        )
    },
}

# Routes of one ticket, for those whose agency answers for it; to others it does not exist. What stands
# beside a POST would change the ticket if its version were not an old one.
_WHY = {"reason": "Because"}
_ACCEPT: Mapping[str, str] = {}
OBJECTS: Mapping[tuple[str, str], Mapping[str, str]] = {
    ("GET", ONE): {},
    ("GET", ONE + "/clocks"): {},
    ("GET", ONE + "/followers"): {},
    ("GET", ONE + "/files/{digest}"): {},
    ("GET", ONE + "/entries/{number}"): {},
    ("POST", ONE + "/reply"): {"text": "Seen"},
    ("POST", ONE + "/note"): {"text": "Seen"},
    ("POST", ONE + "/assign"): {"assignee": "me"},
    ("POST", ONE + "/status"): {"status": "in_progress"},
    ("POST", ONE + "/priority"): {"priority": "p1", **_WHY},
    ("POST", ONE + "/hand-over"): {"agency_code": "parks", **_WHY},
    ("POST", ONE + "/hand-over/accept"): _ACCEPT,
    ("POST", ONE + "/hand-over/refuse"): _WHY,
    ("POST", ONE + "/side"): {"side": "-"},
    ("POST", ONE + "/reclassify"): {"service_code": "pothole"},
    ("POST", ONE + "/reply-address/revoke"): {"party": "email:ana@example.org", **_WHY},
    ("POST", ONE + "/entries/{number}/accept"): _ACCEPT,
    ("POST", ONE + "/entries/{number}/move"): {"to_ticket_id": "{main}", **_WHY},
    ("POST", ONE + "/join"): {"main": "{main}"},
    ("POST", ONE + "/split"): _ACCEPT,
    ("POST", ONE + "/link/renew"): _ACCEPT,
    ("GET", PAGE): {},
    ("GET", PAGE + "/files/{digest}"): {},
    ("GET", PAGE + "/files/{digest}/small"): {},
    ("GET", PAGE + "/entries/{number}"): {},
    ("GET", PAGE + "/mail/{number}"): {},
    ("GET", PAGE + "/mail/{number}/html"): {},
    ("GET", PAGE + "/mail/{number}/raw"): {},
    ("POST", PAGE + "/{act}"): {"text": "Seen"},
}

# Every act of the page, by what it asks for.
ACTS: Mapping[str, Mapping[str, str]] = {
    "reply": {"text": "Seen"},
    "note": {"text": "Seen"},
    "assign": {"assignee": "me"},
    "status": {"status": "in_progress", **_WHY},
    "priority": {"priority": "p1", **_WHY},
    "hand-over": {"agency_code": "parks", **_WHY},
    "accept-hand-over": _ACCEPT,
    "refuse-hand-over": _WHY,
    "side": {"side": "-"},
    "reclassify": {"service_code": "pothole", **_WHY},
    "public-words": {"public": "Everybody may know"},
    "accept": {"entry": "1"},
    "move-entry": {"message": "1", "to_ticket_id": "{main}", **_WHY},
    "join": {"main": "{main}"},
    "split": _ACCEPT,
    "renew-link": _ACCEPT,
    "revoke-reply-address": {"party": "email:ana@example.org", **_WHY},
}
