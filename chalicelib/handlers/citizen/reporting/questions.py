"""A service's own questions as form fields in one language; knows no request."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from chalicelib.channels.questions import Question
from chalicelib.tickets.catalog import words

_KINDS = {
    "string": "line",
    "number": "line",
    "datetime": "datetime-local",
    "text": "text",
    "singlevaluelist": "radio",
    "multivaluelist": "checkbox",
}


@dataclass(frozen=True, slots=True)
class ShownQuestion:
    """One question. `kind` is the field that it becomes, `given` what was answered so far."""

    code: str
    name: str
    label: str
    hint: str
    kind: str
    inputmode: str
    is_question: bool
    is_required: bool
    choices: tuple[tuple[str, str], ...]
    given: tuple[str, ...]
    problem: str

    @property
    def id(self) -> str:
        """Its element's id."""
        return f"q-{self.code}"

    @property
    def anchor(self) -> str:
        """Where an error summary leads."""
        return self.id


def shown_questions(
    questions: Sequence[Question],
    locale: str,
    given: Mapping[str, Sequence[str]],
    wrong: Mapping[str, str],
) -> list[ShownQuestion]:
    """The questions in their order, with answers and problems."""
    ordered = sorted(questions, key=lambda question: question.order)
    return [_shown(question, locale, given, wrong) for question in ordered]


def _shown(
    question: Question,
    locale: str,
    given: Mapping[str, Sequence[str]],
    wrong: Mapping[str, str],
) -> ShownQuestion:
    name = f"attribute[{question.code}]"
    return ShownQuestion(
        code=question.code,
        name=f"{name}[]" if question.datatype == "multivaluelist" else name,
        label=words(question.description, locale),
        hint=words(question.datatype_description, locale),
        kind="text-line" if _KINDS[question.datatype] == "line" else _KINDS[question.datatype],
        inputmode="decimal" if question.datatype == "number" else "",
        is_question=question.is_question,
        is_required=question.is_required,
        choices=tuple((value.key, words(value.name, locale)) for value in question.values),
        given=tuple(given.get(question.code, ())),
        problem=wrong.get(name, ""),
    )
