"""Accepting the words that administrators write for notices; renders nothing, knows no store."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from chalicelib.errors import InvalidRequest
from chalicelib.templates.checked import LONGEST
from chalicelib.templates.locales import available_locales, notice_names
from chalicelib.templates.placeholders import PLACEHOLDERS
from chalicelib.templates.written import WrittenNotice
from chalicelib.tickets.catalog import NoticeWords
from chalicelib.tickets.catalog.checks import raise_any, shape

STAFF_NOTICES = frozenset(
    {
        "emergency_duty",
        "information_added",
        "ticket_assigned",
        "escalation_reminder",
        "escalation_supervisor",
    }
)
MOST_NAMES = 30


def check_notice(body: Mapping[str, Any]) -> NoticeWords:
    """The words that `body` gives. Raises `InvalidRequest` naming each wrong part with its lines."""
    words = shape(NoticeWords, body)
    raise_any(dict(_misfits(words)))
    try:
        as_written(words).checked()
    except InvalidRequest as error:
        raise_any(error.fields)
    return words


def _misfits(words: NoticeWords) -> Iterator[tuple[str, str]]:
    if not words.name or words.locale not in available_locales():
        known = ", ".join(available_locales())
        yield "notice_id", f"must be a name, a dot and one of the languages {known}"
    for part in ("body", "sms"):
        if len(getattr(words, part)) > LONGEST:
            yield part, f"must be at most {LONGEST} characters long"
    if words.name in notice_names() and words.placeholders:
        yield "placeholders", "a shipped notice has no placeholders of its own"
    if len(words.placeholders) > MOST_NAMES:
        yield "placeholders", f"must be at most {MOST_NAMES}"
    for name in words.placeholders:
        if not name.isidentifier() or name in PLACEHOLDERS:
            yield f"placeholders.{name}", "must be a new name of letters, digits and '_'"


def as_written(words: NoticeWords) -> WrittenNotice:
    """The words as the renderer takes them."""
    return WrittenNotice(
        locale=words.locale,
        subject=words.subject,
        body=words.body,
        sms=words.sms,
        is_for_staff=words.name in STAFF_NOTICES,
        own_names=tuple(words.placeholders),
    )
