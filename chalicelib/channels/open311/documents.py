"""Plain data as the standard's XML and JSON: one shape, two spellings; knows no meaning of a field."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

FORMATS: Mapping[str, str] = {
    "json": "application/json; charset=utf-8",
    "xml": "text/xml; charset=utf-8",
}
# The name of one child, by the name of the container that repeats it.
CHILDREN: Mapping[str, str] = {
    "attributes": "attribute",
    "endpoints": "endpoint",
    "errors": "error",
    "formats": "format",
    "notes": "note",
    "photos": "photo",
    "service_request_updates": "request_update",
    "service_requests": "request",
    "services": "service",
    "values": "value",
}
_ILLEGAL = re.compile(r"[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")

_ESCAPED = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", "\r": "&#13;"})


def split_format(name: str) -> tuple[str, str]:
    """A resource and the format that its suffix asks for; empty when it asks for neither of ours.

    The last dot decides, so that codes may hold dots.
    """
    stem, dot, suffix = name.rpartition(".")
    return (stem, suffix) if dot and suffix in FORMATS else (name, "")


def render(kind: str, root: str, data: Any) -> str:
    """The document: in JSON the root disappears, in XML it is the outermost element."""
    if kind == "json":
        return json.dumps(data, ensure_ascii=False, separators=(",", ":"))
    return f'<?xml version="1.0" encoding="utf-8"?>\n{_element(root, data)}'


def _element(name: str, value: Any) -> str:
    inner = _content(name, value)
    return f"<{name}>{inner}</{name}>" if inner else f"<{name}/>"


def _content(name: str, value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Mapping):
        return "".join(_element(key, inner) for key, inner in value.items())
    if isinstance(value, (list, tuple)):
        return "".join(_element(CHILDREN[name], item) for item in value)
    return _ILLEGAL.sub("", str(value)).translate(_ESCAPED)
