"""What is wrong with a call, as codes; the words are chosen where the language is known; pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from chalicelib.errors import InvalidRequest


@dataclass(frozen=True, slots=True)
class Problem:
    """One `error` of an answer. `code` begins with the HTTP status; `subject` names what is wrong.

    The words are found under `code`; the code that programs see has the subject behind it.
    """

    code: str
    subject: str = ""
    values: Mapping[str, str] = field(default_factory=dict)

    @property
    def status(self) -> int:
        """The HTTP status that fits."""
        return int(self.code[:3])

    @property
    def shown_code(self) -> str:
        """The code with what it is about."""
        return f"{self.code}.{self.subject}" if self.subject else self.code


class Refused(InvalidRequest):
    """A call that is not served; `problems` says why, all at once."""

    code = "refused"

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__("; ".join(problem.shown_code for problem in problems))
        self.problems = tuple(problems)

    @property
    def status(self) -> int:
        """The gravest first: no key, then unknown things, then the rest."""
        statuses = {problem.status for problem in self.problems}
        return next((each for each in (403, 404, 409, 429, 503, 500) if each in statuses), 400)
