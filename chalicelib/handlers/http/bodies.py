"""Request bodies read within bounds: forms, files, JSON; knows no route and no ticket."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NoReturn
from urllib.parse import parse_qs

from chalicelib.channels import bounds
from chalicelib.errors import InvalidMessage, InvalidRequest

# Imported where used: multipart takes 20 ms, and most calls post no file.

# A Lambda takes 6 MB, and the gateway spends a third of it on base 64.


@dataclass(frozen=True, slots=True)
class Upload:
    """A file as it was sent; name and type are the sender's claims."""

    filename: str
    content_type: str
    content: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Form:
    """A posted form. Fields keep their order and repetition."""

    fields: Mapping[str, Sequence[str]] = field(default_factory=dict)
    files: Mapping[str, Sequence[Upload]] = field(default_factory=dict)

    def get(self, name: str, default: str = "") -> str:
        """The last value of a field."""
        values = self.fields.get(name)
        return values[-1] if values else default

    def all(self, name: str) -> Sequence[str]:
        """Every value of a field."""
        return self.fields.get(name, ())


def read_form(content_type: str, body: bytes) -> Form:
    """The form in `body`. Raises `InvalidMessage` when it is not one, `InvalidRequest` over a limit."""
    check_size(body)
    kind, _, parameters = content_type.partition(";")
    if kind.strip().lower() == "multipart/form-data":
        return _read_multipart(parameters, body)
    if kind.strip().lower() in ("application/x-www-form-urlencoded", ""):
        return _read_urlencoded(body)
    raise InvalidMessage(
        "Send the form as application/x-www-form-urlencoded or multipart/form-data."
    )


def read_words(content_type: str, body: bytes) -> Form:
    """The fields of a form that is too large to be taken, without its files; empty when unreadable."""
    kind, _, parameters = content_type.partition(";")
    if kind.strip().lower() != "multipart/form-data" or len(body) > 2 * bounds.REQUEST_BYTES:
        return Form()
    try:
        return Form(_read_multipart(parameters, body).fields)
    except (InvalidMessage, InvalidRequest):
        return Form()


def check_size(body: bytes) -> None:
    """Raises `InvalidRequest` when a body is larger than what the platform carries."""
    if len(body) > bounds.REQUEST_BYTES:
        raise InvalidRequest(
            f"The request is too large: at most {bounds.REQUEST_BYTES // 1_000_000} MB, files included.",
            {"body": "too_large"},
        )


def _read_urlencoded(body: bytes) -> Form:
    try:
        fields = parse_qs(
            body.decode("utf-8"),
            keep_blank_values=True,
            errors="strict",
            max_num_fields=bounds.REQUEST_FIELDS,
        )
    except ValueError as error:
        raise InvalidMessage(
            f"The form is not UTF-8 text or has more than {bounds.REQUEST_FIELDS} fields."
        ) from error
    return Form(fields)


def _read_multipart(parameters: str, body: bytes) -> Form:
    from multipart import MultipartError, PushMultipartParser, parse_options_header

    boundary = parse_options_header(f"multipart/form-data;{parameters}")[1].get("boundary", "")
    fields: dict[str, list[str]] = {}
    files: dict[str, list[Upload]] = {}
    try:
        parser = PushMultipartParser(boundary, max_segment_count=bounds.REQUEST_FIELDS)
        for name, filename, kind, content in _segments(parser, body):
            if filename is None:
                fields.setdefault(name, []).append(content.decode("utf-8"))
            elif filename or content:
                files.setdefault(name, []).append(Upload(filename, kind, content))
    except (MultipartError, ValueError) as error:
        raise InvalidMessage("The multipart body is not complete UTF-8 form data.") from error
    if sum(map(len, files.values())) > bounds.REQUEST_FILES:
        raise InvalidRequest(
            f"At most {bounds.REQUEST_FILES} files at once.",
            {"files": f"too_many_files:{bounds.REQUEST_FILES}"},
        )
    return Form(fields, files)


def _segments(parser: Any, body: bytes) -> list[tuple[str, str | None, str, bytes]]:
    found: list[tuple[str, str | None, str, bytes]] = []
    segment, content = None, bytearray()
    for event in parser.parse(body):
        if event is None and segment is not None:
            kind = segment.content_type or ""
            found.append((segment.name or "", segment.filename, kind, bytes(content)))
        elif isinstance(event, (bytes, bytearray)):
            content += event
        else:
            segment, content = event, bytearray()
    parser.close()
    return found


def read_json(body: bytes) -> dict[str, Any]:
    """The JSON object in `body`.

    Raises `InvalidMessage` for anything else: no UTF-8, a byte order mark, NaN, too deep, not an object.
    """
    check_size(body)
    try:
        value = json.loads(body.decode("utf-8"), parse_constant=_refuse, parse_float=_finite)
        is_sound = _is_shallow(value, bounds.JSON_DEPTH)
        json.dumps(value, ensure_ascii=False).encode()
    except (ValueError, RecursionError) as error:
        raise InvalidMessage("The body is not JSON in UTF-8 as RFC 8259 has it.") from error
    if not isinstance(value, dict) or not is_sound:
        raise InvalidMessage(
            f"The body must be one JSON object, nested at most {bounds.JSON_DEPTH} levels deep."
        )
    return value


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is not JSON.")


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError("The number is too large.")
    return number


def _is_shallow(value: object, depth: int) -> bool:
    if not isinstance(value, (dict, list)):
        return True
    inner = value.values() if isinstance(value, dict) else value
    return depth > 0 and all(_is_shallow(item, depth - 1) for item in inner)
