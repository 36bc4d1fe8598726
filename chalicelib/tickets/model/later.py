"""What a later release wrote and this one does not know: words of its own, and facts to carry along.

While a deployment is under way, or after it was taken back, two releases work on one table.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, TypeVar

Word = TypeVar("Word", bound=StrEnum)


def spoken(kind: type[Word], value: str) -> Word:
    """The word of `kind` that is written as `value`; one that is like none of ours where we have none.

    Only what the table says is read like this: what people and programs send is checked.
    """
    try:
        return kind(value)
    except ValueError:
        unheard = str.__new__(kind, str(value))
        unheard._name_ = UNHEARD
        unheard._value_ = str(value)
        return unheard


UNHEARD = "later"  # members have names in capitals


def is_known(word: StrEnum) -> bool:
    """Whether this release knows the word."""
    return word.name in type(word).__members__


@dataclass(frozen=True, slots=True)
class Carried:
    """What the store read of an item: from here it writes back whatever it does not know.

    `item` are its attributes, `bodies` the structures packed into some of them. Nobody else looks.
    """

    item: Mapping[str, Any] = field(default_factory=dict)
    bodies: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)


NOTHING = Carried()
