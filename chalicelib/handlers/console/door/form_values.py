"""What people type into the console's forms, read field by field; knows no use case."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from chalicelib.channels import bounds
from chalicelib.handlers.console.door.visit import say
from chalicelib.handlers.http import Form


@dataclass(slots=True)
class Answers:
    """A form's fields as values; what is wrong with them gathers in `problems`, by field."""

    form: Form
    problems: dict[str, str] = field(default_factory=dict)

    def text(self, name: str, *, most: int = 200, is_required: bool = False) -> str:
        """Words of at most so many characters."""
        said = self.form.get(name).strip()
        if is_required and not said:
            self.problems[name] = say("problem.missing")
        if len(said) > most:
            self.problems[name] = say("problem.long", most=most)
        return said

    def whole(self, name: str, least: int, most: int) -> int:
        """A whole number, in any digits; `least` where something else was typed."""
        said = self.form.get(name).strip()
        number = bounds.whole(said)
        if number is None or not least <= number <= most:
            self.problems[name] = say("problem.whole", least=least, most=most)
            return least
        return number

    def one(self, name: str, offered: Sequence[str]) -> str:
        """One of what was offered; the first where it was none of it."""
        said = self.form.get(name)
        if said not in offered:
            self.problems[name] = say("problem.choice")
            return offered[0]
        return said

    def several(self, name: str, offered: Sequence[str]) -> tuple[str, ...]:
        """Any of what was offered, in the order of the offer."""
        said = set(self.form.all(name))
        if said - set(offered):
            self.problems[name] = say("problem.choice")
        return tuple(each for each in offered if each in said)

    def address(self, name: str, most: int = 500) -> str:
        """An https address, or nothing."""
        said = self.text(name, most=most)
        if said and (not said.startswith("https://") or len(said.split()) != 1):
            self.problems[name] = say("problem.https")
        return said
