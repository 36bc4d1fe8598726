"""The one way to log: an event in fixed words, and fields from a closed list.

Nothing that a citizen wrote and no address may stand in a line. So an error is told by its kind, its code
and its place, never by its words: those of AWS and of many libraries quote the value they refuse. On Lambda
the runtime writes each line as JSON, and every field becomes a key of it.
"""

from __future__ import annotations

import logging
import os
import re
import traceback
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path
from types import MappingProxyType
from typing import Any, TypedDict, Unpack

from chalicelib import metrics
from chalicelib.errors import ConfigurationError
from chalicelib.metrics import Metric

FRAMES = 6  # of the place of an error: the innermost ones
_CODE = r"[A-Za-z0-9_.:-]{1,80}"

logging.getLogger("chalicelib").setLevel(os.environ.get("LOG_LEVEL", "INFO"))


class Fields(TypedDict, total=False):
    """What a line may carry: ids, codes and counts of ours. Names of `LogRecord` are not free."""

    correlation_id: str
    message_id: str
    request_id: str
    ticket_id: str
    notification_id: str
    provider_message_id: str
    event_id: str
    function: str
    route: str
    method: str
    channel: str
    kind: str
    status: str
    code: str
    day: str
    entry: int
    count: int
    milliseconds: int
    issuer: str
    person: str  # the user pool's own id of one of the staff, never a name or an address
    key_id: str


NAMES = frozenset({*Fields.__annotations__, "error", "caused_by", "where", "setting"})

_bound: ContextVar[Mapping[str, Any]] = ContextVar("bound", default=MappingProxyType({}))


@contextmanager
def bound(**fields: Unpack[Fields]) -> Iterator[None]:
    """Every line that is logged inside carries `fields`, too; empty ones are left out."""
    token = _bound.set({**_bound.get(), **{key: v for key, v in fields.items() if v}})
    try:
        yield
    finally:
        _bound.reset(token)


def correlation_id() -> str:
    """What ties together all that followed from one request or message; empty outside of any."""
    return str(_bound.get().get("correlation_id", ""))


class Log:
    """The log of one module; `name` is the module's."""

    def __init__(self, name: str) -> None:
        self._logger = logging.getLogger(name)

    def info(self, event: str, **fields: Unpack[Fields]) -> None:
        """Something usual happened."""
        self._write(logging.INFO, event, fields)

    def warning(self, event: str, **fields: Unpack[Fields]) -> None:
        """Something is not as it should be, and taken care of."""
        self._write(logging.WARNING, event, fields)

    def error(self, event: str, **fields: Unpack[Fields]) -> None:
        """Somebody must look at it; counted as a metric."""
        self._write(logging.ERROR, event, fields)
        metrics.put(Metric.ERRORS_LOGGED)

    def failure(self, event: str, error: BaseException, **fields: Unpack[Fields]) -> None:
        """An error that ends here: like `error`, with the kind, code and place of `error`."""
        self._write(logging.ERROR, event, {**told(error), **fields})
        metrics.put(Metric.ERRORS_LOGGED)

    def _write(self, level: int, event: str, fields: Mapping[str, Any]) -> None:
        self._logger.log(level, event, extra={**_bound.get(), **fields}, stacklevel=3)


def told(error: BaseException) -> dict[str, Any]:
    """What may be said of an error.

    A wrong setting is told in full: it quotes nobody, and whoever reads the log can mend it.
    """
    cause = error.__cause__ or error.__context__
    facts = {
        "error": type(error).__name__,
        "code": _code(error),
        "caused_by": type(cause).__name__ if cause else "",
        "where": [_place(frame) for frame in traceback.extract_tb(error.__traceback__)[-FRAMES:]],
        "setting": str(error) if isinstance(error, ConfigurationError) else "",
    }
    return {name: value for name, value in facts.items() if value}


def _code(error: BaseException) -> str:
    """AWS's code of a refusal, or ours; what has not the form of a code is not repeated."""
    response = getattr(error, "response", None)
    details = response.get("Error") if isinstance(response, Mapping) else None
    code = details.get("Code") if isinstance(details, Mapping) else getattr(error, "code", "")
    return code if isinstance(code, str) and re.fullmatch(_CODE, code) else ""


def _place(frame: traceback.FrameSummary) -> str:
    file = "/".join(Path(frame.filename).parts[-2:])
    return f"{file}:{frame.lineno} {frame.name}"


class _Careful(logging.Filter):
    """Lines of another library's logger: what they quote is left out, an error is told as ours are."""

    def filter(self, record: logging.LogRecord) -> bool:
        error = record.exc_info[1] if record.exc_info else None
        record.args, record.exc_info, record.exc_text = (), None, None
        for name, value in told(error).items() if error else ():
            setattr(record, name, value)
        return True


def tame(name: str) -> None:
    """Let the logger `name` of another library quote nobody, and write where ours do."""
    logger = logging.getLogger(name)
    logger.handlers, logger.propagate = [], True
    logger.addFilter(_Careful())
