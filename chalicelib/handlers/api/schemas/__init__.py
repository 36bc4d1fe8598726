"""What the JSON API accepts and answers, as models; knows no request.

`bodies` and `responses` come when they are first asked for: pydantic builds their models, and whoever
only reads a page should not wait for that at a cold start.
"""

from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from chalicelib.handlers.api.schemas import bodies, responses

__all__ = ["bodies", "responses"]


def __getattr__(name: str) -> ModuleType:
    if name not in __all__:
        raise AttributeError(name)
    return import_module(f"{__name__}.{name}")
