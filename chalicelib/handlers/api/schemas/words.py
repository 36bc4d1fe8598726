"""The whole words of an entry as the API answers them."""

from __future__ import annotations

from chalicelib.handlers.api.schemas.exact import Shape


class WordsShape(Shape):
    """Some of the words of an entry: part so and so of so many."""

    number: int
    part: int
    parts: int
    text: str
