"""Fields of a catalogue item's form, both ways: body to what is typed and back; no use case."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from chalicelib.channels import bounds
from chalicelib.handlers.console.door.visit import say
from chalicelib.handlers.http import Form
from chalicelib.templates.pages import LANGUAGES

Body = dict[str, Any]
Typed = dict[str, list[str]]
Choices = Sequence[tuple[str, str]]
UNITS: Mapping[str, int] = {"hours": 60, "minutes": 1}
_BREAKS = re.compile(r"[,;\n،؛、，；]")


@dataclass(frozen=True, slots=True, kw_only=True)
class FormField:
    """One field. `sort` names how it is typed, see `SORTS`; `choices` are (code, name).

    `label` is the key of what it is called, where that is not the name's own; `hint` what is said under it.
    """

    name: str
    sort: str = "line"
    label: str = ""
    choices: Choices = ()
    hint: str = ""
    is_code: bool = False

    @property
    def is_per_language(self) -> bool:
        """Whether it is asked once for each language."""
        return self.sort in ("words", "prose", "lists")


@dataclass(frozen=True, slots=True)
class Sort:
    """How a sort of field is shown as inputs, by name, and read from them."""

    show: Callable[[FormField, Any], Typed]
    read: Callable[[FormField, Form, Any, dict[str, str]], Any]


def show_fields(fields: Sequence[FormField], body: Mapping[str, Any]) -> Form:
    """A body as the form that shows it."""
    typed: Typed = {}
    for each in fields:
        typed |= SORTS[each.sort].show(each, body.get(each.name))
    return Form(typed)


def read_fields(
    fields: Sequence[FormField], form: Form, stored: Mapping[str, Any]
) -> tuple[Body, dict[str, str]]:
    """The body that a filled-in form means, on top of what the form does not show; and, by field,
    what cannot even be read. Everything else is checked where the catalogue is."""
    problems: dict[str, str] = {}
    body = dict(stored)
    for each in fields:
        body[each.name] = SORTS[each.sort].read(each, form, stored.get(each.name), problems)
    return body, problems


def languages_of(fields: Sequence[FormField], form: Form) -> list[tuple[str, str]]:
    """The languages that fields are asked in: ours, and any other that something is typed in."""
    names = {each.name for each in fields if each.is_per_language}
    typed = {key.partition(".")[::2] for key in form.fields}
    others = sorted({code for name, code in typed if name in names} - set(LANGUAGES))
    return [*LANGUAGES.items(), *((code, code) for code in others)]


def place_of(path: str, fields: Sequence[FormField]) -> str:
    """The input that a path of the catalogue's check is about: `keywords.en[3]` is typed in one box."""
    plain = path.partition("[")[0]
    name, _, rest = plain.partition(".")
    known = {each.name: each for each in fields}
    if name not in known:
        return plain
    return plain if rest and known[name].is_per_language else name


def split(text: str) -> list[str]:
    """Words and phrases that were set apart by commas, semicolons or lines, in any script."""
    return [part.strip() for part in _BREAKS.split(text) if part.strip()]


def whole(text: str) -> int | None:
    """A whole number in any digits, or None."""
    return bounds.whole(text.strip())


def _show_line(field: FormField, value: Any) -> Typed:
    return {field.name: ["" if value is None else str(value)]}


def _read_line(field: FormField, form: Form, _: Any, __: dict[str, str]) -> str:
    return form.get(field.name).strip()


def _read_choice(field: FormField, form: Form, _: Any, problems: dict[str, str]) -> str:
    if not field.choices:
        problems[field.name] = say("problem.no_choice")
    return form.get(field.name).strip()


def _show_words(field: FormField, value: Any) -> Typed:
    return {f"{field.name}.{code}": [text] for code, text in (value or {}).items()}


def _read_words(field: FormField, form: Form, _: Any, __: dict[str, str]) -> dict[str, str]:
    said = {code: form.get(key).strip() for code, key in _inputs(field, form)}
    return {code: text.replace("\r\n", "\n") for code, text in said.items() if text}


def _inputs(field: FormField, form: Form) -> Iterator[tuple[str, str]]:
    for key in form.fields:
        name, _, code = key.partition(".")
        if name == field.name and code:
            yield code, key


def _show_lists(field: FormField, value: Any) -> Typed:
    return {f"{field.name}.{code}": ["\n".join(each)] for code, each in (value or {}).items()}


def _read_lists(field: FormField, form: Form, _: Any, __: dict[str, str]) -> dict[str, list[str]]:
    said = {code: split(form.get(key)) for code, key in _inputs(field, form)}
    return {code: each for code, each in said.items() if each}


def _show_tick(field: FormField, value: Any) -> Typed:
    return {field.name: ["yes"]} if value else {}


def _read_tick(field: FormField, form: Form, _: Any, __: dict[str, str]) -> bool:
    return form.get(field.name) == "yes"


def _read_whole(field: FormField, form: Form, stored: Any, problems: dict[str, str]) -> Any:
    number = whole(form.get(field.name))
    if number is None:
        problems[field.name] = say("problem.number")
        return stored or 0
    return number


def _show_ticks(field: FormField, value: Any) -> Typed:
    return {field.name: list(value or ())}


def _read_ticks(field: FormField, form: Form, _: Any, __: dict[str, str]) -> list[str]:
    return list(form.all(field.name))


def _show_list(field: FormField, value: Any) -> Typed:
    return {field.name: [", ".join(value or ())]}


def _read_list(field: FormField, form: Form, _: Any, __: dict[str, str]) -> list[str]:
    return split(form.get(field.name))


def _show_time(field: FormField, value: Any) -> Typed:
    unit = next((name for name, size in UNITS.items() if int(value or 60) % size == 0), "minutes")
    amount = "" if value is None else str(int(value) // UNITS[unit])
    return {field.name: [amount], f"{field.name}.unit": [unit]}


def _read_time(field: FormField, form: Form, stored: Any, problems: dict[str, str]) -> Any:
    amount = _read_whole(field, form, stored, problems)
    return amount * UNITS.get(form.get(f"{field.name}.unit"), 1)


SORTS: Mapping[str, Sort] = {
    "line": Sort(_show_line, _read_line),
    "mail": Sort(_show_line, _read_line),
    "choice": Sort(_show_line, _read_choice),
    "words": Sort(_show_words, _read_words),
    "prose": Sort(_show_words, _read_words),
    "lists": Sort(_show_lists, _read_lists),
    "list": Sort(_show_list, _read_list),
    "tick": Sort(_show_tick, _read_tick),
    "ticks": Sort(_show_ticks, _read_ticks),
    "whole": Sort(_show_line, _read_whole),
    "time": Sort(_show_time, _read_time),
}
