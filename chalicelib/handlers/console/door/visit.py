"""What every console page does first and last: who is there, cookies, the frame; knows no ticket."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextvars import ContextVar
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from functools import partial, wraps
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlencode

from chalice.app import Blueprint, Response

from chalicelib.errors import CodesOwed, NotSignedIn
from chalicelib.handlers.api.doors import allow, check_codes, holder_of
from chalicelib.handlers.console.door.browsers import browser_of
from chalicelib.handlers.console.door.trail import audit
from chalicelib.handlers.http import (
    Call,
    Failure,
    Services,
    api,
    check_form,
    cookie,
    form_token,
    lang_urls,
    own_name,
    page,
    redirect,
)
from chalicelib.identity.accounts import SIGN_IN_LIVES, Act, Session, Staff
from chalicelib.templates.faults import fault
from chalicelib.templates.formats import clock_time, language_name, long_day, month_name
from chalicelib.templates.pages import languages_of, messages, translator
from chalicelib.tickets.catalog import words

if TYPE_CHECKING:
    from chalicelib.identity.session_items import StaffSession

SIGN_IN = "/console/sign-in"
ACCOUNT = "/console/account"
SECOND = timedelta(seconds=1)
STAFF = "staff"
# The console's own languages; one is chosen by hand and kept, as on the citizens' pages.
LANGUAGES = languages_of("console")
_spoken: ContextVar[str] = ContextVar("console_language", default="en")
routes = Blueprint(__name__)
View = Callable[..., Response]

# Where one can go, and what one must be allowed to do to see the way.
WAYS: Sequence[tuple[str, str, Act]] = (
    ("queue", "/console", Act.READ_TICKETS),
    ("late", "/console/late", Act.READ_TICKETS),
    ("kept", "/console/kept", Act.READ_TICKETS),
    ("figures", "/console/figures", Act.READ_TICKETS),
    ("held", "/console/quarantine", Act.READ_QUARANTINE),
    ("parked", "/console/parked", Act.READ_QUARANTINE),
    ("rules", "/console/rules", Act.READ_CATALOG),
    ("catalogue", "/console/catalogue", Act.READ_CATALOG),
    ("notices", "/console/notices", Act.READ_CATALOG),
    ("broadcasts", "/console/broadcasts", Act.READ_BROADCASTS),
    ("sending", "/console/sending", Act.READ_STATISTICS),
    ("keys", "/console/keys", Act.WRITE_CATALOG),
    ("people", "/console/people", Act.MANAGE_PEOPLE),
    ("audit", "/console/audit", Act.READ_AUDIT),
)


@dataclass(frozen=True, slots=True)
class Visit:
    """Who is there, by which sign-in."""

    staff: Staff
    session: StaffSession

    @property
    def token(self) -> str:
        """The user pool's token, which the browser never sees."""
        return self.session.access_token


def room(
    path: str, act: Act, *, methods: Sequence[str] = ("GET",), is_before_codes: bool = False
) -> Callable[[View], View]:
    """Put a page under /console, for people who may do `act`. A post must come from our own form.

    `is_before_codes` opens it to who must set up codes before anything else.
    """

    def register(view: View) -> View:
        @wraps(view)
        def entered(call: Call, **parameters: str) -> Response:
            _spoken.set(_language(call))
            if call.method == "POST":
                check_form(call)
            return view(call, **parameters)

        guard = partial(admit, act=act, is_before_codes=is_before_codes)
        return api(routes, path, methods=methods, admit=guard, failure=show_failure)(entered)

    return register


def admit(call: Call, act: Act, *, is_before_codes: bool = False) -> Visit:
    """The person whose sign-in the call's cookie names, when they may do `act`."""
    session = call.services.sessions.enter(call.cookies.get(own_name(call, STAFF), ""))
    staff = _holder(call.services, session, act)
    if not is_before_codes:
        check_codes(call.services, staff)
    return Visit(allow(call.services, staff, act), session)


def _holder(services: Services, session: StaffSession, act: Act) -> Staff:
    """Who is signed in. Who was switched off or has lost a right is signed out everywhere."""
    try:
        staff = holder_of(services, session.access_token, act)
        if not services.sessions.hold(session, staff):
            services.roll_call.greet(staff)
    except NotSignedIn:
        services.sessions.end_all(session.pool_name)
        raise
    return staff


