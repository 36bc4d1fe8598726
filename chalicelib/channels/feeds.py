"""Public reports as Atom (RFC 4287) and JSON Feed 1.1; pure, knows no request and no ticket."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from chalicelib.messages import TicketView

ATOM = "http://www.w3.org/2005/Atom"
# Compiled when first used: it would be a hundredth of every cold start.
_NO_XML = r"[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]"


@dataclass(frozen=True, slots=True)
class Feed:
    """What a feed is about. Addresses are whole; `site` is where the reports' pages begin."""

    title: str
    subtitle: str
    author: str
    locale: str
    site: str
    page_url: str
    feed_url: str
    changed_at: datetime


@dataclass(frozen=True, slots=True)
class FeedEntry:
    """One report: what the public may see of it, and its state in words."""

    view: TicketView
    title: str
    text: str


def atom(feed: Feed, entries: Sequence[FeedEntry]) -> str:
    """The feed as an Atom document."""
    ET.register_namespace("", ATOM)
    root = ET.Element(f"{{{ATOM}}}feed", {"xml:lang": feed.locale})
    _add(root, "title", feed.title)
    _add(root, "subtitle", feed.subtitle)
    _add(root, "id", feed.feed_url)
    _add(root, "updated", _moment(feed.changed_at))
    _add(_add(root, "author", ""), "name", feed.author)
    _add(root, "link", "", rel="self", type="application/atom+xml", href=feed.feed_url)
    _add(root, "link", "", rel="alternate", type="text/html", href=feed.page_url)
    for entry in entries:
        _atom_entry(root, feed, entry)
    text = ET.tostring(root, encoding="unicode")
    return f'<?xml version="1.0" encoding="utf-8"?>\n{text}\n'


def _atom_entry(root: ET.Element, feed: Feed, entry: FeedEntry) -> None:
    view, place = entry.view, _add(root, "entry", "")
    _add(place, "title", entry.title)
    _add(place, "id", f"{feed.site}/tickets/{view.ticket_id}")
    _add(place, "published", _moment(view.requested_at))
    _add(place, "updated", _moment(view.updated_at))
    _add(place, "link", "", rel="alternate", href=f"{feed.site}/tickets/{view.ticket_id}")
    _add(place, "category", "", term=view.service_code, label=view.service_name)
    _add(place, "content", entry.text, type="text")


def _add(parent: ET.Element, name: str, text: str, **attributes: str) -> ET.Element:
    clean = {key: re.sub(_NO_XML, "", value) for key, value in attributes.items()}
    element = ET.SubElement(parent, f"{{{ATOM}}}{name}", clean)
    element.text = re.sub(_NO_XML, "", text) or None
    return element


def json_feed(feed: Feed, entries: Sequence[FeedEntry]) -> dict[str, Any]:
    """The feed as a JSON Feed."""
    return {
        "version": "https://jsonfeed.org/version/1.1",
        "title": feed.title,
        "description": feed.subtitle,
        "home_page_url": feed.page_url,
        "feed_url": feed.feed_url,
        "language": feed.locale,
        "authors": [{"name": feed.author}],
        "items": [_item(feed, entry) for entry in entries],
    }


def _item(feed: Feed, entry: FeedEntry) -> dict[str, Any]:
    view = entry.view
    url = f"{feed.site}/tickets/{view.ticket_id}"
    return {
        "id": url,
        "url": url,
        "title": entry.title,
        "content_text": entry.text,
        "date_published": _moment(view.requested_at),
        "date_modified": _moment(view.updated_at),
        "tags": [view.service_code, view.status],
    }


def _moment(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
