"""Words and pages: what goes out is written here; nothing here sends, stores or decides."""

from chalicelib.templates.locales import available_locales, fallback_chain, missing, notice_names
from chalicelib.templates.placeholders import PLACEHOLDERS, missing_values
from chalicelib.templates.rendering import Rendered, render

__all__ = [
    "PLACEHOLDERS",
    "Rendered",
    "available_locales",
    "fallback_chain",
    "missing",
    "missing_values",
    "notice_names",
    "render",
]