def show_failure(call: Call, failure: Failure) -> Response:
    """The way to the sign-in for who is not signed in, and to the account for who must set up codes, else
    a page that says what went wrong."""
    if failure.code == CodesOwed.code:
        return redirect(call, ACCOUNT)
    if failure.status != 401:
        context = {"failure": failure}
        return show(
            call, "failure", context, status=400 if failure.status == 422 else failure.status
        )
    asked = _asked(call) if call.method in ("GET", "HEAD") else ""
    return redirect(call, f"{SIGN_IN}?next={quote(asked, safe='')}" if asked else SIGN_IN)


def _asked(call: Call) -> str:
    query = urlencode(dict(call.query), doseq=True)
    path = call.path[len(call.base) :]
    return f"{path}?{query}" if query else path


def begin_session(call: Call, session: Session, staff: Staff) -> list[str]:
    """Keep a finished sign-in; the Set-Cookie texts that name it, out of reach of scripts and of other
    sites. However somebody signed in, it ends here."""
    call.services.roll_call.welcome(staff)
    audit(call.services, "signed_in", staff.actor, staff.sub)
    secret = call.services.sessions.begin(session, staff, browser_of(call.header("user-agent")))
    return [_session_cookie(call, secret, SIGN_IN_LIVES // SECOND)]


def ended_cookies(call: Call) -> list[str]:
    """The Set-Cookie texts that forget a sign-in."""
    return [_session_cookie(call, "", 0)]


def _session_cookie(call: Call, secret: str, max_age: int) -> str:
    return cookie(call, own_name(call, STAFF), secret, max_age=max_age, same_site="Strict")


def show(
    call: Call, name: str, context: Mapping[str, Any], *, status: int = 200, here: str = ""
) -> Response:
    """A console page in its frame; `here` is the way that is marked as where we are."""
    token, headers = form_token(call)
    staff = call.person.staff if isinstance(call.person, Visit) else None
    frame: dict[str, Any] = {
        "staff": staff,
        "ways": [(key, path) for key, path, act in WAYS if staff and staff.may(act)],
        "way": here,
        "form_token": token,
        "problems": {},
        "known": messages("en", "console"),
        "lang_urls": {code: url for code, url in lang_urls(call).items() if code in LANGUAGES},
        "fault": partial(fault, locale=_language(call)),
        "who": call.services.directory.called,
        "may_write": bool(staff and staff.may(Act.WRITE_CATALOG)),
    }
    locale = _language(call)
    context = _told({**frame, **context}, locale)
    return page(call, f"console/{name}", context, locale=locale, status=status, headers=headers)


def _told(context: dict[str, Any], locale: str) -> dict[str, Any]:
    """The context with what was wrong in the reader's language, wherever pages look for it."""
    said: dict[str, Any] = {}
    if isinstance(problems := context.get("problems"), Mapping):
        said["problems"] = {name: fault(text, locale) for name, text in problems.items()}
    if isinstance(message := context.get("message"), str):
        said["message"] = fault(message, locale)
    if isinstance(failure := context.get("failure"), Failure):
        fields = {name: fault(text, locale) for name, text in failure.fields.items()}
        said["failure"] = replace(failure, message=fault(failure.message, locale), fields=fields)
    return context | said


def fault_said(text: str) -> str:
    """What was wrong, in the language that is spoken here."""
    return fault(text, _spoken.get())


def _language(call: Call) -> str:
    return call.wanted_locale if call.wanted_locale in LANGUAGES else "en"


def say(key: str, **values: Any) -> str:
    """The console's words for a key, as plain text: the page escapes it, once."""
    return translator(_spoken.get(), "console")(key, **values).unescape()


def in_full(day: date) -> str:
    """A day with its weekday, by the reader's calendar."""
    noon = datetime.combine(day, time(12), UTC)
    return long_day(noon, "UTC", _spoken.get())


def in_words(texts: Mapping[str, str]) -> str:
    """What somebody wrote in several languages, in the one that is spoken here."""
    return words(texts, _spoken.get())


def month_title(month: str) -> str:
    """A month (YYYY-MM) as it is called here."""
    return month_name(f"{month}-15", "UTC", _spoken.get())


def hour_title(hour: str) -> str:
    """The time at which an hour of the day (00 to 23) begins."""
    return clock_time(f"2026-01-01T{hour}:00", "UTC", _spoken.get())


def language_title(code: str) -> str:
    """What a language is called in the one that is spoken here."""
    return language_name(code, _spoken.get())


def named(prefix: str, codes: Iterable[str]) -> list[tuple[str, str]]:
    """Codes with what people call them, for lists to choose from."""
    return [(str(code), say(f"{prefix}.{code}")) for code in codes]
