"""Zammad's REST answers, saved as files, as cases; knows Zammad's words and none of the table.

The folder holds `tickets*.json`, `users*.json`, `articles/<ticket id>.json` and, for files,
`attachments/<ticket id>-<article id>-<attachment id>`; lists are as the API answers with `expand=true`.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from chalicelib.messages import Attachment, Channel, Party
from chalicelib.tickets.model.ticket import Priority, Status
from infra.moving.cases import CITIZEN, NOTE, STAFF, Case, Said, Unmapped
from infra.moving.converted import Files, party, plain
from infra.moving.folder import MovingError
from infra.moving.mapping import Words

PRODUCT = "zammad"
STATUSES = {
    "new": Status.NEW,
    "open": Status.IN_PROGRESS,
    "pending reminder": Status.PENDING,
    "pending close": Status.RESOLVED,
    "closed": Status.CLOSED,
    "merged": Status.CLOSED,
    "removed": Status.CANCELLED,
}
PRIORITIES = {"1 low": Priority.P4, "2 normal": Priority.P3, "3 high": Priority.P2}
CHANNELS = {"phone": Channel.PHONE, "web": Channel.WEB, "sms": Channel.SMS, "email": Channel.EMAIL}
Record = Mapping[str, Any]


class Zammad:
    """Reads one folder."""

    def __init__(self, folder: Path, words: Words, unmapped: Unmapped, files: Files) -> None:
        self._folder, self._words, self._unmapped, self._files = folder, words, unmapped, files
        self._users: dict[str, Record] = {}

    def cases(self) -> Iterator[Case]:
        """Every ticket. Raises `MovingError` naming the file and record that cannot be read."""
        for user in _records(self._folder, "users"):
            known = {name: user.get(name) for name in NAMED}
            self._users |= {
                str(user[key]).lower(): known for key in ("id", "login") if user.get(key)
            }
        for ticket in _records(self._folder, "tickets", is_needed=True):
            try:
                yield self._case(ticket)
            except (KeyError, TypeError, ValueError, AttributeError) as error:
                raise MovingError(
                    f"Ticket {ticket.get('id')} of Zammad cannot be read"
                    f" ({type(error).__name__}: {error}). Ask the API for it again with expand=true."
                ) from error

    def _case(self, ticket: Record) -> Case:
        articles = self._articles(ticket)
        name = f"articles/{ticket['id']}.json"
        if not articles:
            self._unmapped.note("ticket without articles", name)
        first = articles[0] if articles else {}
        owner = self._user(ticket.get("owner"), ticket.get("owner_id"))
        login = str(owner.get("email") or owner.get("login") or "")
        group = str(ticket.get("group") or "")
        return Case(
            reference=str(ticket["number"]),
            subject=str(ticket.get("title") or ""),
            requested_at=_at(ticket["created_at"]),
            updated_at=_at(ticket["updated_at"]),
            status=self._words.status(str(ticket["state"])),
            status_at=_at(ticket["close_at"]) if ticket.get("close_at") else None,
            said=[self._said(ticket, article) for article in articles],
            requester=self._customer(ticket),
            channel=CHANNELS.get(str(first.get("type")), Channel.EMAIL),
            service_code=self._words.service(str(ticket.get("category") or ""), group),
            agency_code=self._words.agency(group),
            priority=self._words.priority(str(ticket.get("priority") or "2 normal")),
            assignee=self._words.staff("" if login in NOBODY else login),
            decider=_name(owner),
        )

    def _articles(self, ticket: Record) -> list[Record]:
        path = self._folder / "articles" / f"{int(ticket['id'])}.json"
        found = _load(path) if path.is_file() else []
        return sorted(found, key=lambda each: (each["created_at"], each["id"]))

    def _said(self, ticket: Record, article: Record) -> Said:
        sender = str(article.get("sender") or "")
        by = {"Customer": CITIZEN, "Agent": STAFF}.get(sender, NOTE)
        who = self._user(article.get("created_by"), article.get("created_by_id"))
        text = str(article.get("body") or "")
        is_html = "html" in str(article.get("content_type"))
        return Said(
            by=NOTE if article.get("internal") else by,
            at=_at(article["created_at"]),
            text=plain(text) if is_html else text,
            name=_name(who) or str(article.get("from") or ""),
            key=str(who.get("email") or who.get("login") or ""),
            attachments=tuple(self._attachments(ticket, article)),
            message_id=str(article.get("message_id") or ""),
        )

    def _attachments(self, ticket: Record, article: Record) -> Iterator[Attachment]:
        for each in article.get("attachments") or ():
            name = f"{int(ticket['id'])}-{int(article['id'])}-{int(each['id'])}"
            path = self._folder / "attachments" / name
            if path.is_file():
                claimed = (each.get("preferences") or {}).get("Content-Type", "")
                yield self._files.keep(str(each.get("filename")), claimed, path.read_bytes())
            else:
                self._unmapped.note("file that is missing", f"attachments/{name}")

    def _customer(self, ticket: Record) -> Party:
        user = self._user(ticket.get("customer"), ticket.get("customer_id"))
        told = str(ticket.get("customer") or "")
        if not user:
            self._unmapped.note("user", told or str(ticket.get("customer_id")))
        phone = str(user.get("mobile") or user.get("phone") or "")
        return party(_name(user), str(user.get("email") or told), phone)

    def _user(self, *keys: Any) -> Record:
        found = (self._users.get(str(key).lower()) for key in keys if key)
        return next((user for user in found if user), {})


NAMED = ("login", "firstname", "lastname", "email", "phone", "mobile")
NOBODY = ("", "-")


def _name(user: Record) -> str:
    parts = (user.get("firstname"), user.get("lastname"))
    return " ".join(str(part) for part in parts if part and part != "-")


def _at(text: str) -> datetime:
    at = datetime.fromisoformat(text)
    if at.tzinfo is None:
        raise ValueError(f"{text!r} names no time zone")
    return at


def _records(folder: Path, name: str, *, is_needed: bool = False) -> Iterator[Record]:
    """The records of all files of a name, a file at a time."""
    paths = sorted(folder.glob(f"{name}*.json"))
    if is_needed and not paths:
        raise MovingError(
            f"There is no {name}*.json in {folder}; docs/moving.md says how to get it."
        )
    for path in paths:
        yield from _load(path)


def _load(path: Path) -> list[Any]:
    try:
        found = json.loads(path.read_bytes())
    except ValueError as error:
        raise MovingError(f"{path.name} is not JSON: {error}. Ask the API for it again.") from error
    if not isinstance(found, list) or not all(isinstance(each, dict) for each in found):
        raise MovingError(f"{path.name} is no list of records. Ask the API for it again.")
    return found
