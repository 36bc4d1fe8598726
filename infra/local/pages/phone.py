"""A phone: text the city from any number, and read its answers."""

from __future__ import annotations

import time
from datetime import datetime
from urllib.parse import quote

from werkzeug.utils import redirect
from werkzeug.wrappers import Request, Response

from infra.local.carriers import Mood
from infra.local.pages.frame import Frame, View

FIRST_NUMBER = "+15550100999"
MOODS = {
    Mood.USUAL: "as usual",
    Mood.SILENT: "silent: nothing is reported",
    Mood.LATE: "late: reports come after 30 hours",
    Mood.DOUBLED: "doubled: every report comes twice",
    Mood.WRONG: "wrong: reports are half missing, or about texts that are not ours",
}
PATIENCE = 2.0  # seconds to wait for the city's answer before the page is shown again


def phone(pages: Frame, request: Request) -> Response:
    """The conversation of one number with the city, and a field for the next text."""
    if request.method == "POST":
        return _text(pages, request)
    number = _clean(request.args.get("number", "")) or FIRST_NUMBER
    numbers = {sender for _, sender, _ in pages.town.post.received_texts}
    numbers |= {sent.to for sent in pages.town.post.sent if sent.channel == "sms"}
    return pages.show(
        "phone.html",
        number=number,
        numbers=sorted(numbers | {number}),
        talk=_conversation(pages, number),
        city=pages.town.environment.get("SMS_ORIGINATION", ""),
        mood=pages.town.post.mood,
        moods=MOODS,
    )


def _text(pages: Frame, request: Request) -> Response:
    number, words = _clean(request.form.get("number", "")), request.form.get("text", "").strip()
    if "mood" in request.form:
        pages.town.post.mood = Mood(request.form["mood"])
    if number and words:
        answers = len(_conversation(pages, number))
        pages.town.post.text(words, sender=number)
        _await(lambda: len(_conversation(pages, number)) > answers + 1)
    return redirect(f"/_town/phone?number={quote(number)}", 303)


def _await(has_come: object) -> None:
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until and callable(has_come) and not has_come():
        time.sleep(0.02)


def _conversation(pages: Frame, number: str) -> list[tuple[datetime, str, str]]:
    """When, who (`city` or `you`) and what, oldest first."""
    post = pages.town.post
    mine = [(at, "you", words) for at, sender, words in post.received_texts if sender == number]
    theirs = [(s.at, "city", s.text) for s in post.sent if s.channel == "sms" and s.to == number]
    return sorted(mine + theirs, key=lambda line: line[0])


def _clean(number: str) -> str:
    digits = "".join(char for char in number if char.isdigit())
    return f"+{digits}" if digits else ""


VIEWS: dict[str, View] = {"phone": phone}
