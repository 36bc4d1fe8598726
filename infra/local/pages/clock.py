"""The clock: read it, let time pass, see what that made happen."""

from __future__ import annotations

from datetime import datetime, timedelta

from werkzeug.wrappers import Request, Response

from infra.local.pages.frame import Frame, View
from infra.local.travel import Journey, pass_time

UNITS = {"minutes": 60, "hours": 3_600, "days": 86_400}
LEAPS = (
    ("15 minutes", 900),
    ("1 hour", 3_600),
    ("4 hours", 14_400),
    ("1 day", 86_400),
    ("1 week", 604_800),
)
FARTHEST = timedelta(days=400)


def clock(pages: Frame, request: Request) -> Response:
    """What time it is; after a leap, what fired on the way."""
    journey, problem = None, ""
    if request.method == "POST":
        try:
            journey = _leap(pages, request)
        except (ValueError, OverflowError) as error:
            problem = str(error)
    sent = pages.town.post.sent
    left = list(enumerate(sent))[len(sent) - journey.sent :] if journey and journey.sent else []
    return pages.show("clock.html", journey=journey, problem=problem, left=left, leaps=LEAPS)


def data(pages: Frame, _request: Request) -> Response:
    """The time as JSON, for scripts."""
    return Response(f'{{"now": "{pages.town.now().isoformat()}"}}', mimetype="application/json")


def _leap(pages: Frame, request: Request) -> Journey:
    end = _target(pages, request)
    now = pages.town.now()
    if end < now:
        raise ValueError("Time runs forward only. Choose a later moment.")
    if end - now > FARTHEST:
        raise ValueError("That is too far. Choose a moment within the next 400 days.")
    return pass_time(pages.town, end)


def _target(pages: Frame, request: Request) -> datetime:
    form = request.form
    if moment := form.get("moment"):
        return pages.from_local(moment)
    if seconds := form.get("seconds"):
        return pages.town.now() + timedelta(seconds=float(seconds))
    unit = form.get("unit", "minutes")
    return pages.town.now() + timedelta(seconds=float(form.get("amount") or 0) * UNITS[unit])


VIEWS: dict[str, View] = {"clock": clock, "clock.json": data}
