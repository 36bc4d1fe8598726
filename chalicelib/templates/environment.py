"""One factory of Jinja environments; knows no notice, no page and no language."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from jinja2 import Environment

# Imported where used: jinja2 takes 40 ms, and most events render nothing.

HERE = Path(__file__).parent
COMPILED = "_compiled"  # a folder within a folder of templates; packaging makes it (infra/zips.py)


def make_environment(
    folders: Sequence[Path],
    filters: Mapping[str, Callable[..., Any]] | None = None,
    variables: Mapping[str, Any] | None = None,
) -> Environment:
    """An environment over `folders` (the first one wins) that compiles each template once.

    An unknown name is an error, and everything is escaped in files that end in `.html`. What
    packaging made of the templates is read in their place.
    """
    from jinja2 import (
        ChoiceLoader,
        Environment,
        FileSystemLoader,
        ModuleLoader,
        StrictUndefined,
        select_autoescape,
    )

    made = ModuleLoader([folder / COMPILED for folder in folders])
    environment = Environment(
        loader=ChoiceLoader([made, FileSystemLoader([str(folder) for folder in folders])]),
        autoescape=select_autoescape(("html",), default_for_string=False, default=False),
        undefined=StrictUndefined,
        lstrip_blocks=True,
        auto_reload=False,
        cache_size=-1,
    )
    environment.filters.update(filters or {})
    environment.globals.update(variables or {})
    return environment
