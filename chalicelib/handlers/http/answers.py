"""Answers with the headers that every one of them must carry; knows no route and no ticket."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlencode

from chalice.app import Response

from chalicelib.handlers.http.calls import LOCALES, Call
from chalicelib.templates.pages import render_page

JSON = "application/json; charset=utf-8"
HTML = "text/html; charset=utf-8"
POLICY = "; ".join(
    (
        "default-src 'none'",
        "style-src 'self'",
        "script-src 'self'",
        "img-src 'self' data:",
        "connect-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    )
)
FILE_POLICY = "default-src 'none'; sandbox; frame-ancestors 'none'"
# Pages that say nothing about anybody in particular and are for all.
KEPT_BY_SEARCH = frozenset(
    {"/", "/report", "/track", "/tickets/{ticket_id}", "/reports", "/data", "/performance"}
)
# A page for everybody may be a minute old, and shown for one more while it is fetched anew.
SHARED = "public, max-age=60, stale-while-revalidate=60"
SECURITY_HEADERS: Mapping[str, str] = {
    "Content-Security-Policy": POLICY,
    "Strict-Transport-Security": "max-age=63072000; includeSubDomains",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=(self), payment=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cache-Control": "no-store",
}


def answer(
    body: str | bytes,
    content_type: str,
    status: int = 200,
    headers: Mapping[str, str | list[str]] | None = None,
) -> Response:
    """An answer; `headers` win over the security headers of the same name."""
    return Response(
        body, {**SECURITY_HEADERS, "Content-Type": content_type, **(headers or {})}, status
    )


def json_answer(
    data: Any, status: int = 200, headers: Mapping[str, str | list[str]] | None = None
) -> Response:
    """JSON of plain data (no moments, no decimals: the caller has made text of them)."""
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
    return answer(text, JSON, status, headers)


def page(
    call: Call,
    name: str,
    context: Mapping[str, Any],
    *,
    locale: str = "",
    status: int = 200,
    headers: Mapping[str, str | list[str]] | None = None,
    is_for_all: bool = False,
) -> Response:
    """A page in the visitor's language. A language chosen by `?lang=` is remembered in a cookie.

    `is_for_all` says that it holds nothing about whoever asks: anybody may keep it for a minute, as long
    as no cookie goes with it.
    """
    settings = call.services.settings
    locale = locale or call.locale(settings.default_locale)
    surroundings = {
        "base": call.base,
        "city_name": settings.city_name,
        "timezone": settings.timezone,
        "lang_urls": lang_urls(call),
        **addresses(call, settings.public_url),
    }
    body = render_page(name, locale, {**surroundings, **context})
    kept: dict[str, str | list[str]] = {
        "Content-Language": locale,
        "Vary": "Accept-Language, Cookie",
    }
    kept |= headers or {}
    if call.wanted_locale and call.arg("lang") == call.wanted_locale:
        kept["Set-Cookie"] = [*_listed(kept.get("Set-Cookie")), _locale_cookie(call)]
    if is_for_all and "Set-Cookie" not in kept:
        kept["Cache-Control"] = SHARED
    return answer(body, HTML, status, kept)


def redirect(
    call: Call, path: str, *, headers: Mapping[str, str | list[str]] | None = None
) -> Response:
    """See another of our pages (303)."""
    return answer("", HTML, 303, {"Location": call.url(path), **(headers or {})})


def not_modified(call: Call, etag: str, headers: Mapping[str, str]) -> Response | None:
    """The 304 that is due when the caller holds `etag` already, or None."""
    held = {tag.strip().removeprefix("W/") for tag in call.header("if-none-match").split(",")}
    if etag not in held:
        return None
    return Response("", {**SECURITY_HEADERS, **headers, "ETag": etag}, 304)


def own_name(call: Call, name: str) -> str:
    """A cookie's name that no other host and no unencrypted page can set (RFC 6265bis, `__Host-`).

    Over plain http, as in a town on one's own machine, browsers take no such name.
    """
    return f"__Host-{name}" if call.is_https else name


def cookie(
    call: Call, name: str, value: str, *, max_age: int, same_site: str = "Lax", path: str = "/"
) -> str:
    """The text of a Set-Cookie header: never readable by scripts, encrypted only when the call is."""
    secure = "; Secure" if call.is_https else ""
    return f"{name}={value}; Path={path}; Max-Age={max_age}; HttpOnly; SameSite={same_site}{secure}"


def add_cookies(response: Response, cookies: Sequence[str]) -> Response:
    """The same answer, setting `cookies` too."""
    before = _listed(response.headers.get("Set-Cookie"))
    headers = {**response.headers, "Set-Cookie": [*before, *cookies]}
    return Response(response.body, headers, response.status_code)


def lang_urls(call: Call) -> dict[str, str]:
    """This very page in each language."""
    return {
        code: f"{call.path}?{urlencode({**call.query, 'lang': [code]}, doseq=True)}"
        for code in LOCALES
    }


def addresses(call: Call, public_url: str) -> dict[str, Any]:
    """The one address of a page that search engines may keep, and of it in each language."""
    if call.route not in KEPT_BY_SEARCH or call.method not in ("GET", "HEAD"):
        return {"canonical": "", "alternates": {}}
    chosen = {name: call.arg(name) for name in ("service", "area") if call.arg(name)}
    here = f"{call.site(public_url)}{call.path[len(call.base) :]}"
    neutral = f"{here}?{urlencode(chosen)}" if chosen else here
    tongues = {code: f"{here}?{urlencode({**chosen, 'lang': code})}" for code in LOCALES}
    canonical = tongues.get(call.arg("lang"), neutral)
    return {"canonical": canonical, "alternates": {"x-default": neutral, **tongues}}


def _locale_cookie(call: Call) -> str:
    return cookie(call, "lang", call.wanted_locale, max_age=31_536_000)


def _listed(value: str | list[str] | None) -> list[str]:
    return [value] if isinstance(value, str) else list(value or ())
