"""A question to an installation, its answer, and what to do when the answer is no; knows no AWS."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass


@dataclass(frozen=True)
class Answer:
    """Whether it holds, and the figure or name that was read."""

    holds: bool
    fact: str = ""

    @classmethod
    def none_of(cls, found: Iterable[str]) -> Answer:
        """That there is none of these, or which there are."""
        names = list(found)
        return cls(not names, ", ".join(names))


@dataclass(frozen=True)
class Question:
    """What is asked, how, and what to do about a no."""

    text: str
    ask: Callable[[], Answer | bool]
    remedy: str


@dataclass(frozen=True)
class Check:
    """One question and its answer; `remedy` says what to do when it is no."""

    question: str
    holds: bool
    remedy: str = ""
    fact: str = ""

    def __str__(self) -> str:
        mark = "ok  " if self.holds else "FAIL"
        told = f"{mark}  {self.question}" + (f": {self.fact}" if self.fact else "")
        return told + ("" if self.holds else f"\n      {self.remedy}")


def asked(questions: Iterable[Question]) -> Iterator[Check]:
    """Every question in turn; one that cannot be asked is answered with no and the reason."""
    for question in questions:
        try:
            answer = question.ask()
        except Exception as error:  # a check that breaks must not hide those after it
            remedy = f"{question.remedy} (asking failed: {error})"
            yield Check(question.text, False, remedy)
            continue
        if isinstance(answer, bool):
            answer = Answer(answer)
        yield Check(question.text, answer.holds, question.remedy, answer.fact)
