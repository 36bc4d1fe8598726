"""Whoever reads the console in Persian is told in Persian what was wrong, whatever the mistake."""

from __future__ import annotations

import ast
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import urljoin, urlsplit

import pytest

from chalicelib import errors
from chalicelib.templates.faults import fault, known
from chalicelib.templates.pages import messages
from tests.citizens import reported_by_mail
from tests.harness import Harness

BOSS = "administrator"
PACKAGE = Path(errors.__file__).parent
ENGLISH = re.compile(r"[A-Za-z]{2,}[ ,]+[a-z]{2,}[ ,]+[a-z]{2,}")
QUOTED = re.compile("\u2068[^\u2069]*\u2069")
VOID = {"input", "meta", "link", "br", "img", "hr", "wbr", "source", "col"}
GENERAL = known("fa")[""]


@dataclass
class Posted:
    """A form of a page: where it goes, what it holds, what may be pressed."""

    action: str
    fields: dict[str, list[str]] = field(default_factory=dict)
    free: set[str] = field(default_factory=set)  # what one types
    buttons: list[tuple[str, str]] = field(default_factory=list)


class Seen(HTMLParser):
    """A page's forms, links, and what it says to be wrong."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.forms: list[Posted] = []
        self.links: list[str] = []
        self.said = ""
        self._open: list[tuple[str, bool, bool]] = []  # tag, tells of a fault, quotes
        self._area = self._select = ""
        self._form: Posted | None = None
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        has = {name: value or "" for name, value in attrs}
        if tag not in VOID:
            is_fault = has.get("class") in ("error", "note bad") or has.get("id") == "problems"
            is_quoted = tag in ("code", "bdi", "pre") or "code" in has.get("class", "").split()
            self._open.append((tag, is_fault, is_quoted))
        if tag == "a":
            self.links.append(has.get("href", ""))
        if tag == "form" and has.get("method") == "post":
            self._form = Posted(has["action"])
            self.forms.append(self._form)
        if self._form:
            self._field(self._form, tag, has)

    def _field(self, form: Posted, tag: str, has: dict[str, str]) -> None:
        name, kind = has.get("name", ""), has.get("type", "text")
        if tag == "button" or (tag == "input" and kind == "submit"):
            form.buttons.append((name, has.get("value", "")))
        elif tag == "select":
            self._select = name
        elif tag == "option" and ("selected" in has or self._select not in form.fields):
            form.fields[self._select] = [has.get("value", "")]
        elif tag == "textarea":
            form.fields[name] = [""]
            form.free.add(name)
        elif tag == "input" and kind not in ("checkbox", "radio", "file"):
            form.fields[name] = [has.get("value", "")]
            form.free |= {name} if kind != "hidden" else set()
        elif tag == "input" and "checked" in has:
            form.fields.setdefault(name, []).append(has.get("value", "on"))

    def handle_endtag(self, tag: str) -> None:
        while self._open and self._open.pop()[0] != tag:
            pass
        if tag == "form":
            self._form = None

    def handle_data(self, data: str) -> None:
        if any(fault for _, fault, _ in self._open) and not any(q for *_, q in self._open):
            self.said += f" {data.strip()} "


@pytest.fixture(scope="module")
def town() -> Iterator[Harness]:
    with Harness.boot() as booted:
        reported_by_mail(booted)
        yield booted


def pages(town: Harness) -> Iterator[tuple[str, Seen]]:
    """Every kind of page of the console, in Persian."""
    waiting, seen, visits = ["/console?lang=fa"], set[str](), Counter[str]()
    while waiting:
        address = waiting.pop(0)
        found = town._town.gateway._app.table.match(urlsplit(address).path)
        route = found[0] if found else ""
        if visits[route] >= 3 or "lang=" in address.replace("/console?lang=fa", ""):
            continue
        visits[route] += 1
        answer = town.http("GET", address, user=BOSS)
        if not answer.headers.get("Content-Type", "").startswith("text/html"):
            continue
        page = Seen(answer.text)
        yield address, page
        for link in page.links:
            where = urljoin(address, link).partition("#")[0]
            if where.startswith("/console") and where not in seen:
                seen.add(where)
                waiting.append(where)


def mistakes(form: Posted) -> Iterator[dict[str, list[str]]]:
    """What people do wrong with a form: nothing typed, rubbish, far too much, an old page."""
    for name, value in form.buttons or [("", "")]:
        if (name, value) in (("do", "password"), ("do", "rights")):
            continue  # would end the sign-in of whoever goes through the pages; tried with the people page
        pressed = {name: [value]} if name else {}
        for text in ("", "?!", "x" * 5_000, "-1", "{{ nothing }}"):
            yield {**form.fields, **{key: [text] for key in form.free}, **pressed}
        if "version" in form.fields:
            yield {**form.fields, **pressed, "version": ["1"]}
            yield {**form.fields, **pressed, "version": ["many"]}


def test_no_mistake_in_any_form_is_told_in_english(town: Harness) -> None:
    told, found = 0, set[str]()
    done: set[tuple[str, ...]] = set()
    for address, page in list(pages(town)):
        for form in page.forms:
            shape = (re.sub(r"[^/]*\d[^/]*", "#", form.action), *sorted(form.fields))
            if "/sign-out" in form.action or shape in done:
                continue
            done.add(shape)
            for typed in mistakes(form):
                answer = town.http("POST", form.action, form=typed, user=BOSS)
                assert answer.status < 500, (form.action, typed)
                if answer.status < 400:
                    continue
                said = QUOTED.sub("", Seen(answer.text).said)
                told += bool(said.strip())
                if wrong := ENGLISH.search(said):
                    found.add(f"{address} → {form.action}: {wrong.string[wrong.start() :][:120]}")
                if GENERAL in said:
                    found.add(f"{address} → {form.action}: said in general words")
    assert sorted(found) == []
    assert told > 50


def test_the_preview_of_words_names_mistakes_in_persian(town: Harness) -> None:
    town.http("GET", "/console?lang=fa", user=BOSS)
    at = "/console/notices/ticket_received.fa"
    [form] = [f for f in Seen(town.http("GET", at, user=BOSS).text).forms if f.action == at]
    typed = {**form.fields, "body": ["{{ nothing }}"], "subject": [""]}
    said = town.http("POST", f"{at}/preview", form=typed, user=BOSS).json()["problems"]
    assert len(said) >= 2
    words = [QUOTED.sub("", each["message"]) for each in said]
    assert [each for each in words if ENGLISH.search(each)] == []
    assert "واژه‌ها ایراد دارد" in town.http("POST", f"{at}/mail", form=typed, user=BOSS).text


@pytest.mark.parametrize(
    "path", ["/console/tickets/SR-0000-0000-0", "/console/broadcasts/none", "/console/rules/none"]
)
def test_a_page_that_there_is_not_says_so_in_persian(town: Harness, path: str) -> None:
    town.http("GET", "/console?lang=fa", user=BOSS)
    answer = town.http("GET", path, user=BOSS)
    assert answer.status == 404
    main = answer.text.partition("<main")[2].partition("</main>")[0]
    words = re.sub(r"<bdi.*?</bdi>|<[^>]+>", " ", QUOTED.sub("", main))
    assert not re.search(r"[a-z]{2,} [a-z]{2,}", words), words


def test_who_may_not_is_told_in_persian(town: Harness) -> None:
    town.http("GET", "/console?lang=fa", user="agent")
    answer = town.http("GET", "/console/audit", user="agent")
    assert answer.status == 403
    assert "نقش شما این کار را اجازه نمی‌دهد" in answer.text
    assert "administrator" not in answer.text


NAMES = {
    name
    for name, kind in vars(errors).items()
    if isinstance(kind, type) and issubclass(kind, errors.DeskError)
}
# Doors of citizens, programs and providers have words of their own.
ELSEWHERE = (
    "channels/",
    "handlers/citizen",
    "handlers/open311",
    "handlers/api",
    "notifications/",
)
BEHIND_NO_PAGE = {
    "Send the body as application/json.",
    "The body is not JSON in UTF-8 as RFC 8259 has it.",
    "The multipart body is not complete UTF-8 form data.",
    "The body must be one JSON object, nested at most {} levels deep.",
    "Send the bytes in base 64.",
}
WORDED_ELSEWHERE = (
    "NotSignedIn",
    "TooManyRequests",
    "ConfigurationError",
    "PermanentSendError",
    "MessageConflict",
    "StoreBusy",
)


def text_of(node: ast.expr) -> str:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if isinstance(node, ast.JoinedStr):
        return "".join(
            str(part.value) if isinstance(part, ast.Constant) else "{}" for part in node.values
        )
    return ""


def raised() -> Iterator[tuple[str, str]]:
    """Every error that is raised with words, by the file it is raised in."""
    for path in sorted(PACKAGE.rglob("*.py")):
        place = str(path.relative_to(PACKAGE))
        if place.startswith(ELSEWHERE):
            continue
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call) and node.args:
                name = getattr(node.func, "id", "")
                if name in NAMES and name not in WORDED_ELSEWHERE and text_of(node.args[0]):
                    yield place, text_of(node.args[0])
                    yield from ((place, text) for text in fields_of(node.args[1:]))


def fields_of(arguments: list[ast.expr]) -> Iterator[str]:
    for argument in arguments:
        if isinstance(argument, ast.Dict):
            yield from filter(None, map(text_of, argument.values))


CITIZENS = ("tickets/people/my_reports", "tickets/people/preferences", "tickets/intake/claims")
CITIZENS += ("tickets/intake/confirmation", "tickets/desk.py", "tickets/partners")
CITIZENS += ("tickets/publishing/public_words", "tickets/people/browsers")


def test_every_error_that_staff_can_meet_has_persian_words() -> None:
    listed = [(place, text) for place, text in raised() if not place.startswith(CITIZENS)]
    assert len(listed) > 80
    lacking = {
        f"{place}: {text}"
        for place, text in listed
        if text not in BEHIND_NO_PAGE and fault(text.replace("{}", "x"), "fa") == GENERAL
    }
    assert sorted(lacking) == []


def test_words_that_are_persian_already_stay_and_english_ones_are_left_to_english() -> None:
    assert fault("نام شهر خالی است", "fa") == "نام شهر خالی است"
    assert fault("is missing", "en") == "is missing"
    assert fault("is missing", "fa") == "خالی است"
    assert fault("Nobody has words for this yet.", "fa") == GENERAL
    assert fault("", "fa") == ""
    assert fault("Line 3: There is no placeholder name; use city.", "fa") == (
        "خط \u20683\u2069: \u2068جای‌نگهدار \u2068name\u2069 نیست؛"
        " این‌ها را به کار ببرید: \u2068city\u2069.\u2069"
    )


def test_hours_and_days_within_persian_words_keep_their_order() -> None:
    """A browser turns 21:00-08:00 round in a line that runs from right to left, unless it is isolated."""
    said = {**messages("fa", "console"), **messages("fa", "citizen"), **known("fa")}
    said = {key: text for key, text in said.items() if isinstance(text, str) and '["' not in text}
    bare = {key: re.sub("\u2066[^\u2069]*\u2069", "", text) for key, text in said.items()}
    assert [key for key, text in bare.items() if re.search(r"\d[:-]\d", text)] == []
