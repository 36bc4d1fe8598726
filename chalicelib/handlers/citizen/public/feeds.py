"""Feeds of public reports, for the whole city or by the filters of the list; decides nothing."""

from __future__ import annotations

import json
from datetime import datetime

from chalice.app import Response

from chalicelib.channels.feeds import Feed, FeedEntry, atom, json_feed
from chalicelib.errors import InvalidRequest
from chalicelib.handlers.citizen.blueprint import routes
from chalicelib.handlers.citizen.public.caching import kept_answer
from chalicelib.handlers.citizen.public.reports import Asked, asked_of, views_of
from chalicelib.handlers.http import LOCALES, Call, answer, api
from chalicelib.messages import TicketView
from chalicelib.templates.pages import translator
from chalicelib.tickets.catalog import words

ENTRIES = 50


@api(routes, "/reports/feed.atom", public=True)
def show_atom(call: Call) -> Response:
    """What was reported or changed last, as Atom."""
    return _feed(call, "application/atom+xml; charset=utf-8")


@api(routes, "/reports/feed.json", public=True)
def show_json_feed(call: Call) -> Response:
    """What was reported or changed last, as a JSON Feed."""
    return _feed(call, "application/feed+json; charset=utf-8")


def _feed(call: Call, kind: str) -> Response:
    asked_in = call.arg("lang")  # a cookie does not count: one address is one document
    locale = asked_in if asked_in in LOCALES else call.services.settings.default_locale
    try:
        asked = asked_of(call, "updated")
    except InvalidRequest as error:
        wrong = ", ".join(error.fields)
        return answer(f"No such filter value: {wrong}.\n", "text/plain; charset=utf-8", 400)
    now = call.services.clock.now()
    views = views_of(
        call.services, call.services.public_reports.page(asked.sieve, now, ENTRIES).items, locale
    )
    views = views[:ENTRIES]
    changed_at = max((view.updated_at for view in views), default=None)
    feed = _about(call, asked, locale, changed_at)
    entries = [_entry(view, locale) for view in views]
    body = atom(feed, entries) if "atom" in kind else _json(feed, entries)
    return kept_answer(call, body, kind, changed_at, {"Content-Language": locale})


def _json(feed: Feed, entries: list[FeedEntry]) -> str:
    return json.dumps(json_feed(feed, entries), ensure_ascii=False, separators=(",", ":"))


def _about(call: Call, asked: Asked, locale: str, changed_at: datetime | None) -> Feed:
    settings, catalog = call.services.settings, call.services.catalog.load()
    t, site = translator(locale, "citizen"), call.site(settings.public_url)
    query = f"?{asked.query}" if asked.query else ""
    parts = [str(t("reports.heading"))]
    if service := catalog.services.get(asked.sieve.service_code):
        parts.append(words(service.service_name, locale))
    if area := catalog.areas.get(asked.sieve.area_code):
        parts.append(words(area.name, locale))
    return Feed(
        title=" · ".join([*parts, settings.city_name]),
        subtitle=str(t("reports.lead", city=settings.city_name)),
        author=settings.city_name,
        locale=locale,
        site=site,
        page_url=f"{site}/reports{query}",
        feed_url=f"{site}{call.route}{query}",
        changed_at=changed_at or catalog.changed_at,
    )


def _entry(view: TicketView, locale: str) -> FeedEntry:
    t = translator(locale, "citizen")
    name = view.service_name or str(t("service.other"))
    title = f"{name}, {view.address}" if view.address else name
    state = str(t(f"status.{view.status}"))
    lines = [view.description, f"{state}. {view.status_notes}".strip()]
    return FeedEntry(view, title, "\n\n".join(line for line in lines if line))
